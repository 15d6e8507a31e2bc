import { execa } from 'execa';
import { undoAtExit } from './scratch.ts';

interface ChildOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** The whole environment: nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  /** Stops it when aborted. */
  readonly signal?: AbortSignal;
}

export interface Child {
  /** The leader of a process group of its own; undefined if it never ran. */
  readonly pid: number | undefined;
  /** What it has printed so far, both streams as they came. At most the last 256 KiB. */
  output(): string;
  /** The same of its standard output alone. */
  stdout(): string;
  /** How it ended; null while it runs. */
  end(): ChildEnd | null;
  /** Settles when the process has ended, however it did. Never rejects. */
  readonly ended: Promise<ChildEnd>;
  /** Ends the process and everything it started: SIGTERM first, SIGKILL after two seconds. */
  stop(): Promise<void>;
}

interface ChildEnd {
  /** Null if it was killed, or never ran. */
  readonly status: number | null;
  /** `status 3`, `killed by SIGTERM` or `cannot be run: ENOENT`. */
  readonly how: string;
}

const outputLimit = 256 * 1024;

/** Starts a program as leader of its own process group, without a terminal. The whole group is gone when it has ended,
 * and when this process ends. */
export function startChild({ command, args, cwd, env, signal }: ChildOptions): Child {
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
  let end: ChildEnd | null = null;
  const signalGroup = (name: NodeJS.Signals) => {
    // Once it has ended, its number may belong to somebody else.
    if (end !== null || pid === undefined) return;
    try {
      process.kill(-pid, name);
    } catch {
      // All gone, or on macOS: only zombies are left.
    }
  };
  const forget = undoAtExit(() => signalGroup('SIGKILL'));
  let output = '';
  child.all?.setEncoding('utf8').on('data', (text: string) => {
    output = (output + text).slice(-outputLimit);
  });
  let stdout = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    stdout = (stdout + chunk).slice(-outputLimit);
  });
  child.once('exit', () => {
    // Something in the background may hold on to the streams, which would keep us waiting.
    setTimeout(() => {
      signalGroup('SIGKILL');
      child.all?.destroy();
    }, 500).unref();
  });
  const ended = child.then(({ code, exitCode, signal: killer }): ChildEnd => {
    signalGroup('SIGKILL');
    forget();
    signal?.removeEventListener('abort', stop);
    const otherwise = killer === undefined ? `cannot be run: ${code}` : `killed by ${killer}`;
    const how = exitCode === undefined ? otherwise : `status ${exitCode}`;
    end = { status: exitCode ?? null, how };
    return end;
  });
  const stop = async () => {
    signalGroup('SIGTERM');
    const timer = setTimeout(() => signalGroup('SIGKILL'), 2000);
    await ended;
    clearTimeout(timer);
  };
  signal?.addEventListener('abort', stop, { once: true });
  return { pid, output: () => output, stdout: () => stdout, end: () => end, ended, stop };
}
