import { existsSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { expectNothingLeft } from '../support/killed.ts';
import { describeDocker } from './docker.ts';

describeDocker('a docker daemon of a test that is killed', () => {
  it('leaves no process, network, mount, control group or file', { timeout: 60_000 }, async () => {
    const name = `eb-hosts-leak-${process.pid}`;
    const scratch = join(tmpdir(), name);
    mkdirSync(scratch);
    const command = [join(import.meta.dirname, 'dockerd.sh'), name, scratch];
    await expectNothingLeft(name, command, () => existsSync(join(scratch, 'docker.sock')));
    expect(existsSync(scratch)).toBe(false);
  });
});
