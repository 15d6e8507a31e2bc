/** What git knows of a file in its index. */
export interface IndexEntry {
  /** `100644`, `100755`, `120000` (symlink) or `160000` (submodule). */
  readonly mode: string;
}

/** The files of a repository below one directory, read on demand. The readers in this folder see nothing else of the world. */
export interface Snapshot {
  /** Relative to the snapshot's root, with `/`, sorted: what git tracks or would track, else what a bounded walk found. */
  readonly paths: readonly string[];
  has(path: string): boolean;
  /** The file's text without a byte order mark; undefined if it is missing, binary, not UTF-8 or too large. */
  text(path: string): string | undefined;
  /** Null without git. */
  readonly git: {
    /** Absent for files git does not track. */
    entry(path: string): IndexEntry | undefined;
    /** Whether the file is ignored by git's own rules. */
    ignored(path: string): boolean;
    /** Whether what git has committed differs from the disk (untracked files included). */
    uncommitted(path: string): boolean;
    readonly branch: string | null;
  } | null;
}
