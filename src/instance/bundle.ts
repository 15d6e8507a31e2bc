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
  /** Relative to it, with `/`. */
  readonly paths: readonly string[];
  /** Directories of it that are not part of the bundle and stand for what the platform would install: linked, not copied. */
  readonly dependencies: readonly string[];
}

/** Copies the bundle into the empty directory `staging`, as unpacking the deployed zip would.
 * @returns paths that were left out: links that lead out of the bundle, and what cannot be read */
export function stageBundle(bundle: Bundle, staging: string): string[] {
  const leftOut: string[] = [];
  for (const path of bundle.paths) {
    mkdirSync(dirname(join(staging, path)), { recursive: true });
    try {
      if (!copyEntry(join(bundle.directory, path), join(staging, path), path)) leftOut.push(path);
    } catch (error) {
      // Deleted, though git still lists it.
      if (['ENOENT', 'ENOTDIR'].includes(systemErrorCode(error) ?? '')) continue;
      if (systemErrorCode(error) !== 'EACCES') throw error;
      leftOut.push(path);
    }
  }
  for (const name of bundle.dependencies) symlinkSync(join(bundle.directory, name), join(staging, name));
  return leftOut;
}

function copyEntry(source: string, target: string, path: string): boolean {
  const stats = lstatSync(source);
  if (stats.isSymbolicLink()) {
    const link = readlinkSync(source);
    if (isAbsolute(link) || normalize(join(dirname(path), link)).startsWith('..')) return false;
    symlinkSync(link, target);
    return true;
  }
  if (stats.isDirectory()) return true; // a submodule: not part of a bundle
  if (stats.isFile()) copyFileSync(source, target, constants.COPYFILE_FICLONE);
  return stats.isFile();
}

/** Makes every hook executable and turns CRLF into LF, as platform versions since April 2022 do themselves, and sends
 * those of eb-hosts to the emulated instance.
 * @param directory the bundle, staged or deployed
 * @param lines the text of a line, and what stands there in a rehearsal */
export function prepareHooks(directory: string, lines: ReadonlyMap<RegExp, string>): void {
  for (const kind of ['hooks', 'confighooks']) {
    for (const phase of ['prebuild', 'predeploy', 'postdeploy']) {
      for (const hook of listHooks(directory, `.platform/${kind}/${phase}`)) {
        const file = join(directory, hook);
        if (lstatSync(file).isSymbolicLink()) continue;
        const before = readFileSync(file, 'latin1');
        let text = before.includes('\0') ? before : before.replaceAll('\r\n', '\n');
        if (/^# Made by eb-hosts /m.test(text)) {
          for (const [line, replacement] of lines) text = text.replace(line, () => replacement);
        }
        if (text !== before) writeFileSync(file, text, 'latin1');
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
    if (['ENOENT', 'ENOTDIR'].includes(systemErrorCode(error) ?? '')) return [];
    throw error;
  }
}
