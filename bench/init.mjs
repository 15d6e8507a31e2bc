// `init --dry-run` on the demo's project, against a bare start of Node. Side by side in one run; medians, the ratio first.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const rounds = Number(process.argv[2] ?? 30);
const scratch = mkdtempSync(join(tmpdir(), 'eb-hosts-bench-'));
cpSync('test/fixtures/project', scratch, { recursive: true });
for (const argv of [
  ['init', '-q'],
  ['add', '-A'],
  ['-c', 'user.name=a', '-c', 'user.email=a@example.com', 'commit', '-qm', 'all'],
]) {
  spawnSync('git', argv, { cwd: scratch });
}

const contestants = {
  'node -e 0': ['-e', '0'],
  'eb-hosts --version': [join(process.cwd(), 'dist/bin.js'), '--version'],
  'eb-hosts init --dry-run': [join(process.cwd(), 'dist/bin.js'), 'init', '--dry-run'],
};
const times = Object.fromEntries(Object.keys(contestants).map((name) => [name, []]));
for (let round = 0; round < rounds + 3; round++) {
  for (const [name, argv] of Object.entries(contestants)) {
    const started = process.hrtime.bigint();
    const { status } = spawnSync(process.execPath, argv, { cwd: scratch, stdio: 'ignore' });
    if (status !== 0) throw new Error(`${name}: status ${status}`);
    if (round >= 3) times[name].push(Number(process.hrtime.bigint() - started) / 1e6);
  }
}
rmSync(scratch, { recursive: true, force: true });

const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
const base = median(times['node -e 0']);
for (const [name, values] of Object.entries(times)) {
  console.log(
    `${(median(values) / base).toFixed(2)} x node  ${median(values).toFixed(0)} ms  ${name} (median of ${rounds})`,
  );
}
