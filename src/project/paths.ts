/** Lookups in sorted lists of paths, by bisection: a scan of 100,000 paths for every question adds up. */

/** The index of the first path that does not sort before `text`. */
export function firstNotBefore(paths: readonly string[], text: string): number {
  let low = 0;
  let high = paths.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((paths[middle] ?? '') < text) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The paths below a directory (written without a slash at its end), with their full names. */
export function below(paths: readonly string[], directory: string): string[] {
  // `0` is the character after `/`.
  return paths.slice(firstNotBefore(paths, `${directory}/`), firstNotBefore(paths, `${directory}0`));
}

/** The names at the top: files, and directories with a slash at their end. */
export function topNames(paths: readonly string[]): string[] {
  const names: string[] = [];
  for (let at = 0; at < paths.length; ) {
    const path = paths[at] ?? '';
    const slash = path.indexOf('/');
    names.push(slash === -1 ? path : path.slice(0, slash + 1));
    at = slash === -1 ? at + 1 : firstNotBefore(paths, `${path.slice(0, slash)}0`);
  }
  return names;
}

/** The last part of a path. */
export const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
