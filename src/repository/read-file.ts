import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readlinkSync,
  readSync,
  realpathSync,
} from 'node:fs';
import { join, sep } from 'node:path';
import { systemErrorCode } from '../errors.ts';
import type { FileProblem } from '../project/snapshot.ts';

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
    const { size } = regularFile(descriptor);
    if (size > sizeLimit) return { problem: 'too-large' };
    return decode(readAll(descriptor, size));
  } catch (error) {
    const code = systemErrorCode(error);
    return { problem: code === 'ENOENT' || code === 'ENOTDIR' ? 'missing' : 'unreadable' };
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

function regularFile(descriptor: number): { size: number } {
  const stat = fstatSync(descriptor);
  if (!stat.isFile()) throw new Error('not a regular file');
  return stat;
}

function readAll(descriptor: number, size: number): Buffer {
  const buffer = Buffer.allocUnsafe(size);
  let filled = 0;
  while (filled < size) {
    const count = readSync(descriptor, buffer, filled, size - filled, null);
    if (count === 0) break;
    filled += count;
  }
  return buffer.subarray(0, filled);
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

/** Whether the file may be executed; undefined on Windows and for what is no regular file. */
export function readExecutable(root: string, path: string): boolean | undefined {
  if (process.platform === 'win32') return undefined;
  try {
    const stat = lstatSync(join(root, path));
    return stat.isFile() ? (stat.mode & 0o100) !== 0 : undefined;
  } catch {
    return undefined;
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
