import { UserError } from '../errors.ts';

type Lookup = (name: string) => string | undefined;

const blankInLine = /^[\t\v\f\r \u0085\u00a0]+/;

/** What Docker Compose v2 reads from a `.env` file: its dotenv dialect as the reference page "Env file" describes it.
 * Unquoted values end at ` #`; single quotes keep everything; in double quotes the usual backslash escapes count;
 * outside single quotes `$NAME` and `${NAME…}` are replaced, `$$` is one dollar; quoted values may span lines.
 * @param inherited the environment of Compose itself, which wins over the file in replacements
 * @throws UserError `environment-file` where Compose refuses the file */
export function parseComposeDotenv(
  text: string,
  inherited: ReadonlyMap<string, string> = new Map(),
): ReadonlyMap<string, string> {
  const variables = new Map<string, string>();
  const lookup: Lookup = (name) => inherited.get(name) ?? variables.get(name);
  let rest = skipToStatement(text.replace(/^\uFEFF/, ''));
  while (rest !== '') {
    const key = readKey(rest);
    if (key.inherits) {
      const value = inherited.get(key.name);
      if (value !== undefined) variables.set(key.name, value);
      rest = skipToStatement(key.rest);
      continue;
    }
    const value = readValue(key.rest, lookup);
    // Names that start with a digit are read and dropped.
    if (!/^\d/.test(key.name)) variables.set(key.name, value.text);
    rest = skipToStatement(value.rest);
  }
  return variables;
}

function skipToStatement(text: string): string {
  return text.replace(/^(?:\s+|#[^\n]*)+/, '');
}

function readKey(text: string): { name: string; inherits: boolean; rest: string } {
  const source = text.replace(/^export[\t\v\f\r ]+/, '');
  const match = /^([^=:\n]*)([=:\n]|$)/.exec(source);
  const name = (match?.[1] ?? '').trimEnd();
  if (name === '' || !/^[\p{L}\p{N}_.[\]-]+$/u.test(name)) {
    throw refusal(`'${source.split('\n', 1)[0]?.split('=', 1)[0]}' is no variable name`);
  }
  const inherits = match?.[2] === '\n' || match?.[2] === '';
  return { name, inherits, rest: source.slice(match?.[0].length ?? 0).replace(blankInLine, '') };
}

function readValue(text: string, lookup: Lookup): { text: string; rest: string } {
  const quote = text[0];
  if (quote !== '"' && quote !== "'") {
    const end = text.indexOf('\n');
    const line = end === -1 ? text : text.slice(0, end);
    const [value = ''] = line.split(' #', 1);
    return { text: substitute(value.trimEnd(), lookup), rest: end === -1 ? '' : text.slice(end + 1) };
  }
  let raw = '';
  for (let index = 1; index < text.length; index++) {
    const c = text.charAt(index);
    if (c === quote) {
      const value = quote === "'" ? raw : substitute(expandEscapes(raw), lookup);
      return { text: value, rest: text.slice(index + 1) };
    }
    if (c !== '\\') raw += c;
    else {
      const next = text.charAt(++index);
      // An escaped quote of the same kind loses its backslash here, everything else keeps it for later.
      raw += next === quote ? next : `\\${next}`;
    }
  }
  throw refusal('a quoted value does not end');
}

const escapes: Record<string, string> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  '"': '"',
  $: '$$',
};

function expandEscapes(text: string): string {
  return text.replace(/\\(?:0(\d{3})|([abfnrtv\\"$]))/g, (_, octal: string | undefined, letter: string) =>
    octal === undefined ? (escapes[letter] ?? '') : String.fromCharCode(Number.parseInt(octal, 8)),
  );
}

/** Replaces `$NAME`, `${NAME}` and the forms with `:-`, `-`, `:+`, `+`, `:?`, `?`, of which the operand is replaced as well. */
function substitute(text: string, lookup: Lookup): string {
  let result = '';
  let index = 0;
  while (index < text.length) {
    const dollar = text.indexOf('$', index);
    if (dollar === -1) return result + text.slice(index);
    result += text.slice(index, dollar);
    const name = /^[A-Za-z_][A-Za-z0-9_]*/.exec(text.slice(dollar + 1))?.[0];
    if (text[dollar + 1] === '$') {
      result += '$';
      index = dollar + 2;
    } else if (name !== undefined) {
      result += lookup(name) ?? '';
      index = dollar + 1 + name.length;
    } else if (text[dollar + 1] === '{') {
      const end = closingBrace(text, dollar + 2);
      result += substituteBraced(text.slice(dollar + 2, end), lookup);
      index = end + 1;
    } else {
      throw refusal("a '$' that begins no replacement");
    }
  }
  return result;
}

function closingBrace(text: string, from: number): number {
  let depth = 1;
  for (let index = from; index < text.length; index++) {
    if (text[index] === '{' && text[index - 1] === '$') depth++;
    else if (text[index] === '}' && --depth === 0) return index;
  }
  throw refusal("a '${' without '}'");
}

function substituteBraced(inner: string, lookup: Lookup): string {
  const match = /^([A-Za-z_][A-Za-z0-9_]*)(?:(:?[-+?])([\s\S]*))?$/.exec(inner);
  if (match === null) throw refusal(`'\${${inner}}' is no replacement`);
  const [, name = '', operator, operand = ''] = match;
  const value = lookup(name);
  const present = value !== undefined && (!operator?.startsWith(':') || value !== '');
  switch (operator?.at(-1)) {
    case '-':
      return present ? (value ?? '') : substitute(operand, lookup);
    case '+':
      return present ? substitute(operand, lookup) : '';
    case '?':
      if (!present) throw refusal(`${name} is required`);
  }
  return value ?? '';
}

function refusal(reason: string): UserError {
  return new UserError('environment-file', `docker compose refuses the .env file: ${reason}`);
}
