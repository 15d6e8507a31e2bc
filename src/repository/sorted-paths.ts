import { firstNotBefore } from '../project/paths.ts';

/** Many paths, sorted, asked for rarely: a hash set of 100,000 strings costs more to build than it ever saves. */
export interface SortedPaths {
  readonly list: readonly string[];
  has(path: string): boolean;
}

/** Sorts the paths, each once. */
export function sortedPaths(paths: readonly string[]): SortedPaths {
  // Git sorts by bytes, which is the same order but for rare characters.
  const list = isSorted(paths) ? paths : [...new Set(paths)].sort();
  return { list, has: (path) => list[firstNotBefore(list, path)] === path };
}

function isSorted(paths: readonly string[]): boolean {
  for (let at = 1; at < paths.length; at++) {
    if ((paths[at - 1] ?? '') >= (paths[at] ?? '')) return false;
  }
  return true;
}
