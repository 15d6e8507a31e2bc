import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { systemErrorCode } from '../errors.ts';
import { undoAtExit } from './scratch.ts';

export interface ChildOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** The whole environment: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
}

export interface Child {
  /** What it has printed so far, both streams as they came. At most the last 256 KiB. */
  output(): string;
  /** Settles when the process has ended, however it did. Never rejects. */
  readonly ended: Promise<ChildEnd>;
  /** Ends the process and everything it started: SIGTERM first, SIGKILL after `graceMilliseconds`. */
  stop(graceMilliseconds?: number): Promise<void>;
}

export interface ChildEnd {
  /** Null if it was killed, or never ran. */
  readonly status: number | null;
  readonly signal: string | null;
  /** Why it never ran: `ENOENT`, `EACCES`, …; null if it ran. */
  readonly failure: string | null;
}

const outputLimit = 256 * 1024;

/** Starts a program as leader of its own process group, without a terminal. */
export function startChild({ command, args, cwd, env }: ChildOptions): Child {
  const child = spawn(command, args, { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  let over = false;
  const signal = (name: NodeJS.Signals) => {
    // Once it has ended its number may be somebody else's.
    if (!over) signalGroup(child, name);
  };
  const forget = undoAtExit(() => signal('SIGKILL'));
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8');
    stream?.on('data', (text: string) => {
      output = (output + text).slice(-outputLimit);
    });
  }
  const ended = endOf(child).finally(() => {
    signal('SIGKILL');
    over = true;
    forget();
  });
  return {
    output: () => output,
    ended,
    stop: async (graceMilliseconds = 2000) => {
      signal('SIGTERM');
      const timer = setTimeout(() => signal('SIGKILL'), graceMilliseconds);
      await ended;
      clearTimeout(timer);
    },
  };
}

async function endOf(child: ChildProcess): Promise<ChildEnd> {
  try {
    const [status, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    await outputEnd(child);
    return { status, signal, failure: null };
  } catch (error) {
    return { status: null, signal: null, failure: systemErrorCode(error) ?? String(error) };
  }
}

/** All output has been read, or something in the background holds on to it. */
async function outputEnd(child: ChildProcess): Promise<void> {
  const streams = [child.stdout, child.stderr].filter((stream) => stream !== null && !stream.closed);
  const closed = Promise.all(streams.map((stream) => stream && once(stream, 'close')));
  let timer: NodeJS.Timeout | undefined;
  const patience = new Promise((resolve) => {
    timer = setTimeout(resolve, 500);
  });
  await Promise.race([closed, patience]);
  clearTimeout(timer);
  for (const stream of streams) stream?.destroy();
}

function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch (error) {
    // ESRCH: all gone. EPERM: macOS, where only zombies are left.
    if (systemErrorCode(error) !== 'ESRCH' && systemErrorCode(error) !== 'EPERM') throw error;
  }
}
