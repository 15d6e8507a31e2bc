// `doctor --all` on 1 to 1,000 environments of a local Elastic Beanstalk, against the same calls made with nothing but
// the SDK at the same concurrency. The server is a process of its own.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { beanstalkVariables } from '../test/support/beanstalk-cli.ts';
import { measure, quantile, type Times } from './support/measure.ts';
import { ebHosts, inScratch } from './support/scratch.ts';
import { ratio, type Section, timeCells } from './support/section.ts';

const latencyMs = 40;
const sizes = [1, 10, 100, 1000];
const throttledRuns = [
  [1000, 0.02],
  [50, 0.4],
] as const;

export function benchDoctor(samples: number): Promise<Section> {
  return inScratch(async (scratch) => {
    const rows: string[][] = [];
    const bySize = new Map<number, Measured>();
    for (const size of sizes) {
      const measured = await measureOn(scratch, size, 0, samples);
      bySize.set(size, measured);
      rows.push(
        rowOf(
          'doctor --all',
          size,
          measured.doctor,
          measured.doctor.times.median / measured.sdk.times.median,
        ),
      );
      rows.push(rowOf('the SDK alone', size, measured.sdk, Number.NaN));
    }
    for (const [size, share] of throttledRuns) {
      const { doctor: throttled } = await measureOn(scratch, size, share, samples);
      const name = `doctor --all, ${share * 100} % of the calls throttled`;
      rows.push(rowOf(name, size, throttled, Number.NaN));
    }

    const large = bySize.get(1000) as Measured;
    const small = bySize.get(100) as Measured;
    return {
      title: 'doctor --all',
      about: `The server answers each call after ${latencyMs} ms. *Rows* are the environments of which the report tells the load
balancer, the fewest in any run.`,
      findings: [
        {
          what: '`doctor --all` on 1,000 environments against the SDK alone',
          value: large.doctor.times.median / large.sdk.times.median,
          unit: 'times',
          limit: 1.2,
        },
        {
          what: 'calls of `doctor --all` for each of 1,000 environments',
          value: large.doctor.calls / 1000,
          unit: 'calls',
          limit: 3,
        },
        {
          what: 'memory kept by `doctor --all` on 1,000 environments against 100',
          value: large.doctor.keptMegabytes / small.doctor.keptMegabytes,
          unit: 'times',
        },
      ],
      columns: [
        '',
        'environments',
        'of the SDK',
        'time, median',
        'quartiles',
        'calls',
        'peak memory',
        'kept at the end',
        'rows',
      ],
      rows,
    };
  });
}

interface Result {
  readonly calls: number;
  readonly peakMegabytes: number;
  readonly keptMegabytes: number;
  readonly rows: number;
}
type Measured = Record<'doctor' | 'sdk', Result & { readonly times: Times }>;

async function measureOn(
  scratch: string,
  size: number,
  throttled: number,
  samples: number,
): Promise<Measured> {
  const results = { doctor: [] as Result[], sdk: [] as Result[] };
  const contestant = (name: keyof typeof results, argv: readonly string[]) => async () => {
    const { milliseconds, ...result } = await runOnce(scratch, size, throttled, argv);
    results[name].push(result);
    return milliseconds;
  };
  const times = await measure(
    {
      doctor: contestant('doctor', [...ebHosts.slice(1), 'doctor', '--all', '--json']),
      sdk:
        throttled > 0
          ? { missing: 'not asked' }
          : contestant('sdk', [resolve('.build/bench/ask-beanstalk.mjs')]),
    },
    samples,
  );
  const summary = (name: keyof typeof results) => ({
    times: times[name],
    calls: quantile(
      results[name].map(({ calls }) => calls),
      0.5,
    ),
    peakMegabytes: quantile(
      results[name].map(({ peakMegabytes }) => peakMegabytes),
      0.5,
    ),
    keptMegabytes: quantile(
      results[name].map(({ keptMegabytes }) => keptMegabytes),
      0.5,
    ),
    rows: Math.min(...results[name].map(({ rows }) => rows)),
  });
  return { doctor: summary('doctor'), sdk: summary('sdk') };
}

function rowOf(name: string, size: number, result: Measured['doctor'], ofTheSdk: number): string[] {
  return [
    name,
    size.toLocaleString('en'),
    ratio(ofTheSdk),
    ...timeCells(result.times),
    `${result.calls}`,
    `${result.peakMegabytes.toFixed(0)} MB`,
    `${result.keptMegabytes.toFixed(1)} MB`,
    `${result.rows}`,
  ];
}

async function runOnce(
  scratch: string,
  size: number,
  throttled: number,
  argv: readonly string[],
): Promise<Result & { milliseconds: number }> {
  const server = spawn(
    process.execPath,
    [resolve('.build/bench/serve-beanstalk.mjs'), `${size}`, `${throttled}`, `${latencyMs}`],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  const lines = createInterface(server.stdout)[Symbol.asyncIterator]();
  const url: string = (await lines.next()).value;
  const usage = join(scratch, 'usage');
  const started = performance.now();
  const child = spawn(process.execPath, ['--expose-gc', '--import', reportUsage(usage), ...argv], {
    cwd: scratch,
    env: { PATH: process.env.PATH, ...beanstalkVariables(url, scratch) },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let stdout = '';
  for await (const chunk of child.stdout) stdout += chunk;
  const milliseconds = performance.now() - started;
  server.stdin.end();
  const calls = Number((await lines.next()).value);
  const { environments } = JSON.parse(stdout) as { environments: { loadBalancer: string | null }[] };
  const rows = environments.filter(({ loadBalancer }) => loadBalancer !== null).length;
  return { milliseconds, calls, rows, ...JSON.parse(readFileSync(usage, 'utf8')) };
}

/** A module that writes the process's memory to a file when it ends. The peak is asked of the kernel: what node tells as
 * its own counts the parent's too, until the start of the program. */
function reportUsage(file: string): string {
  const code = `import { readFileSync, writeFileSync } from 'node:fs';
process.on('exit', () => {
  const [, peak] = /^VmHWM:\\s+(\\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'));
  gc();
  const usage = { peakMegabytes: peak / 1024, keptMegabytes: process.memoryUsage().heapUsed / 2 ** 20 };
  writeFileSync(${JSON.stringify(file)}, JSON.stringify(usage));
});`;
  return `data:text/javascript,${encodeURIComponent(code)}`;
}
