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
  /** The value of a gitattribute (`set`, `unset`, or a word); undefined where unspecified. A directory ends in `/`. */
  attribute(path: string, name: string): string | undefined;
  /** Whether git itself turns line ends into CRLF on checkout (`core.autocrlf=true` or `core.eol=crlf`). */
  checksOutCrlf(): boolean;
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
  /** Whether the file on the disk may be executed; undefined where the disk has no such bit, or no such file. */
  executable(path: string): boolean | undefined;
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
