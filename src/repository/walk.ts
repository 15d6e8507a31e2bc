import { type Dirent, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Directories that hold other people's code, or a tool's. */
const passedOver = new Set([
  '.git',
  '.hg',
  '.svn',
  '.tox',
  '.nox',
  '.mypy_cache',
  '.pytest_cache',
  '.ruff_cache',
  '.terraform',
  '.next',
  '.nuxt',
  '__pycache__',
  'bower_components',
  'node_modules',
  'site-packages',
]);

interface Walk {
  readonly paths: string[];
  readonly truncated: boolean;
}

/** The files below `root`, without following links, at most `limit` of them and 30 directories deep. */
export function walk(root: string, start = '', limit = 200_000): Walk {
  const paths: string[] = [];
  const queue: { path: string; depth: number }[] = [{ path: start, depth: 0 }];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    const { path, depth } = next;
    const entries = list(join(root, path));
    if (path !== '' && entries.some(({ name }) => name === 'pyvenv.cfg')) continue;
    for (const entry of entries) {
      const child = path === '' ? entry.name : `${path}/${entry.name}`;
      if (entry.isDirectory()) {
        if (!passedOver.has(entry.name) && depth < 30) queue.push({ path: child, depth: depth + 1 });
      } else if (entry.isFile() || entry.isSymbolicLink()) {
        if (paths.length >= limit) return { paths: paths.sort(), truncated: true };
        paths.push(child);
      }
    }
  }
  return { paths: paths.sort(), truncated: false };
}

/** A directory's entries; none if it is missing or may not be read. */
export function list(directory: string): Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch {
    return [];
  }
}

/** Whether it is a directory itself, no link to one; false, too, where that may not be asked. */
export function isDirectory(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  } catch {
    return false;
  }
}
