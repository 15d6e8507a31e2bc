import type { ExitStatus } from './errors.ts';
import type { Io } from './io.ts';
import type { OptionTable } from './options.ts';

/** A command: reads its own flags, calls the core, prints the result on `io.stdout`. */
export interface Command {
  readonly help: string;
  readonly options: OptionTable;
  /** What its first argument is one of, each with the name of the argument that follows it (null: none). */
  readonly verbs?: Readonly<Record<string, string | null>>;
  /** The name of its only argument, of a command without verbs. */
  readonly operand?: string;
  /** Whether `--` is followed by the command line of another program. */
  readonly takesCommand?: true;
  run(argv: readonly string[], io: Io): Promise<ExitStatus>;
}

/** The commands by name, each loaded on demand: a command pays only for its own modules. */
export type CommandTable = Readonly<Record<string, () => Promise<Command>>>;
