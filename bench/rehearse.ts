// What `rehearse` costs beside the hook that it runs: the whole command on the fixture project, without an app, against a
// bare node start and the generated hook alone on an instance as fresh. Side by side in one run; medians.
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startMetadataService } from '../src/instance/metadata-service.ts';
import { hookPath, scratchInstance, staging } from '../test/support/hook.ts';

const rounds = Number(process.argv[2] ?? 20);
const warmUp = 3;
const bin = join(process.cwd(), 'dist', 'bin.js');
const project = mkdtempSync(join(tmpdir(), 'eb-hosts-bench-'));
cpSync('test/fixtures/project', project, { recursive: true });
execFileSync('git', ['init', '--quiet'], { cwd: project });
execFileSync(process.execPath, [bin, 'init', '--yes', '--quiet'], { cwd: project, stdio: 'ignore' });
const metadata = await startMetadataService();

const contestants: Record<string, () => Promise<number>> = {
  'bare node start': () => timed(process.execPath, ['-e', '0'], project),
  'hook alone': async () => {
    const instance = scratchInstance({ hosts: ['example.com', 'www.example.com'] });
    try {
      return await timed('/bin/sh', [hookPath], instance.path(staging), {
        EB_HOSTS_ROOT: instance.root,
        AWS_EC2_METADATA_SERVICE_ENDPOINT: metadata.endpoint,
      });
    } finally {
      instance.remove();
    }
  },
  rehearse: () => timed(process.execPath, [bin, 'rehearse', '--quiet'], project),
};

const times: Record<string, number[]> = Object.fromEntries(
  Object.keys(contestants).map((name) => [name, []]),
);
for (let round = 0; round < rounds + warmUp; round++) {
  for (const [name, run] of Object.entries(contestants)) {
    const milliseconds = await run();
    if (round >= warmUp) times[name]?.push(milliseconds);
  }
}
await metadata.close();
rmSync(project, { recursive: true, force: true });

const medians = Object.fromEntries(Object.entries(times).map(([name, values]) => [name, median(values)]));
for (const [name, value] of Object.entries(medians))
  console.log(`${value.toFixed(1)} ms  ${name} (median of ${rounds})`);
const overhead = (medians.rehearse ?? 0) - (medians['hook alone'] ?? 0) - (medians['bare node start'] ?? 0);
console.log(`${overhead.toFixed(1)} ms  overhead of rehearse over both (at most 150)`);

function timed(
  program: string,
  args: string[],
  cwd: string,
  env: Record<string, string> = {},
): Promise<number> {
  const started = process.hrtime.bigint();
  const child = spawn(program, args, { cwd, env: { PATH: process.env.PATH, ...env }, stdio: 'ignore' });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => {
      if (status === 0) resolve(Number(process.hrtime.bigint() - started) / 1e6);
      else reject(new Error(`${program}: ${status}`));
    });
  });
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
