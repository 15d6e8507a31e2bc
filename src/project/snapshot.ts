import { below, firstNotBefore, landmarks } from './paths.ts';

/** What git knows of a file in its index. */
export interface IndexEntry {
  /** `100644`, `100755`, `120000` (symlink) or `160000` (submodule). */
  readonly mode: string;
}

/** Why a file has no text. */
export type FileProblem = 'missing' | 'binary' | 'too-large' | 'not-utf-8' | 'unreadable';

/** Why git could not be asked: no program `git`, a repository that belongs to another user (`safe.directory`), or another failure. */
export type GitProblem = 'no-git-program' | 'owned-by-another' | 'git-failed';

/** What git knows of the files of a snapshot. All but `entry` and `branch` may be asked of paths that do not exist yet. */
export interface GitView {
  /** Absent for files git does not track. */
  entry(path: string): IndexEntry | undefined;
  /** Whether the file is ignored by git's own rules, and not tracked in spite of them. */
  ignored(path: string): boolean;
  /** Whether what git has committed differs from the disk (untracked files included). */
  uncommitted(path: string): boolean;
  /** Whether the gitattribute `export-ignore` keeps the path out of an archive. A directory ends in `/`. */
  exportIgnored(path: string): boolean;
  /** Null on a detached HEAD. */
  readonly branch: string | null;
}

/** The files of a repository below one directory, read on demand. The readers in this folder see nothing else of the world. */
export interface Snapshot {
  /** Relative to the snapshot's root, with `/`, sorted: what git tracks or would track, else what a bounded walk found.
   * The EB CLI's and Elastic Beanstalk's own directories are listed even where git ignores them. */
  readonly paths: readonly string[];
  has(path: string): boolean;
  /** The file's text without a byte order mark; undefined if it is missing, binary, not UTF-8 or too large. */
  text(path: string): string | undefined;
  /** Why `text` is undefined; undefined where it is not. */
  problem(path: string): FileProblem | undefined;
  /** Where a symlink points, as written; undefined if the path is none. */
  linkTarget(path: string): string | undefined;
  /** Whether the walk stopped at its limit: `paths` is not all there is. */
  readonly truncated: boolean;
  /** Where the EB CLI would find its project instead: the nearest directory above (`..`, `../..`) that holds `.elasticbeanstalk`. Null if
   * there is none, or the root holds one itself. */
  readonly ebRootAbove: string | null;
  /** Null without git. */
  readonly git: GitView | null;
  /** The zip file that the snapshot was read from, with the names of its entries as they stand there; absent for a directory. */
  readonly archive?: { readonly name: string; readonly entries: readonly string[] };
  /** Why there is no `git` although the files lie in a git repository; else null. */
  readonly gitProblem: GitProblem | null;
}

/** The part of a snapshot below `root` (`.`: all of it), with paths relative to it. */
export function narrow(snapshot: Snapshot, root: string): Snapshot {
  if (root === '.') return snapshot;
  const full = (path: string) => `${root}/${path}`;
  return {
    paths: below(snapshot.paths, root).map((path) => path.slice(root.length + 1)),
    has: (path) => snapshot.has(full(path)),
    text: (path) => snapshot.text(full(path)),
    problem: (path) => snapshot.problem(full(path)),
    linkTarget: (path) => snapshot.linkTarget(full(path)),
    truncated: snapshot.truncated,
    ebRootAbove: snapshot.ebRootAbove,
    git: snapshot.git && narrowGit(snapshot.git, full),
    gitProblem: snapshot.gitProblem,
    ...(snapshot.archive && { archive: snapshot.archive }),
  };
}

function narrowGit(git: GitView, full: (path: string) => string): GitView {
  return {
    entry: (path) => git.entry(full(path)),
    ignored: (path) => git.ignored(full(path)),
    uncommitted: (path) => git.uncommitted(full(path)),
    exportIgnored: (path) => git.exportIgnored(full(path)),
    get branch() {
      return git.branch;
    },
  };
}

/** Packages and tools, and what tests read: other people's projects, in part. */
const foreignDirectory =
  /(?:^|\/)(?:node_modules|bower_components|site-packages|dist-packages|botocore|awscli|__pycache__|\.?virtualenv|\.venv|\.tox|\.nox|\.git|\.terraform|\.serverless|cdk\.out|fixtures|__fixtures__|testdata|__tests__)\//;
const manifestAtTop = [
  'package.json',
  'pyproject.toml',
  'requirements.txt',
  'setup.py',
  'Gemfile',
  'composer.json',
  'go.mod',
  'manage.py',
];

/** The snapshot without other people's code (packages that were committed, or lie in an unignored virtual environment) and
 * without the data of tests. */
export function withoutVendored(snapshot: Snapshot): Snapshot {
  const environments = landmarks(snapshot.paths).flatMap((path) => {
    // Often only a part of a virtual environment was committed.
    const mark = /\/(?:pyvenv\.cfg|(?:bin|Scripts)\/activate)$/.exec(path);
    const directory = mark === null ? undefined : path.slice(0, mark.index + 1);
    // A package of the project's may have an `activate` of its own.
    return directory === undefined || snapshot.has(`${directory}__init__.py`) ? [] : [directory];
  });
  // A project whose only part is called `test` is no test.
  const tests = manifestAtTop.some((name) => snapshot.has(name)) ? ['test/', 'tests/'] : [];
  const directories = [...environments, ...tests];
  const foreign = (path: string) =>
    foreignDirectory.test(path) || directories.some((directory) => path.startsWith(directory));
  if (!snapshot.paths.some(foreign)) return snapshot;
  const paths = snapshot.paths.filter((path) => !foreign(path));
  return { ...snapshot, paths, has: (path) => snapshot.has(path) && !foreign(path), git: snapshot.git };
}

/** A file as it is going to be. */
export interface PlannedFile {
  readonly path: string;
  /** Undefined: it goes. */
  readonly after: { readonly text: string } | undefined;
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
    linkTarget: (path) => (planned.has(path) ? undefined : snapshot.linkTarget(path)),
    git: git && {
      ...git,
      uncommitted: (path) => planned.has(path) || git.uncommitted(path),
    },
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
