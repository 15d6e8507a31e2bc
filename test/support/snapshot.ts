import ignore from 'ignore';
import type { GitProblem, Snapshot } from '../../src/project/snapshot.ts';

interface GitOptions {
  /** Index modes that differ from `100644`. */
  readonly modes?: Readonly<Record<string, string>>;
  /** Files that are not in the index. */
  readonly untracked?: readonly string[];
  /** `.gitignore` lines. */
  readonly ignored?: readonly string[];
  /** Files whose last change is not committed; untracked ones always are. */
  readonly uncommitted?: readonly string[];
  /** Paths with `export-ignore` (a directory ends in `/`). */
  readonly exportIgnored?: readonly string[];
  readonly branch?: string | null;
}

interface SnapshotOptions {
  /** `null`: no git repository. Not given: everything is tracked and committed. */
  readonly git?: GitOptions | null;
  readonly links?: Readonly<Record<string, string>>;
  readonly gitProblem?: GitProblem;
  readonly ebRootAbove?: string;
}

/** A repository in memory: `snapshotOf({ 'manage.py': '…' })`. */
export function snapshotOf(files: Readonly<Record<string, string>>, options: SnapshotOptions = {}): Snapshot {
  const contents = new Map(Object.entries(files));
  const links = new Map(Object.entries(options.links ?? {}));
  const paths = [...new Set([...contents.keys(), ...links.keys()])].sort();
  const git = options.git === undefined ? {} : options.git;
  return {
    paths,
    has: (path) => contents.has(path) || links.has(path),
    text: (path) => contents.get(path),
    problem: (path) => (contents.has(path) ? undefined : 'missing'),
    linkTarget: (path) => links.get(path),
    truncated: false,
    ebRootAbove: options.ebRootAbove ?? null,
    gitProblem: options.gitProblem ?? null,
    git: git === null ? null : gitView(git, contents),
  };
}

function gitView(git: GitOptions, contents: ReadonlyMap<string, string>): NonNullable<Snapshot['git']> {
  const rules = ignore().add([...(git.ignored ?? [])]);
  const tracked = (path: string) => contents.has(path) && !(git.untracked ?? []).includes(path);
  return {
    entry: (path) => {
      const mode = git.modes?.[path];
      if (mode !== undefined) return { mode };
      return tracked(path) ? { mode: '100644' } : undefined;
    },
    ignored: (path) => !tracked(path) && rules.ignores(path),
    uncommitted: (path) => contents.has(path) && (!tracked(path) || (git.uncommitted ?? []).includes(path)),
    exportIgnored: (path) => git.exportIgnored?.includes(path) === true,
    branch: git.branch === undefined ? 'main' : git.branch,
  };
}
