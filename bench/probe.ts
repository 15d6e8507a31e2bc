// `probe` against one `curl` of the same URL, and against the bare node start that is a part of it. Side by side in one
// run; medians.
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

const rounds = Number(process.argv[2] ?? 40);
const warmUp = 5;
const server = createServer((_, response) => response.end('ok\n'));
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/health/`;

const contestants: Record<string, [program: string, ...args: string[]]> = {
  curl: ['curl', '-q', '--silent', '--output', '/dev/null', url],
  'bare node start': [process.execPath, '-e', '0'],
  probe: [process.execPath, join(process.cwd(), 'dist', 'bin.js'), 'probe', url, '--host', '10.0.1.5'],
};

const times: Record<string, number[]> = Object.fromEntries(
  Object.keys(contestants).map((name) => [name, []]),
);
for (let round = 0; round < rounds + warmUp; round++) {
  for (const [name, [program, ...args]] of Object.entries(contestants)) {
    const milliseconds = await timed(program, args);
    if (round >= warmUp) times[name]?.push(milliseconds);
  }
}
server.close();

const medians = Object.fromEntries(Object.entries(times).map(([name, values]) => [name, median(values)]));
for (const [name, value] of Object.entries(medians))
  console.log(`${value.toFixed(1)} ms  ${name} (median of ${rounds})`);
const { probe = 0, curl = 0 } = medians;
console.log(`${(probe - curl).toFixed(1)} ms  probe over curl (at most 50)`);

function timed(program: string, args: string[]): Promise<number> {
  const started = process.hrtime.bigint();
  // Nothing of the shell's that slows a node start (certificates, hooks of a loader).
  const child = spawn(program, args, { env: { PATH: process.env.PATH }, stdio: 'ignore' });
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
