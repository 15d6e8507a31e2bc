import { chmod, lstat, mkdir, open, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { systemErrorCode, UserError } from '../errors.ts';

/** A file to write or, with null, to delete. */
export interface Write {
  /** Relative, with `/`. */
  readonly path: string;
  readonly text: string | null;
  /** Permission bits, whatever the umask. */
  readonly mode: number;
}

/** Writes and deletes below `root`. Every file is written beside its target first, and only when all of them are there
 * does the first rename happen: a full disk leaves the work tree as it was, a kill leaves each file old or new.
 * Directories that a deletion empties go too.
 * @throws UserError `cannot-write` naming the path, `interrupted` before anything was changed */
export async function writeFiles(root: string, writes: readonly Write[], signal: AbortSignal): Promise<void> {
  const temporaries: { temporary: string; path: string }[] = [];
  const directories: string[] = [];
  let current = '';
  try {
    for (const { path, text, mode } of writes) {
      signal.throwIfAborted();
      if (text === null) continue;
      current = path;
      const target = join(root, path);
      directories.push(...(await makeDirectory(dirname(target))));
      temporaries.push({ temporary: await writeBeside(target, text, mode), path });
    }
    for (const { temporary, path } of temporaries) {
      current = path;
      await rename(temporary, join(root, path));
    }
    for (const { path, text } of writes) {
      if (text !== null) continue;
      current = path;
      await deleteFile(root, path);
    }
  } catch (error) {
    for (const { temporary } of temporaries) await rm(temporary, { force: true });
    for (const directory of directories.reverse()) await rmdir(directory).catch(() => undefined);
    throw explain(error, current, signal);
  }
}

/** One level at a time: `recursive` reports a read-only file system as ENOENT (Node 20).
 * @returns the directories that were made, outermost first */
async function makeDirectory(directory: string): Promise<string[]> {
  try {
    await mkdir(directory);
    return [directory];
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === 'EEXIST') return [];
    if (code !== 'ENOENT') throw error;
    // Again, since another run may make it meanwhile.
    return [...(await makeDirectory(dirname(directory))), ...(await makeDirectory(directory))];
  }
}

async function writeBeside(target: string, text: string, mode: number): Promise<string> {
  const temporary = join(dirname(target), `.eb-hosts.tmp.${basename(target)}`);
  // A run that was killed may have left its own.
  await rm(temporary, { force: true });
  const file = await open(temporary, 'wx');
  try {
    await file.writeFile(text);
    await file.sync();
    // The mode given to open() is subject to the umask.
    await chmod(temporary, mode);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  } finally {
    await file.close();
  }
  return temporary;
}

async function deleteFile(root: string, path: string): Promise<void> {
  await rm(join(root, path), { force: true });
  for (let directory = dirname(path); directory !== '.'; directory = dirname(directory)) {
    const target = join(root, directory);
    if ((await lstat(target)).isSymbolicLink()) return;
    // Where the one above may not be changed, rmdir says so before it says that something is left.
    if ((await readdir(target)).length > 0) return;
    try {
      await rmdir(target);
    } catch (error) {
      const code = systemErrorCode(error);
      if (code === 'ENOTEMPTY' || code === 'EEXIST') return;
      throw error;
    }
  }
}

const causes: Readonly<Record<string, string>> = {
  EACCES: 'no permission',
  EPERM: 'not permitted',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the quota is used up',
  ENOTDIR: 'a file stands where a directory should be',
  EISDIR: 'a directory stands where a file should be',
};

function explain(error: unknown, path: string, signal: AbortSignal): unknown {
  if (signal.aborted)
    return new UserError('interrupted', 'interrupted: nothing was written', { status: 130 });
  const code = systemErrorCode(error);
  if (code === undefined) return error;
  return new UserError('cannot-write', `cannot write ${path}: ${causes[code] ?? code}`, {
    hint: 'correct that and run the command again: it completes what is missing',
    cause: error,
  });
}
