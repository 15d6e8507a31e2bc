import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** One thing that users wait for, beside what it is compared with: a row of the table. */
export interface Figure {
  readonly what: string;
  /** Medians, in milliseconds. */
  readonly time: number;
  readonly against: string;
  readonly floor: number;
  /** The ratio that it must not pass. */
  readonly limit?: number;
}

/** The command line as it is published. */
export const ebHosts: readonly string[] = [process.execPath, resolve('dist/bin.js')];

/** Hands over a new directory, and removes it in the end. */
export async function inScratch<T>(work: (scratch: string) => Promise<T>): Promise<T> {
  const scratch = mkdtempSync(join(tmpdir(), 'eb-hosts-bench-'));
  try {
    return await work(scratch);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Runs the contestants in turns, so that whatever else this machine does meets all of them. The first turn warms the
 * caches and does not count.
 * @param contestants each does its work once and says how many milliseconds it took
 * @returns the medians */
export async function measure<Name extends string>(
  contestants: Readonly<Record<Name, () => Promise<number>>>,
  samples: number,
): Promise<Record<Name, number>> {
  const names = Object.keys(contestants) as Name[];
  const times = new Map<Name, number[]>(names.map((name) => [name, []]));
  for (let turn = 0; turn <= samples; turn++) {
    for (const name of names) {
      const milliseconds = await contestants[name]();
      if (turn > 0) times.get(name)?.push(milliseconds);
    }
  }
  return Object.fromEntries(names.map((name) => [name, median(times.get(name) ?? [])])) as Record<
    Name,
    number
  >;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  return ((sorted[Math.floor(middle)] ?? Number.NaN) + (sorted[Math.ceil(middle)] ?? Number.NaN)) / 2;
}

/** Runs a command to its end, with PATH and these variables alone.
 * @returns the milliseconds it took, and its output
 * @throws Error if its status is none of these */
export function run(
  argv: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
  statuses: readonly (number | null)[] = [0],
): Promise<{ milliseconds: number; stdout: string }> {
  const [program = '', ...args] = argv;
  const started = performance.now();
  const child = spawn(program, args, {
    cwd,
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
  });
  return new Promise((done, fail) => {
    child.on('error', fail);
    child.on('close', (status) => {
      if (statuses.includes(status)) done({ milliseconds: performance.now() - started, stdout });
      else fail(new Error(`${argv.join(' ')}: status ${status}\n${stderr}`));
    });
  });
}

/** As `run`, the time alone. */
export async function timed(...command: Parameters<typeof run>): Promise<number> {
  return (await run(...command)).milliseconds;
}
