import type { Snapshot } from './snapshot.ts';

const names =
  /^(.*\/)?(requirements[^/]*\.(txt|in)|pyproject\.toml|Pipfile|setup\.(py|cfg)|environment\.ya?ml)$/;

/** The files that say what a Python project requires. */
export function pythonManifests({ paths }: Snapshot): string[] {
  return paths.filter((path) => names.test(path) && path.split('/').length <= 3 && isOwnCode(path));
}

const vendored =
  /(^|\/)(node_modules|site-packages|dist-packages|\.?venv|virtualenv|\.tox|\.git|__pycache__|migrations|lib\/django|vendor|third_party)\//;

/** Whether a path can be a project's own code. */
export function isOwnCode(path: string): boolean {
  return !vendored.test(path);
}
