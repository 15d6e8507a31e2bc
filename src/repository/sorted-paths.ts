import { firstNotBefore } from '../project/paths.ts';

/** Many paths, sorted, asked for rarely: a hash set of 100,000 strings costs more to build than it ever saves. */
export interface SortedPaths {
  readonly list: readonly string[];
  has(path: string): boolean;
}

/** Sorts the paths (no duplicates in them). */
export function sortedPaths(paths: readonly string[]): SortedPaths {
  const list = [...paths].sort();
  return { list, has: (path) => list[firstNotBefore(list, path)] === path };
}
