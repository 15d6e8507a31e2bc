import type { ExitStatus } from './errors.ts';

/** A stream that text is written to; the part of `process.stdout` that commands may use. */
export interface Output {
  write(text: string): void;
  readonly isTTY: boolean;
  /** Width in columns; 80 where unknown. */
  readonly columns: number;
}

/** The world a command runs in, handed in so that a test needs no process. */
export interface Io {
  /** Results only. */
  readonly stdout: Output;
  /** Everything else: progress, warnings, questions. */
  readonly stderr: Output;
  /** Whether questions may be asked: stdin and stderr are terminals. */
  readonly interactive: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Absolute path of the directory the command was started in. */
  readonly cwd: string;
  /** Aborted by Ctrl-C or a termination signal. */
  readonly signal: AbortSignal;
}

/** What a command is given besides its own options. */
export interface Invocation {
  readonly io: Io;
  /** The words after `--`: another program's command line; null without `--`. */
  readonly trailing: readonly string[] | null;
  /** Takes the exit status of a run that ended by itself; commander's actions return nothing. */
  end(status: ExitStatus): void;
}

/** The options that every command takes; cli.ts defines them. Undefined: not given. */
export interface CommonOptions {
  readonly cwd?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
}
