import type { Command, CommandTable } from '../command.ts';
import type { Option } from '../options.ts';
import { readHelpEntries } from './help-entries.ts';

/** What a shell offers after a flag: nothing (a switch), any text, directories, or these words. */
export type FlagValue = 'switch' | 'text' | 'directory' | readonly string[];

/** A flag as a shell completes it. */
export interface Flag {
  /** With its dashes. */
  readonly name: string;
  readonly short: string | null;
  /** What it does, in one line; may be empty. */
  readonly about: string;
  readonly value: FlagValue;
  readonly repeatable: boolean;
  /** The verb it belongs to; null: it goes with every one. */
  readonly verb: string | null;
}

/** A command as a shell completes it. */
export interface CommandWords {
  readonly name: string;
  readonly about: string;
  readonly verbs: Readonly<Record<string, string | null>>;
  /** The name of its only argument; null: it takes none, or a verb. */
  readonly operand: string | null;
  readonly takesCommand: boolean;
  readonly flags: readonly Flag[];
}

/** Everything that can be completed, from the tables that parse the command line and the help beside them. */
export async function collectWords(commands: CommandTable, help: string): Promise<readonly CommandWords[]> {
  const about = readHelpEntries(help);
  return Promise.all(
    Object.entries(commands).map(async ([name, load]) => wordsOf(name, about.get(name) ?? '', await load())),
  );
}

function wordsOf(name: string, about: string, command: Command): CommandWords {
  const { verbs = {}, operand = null, takesCommand = false } = command;
  const texts = readHelpEntries(command.help);
  const flags = Object.entries(command.options).map(([flag, option]) =>
    toFlag(`--${flag}`, option, texts.get(`--${flag}`) ?? ''),
  );
  return { name, about, verbs, operand, takesCommand, flags };
}

function toFlag(name: string, option: Option, about: string): Flag {
  const text = option.values ?? (option.names === 'directory' ? 'directory' : 'text');
  return {
    name,
    short: option.short === undefined ? null : `-${option.short}`,
    about,
    value: option.type === 'boolean' ? 'switch' : text,
    repeatable: option.multiple === true,
    verb: option.verb ?? null,
  };
}
