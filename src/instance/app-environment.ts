import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { systemErrorCode, UserError } from '../errors.ts';
import { type EmulatedInstance, readInstanceFile } from './emulated-instance.ts';
import {
  parseComposeDotenv,
  parseDockerEnvFile,
  parseSystemdEnvironment,
  type Variables,
} from './environment-file.ts';
import { places } from './places.ts';

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
  switch (instance.platform) {
    case 'docker': {
      const text = readInstanceFile(instance, places.envList);
      return { variables: parseDockerEnvFile(text ?? ''), files: [places.envList] };
    }
    case 'compose': {
      const path = `${places.current}/.env`;
      return { variables: parseComposeDotenv(readInstanceFile(instance, path) ?? ''), files: [path] };
    }
    case 'ecs':
    case 'php':
      return { variables: instance.properties(), files: [] };
    default:
      return serviceEnvironment(instance);
  }
}

/** What systemd gives `web.service`: the files of the unit and of its drop-ins, a later one over an earlier one. */
function serviceEnvironment(instance: EmulatedInstance): { variables: Variables; files: string[] } {
  let sources: { path: string; optional: boolean }[] = [{ path: places.environment, optional: false }];
  for (const dropIn of dropIns(instance)) {
    for (const value of environmentFileSettings(readInstanceFile(instance, dropIn) ?? '')) {
      if (value === '') sources = [];
      else sources.push({ path: value.replace(/^-/, ''), optional: value.startsWith('-') });
    }
  }
  const variables = new Map<string, string>();
  const files: string[] = [];
  for (const { path, optional } of sources) {
    const text = readInstanceFile(instance, path);
    if (text === undefined) {
      if (optional) continue;
      throw new UserError('environment-file', `web.service would not start: ${path} is missing`);
    }
    files.push(path);
    for (const [name, value] of parseSystemdEnvironment(text)) variables.set(name, value);
  }
  return { variables, files };
}

/** All drop-ins of the unit by file name, whatever their directory; the same name below /etc hides the one in /usr/lib. */
function dropIns({ root }: EmulatedInstance): string[] {
  const byName = new Map<string, string>();
  for (const directory of ['/usr/lib/systemd/system/web.service.d', '/etc/systemd/system/web.service.d']) {
    for (const name of listNames(join(root, directory))) {
      if (name.endsWith('.conf')) byName.set(name, `${directory}/${name}`);
    }
  }
  return [...byName].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, path]) => path);
}

function listNames(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return [];
    throw error;
  }
}

function environmentFileSettings(unit: string): string[] {
  let section = '';
  const values: string[] = [];
  for (const line of unit.split('\n')) {
    const trimmed = line.trim();
    if (trimmed.startsWith('[')) section = trimmed;
    const value = /^EnvironmentFile\s*=\s*(.*)$/.exec(trimmed)?.[1];
    if (section === '[Service]' && value !== undefined) values.push(value);
  }
  return values;
}
