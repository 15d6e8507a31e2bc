// shellcheck and shfmt over every shell file of the repository; a missing tool is named, and is a failure only in CI.
import { execFileSync, spawnSync } from 'node:child_process';

const files = execFileSync(
  'git',
  ['ls-files', '--cached', '--others', '--exclude-standard', '*.sh', '.ci/run'],
  {
    encoding: 'utf8',
  },
)
  .split('\n')
  .filter((file) => file !== '' && !file.startsWith('test/fixtures/'));

let failed = false;
for (const [tool, ...args] of [
  ['shellcheck', '--external-sources'],
  ['shfmt', '--diff', '--indent', '2', '--case-indent'],
]) {
  const { error, status } = spawnSync(tool, [...args, ...files], { stdio: 'inherit' });
  if (error?.code === 'ENOENT') console.error(`lint-shell: ${tool} is not installed, skipped`);
  if (error ? process.env.CI === 'true' : status !== 0) failed = true;
}
process.exitCode = failed ? 1 : 0;
