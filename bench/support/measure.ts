import { spawn } from 'node:child_process';

/** One process, with all that it starts. */
export interface Command {
  readonly argv: readonly string[];
  readonly cwd: string;
  /** Besides PATH: nothing of the person's shell may slow a start (certificates, hooks of a loader). */
  readonly env?: Readonly<Record<string, string>>;
}

/** Does the work once, and says how many milliseconds it took; or the reason why this machine cannot. */
export type Contestant = (() => Promise<number>) | { readonly missing: string };

/** In milliseconds; NaN where there is nothing to measure. */
export interface Times {
  readonly median: number;
  readonly lowerQuartile: number;
  readonly upperQuartile: number;
  readonly missing?: string;
}

/** Runs the contestants in turns, so that whatever else this machine does meets all of them. The first turn warms the
 * caches and does not count. */
export async function measure<Name extends string>(
  contestants: Readonly<Record<Name, Contestant>>,
  samples: number,
): Promise<Record<Name, Times>> {
  const entries = Object.entries<Contestant>(contestants).map(([name, contestant]) => ({
    name,
    contestant,
    times: [] as number[],
  }));
  for (let turn = 0; turn <= samples; turn++) {
    for (const { contestant, times } of entries) {
      if (typeof contestant !== 'function') continue;
      const milliseconds = await contestant();
      if (turn > 0) times.push(milliseconds);
    }
  }
  return Object.fromEntries(
    entries.map(({ name, contestant, times }) => [
      name,
      { ...summarize(times), ...(typeof contestant === 'function' ? {} : contestant) },
    ]),
  ) as Record<Name, Times>;
}

function summarize(times: readonly number[]): Times {
  return {
    median: quantile(times, 0.5),
    lowerQuartile: quantile(times, 0.25),
    upperQuartile: quantile(times, 0.75),
  };
}

/** The value below which this share of the values lies; between two values, in proportion. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const position = (sorted.length - 1) * share;
  const lower = sorted[Math.floor(position)] ?? Number.NaN;
  const upper = sorted[Math.ceil(position)] ?? Number.NaN;
  return lower + (upper - lower) * (position - Math.floor(position));
}

/** Runs a command to its end.
 * @returns the milliseconds it took
 * @throws Error if its status is not 0 */
export function timed({ argv, cwd, env }: Command): Promise<number> {
  const [program = '', ...rest] = argv;
  const started = process.hrtime.bigint();
  const child = spawn(program, rest, {
    cwd,
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => {
      if (status === 0) resolve(Number(process.hrtime.bigint() - started) / 1e6);
      else reject(new Error(`${argv.join(' ')}: status ${status}\n${stderr}`));
    });
  });
}
