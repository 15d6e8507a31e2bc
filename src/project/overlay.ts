import type { Snapshot } from './snapshot.ts';

/** A file as it is going to be. */
interface PlannedFile {
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
  const added = [...planned.keys()].filter((path) => !snapshot.has(path));
  return {
    ...snapshot,
    paths: [...snapshot.paths, ...added].filter(has).sort(),
    has,
    text: (path) => (planned.has(path) ? planned.get(path)?.text : snapshot.text(path)),
    problem: (path) => {
      if (!planned.has(path)) return snapshot.problem(path);
      return has(path) ? undefined : 'missing';
    },
    executable: (path) => (planned.has(path) ? planned.get(path)?.executable : snapshot.executable(path)),
    linkTarget: (path) => (planned.has(path) ? undefined : snapshot.linkTarget(path)),
    git: git === null ? null : { ...git, uncommitted: (path) => planned.has(path) || git.uncommitted(path) },
  };
}
