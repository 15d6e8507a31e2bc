import { lstatSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';

/** V8's compiled form of the code that one command runs, kept between runs: compiling them takes longer than the work.
 * Node's own compile cache keeps no function that is compiled when it is first called, which here is most of them. */
export interface CodeCache {
  /** What is kept for a file of the bundle; undefined if nothing is. */
  read(name: string): Buffer | undefined;
  /** Keeps these, beside those that are kept already. Never throws: without a cache all works as with one. */
  write(compiled: ReadonlyMap<string, Buffer>): void;
}

/** The cache of a command; undefined where there is to be none: for a run that executes no command, and by the wish of
 * `NODE_DISABLE_COMPILE_CACHE`. Where somebody else could write what we would run, nothing is read or kept.
 * @param packageRoot the cache lies beside the code, so that it goes with it, and neither a home nor a directory for temporary
 *   files is littered
 * @param argv the command line, without the program's name
 * @param build of the bundle; code of another one is not used */
export function openCodeCache(
  packageRoot: string,
  argv: readonly string[],
  build: string,
): CodeCache | undefined {
  const [command = ''] = argv;
  if (!/^[a-z][a-z-]{1,20}$/.test(command) || process.env.NODE_DISABLE_COMPILE_CACHE) return undefined;
  // What they leave uncompiled would be missing in the runs after them.
  if (['--help', '-h', '--version'].some((flag) => argv.includes(flag))) return undefined;
  const directory = join(packageRoot, '.cache');
  const file = join(directory, `${command}-${process.version}-${process.arch}`);
  const kept = readKept(directory, file, build);
  return {
    read: (name) => kept.get(name),
    write: (compiled) => {
      try {
        mkdirSync(directory, { recursive: true, mode: 0o755 });
        if (isTrusted(directory)) replace(file, pack(new Map([...kept, ...compiled]), build));
      } catch {
        // Installed by another user, read-only, or full.
      }
    },
  };
}

function readKept(directory: string, file: string, build: string): ReadonlyMap<string, Buffer> {
  try {
    return isTrusted(directory) && isTrusted(file) ? unpack(readFileSync(file), build) : new Map();
  } catch {
    return new Map();
  }
}

/** Whether none but this user and root may write there: what lies there is executed. */
function isTrusted(path: string): boolean {
  if (process.getuid === undefined) return true;
  const { uid, mode } = lstatSync(path);
  return (uid === 0 || uid === process.getuid()) && (mode & 0o022) === 0;
}

function replace(file: string, bytes: Buffer): void {
  const temporary = `${file}.${process.pid}`;
  try {
    writeFileSync(temporary, bytes, { flag: 'wx', mode: 0o644 });
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

/** An index in JSON on the first line, then one after the other. */
function pack(parts: ReadonlyMap<string, Buffer>, build: string): Buffer {
  const body = Buffer.concat([...parts.values()]);
  const sizes = [...parts].map(([name, { length }]) => [name, length] as const);
  const index: Index = { build, sum: crc32(body), sizes };
  return Buffer.concat([Buffer.from(`${JSON.stringify(index)}\n`), body]);
}

interface Index {
  readonly build: string;
  /** V8 trusts what it is given: one wrong bit is a process that hangs. */
  readonly sum: number;
  readonly sizes: readonly (readonly [string, number])[];
}

function unpack(bytes: Buffer, build: string): Map<string, Buffer> {
  const end = bytes.indexOf('\n');
  const index = JSON.parse(bytes.toString('utf8', 0, end)) as Index;
  const body = bytes.subarray(end + 1);
  const parts = new Map<string, Buffer>();
  if (index.build !== build || index.sum !== crc32(body)) return parts;
  let at = 0;
  for (const [name, size] of index.sizes) {
    parts.set(name, body.subarray(at, at + size));
    at += size;
  }
  return parts;
}
