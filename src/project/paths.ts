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

/** Endings of files that are the app's matter: code, styles, pictures. */
const plainEndings = new Set(
  'c cc cpp cs cjs css csv eot gif go h htm html ico java jpeg jpg js jsx less lock map mjs mo mp3 mp4 pdf php png po py pyc rb rs rst scss sql svg ts tsx ttf txt vue webp woff woff2'.split(
    ' ',
  ),
);
const pythonLandmark = /(?:settings|manage|sgi)\.py$|settings\/.*\.py$/;
const known = new WeakMap<readonly string[], readonly string[]>();

/** The paths that may say something about deployment: all but plain code and assets. Of 100,000 files a few hundred. */
export function landmarks(paths: readonly string[]): readonly string[] {
  const before = known.get(paths);
  if (before !== undefined) return before;
  const found = paths.filter(isLandmark);
  known.set(paths, found);
  return found;
}

function isLandmark(path: string): boolean {
  // The ending that most of many files have, without a slice of each.
  if (path.endsWith('.py')) return pythonLandmark.test(path);
  const ending = path.slice(path.lastIndexOf('.') + 1);
  return !plainEndings.has(ending) || (ending === 'txt' && path.endsWith('requirements.txt'));
}

/** Asks about a path's directory (with a slash at its end), and not again while the next path lies in the same one. */
export function perDirectory(ask: (directory: string) => boolean): (path: string) => boolean {
  let last = '';
  let answer = ask(last);
  return (path) => {
    if (path.startsWith(last) && !path.includes('/', last.length)) return answer;
    last = path.slice(0, path.lastIndexOf('/') + 1);
    answer = ask(last);
    return answer;
  };
}
