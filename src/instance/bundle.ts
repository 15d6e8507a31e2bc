import {
  chmodSync,
  constants,
  copyFileSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, isAbsolute, join, normalize } from 'node:path';
import { systemErrorCode } from '../errors.ts';

/** What is deployed: files of a directory. */
export interface Bundle {
  readonly directory: string;
  /** Relative to it, with `/`; not given: all of them. */
  readonly paths?: readonly string[];
  /** Directories of it that are no part of the bundle and stand for what the platform would install: linked, not copied. */
  readonly dependencies?: readonly string[];
}

/** Copies the bundle into the empty directory `staging`, as unpacking the deployed zip would.
 * @returns paths that were left out: links that lead out of the bundle, and what is no file, or none we may read */
export function stageBundle(bundle: Bundle, staging: string): string[] {
  const leftOut: string[] = [];
  let directory = staging;
  for (const path of bundle.paths ?? allFiles(bundle.directory)) {
    const parent = dirname(join(staging, path));
    if (parent !== directory) mkdirSync(parent, { recursive: true });
    directory = parent;
    if (!copyEntry(join(bundle.directory, path), join(staging, path), path)) leftOut.push(path);
  }
  for (const name of bundle.dependencies ?? []) {
    symlinkSync(join(bundle.directory, name), join(staging, name));
  }
  return leftOut;
}

/** By hand, since `readdirSync` with `recursive` follows links to directories on Node 22 and later. */
function allFiles(directory: string, below = ''): string[] {
  return readdirSync(join(directory, below), { withFileTypes: true })
    .map((entry) => ({ entry, path: below === '' ? entry.name : `${below}/${entry.name}` }))
    .filter(({ path }) => path !== '.git')
    .flatMap(({ entry, path }) => (entry.isDirectory() ? allFiles(directory, path) : [path]));
}

function copyEntry(source: string, target: string, path: string): boolean {
  const stats = statOf(source);
  if (stats === undefined) return true; // deleted, though git still lists it
  if (stats.isSymbolicLink()) {
    const link = readlinkSync(source);
    if (isAbsolute(link) || normalize(join(dirname(path), link)).startsWith('..')) return false;
    symlinkSync(link, target);
    return true;
  }
  if (stats.isDirectory()) return true; // a submodule: not part of a bundle
  if (!stats.isFile()) return false;
  try {
    copyFileSync(source, target, constants.COPYFILE_FICLONE);
    return true;
  } catch (error) {
    if (systemErrorCode(error) === 'EACCES') return false;
    throw error;
  }
}

function statOf(path: string) {
  try {
    return lstatSync(path);
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw error;
  }
}

/** Platform versions since April 2022 make every hook executable and turn CRLF into LF themselves.
 * @param directory the staged bundle */
export function prepareHooks(directory: string): void {
  for (const kind of ['hooks', 'confighooks']) {
    for (const phase of ['prebuild', 'predeploy', 'postdeploy']) {
      for (const hook of listHooks(directory, `.platform/${kind}/${phase}`)) {
        const file = join(directory, hook);
        if (lstatSync(file).isSymbolicLink()) continue;
        const content = readFileSync(file);
        if (content.includes('\r\n') && !content.includes(0)) {
          writeFileSync(file, content.toString('latin1').replaceAll('\r\n', '\n'), 'latin1');
        }
        chmodSync(file, 0o755);
      }
    }
  }
}

/** The files of a hook directory in the order in which the engine runs them, relative to `directory`. */
export function listHooks(directory: string, folder: string): string[] {
  try {
    return readdirSync(join(directory, folder), { withFileTypes: true })
      .filter((entry) => !entry.isDirectory())
      .map((entry) => `${folder}/${entry.name}`)
      .sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return [];
    throw error;
  }
}
