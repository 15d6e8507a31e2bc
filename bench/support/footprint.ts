import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Command, quantile, timed } from './measure.ts';

/** What a command takes besides time; null where the tool that tells is not on this machine, or not allowed. */
export interface Footprint {
  /** Resident memory of the largest of its processes at its peak, in megabytes: the median of five runs. */
  readonly megabytes: number | null;
  /** Processes in all, itself among them. */
  readonly processes: number | null;
}

/** Runs a command under GNU time and under strace. */
export async function footprint(command: () => Command): Promise<Footprint> {
  const scratch = mkdtempSync(join(tmpdir(), 'eb-hosts-bench-'));
  const report = join(scratch, 'report');
  const under = async (...tool: string[]): Promise<string> => {
    const { argv, ...rest } = command();
    await timed({ ...rest, argv: [...tool, ...argv] });
    return readFileSync(report, 'utf8');
  };
  try {
    let megabytes: number | null = null;
    if (works('/usr/bin/time', '--output=/dev/null', 'true')) {
      const peaks: number[] = [];
      // Not asked for by node itself: what forks from node counts node's own memory as its peak until it executes.
      for (let run = 0; run < 5; run++)
        peaks.push(Number(await under('/usr/bin/time', '--format=%M', `--output=${report}`)));
      megabytes = quantile(peaks, 0.5) / 1024;
    }
    let processes: number | null = null;
    if (works('strace', '-o', '/dev/null', 'true')) {
      const calls = await under(
        'strace',
        '-f',
        '-qq',
        '-e',
        'trace=%process',
        '-e',
        'signal=none',
        '-o',
        report,
      );
      processes = new Set(calls.match(/^\d+(?= .*\bexit_group\()/gm)).size;
    }
    return { megabytes, processes };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function works(tool: string, ...args: string[]): boolean {
  return spawnSync(tool, args, { stdio: 'ignore' }).status === 0;
}
