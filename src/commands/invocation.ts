import type { ExitStatus } from '../errors.ts';
import type { Io } from '../io.ts';

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
