import { type ParseArgsConfig, parseArgs } from 'node:util';
import { UserError } from './errors.ts';
import { nearest } from './nearest.ts';

type OptionTable = NonNullable<ParseArgsConfig['options']>;

/** The flags every command takes. A command spreads them into its own table. */
export const commonOptions = {
  cwd: { type: 'string' },
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

type Parsed<T extends OptionTable> = ReturnType<
  typeof parseArgs<{ options: T; allowPositionals: true; strict: true; args: string[] }>
>;

/** Reads a command's flags. A flag that was not given is `undefined`, never a default.
 * @throws UserError `usage` for an unknown flag, a missing value or one argument too many. */
export function parseOptions<const T extends OptionTable>(
  command: string,
  argv: readonly string[],
  options: T,
  positionals: { atMost: number } = { atMost: 0 },
): Parsed<T> {
  const parsed = parseStrictly(command, argv, options);
  const surplus = parsed.positionals[positionals.atMost];
  if (surplus !== undefined) throw usage(command, `unexpected argument '${surplus}'`);
  return parsed;
}

function parseStrictly<T extends OptionTable>(
  command: string,
  argv: readonly string[],
  options: T,
): Parsed<T> {
  try {
    return parseArgs({ args: [...argv], options, allowPositionals: true, strict: true }) as Parsed<T>;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (typeof code !== 'string' || !code.startsWith('ERR_PARSE_ARGS_')) throw error;
    const unknown = /^Unknown option '(-[^']*)'/.exec((error as Error).message)?.[1];
    if (unknown === undefined) throw usage(command, (error as Error).message.split('. ')[0] ?? '');
    const similar = nearest(unknown.replace(/^-+/, ''), Object.keys(options));
    throw usage(command, `unknown option '${unknown}'${similar ? `, did you mean '--${similar}'?` : ''}`);
  }
}

/** Wrong usage of `command`: one line and a pointer to its help, status 2. */
export function usage(command: string, message: string): UserError {
  return new UserError('usage', message, { hint: `see 'eb-hosts ${command} --help'` });
}

/** `value` if it is one of `allowed`.
 * @throws UserError `usage` naming the flag and what it takes. */
export function oneOf<const T extends string>(
  command: string,
  flag: string,
  value: string | undefined,
  allowed: readonly T[],
): T | undefined {
  if (value === undefined) return undefined;
  const found = allowed.find((candidate) => candidate === value);
  if (found === undefined) throw usage(command, `${flag} takes ${allowed.join('|')}, not '${value}'`);
  return found;
}
