import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { systemErrorCode } from '../errors.ts';
import { type EmulatedInstance, readInstanceFile } from './emulated-instance.ts';
import { places } from './places.ts';

/** A file before and after; null where it is missing. Its path is one of the instance, without the root. */
export interface FileChange {
  readonly path: string;
  readonly before: string | null;
  readonly after: string | null;
}

/** Where a hook of ours may leave something. */
const directories = ['/opt/elasticbeanstalk/deployment', '/var/lib', '/usr/lib/systemd', '/etc'];

/** Text of every file there, and of the bundle's `.env`, by path. */
export function watchedFiles(instance: EmulatedInstance): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  const add = (path: string) => {
    const text = readInstanceFile(instance, path);
    if (text !== undefined) files.set(path, text);
  };
  for (const directory of directories) {
    for (const path of filesBelow(instance.root, directory)) add(path);
  }
  add(`${places.staging}/.env`);
  add(`${places.current}/.env`);
  return files;
}

function filesBelow(root: string, directory: string): string[] {
  try {
    return readdirSync(join(root, directory), { withFileTypes: true, recursive: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(root.length))
      .sort();
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return [];
    throw error;
  }
}

/** The files that differ between two looks at the same instance, by path. */
export function changedFiles(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): FileChange[] {
  return [...new Set([...before.keys(), ...after.keys()])]
    .sort()
    .map((path) => ({ path, before: before.get(path) ?? null, after: after.get(path) ?? null }))
    .filter((change) => change.before !== change.after);
}
