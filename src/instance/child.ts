import { execa } from 'execa';
import { systemErrorCode } from '../errors.ts';
import { undoAtExit } from './scratch.ts';

interface ChildOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** The whole environment: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
}

export interface Child {
  /** The leader of a process group of its own; undefined if it never ran. */
  readonly pid: number | undefined;
  /** What it has printed so far, both streams as they came. At most the last 256 KiB. */
  output(): string;
  /** The same of its standard output alone. */
  stdout(): string;
  /** Settles when the process has ended, however it did. Never rejects. */
  readonly ended: Promise<ChildEnd>;
  /** Ends the process and everything it started: SIGTERM first, SIGKILL after two seconds. */
  stop(): Promise<void>;
}

export interface ChildEnd {
  /** Null if it was killed, or never ran. */
  readonly status: number | null;
  readonly signal: string | null;
  /** Why it never ran: `ENOENT`, `EACCES`, …; null if it ran. */
  readonly failure: string | null;
}

const outputLimit = 256 * 1024;

/** Starts a program as leader of its own process group, without a terminal. The whole group is gone when it has ended,
 * and when this process ends. */
export function startChild({ command, args, cwd, env }: ChildOptions): Child {
  const child = execa(command, args, {
    cwd,
    env,
    extendEnv: false,
    detached: true,
    stdin: 'ignore',
    all: true,
    buffer: false,
    reject: false,
  });
  const { pid } = child;
  let over = false;
  const signal = (name: NodeJS.Signals) => {
    // Once it has ended, its number may belong to somebody else.
    if (!over && pid !== undefined) signalGroup(pid, name);
  };
  const forget = undoAtExit(() => signal('SIGKILL'));
  let output = '';
  let stdout = '';
  child.all?.setEncoding('utf8').on('data', (text: string) => {
    output = (output + text).slice(-outputLimit);
  });
  child.stdout?.on('data', (chunk: Buffer) => {
    stdout = (stdout + chunk.toString()).slice(-outputLimit);
  });
  child.once('exit', () => {
    // Something in the background may hold on to the streams, which would keep us waiting.
    setTimeout(() => {
      signal('SIGKILL');
      child.all?.destroy();
    }, 500).unref();
  });
  const ended = child.then(({ code, exitCode, signal: killer }): ChildEnd => {
    signal('SIGKILL');
    over = true;
    forget();
    const failure = exitCode === undefined && killer === undefined ? (code ?? 'unknown') : null;
    return { status: exitCode ?? null, signal: killer ?? null, failure };
  });
  return {
    pid,
    output: () => output,
    stdout: () => stdout,
    ended,
    stop: async () => {
      signal('SIGTERM');
      const timer = setTimeout(() => signal('SIGKILL'), 2000);
      await ended;
      clearTimeout(timer);
    },
  };
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch (error) {
    // ESRCH: all gone. EPERM: macOS, where only zombies are left.
    if (systemErrorCode(error) !== 'ESRCH' && systemErrorCode(error) !== 'EPERM') throw error;
  }
}
