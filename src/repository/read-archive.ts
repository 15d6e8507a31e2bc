import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, posix, resolve } from 'node:path';
import { unzipSync } from 'fflate';
import { systemErrorCode, UserError } from '../errors.ts';
import type { Snapshot } from '../project/snapshot.ts';
import { takeSnapshot } from './take-snapshot.ts';

/** A bundle that was unpacked to be read. */
export interface UnpackedBundle {
  /** Where its files lie meanwhile, absolute. */
  readonly directory: string;
  readonly snapshot: Snapshot;
  /** Removes the directory. */
  remove(): void;
}

/** No check reads larger files, or installed packages; and a repository from elsewhere is none to run git in. */
const sizeLimit = 2 * 1024 * 1024;
const passedOver = /(?:^|[\\/])(?:node_modules|site-packages|\.git)(?:[\\/]|$)/i;

/** Unpacks a zip file, as an instance would: modes and links as they stand in it, nothing outside of the directory.
 * @throws UserError `unreadable` */
export async function readArchive(cwd: string, file: string): Promise<UnpackedBundle> {
  const bytes = readBytes(resolve(cwd, file), file);
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'eb-hosts-bundle-')));
  const remove = () => rmSync(directory, { recursive: true, force: true });
  try {
    const entries = unpack(bytes, file, directory);
    const snapshot = await takeSnapshot(directory);
    const archive = { name: basename(file), entries };
    return {
      directory,
      remove,
      snapshot: { ...snapshot, git: null, gitProblem: null, ebRootAbove: null, archive },
    };
  } catch (error) {
    remove();
    throw error;
  }
}

function readBytes(path: string, file: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    const code = systemErrorCode(cause);
    const why = code === 'ENOENT' ? 'there is no such file' : code === 'EISDIR' ? 'it is a directory' : code;
    throw badBundle(file, why ?? String(cause), cause);
  }
}

function badBundle(file: string, why: string, cause?: unknown): UserError {
  return new UserError('unreadable', `cannot read the bundle ${file}: ${why}`, {
    hint: 'give the zip file that is deployed: --bundle FILE.zip',
    cause,
  });
}

/** @returns the names of the entries, as they stand in the archive */
function unpack(bytes: Buffer, file: string, directory: string): string[] {
  const entries: string[] = [];
  let contents: Record<string, Uint8Array>;
  try {
    contents = unzipSync(bytes, {
      filter: ({ name, originalSize }) => {
        entries.push(name);
        return originalSize <= sizeLimit && !passedOver.test(name);
      },
    });
  } catch (error) {
    throw badBundle(file, error instanceof Error ? error.message : String(error), error);
  }
  const modes = readModes(bytes);
  const links: { target: string; path: string }[] = [];
  for (const [name, content] of Object.entries(contents)) {
    // Tools of Windows write backslashes.
    const path = posix.normalize(name.replaceAll('\\', '/'));
    if (path.startsWith('..') || path.startsWith('/') || path.includes('\0') || path.endsWith('/')) continue;
    const target = join(directory, path);
    // Elastic Beanstalk makes hooks executable, which counts where the archive has no modes.
    const mode = modes.get(name) ?? (/(?:^|\/)\.platform\/(?:config)?hooks\//.test(path) ? 0o755 : 0o644);
    mkdirSync(dirname(target), { recursive: true });
    if ((mode & 0o170000) === 0o120000) links.push({ path: target, target: Buffer.from(content).toString() });
    else {
      writeFileSync(target, content);
      chmodSync(target, (mode & 0o111) === 0 ? 0o644 : 0o755);
    }
  }
  // Last, so that no file is written through one of them.
  for (const { target, path } of links) symlinkSync(target, path);
  return entries;
}

/** The modes of the entries that have one, from the central directory (APPNOTE.TXT, 4.3.12): fflate does not tell them. */
function readModes(bytes: Buffer): Map<string, number> {
  const modes = new Map<string, number>();
  const end = bytes.lastIndexOf('PK\x05\x06', undefined, 'latin1');
  let at = end === -1 ? bytes.length : bytes.readUInt32LE(end + 16);
  while (at + 46 <= bytes.length && bytes.readUInt32LE(at) === 0x02014b50) {
    const [nameLength, extraLength, commentLength] = [28, 30, 32].map((field) =>
      bytes.readUInt16LE(at + field),
    ) as [number, number, number];
    const utf8 = (bytes.readUInt16LE(at + 8) & 0x800) !== 0;
    const name = bytes.toString(utf8 ? 'utf8' : 'latin1', at + 46, at + 46 + nameLength);
    const unix = bytes[at + 5] === 3;
    if (unix) modes.set(name, bytes.readUInt32LE(at + 38) >>> 16);
    at += 46 + nameLength + extraLength + commentLength;
  }
  return modes;
}
