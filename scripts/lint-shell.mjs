// Formatter and linter for the shell scripts. The parts in templates/hook are no scripts of their own: the composed hooks are
// linted in test/hook/shape.test.ts. Without the tools nothing is checked, which is said.
import { execFileSync, spawnSync } from 'node:child_process';

const scripts = execFileSync('git', ['ls-files', '*.sh'], { encoding: 'utf8' })
  .split('\n')
  .filter((file) => file !== '' && !file.startsWith('templates/'));
for (const [tool, ...args] of [
  ['shellcheck', ...scripts],
  ['shfmt', '-d', '-i', '2', '-ci', ...scripts],
]) {
  const { status, error } = spawnSync(tool, args, { stdio: 'inherit' });
  if (error !== undefined) console.log(`lint-shell: ${tool} is not installed, so nothing is checked with it`);
  else if (status !== 0) process.exitCode = 1;
}
