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

/** The paths sorted, each once. */
export const sortOnce = (paths: readonly string[]): string[] =>
  paths.toSorted().filter((path, index, sorted) => path !== sorted[index - 1]);

/** Whether a sorted list holds the path. */
export const includesPath = (paths: readonly string[], path: string): boolean =>
  paths[firstNotBefore(paths, path)] === path;

/** The paths below a directory (written without a slash at its end), with their full names. */
export function below(paths: readonly string[], directory: string): string[] {
  // `0` is the character after `/`.
  return paths.slice(firstNotBefore(paths, `${directory}/`), firstNotBefore(paths, `${directory}0`));
}

/** The names at the top: files, and directories with a slash at their end. */
export const topNames = onceForEach((paths): readonly string[] => {
  const names: string[] = [];
  for (let at = 0; at < paths.length; ) {
    const path = paths[at] ?? '';
    const slash = path.indexOf('/');
    names.push(slash === -1 ? path : path.slice(0, slash + 1));
    at = slash === -1 ? at + 1 : firstNotBefore(paths, `${path.slice(0, slash)}0`);
  }
  return names;
});

/** The last part of a path. */
export const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** Endings of files that are the app's matter: code, styles, pictures. */
const plainEndings = new Set(
  'c cc cpp cs cjs css csv eot gif go h htm html ico java jpeg jpg js jsx less lock map mjs mo mp3 mp4 pdf php png po py pyc rb rs rst scss sql svg ts tsx ttf txt vue webp woff woff2'.split(
    ' ',
  ),
);
const namedLikeEntry = /settings?|conf|wsgi|asgi|application|manage/i;
const pythonLandmark = /(?:settings|manage|sgi)\.py$|settings\/.*\.py$/;

/** The paths that may say something about deployment, all but plain code and assets: of 100,000 a few hundred. */
export const landmarks = onceForEach((paths): readonly string[] =>
  paths.filter((path) => (path.endsWith('.py') ? pythonLandmark.test(path) : isLandmark(path))),
);

/** Python modules with a path that sounds like settings, or like what starts an app. */
export const entryModules = onceForEach((paths): readonly string[] =>
  paths.filter((path) => path.endsWith('.py') && namedLikeEntry.test(path)),
);

function isLandmark(path: string): boolean {
  const ending = path.slice(path.lastIndexOf('.') + 1);
  return !plainEndings.has(ending) || (ending === 'txt' && path.endsWith('requirements.txt'));
}

/** Remembers what was read from a list. */
function onceForEach<T extends object>(
  read: (paths: readonly string[]) => T,
): (paths: readonly string[]) => T {
  const known = new WeakMap<readonly string[], T>();
  return (paths) => {
    const found = known.get(paths) ?? read(paths);
    known.set(paths, found);
    return found;
  };
}

/** Whether a file has to be rendered (Jinja, cookiecutter, ERB) before it means anything: placeholders where the format
 * itself knows none, or braces in the path. GitHub's `${{ … }}` is none of them. */
export function isTemplate(path: string, text: string): boolean {
  if (isTemplatePath(path)) return true;
  return /(?<!\$)\{\{[-~]? *[A-Za-z_][^{}\n]*\}\}|\{%[-+]? *[a-z]+[^%\n]*%\}|<%=?[^%\n]*%>/.test(text);
}

/** Braces in a directory's name: `{{ cookiecutter.project_slug }}/manage.py`. */
export function isTemplatePath(path: string): boolean {
  return path.includes('{') && /\{\{.*\}\}|\{%.*%\}/.test(path);
}

const pythonManifest =
  /^(.*\/)?(requirements[^/]*\.(txt|in)|pyproject\.toml|Pipfile|setup\.(py|cfg)|environment\.ya?ml)$/;

/** The files that say what a Python project requires. */
export function pythonManifests(paths: readonly string[]): string[] {
  return paths.filter((path) => pythonManifest.test(path) && path.split('/').length <= 3 && isOwnCode(path));
}

const vendored =
  /(^|\/)(node_modules|site-packages|dist-packages|\.?venv|virtualenv|\.tox|\.git|__pycache__|migrations|lib\/django|vendor|third_party)\//;

/** Whether a path can be a project's own code. */
export function isOwnCode(path: string): boolean {
  return !vendored.test(path);
}
