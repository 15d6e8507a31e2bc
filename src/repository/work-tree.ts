import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  type Stats,
} from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { systemErrorCode, UserError } from '../errors.ts';
import type { FileProblem } from '../project/snapshot.ts';

/** A file of the user's repository. */
export interface WorkTreeFile {
  /** Decoded as UTF-8, a byte order mark kept. */
  readonly text: string;
  /** Whether encoding the text again gives the same bytes. */
  readonly lossless: boolean;
  /** Permission bits. */
  readonly mode: number;
}

/** Reads `path` below `root` without following links that lead out of `root`.
 * @returns undefined if there is no such file
 * @throws UserError `not-a-file`, `link-out-of-repository` or `unreadable` */
export function readWorkTreeFile(root: string, path: string): WorkTreeFile | undefined {
  const target = join(root, path);
  assertInside(root, path);
  try {
    const stats = lstatSync(target);
    if (!stats.isFile()) {
      const kind = stats.isDirectory()
        ? 'a directory'
        : stats.isSymbolicLink()
          ? 'a symbolic link'
          : 'no file';
      throw new UserError('not-a-file', `${path} is ${kind}: eb-hosts writes a file there`, {
        hint: `move or remove ${path}, then run the command again`,
      });
    }
    const bytes = readFileSync(target);
    const text = bytes.toString('utf8');
    return { text, lossless: Buffer.from(text, 'utf8').equals(bytes), mode: stats.mode & 0o7777 };
  } catch (error) {
    if (error instanceof UserError) throw error;
    const code = systemErrorCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    if (code === undefined) throw error;
    throw unreadable(path, code, error);
  }
}

/** @throws UserError if a directory on the way to `path` is a file, or a link that leads out of `root` */
function assertInside(root: string, path: string): void {
  const realRoot = realpathSync(root);
  for (let directory = dirname(path); directory !== '.'; directory = dirname(directory)) {
    const stats = statsOf(root, directory);
    if (stats === undefined || stats.isDirectory()) continue;
    const real = stats.isSymbolicLink() ? realPathOf(join(root, directory)) : undefined;
    if (real === undefined) {
      const what = stats.isSymbolicLink() ? 'a symbolic link to nothing' : 'a file';
      throw new UserError('not-a-directory', `${directory} is ${what}: eb-hosts needs a directory there`, {
        hint: `move or remove ${directory}, then run the command again`,
      });
    }
    const fromRoot = relative(realRoot, real);
    if (fromRoot === '..' || fromRoot.startsWith(`..${sep}`)) {
      throw new UserError('link-out-of-repository', `${directory} is a symbolic link out of the repository`, {
        hint: 'the deployed bundle would hold the link only: replace it by a directory of its own',
      });
    }
  }
}

function statsOf(root: string, directory: string): Stats | undefined {
  try {
    return lstatSync(join(root, directory), { throwIfNoEntry: false });
  } catch (error) {
    const code = systemErrorCode(error);
    // A file on the way, which is met one level up.
    if (code === 'ENOTDIR') return undefined;
    throw unreadable(directory, code ?? 'unknown error', error);
  }
}

function realPathOf(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}

function unreadable(path: string, code: string, cause: unknown): UserError {
  const why = code === 'EACCES' || code === 'EPERM' ? 'no permission' : code;
  return new UserError('unreadable', `cannot read ${path}: ${why}`, {
    hint: `make ${path} readable, then run the command again`,
    cause,
  });
}

/** The real path of `path` below `root`, as far as it exists: two paths with the same one are the same file. */
export function resolveWorkTreePath(root: string, path: string): string {
  const real = realPathOf(join(root, path));
  if (real !== undefined) return real;
  const parent = dirname(path);
  if (parent === '.') return join(realpathSync(root), path);
  return join(resolveWorkTreePath(root, parent), path.slice(parent.length + 1));
}

/** Larger files are data, not settings. */
const sizeLimit = 2 * 1024 * 1024;

export type FileText = { readonly text: string } | { readonly problem: FileProblem };

/** The text of a file, or why it has none. Never throws, never waits on a pipe, and follows no link out of `boundary`. */
export function readText(root: string, path: string, boundary: string): FileText {
  let descriptor: number | undefined;
  try {
    const real = realpathSync(join(root, path));
    if (real !== boundary && !real.startsWith(boundary.endsWith(sep) ? boundary : boundary + sep)) {
      return { problem: 'unreadable' };
    }
    // Without O_NONBLOCK the open itself would hang on a FIFO. Windows has no such flag.
    descriptor = openSync(real, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    const stats = fstatSync(descriptor);
    if (!stats.isFile()) return { problem: 'unreadable' };
    return stats.size > sizeLimit ? { problem: 'too-large' } : decode(readFileSync(descriptor));
  } catch (error) {
    const code = systemErrorCode(error);
    return { problem: code === 'ENOENT' || code === 'ENOTDIR' ? 'missing' : 'unreadable' };
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

function decode(bytes: Buffer): FileText {
  const utf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  if (utf16) return { problem: 'not-utf-8' };
  if (bytes.includes(0)) return { problem: 'binary' };
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch {
    return { problem: 'not-utf-8' };
  }
}

/** Where a symlink points, as written. */
export function readLinkTarget(root: string, path: string): string | undefined {
  try {
    return readlinkSync(join(root, path)).split(sep).join('/');
  } catch {
    return undefined;
  }
}
