import { generatedPaths } from '../generated-paths.ts';
import { packageVersion } from '../package-root.ts';
import { isNewer, readHead } from './head.ts';
import type { GeneratedFile } from './render.ts';

/** A file as it stands on the disk, or is to stand there. */
export interface FileState {
  readonly text: string;
  /** Permission bits. */
  readonly mode: number;
}

/** What happens to one file. */
export interface FileChange {
  readonly path: string;
  readonly action: 'create' | 'update' | 'unchanged' | 'delete' | 'conflict';
  /** Undefined if there is no file. */
  readonly before: FileState | undefined;
  /** Undefined if the file goes. With `conflict`: what would be written. */
  readonly after: FileState | undefined;
  /** Why it is a conflict, in a sentence; null otherwise. */
  readonly reason: string | null;
}

/** Compares what is to be with what is. Nothing that people wrote is overwritten or deleted without `force`, and a file that
 * is none of ours is not mentioned where nothing is generated.
 * @param existing the files at the generated paths, by path */
export function planFiles(
  generated: readonly GeneratedFile[],
  existing: ReadonlyMap<string, FileState>,
  force: boolean,
): FileChange[] {
  return generatedPaths.flatMap((path): FileChange[] => {
    const before = existing.get(path);
    const after = generated.find((file) => file.path === path);
    const change = { path, before, after, reason: null };
    if (before === undefined) return after === undefined ? [] : [{ ...change, action: 'create' }];
    if (after === undefined && readHead(before.text) === undefined) return [];
    if (before.text === after?.text && isExecutable(before) === isExecutable(after))
      return [{ ...change, action: 'unchanged' }];
    const reason = force ? null : whyKept(before.text);
    if (reason !== null) return [{ ...change, action: 'conflict', reason }];
    return [{ ...change, action: after === undefined ? 'delete' : 'update' }];
  });
}

/** Whether its owner may run it: the one permission that git keeps. */
export function isExecutable({ mode }: FileState): boolean {
  return (mode & 0o100) !== 0;
}

/** Why a file that stands in the way is kept; null if it is ours and as it was generated. */
function whyKept(text: string): string | null {
  const head = readHead(text);
  if (head === undefined) return 'it was not made by eb-hosts';
  if (isNewer(head.version, packageVersion())) return `it was made by the newer eb-hosts ${head.version}`;
  return head.intact ? null : 'it was edited by hand below its head';
}
