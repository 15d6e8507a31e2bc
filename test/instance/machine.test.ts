import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { commandsNaming, expectNothingLeft } from '../support/killed.ts';
import { scratchDirectory } from '../support/scratch.ts';
import { describeMachine, rootTime } from './expectations.ts';
import { instanceRoot } from './root.ts';

describeMachine('a machine whose test is killed', () => {
  it('leaves no process, mount or control group', { timeout: rootTime }, async () => {
    const scratch = scratchDirectory();
    const name = `eb-hosts-leak-${process.pid}`;
    const files = join(import.meta.dirname, 'machine');
    const program = join(import.meta.dirname, 'supervise.sh');
    const command = [program, name, await instanceRoot(), scratch, files, '10.0.1.5'];
    const booting = () => commandsNaming(name).some((line) => line.startsWith('systemd-nspawn'));
    await expectNothingLeft(name, command, booting);
    expect(readdirSync(scratch)).toEqual([]);
  });
});
