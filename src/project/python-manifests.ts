import { isOwnCode } from './django/module.ts';
import type { Snapshot } from './snapshot.ts';

const names =
  /^(.*\/)?(requirements[^/]*\.(txt|in)|pyproject\.toml|Pipfile|setup\.(py|cfg)|environment\.ya?ml)$/;

/** The files that say what a Python project requires. */
export function pythonManifests({ paths }: Snapshot): string[] {
  return paths.filter((path) => names.test(path) && path.split('/').length <= 3 && isOwnCode(path));
}
