import { firstNotBefore } from './paths.ts';
import type { GitView, Snapshot } from './snapshot.ts';

/** A file as it is going to be. */
export interface PlannedFile {
  readonly path: string;
  /** Undefined: it goes. */
  readonly after: { readonly text: string; readonly executable: boolean } | undefined;
  readonly action: string;
}

/** The snapshot as it will be once `changes` are written; files in conflict stay as they are. */
export function withChanges(snapshot: Snapshot, changes: readonly PlannedFile[]): Snapshot {
  const planned = new Map(
    changes
      .filter(({ action }) => action !== 'unchanged' && action !== 'conflict')
      .map((change) => [change.path, change.after]),
  );
  if (planned.size === 0) return snapshot;
  const { git } = snapshot;
  const has = (path: string) => (planned.has(path) ? planned.get(path) !== undefined : snapshot.has(path));
  return {
    ...snapshot,
    paths: pathsWith(snapshot, planned),
    has,
    text: (path) => (planned.has(path) ? planned.get(path)?.text : snapshot.text(path)),
    problem: (path) => {
      if (!planned.has(path)) return snapshot.problem(path);
      return has(path) ? undefined : 'missing';
    },
    executable: (path) => (planned.has(path) ? planned.get(path)?.executable : snapshot.executable(path)),
    linkTarget: (path) => (planned.has(path) ? undefined : snapshot.linkTarget(path)),
    git: git === null ? null : gitWith(git, planned),
  };
}

/** A few paths set in or taken out of a sorted list that may be long. */
function pathsWith(snapshot: Snapshot, planned: ReadonlyMap<string, PlannedFile['after']>): string[] {
  const paths = [...snapshot.paths];
  for (const [path, after] of planned) {
    const at = firstNotBefore(paths, path);
    const present = paths[at] === path;
    if (after === undefined && present) paths.splice(at, 1);
    if (after !== undefined && !present) paths.splice(at, 0, path);
  }
  return paths;
}

function gitWith(git: GitView, planned: ReadonlyMap<string, PlannedFile['after']>): GitView {
  return { ...git, uncommitted: (path) => planned.has(path) || git.uncommitted(path) };
}
