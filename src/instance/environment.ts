import { UserError } from '../errors.ts';
import { type EmulatedInstance, places, readInstanceFile, type Variables } from './emulated-instance.ts';

export interface AppEnvironment {
  readonly variables: Variables;
  /** Whether the list is one that the app itself must read from its file; it stands in `variables` all the same. */
  readonly listFromFile: boolean;
}

/** The environment that the deployed app would be started with now: each platform's files, read by the rules of the
 * program that reads them there.
 * @throws UserError `environment-file` where that program would refuse the file, and the app would not start */
export function appEnvironment(instance: EmulatedInstance): AppEnvironment {
  const variables = platformEnvironment(instance);
  const list = readInstanceFile(instance, places.hostsList);
  if (list === undefined) return { variables, listFromFile: false };
  // The file comes later and wins; without the drop-in, systemd does not read it.
  return {
    variables: new Map([...variables, ...parseSystemdEnvironment(list)]),
    listFromFile: readInstanceFile(instance, places.dropIn) === undefined,
  };
}

function platformEnvironment(instance: EmulatedInstance): Variables {
  const read = (path: string) => readInstanceFile(instance, path) ?? '';
  switch (instance.platform) {
    case 'docker':
      return parseDockerEnvFile(read(places.envList));
    case 'compose':
      return parseComposeDotenv(read(`${places.current}/.env`));
    case 'ecs':
      return instance.properties;
    default:
      return parseSystemdEnvironment(read(places.environment));
  }
}

/** What a service gets from an `EnvironmentFile=`, by the rules of systemd.exec(5) for values in one line: quotes around a
 * part of the beginning go, a quote later is literal, nothing is expanded; a later assignment wins. */
export function parseSystemdEnvironment(text: string): Variables {
  const variables = new Map<string, string>();
  for (const [, name = '', value = ''] of text.matchAll(
    /^[ \t]*([A-Za-z_]\w*)[ \t]*=[ \t]*(.*?)[ \t\r]*$/gm,
  )) {
    const [, double, single, rest = ''] = /^(?:"((?:\\.|[^"\\])*)"|'([^']*)')?(.*)$/.exec(value) ?? [];
    const inQuotes = double?.replace(/\\(["\\`$])/g, '$1') ?? single ?? '';
    variables.set(name, inQuotes + rest.replace(/\\(.)/g, '$1'));
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

/** What Docker Compose v2 reads from a `.env` file, for values in one line (Compose's reference page "Env file"): unquoted
 * ones end at ` #`, in double quotes the usual backslash escapes count. Replacements (`$NAME`) are left as they stand. */
export function parseComposeDotenv(text: string): Variables {
  const variables = new Map<string, string>();
  const assignment =
    /^[ \t]*(?:export[ \t]+)?([\w.-]+)[ \t]*[=:][ \t]*(?:"((?:\\.|[^"\\])*)"|'([^']*)'|(.*))/gm;
  for (const [, name = '', double, single, bare = ''] of text.matchAll(assignment)) {
    const escaped = double?.replace(/\\(.)/g, (_, c) => ({ n: '\n', r: '\r', t: '\t' })[c as 'n'] ?? c);
    variables.set(name, escaped ?? single ?? bare.replace(/(?:^|\s)#.*/, '').trim());
  }
  return variables;
}
