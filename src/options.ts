import { parseArgs } from 'node:util';
import { UserError } from './errors.ts';
import { didYouMean } from './nearest.ts';

/** One flag of a command; what it takes is checked here and completed by the shells. */
export interface Option {
  readonly type: 'string' | 'boolean';
  readonly short?: string;
  readonly multiple?: true;
  /** The words it takes, where they are a closed set. */
  readonly values?: readonly string[];
  /** What its value is the name of, where a shell can list such names. */
  readonly names?: 'directory';
  /** The verb it belongs to; absent: it goes with every one. */
  readonly verb?: string;
}

/** The flags of a command, by their long names. */
export type OptionTable = Readonly<Record<string, Option>>;

/** The flags every command takes. A command spreads them into its own table. */
export const commonOptions = {
  cwd: { type: 'string', names: 'directory' },
  json: { type: 'boolean' },
  quiet: { type: 'boolean', short: 'q' },
  debug: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean' },
} as const satisfies OptionTable;

export const commonHelp = `Common options
  --cwd DIR     work in DIR instead of the current directory
  --json        print exactly one JSON document on stdout, also on failure
  -q, --quiet   print results only
  --debug       print the stack of a failure and what was tried
  -h, --help    print this help
  --version     print the version`;

type Value<O extends Option> = O extends { type: 'boolean' }
  ? boolean
  : O extends { values: readonly (infer Word)[] }
    ? Word
    : string;

interface Parsed<T extends OptionTable> {
  readonly values: {
    readonly [Name in keyof T]?: T[Name] extends { multiple: true }
      ? readonly Value<T[Name]>[]
      : Value<T[Name]>;
  };
  readonly positionals: readonly string[];
}

/** Reads a command's flags. A flag that was not given is `undefined`, never a default.
 * @throws UserError `usage` for an unknown flag, a missing or a wrong value, or one argument too many. */
export function parseOptions<const T extends OptionTable>(
  command: string,
  argv: readonly string[],
  options: T,
  positionals: { atMost: number } = { atMost: 0 },
): Parsed<T> {
  const parsed = parseStrictly(command, argv, options);
  for (const [name, value] of Object.entries(parsed.values)) {
    checkValue(command, name, value, options[name]);
  }
  const surplus = parsed.positionals[positionals.atMost];
  if (surplus !== undefined) throw usage(command, `unexpected argument '${surplus}'`);
  return parsed as Parsed<T>;
}

function parseStrictly(command: string, argv: readonly string[], options: OptionTable) {
  try {
    return parseArgs({ args: [...argv], options, allowPositionals: true, strict: true });
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (typeof code !== 'string' || !code.startsWith('ERR_PARSE_ARGS_')) throw error;
    const { message } = error as Error;
    const unknown = /^Unknown option '(-[^']*)'/.exec(message)?.[1];
    if (unknown === undefined) {
      const flag = /--[\w-]+/.exec(message)?.[0] ?? 'an option';
      throw usage(command, `${flag} ${message.includes('does not take') ? 'takes no' : 'needs a'} value`);
    }
    const flags = Object.keys(options).map((name) => `--${name}`);
    throw usage(command, `unknown option '${unknown}'${didYouMean(unknown, flags)}`);
  }
}

function checkValue(command: string, name: string, value: unknown, option: Option | undefined): void {
  // An unset variable of a script must not mean the directory it happens to run in.
  if (value === '' && option?.names === 'directory') throw usage(command, `--${name} needs a value`);
  const allowed = option?.values;
  if (typeof value !== 'string' || allowed === undefined || allowed.includes(value)) return;
  const message = `--${name} takes ${allowed.join('|')}, not '${value}'${didYouMean(value, allowed)}`;
  throw usage(command, message);
}

/** Wrong usage of `command`: one line and a pointer to its help, status 2. */
export function usage(command: string, message: string): UserError {
  return new UserError('usage', message, { hint: `see 'eb-hosts ${command} --help'` });
}
