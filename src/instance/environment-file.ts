import { UserError } from '../errors.ts';

export { parseComposeDotenv } from './compose-dotenv.ts';

/** Variables of a process, by name, in the order of the file. */
export type Variables = ReadonlyMap<string, string>;

type SystemdState =
  | 'before-key'
  | 'key'
  | 'before-value'
  | 'value'
  | 'value-escape'
  | 'single-quoted'
  | 'double-quoted'
  | 'double-quoted-escape'
  | 'comment'
  | 'comment-escape';

const blank = /[ \t\n\r]/;
const lineEnd = /[\n\r]/;

/** What a service gets from an `EnvironmentFile=`, by the rules of systemd.exec(5) as systemd 252 (Amazon Linux 2023)
 * applies them: a value that starts with a quote may span lines, several quoted parts join, a quote later in an
 * unquoted value is literal, nothing is expanded; a later assignment wins; names that no environment takes are dropped.
 * A comment that ends in a backslash swallows the next line, as it did until version 254. */
export function parseSystemdEnvironment(text: string): Variables {
  const variables = new Map<string, string>();
  let state: SystemdState = 'before-key';
  let key = '';
  let value = '';
  /** Where the blanks begin that would be cut off if the value ended now. */
  let valueEnd: number | undefined;

  const assign = () => {
    const name = key.replace(/[ \t\n\r]+$/, '');
    if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) variables.set(name, value.slice(0, valueEnd));
    [key, value, valueEnd] = ['', '', undefined];
  };

  const [contents = ''] = text.split('\0', 1);
  for (const c of contents) {
    switch (state) {
      case 'before-key':
        if (c === '#' || c === ';') state = 'comment';
        else if (!blank.test(c)) [state, key] = ['key', c];
        break;
      case 'key':
        if (lineEnd.test(c)) [state, key] = ['before-key', ''];
        else if (c === '=') state = 'before-value';
        else key += c;
        break;
      case 'before-value':
        if (lineEnd.test(c)) {
          assign();
          state = 'before-key';
        } else if (c === "'") state = 'single-quoted';
        else if (c === '"') state = 'double-quoted';
        else if (c === '\\') state = 'value-escape';
        else if (!blank.test(c)) {
          state = 'value';
          value += c;
        }
        break;
      case 'value':
        if (lineEnd.test(c)) {
          assign();
          state = 'before-key';
        } else if (c === '\\') {
          state = 'value-escape';
          valueEnd = undefined;
        } else {
          if (!blank.test(c)) valueEnd = undefined;
          else valueEnd ??= value.length;
          value += c;
        }
        break;
      case 'value-escape':
        state = 'value';
        if (!lineEnd.test(c)) value += c;
        break;
      case 'single-quoted':
        if (c === "'") state = 'before-value';
        else value += c;
        break;
      case 'double-quoted':
        if (c === '"') state = 'before-value';
        else if (c === '\\') state = 'double-quoted-escape';
        else value += c;
        break;
      case 'double-quoted-escape':
        state = 'double-quoted';
        if ('"\\`$'.includes(c)) value += c;
        else if (c !== '\n') value += `\\${c}`;
        break;
      case 'comment':
        if (c === '\\') state = 'comment-escape';
        else if (lineEnd.test(c)) state = 'before-key';
        break;
      case 'comment-escape':
        state = 'comment';
        break;
    }
  }
  if (state !== 'before-key' && state !== 'key' && !state.startsWith('comment')) assign();
  return variables;
}

/** What a container gets from `docker run --env-file`: everything after the first `=` as it stands, to the end of the
 * line; blank lines and lines that start with `#` are skipped; a bare name takes `inherited`'s value, or none; a later
 * line wins (Docker's reference of `docker container run`, --env-file).
 * @throws UserError `environment-file` where docker refuses the file: a line without a name, a blank in a name. */
export function parseDockerEnvFile(text: string, inherited: Variables = new Map()): Variables {
  const variables = new Map<string, string>();
  for (const [index, raw] of text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .entries()) {
    const line = raw.replace(/\r$/, '').replace(/^\s+/, '');
    if (line === '' || line.startsWith('#')) continue;
    const equals = line.indexOf('=');
    const name = equals === -1 ? line : line.slice(0, equals);
    if (name === '' || /[ \t]/.test(name)) {
      const fault = name === '' ? 'no variable name' : 'a blank in the variable name';
      throw new UserError('environment-file', `docker refuses the env file: ${fault} in line ${index + 1}`);
    }
    const value = equals === -1 ? inherited.get(name) : line.slice(equals + 1);
    if (value !== undefined) variables.set(name, value);
  }
  return variables;
}
