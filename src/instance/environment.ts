import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../errors.ts';
import { type EmulatedInstance, places, readInstanceFile, type Variables } from './emulated-instance.ts';

export interface AppEnvironment {
  readonly variables: Variables;
  /** The files it came from, in the order in which they were read. */
  readonly files: readonly string[];
  /** Whether the list is one that the app itself must read from its file; it stands in `variables` all the same. */
  readonly listFromFile: boolean;
}

/** The environment that the deployed app would be started with now: each platform's files, read by the rules of the
 * program that reads them there.
 * @param readsList whether the app itself reads the list of the hook (delivery `file`, and always on ECS)
 * @throws UserError `environment-file` where that program would refuse the file, and the app would not start */
export function appEnvironment(instance: EmulatedInstance, readsList = false): AppEnvironment {
  const { variables, files } = platformEnvironment(instance);
  const list =
    readsList || instance.platform === 'ecs' ? readInstanceFile(instance, places.hostsList) : undefined;
  if (list === undefined || files.includes(places.hostsList))
    return { variables, files, listFromFile: false };
  const merged = new Map([...variables, ...parseSystemdEnvironment(list)]);
  return { variables: merged, files: [...files, places.hostsList], listFromFile: true };
}

function platformEnvironment(instance: EmulatedInstance): { variables: Variables; files: string[] } {
  const read = (path: string, parse: (text: string) => Variables) => ({
    variables: parse(readInstanceFile(instance, path) ?? ''),
    files: [path],
  });
  switch (instance.platform) {
    case 'docker':
      return read(places.envList, parseDockerEnvFile);
    case 'compose':
      return read(`${places.current}/.env`, parseComposeDotenv);
    case 'ecs':
    case 'php':
      return { variables: instance.properties(), files: [] };
    default:
      return serviceEnvironment(instance);
  }
}

/** What systemd gives `web.service`: the engine's file, and those of the drop-ins below /usr/lib by their names, a later
 * one over an earlier one. */
function serviceEnvironment(instance: EmulatedInstance): { variables: Variables; files: string[] } {
  const directory = '/usr/lib/systemd/system/web.service.d';
  const sources: string[] = [places.environment];
  for (const name of listNames(join(instance.root, directory)).sort()) {
    const text = name.endsWith('.conf') ? readInstanceFile(instance, `${directory}/${name}`) : undefined;
    for (const [, file] of (text ?? '').matchAll(/^EnvironmentFile=(.+)$/gm)) sources.push(file ?? '');
  }
  const variables = new Map<string, string>();
  const files: string[] = [];
  for (const source of sources) {
    const path = source.replace(/^-/, '');
    const text = readInstanceFile(instance, path);
    if (text !== undefined) {
      files.push(path);
      for (const [name, value] of parseSystemdEnvironment(text)) variables.set(name, value);
    } else if (source === path) {
      throw new UserError('environment-file', `web.service would not start: ${path} is missing`);
    }
  }
  return { variables, files };
}

function listNames(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

/** A line of an environment file of systemd: a comment, or a name, its quoted parts and what follows unquoted. */
const systemdLine =
  /[ \t]*(?:[#;](?:\\.|[^\n\r\\])*|([^=\s][^=\n\r]*)=((?:[ \t]*(?:"(?:\\.|[^"\\])*"?|'[^']*'?))*)[ \t]*((?:\\.|[^\n\r\\])*)|[^\n\r]*)(?:[\n\r]|$)/gsy;

/** What a service gets from an `EnvironmentFile=`, by the rules of systemd.exec(5) as systemd 252 (Amazon Linux 2023)
 * applies them: a value that starts with a quote may span lines, several quoted parts join, a quote later in an
 * unquoted value is literal, nothing is expanded; a later assignment wins; names that no environment takes are dropped.
 * A comment that ends in a backslash swallows the next line, as it did until version 254. */
export function parseSystemdEnvironment(text: string): Variables {
  const variables = new Map<string, string>();
  for (const [, key = '', quoted = '', rest = ''] of text.matchAll(systemdLine)) {
    const name = key.trimEnd();
    if (!/^[A-Za-z_]\w*$/.test(name)) continue;
    const parts = [...quoted.matchAll(/"((?:\\.|[^"\\])*)"?|'([^']*)'?/gs)].map(([, double, single]) =>
      double === undefined
        ? single
        : double.replace(/\\(.)/gs, (pair, c) => (c === '\n' ? '' : '"\\`$'.includes(c) ? c : pair)),
    );
    // Blanks at the end go, unless the last one is escaped.
    const [, kept = ''] = /^((?:\\.|[^\\])*?)[ \t]*$/s.exec(rest) ?? [];
    variables.set(name, parts.join('') + kept.replace(/\\(.)/gs, (_, c) => (c === '\n' ? '' : c)));
  }
  return variables;
}

/** What a container gets from `docker run --env-file`: everything after the first `=` as it stands, to the end of the
 * line; blank lines and lines that start with `#` are skipped, and so is a bare name, whose value would be docker's own
 * (Docker's reference of `docker container run`, --env-file).
 * @throws UserError `environment-file` where docker refuses the file: a line without a name, a blank in a name. */
export function parseDockerEnvFile(text: string): Variables {
  const variables = new Map<string, string>();
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.replace(/\r$/, '').trimStart();
    if (line === '' || line.startsWith('#')) continue;
    const [, name = '', value] = /^([^=]*)(?:=(.*))?$/s.exec(line) ?? [];
    if (name === '' || /\s/.test(name)) {
      const fault = name === '' ? 'no variable name' : 'a blank in the variable name';
      throw new UserError('environment-file', `docker refuses the env file: ${fault} in line ${index + 1}`);
    }
    if (value !== undefined) variables.set(name, value);
  }
  return variables;
}

const composeStatement =
  /(?:\s|#[^\n]*)*(?:$|(?:export[ \t]+)?([\w.[\]-]+)[ \t\r]*(?:[=:][ \t]*(?:"((?:\\.|[^"\\])*)"|'((?:\\.|[^'\\])*)'|((?!["'])[^\n]*))|(?=\n|$)))/gsy;

/** What Docker Compose v2 reads from a `.env` file: its dotenv dialect as the reference page "Env file" describes it.
 * Unquoted values end at ` #`; single quotes keep everything; in double quotes the usual backslash escapes count;
 * outside single quotes `$NAME`, `${NAME}` and `${NAME:-…}` are replaced, `$$` is one dollar; quoted values may span
 * lines. A bare name, whose value would be Compose's own, is skipped.
 * @throws UserError `environment-file` where Compose refuses the file */
export function parseComposeDotenv(text: string): Variables {
  const variables = new Map<string, string>();
  let end = 0;
  for (const { 0: found, index, 1: name, 2: double, 3: single, 4: bare } of text.matchAll(composeStatement)) {
    end = index + found.length;
    if (name === undefined) break;
    let value = bare?.split(' #', 1)[0]?.trim();
    if (double !== undefined) {
      value = double.replace(
        /\\([nrt"\\$])/g,
        (_, c) => ({ n: '\n', r: '\r', t: '\t', $: '$$' })[c as 'n'] ?? c,
      );
    }
    if (single !== undefined) value = single.replaceAll("\\'", "'");
    else if (value !== undefined) value = replaceVariables(value, variables);
    if (value !== undefined) variables.set(name, value);
  }
  if (end < text.length) throw refusedByCompose(`line ${text.slice(0, end).split('\n').length}`);
  return variables;
}

function replaceVariables(text: string, variables: Variables): string {
  return text.replace(
    /\$(?:(\$)|([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(?:(:?)-([^}]*))?\})?/g,
    (found, dollar, bare, braced, colon, fallback) => {
      if (dollar !== undefined) return '$';
      if (bare === undefined && braced === undefined)
        throw refusedByCompose(`'${found}' begins no replacement`);
      const value = variables.get(bare ?? braced);
      if (fallback !== undefined && (value === undefined || (colon === ':' && value === ''))) return fallback;
      return value ?? '';
    },
  );
}

function refusedByCompose(reason: string): UserError {
  return new UserError('environment-file', `docker compose refuses the .env file: ${reason}`);
}
