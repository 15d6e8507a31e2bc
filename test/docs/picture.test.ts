import { execa, execaSync } from 'execa';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/package-root.ts';

const { exitCode } = execaSync('/usr/bin/python3', ['-c', 'import django'], { reject: false });
const title = 'the pictures of the README';

describe.skipIf(exitCode !== 0)(exitCode === 0 ? title : `${title} (skipped: needs Django)`, () => {
  it('show what the demo prints (npm run picture)', { timeout: 120_000 }, async () => {
    const { exitCode, stderr } = await execa('node', ['scripts/picture.mjs', '--check'], {
      cwd: packageRoot,
      reject: false,
    });
    expect(stderr).toBe('');
    expect(exitCode).toBe(0);
  });
});
