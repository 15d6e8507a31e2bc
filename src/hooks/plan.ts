import { generatedPaths } from '../generated-paths.ts';
import { isNewer, readHead } from './head.ts';
import type { GeneratedFile } from './render.ts';

export type Action = 'create' | 'update' | 'unchanged' | 'delete' | 'conflict';

/** A file as it stands on the disk. */
export interface ExistingFile {
  readonly text: string;
  readonly executable: boolean;
  /** The permission bits to keep; absent for generated files, which have bits of their own. */
  readonly mode?: number;
}

/** What happens to one file. */
export interface FileChange {
  readonly path: string;
  readonly action: Action;
  /** Undefined if there is no file. */
  readonly before: ExistingFile | undefined;
  /** Undefined if the file goes. With `conflict`: what would be written. */
  readonly after: ExistingFile | undefined;
  /** Why it is a conflict, in a sentence; null otherwise. */
  readonly reason: string | null;
}

/** Compares what is to be with what is. Nothing that people wrote is overwritten or deleted without `force`.
 * @param existing the files at the generated paths, by path */
export function planFiles(
  generated: readonly GeneratedFile[],
  existing: ReadonlyMap<string, ExistingFile>,
  options: { version: string; force: boolean },
): FileChange[] {
  const wanted = new Map(generated.map((file) => [file.path, file]));
  return generatedPaths.flatMap((path) => {
    const before = existing.get(path);
    const after = wanted.get(path);
    if (after !== undefined) return [planWrite(path, before, after, options)];
    return before === undefined ? [] : planDelete(path, before, options);
  });
}

function planWrite(
  path: string,
  before: ExistingFile | undefined,
  file: GeneratedFile,
  options: { version: string; force: boolean },
): FileChange {
  const after = { text: file.text, executable: file.executable };
  if (before === undefined) return { path, action: 'create', before, after, reason: null };
  if (before.text === after.text && before.executable === after.executable) {
    return { path, action: 'unchanged', before, after, reason: null };
  }
  const reason = options.force ? null : whyKept(before.text, options.version);
  return { path, action: reason === null ? 'update' : 'conflict', before, after, reason };
}

/** The deletion of a file that eb-hosts generated; a file that is none of ours is not mentioned. */
export function planDelete(
  path: string,
  before: ExistingFile,
  options: { version: string; force: boolean },
): FileChange[] {
  if (!isOurs(before)) return [];
  const reason = options.force ? null : whyKept(before.text, options.version);
  return [{ path, action: reason === null ? 'delete' : 'conflict', before, after: undefined, reason }];
}

function isOurs({ text }: ExistingFile): boolean {
  return readHead(text) !== undefined;
}

/** Why a file that stands in the way is kept; null if it is ours and as it was generated. */
function whyKept(text: string, version: string): string | null {
  const head = readHead(text);
  if (head === undefined) return 'it was not made by eb-hosts';
  if (isNewer(head.version, version)) return `it was made by the newer eb-hosts ${head.version}`;
  return head.intact ? null : 'it was edited by hand below its head';
}
