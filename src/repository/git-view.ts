import { lstatSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import type { GitView } from '../project/snapshot.ts';
import { askGit } from './git.ts';
import { type SortedPaths, sortedPaths } from './sorted-paths.ts';

/** The index below a directory. */
export interface GitIndex {
  /** Submodules included. */
  readonly tracked: SortedPaths;
  /** Modes other than `100644`. */
  readonly modes: ReadonlyMap<string, string>;
}

/** What git listed below a directory. */
export interface GitListing extends GitIndex {
  /** Tracked and untracked-but-not-ignored files; without submodules. */
  readonly paths: SortedPaths;
}

/** Reads what `git ls-files -z --stage` prints: `MODE SHA STAGE<TAB>PATH`. */
export function readIndex(staged: Buffer): GitIndex {
  const { paths, modes } = cutRecords(staged.toString('utf8'));
  return { tracked: sortedPaths(paths), modes };
}

/** The index, and the untracked files beside it. */
export function withUntracked(index: GitIndex, untracked: readonly string[]): GitListing {
  const { tracked, modes } = index;
  const submodules = [...modes.values()].includes('160000');
  const files = submodules ? tracked.list.filter((path) => modes.get(path) !== '160000') : tracked.list;
  if (untracked.length === 0 && !submodules) return { ...index, paths: tracked };
  return { ...index, paths: sortedPaths([...files, ...untracked]) };
}

/** The names that `git ls-files -z --others` prints. A trailing slash is a repository inside this one: none of its files are ours. */
export function readUntracked(others: Buffer): string[] {
  return others
    .toString('utf8')
    .split('\0')
    .filter((path) => path !== '' && !path.endsWith('/'));
}

/** Cuts by hand: 100,000 records through a regular expression take longer than git took to print them. */
function cutRecords(output: string): { paths: string[]; modes: Map<string, string> } {
  const paths: string[] = [];
  const modes = new Map<string, string>();
  for (let at = 0, end = output.indexOf('\0'); end !== -1; at = end + 1, end = output.indexOf('\0', at)) {
    const path = output.slice(output.indexOf('\t', at) + 1, end);
    // An unmerged path is listed once per stage.
    if (path === paths.at(-1)) continue;
    if (!output.startsWith('100644', at)) modes.set(path, output.slice(at, at + 6));
    paths.push(path);
  }
  return { paths, modes };
}

/** Git's answers for the files below `root`; each question is put to git once, when it is first asked.
 * @param repository the top of the work tree around `root` */
export function gitView(root: string, repository: string, { tracked, modes }: GitListing): GitView {
  const inside = relative(repository, root).split(sep).join('/');
  const prefix = inside === '' ? '' : `${inside}/`;
  const changed = remember((area: string) => changedBelow(root, area, prefix));
  const attributes = new Map<string, ReadonlyMap<string, string>>();
  const ignored = new Map<string, boolean>();
  const crlf = remember(() => checksOutCrlf(root));
  const branch = remember(() => readBranch(root));
  const askAttributes = (paths: readonly string[]) => {
    const missing = paths.filter((path) => !attributes.has(path));
    if (missing.length === 0) return;
    for (const [path, values] of readAttributes(root, missing)) attributes.set(path, values);
  };
  const askIgnored = (paths: readonly string[]) => {
    const missing = paths.filter((path) => !ignored.has(path));
    if (missing.length === 0) return;
    const found = readIgnored(root, missing);
    for (const path of missing) ignored.set(path, found.has(path));
  };
  return {
    entry: (path) => (tracked.has(path) ? { mode: modes.get(path) ?? '100644' } : undefined),
    ignored: (path) => {
      if (tracked.has(path)) return false;
      askIgnored([path]);
      return ignored.get(path) === true;
    },
    uncommitted: (path) => {
      if (!tracked.has(path)) return exists(join(root, path));
      return changed(areaOf(path)).has(path);
    },
    prefetch: (paths) => {
      askIgnored(paths.filter((path) => !tracked.has(path)));
      askAttributes([...new Set(paths.flatMap(withParents))]);
    },
    attribute: (path, name) => {
      askAttributes([path]);
      return attributes.get(path)?.get(name);
    },
    checksOutCrlf: () => crlf(''),
    get branch() {
      return branch('');
    },
  };
}

/** The path and the directories above it, these with a slash at their end. */
function withParents(path: string): string[] {
  const parts = path.split('/');
  return parts.map((_, index) =>
    index === parts.length - 1 ? path : `${parts.slice(0, index + 1).join('/')}/`,
  );
}

function remember<T>(ask: (key: string) => T): (key: string) => T {
  const answers = new Map<string, T>();
  return (key) => {
    if (!answers.has(key)) answers.set(key, ask(key));
    return answers.get(key) as T;
  };
}

/** One question covers a whole `.platform` or `.ebextensions`. */
function areaOf(path: string): string {
  return /^(?:.*\/)?\.(?:platform|ebextensions)(?=\/)/.exec(path)?.[0] ?? path;
}

/** The files below `area` whose committed state differs from the disk. `git status` looks at that area alone, where
 * `git diff` would compare every file of the repository with its index first. */
function changedBelow(root: string, area: string, prefix: string): ReadonlySet<string> {
  const options = ['--porcelain', '-z', '--untracked-files=no', '--no-renames', '--ignore-submodules'];
  const { stdout } = askGit(root, ['--literal-pathspecs', 'status', ...options, '--', area]);
  // `XY PATH`, with the path from the top of the work tree.
  const paths = stdout
    .toString('utf8')
    .split('\0')
    .map((record) => record.slice(3));
  return new Set(paths.map((path) => (path.startsWith(prefix) ? path.slice(prefix.length) : path)));
}

const attributeNames = ['export-ignore', 'text', 'eol'];

/** `git check-attr -z` prints `PATH NUL ATTRIBUTE NUL VALUE NUL`. */
function readAttributes(root: string, paths: readonly string[]): Map<string, Map<string, string>> {
  const found = new Map(paths.map((path) => [path, new Map<string, string>()]));
  const answer = askGit(root, ['check-attr', '-z', '--stdin', ...attributeNames], paths.join('\0'));
  const fields = answer.stdout.toString('utf8').split('\0');
  for (let at = 0; at + 2 < fields.length; at += 3) {
    const [path = '', name = '', value = ''] = fields.slice(at, at + 3);
    if (value !== 'unspecified') found.get(path)?.set(name, value);
  }
  return found;
}

/** Those of the paths that git's rules ignore, tracked or not. */
export function readIgnored(root: string, paths: readonly string[]): Set<string> {
  // Without the index: reading it takes longer than the answer, and what is tracked is known here.
  const answer = askGit(root, ['check-ignore', '--no-index', '-z', '--stdin'], paths.join('\0'));
  const found = new Set(answer.stdout.toString('utf8').split('\0'));
  // 128: one of them lies beyond a symlink or in a submodule, which ends the whole answer.
  if (answer.status !== 128 || paths.length === 1) return found;
  return new Set(paths.filter((path) => readIgnored(root, [path]).has(path)));
}

function checksOutCrlf(root: string): boolean {
  const { stdout } = askGit(root, ['config', '--get-regexp', '^core\\.(autocrlf|eol)$']);
  // The last value of a name is the one that counts.
  const values = new Map(
    stdout
      .toString()
      .toLowerCase()
      .split('\n')
      .map((line) => line.split(' ') as [string, string]),
  );
  return values.get('core.autocrlf') === 'true' || values.get('core.eol') === 'crlf';
}

function readBranch(root: string): string | null {
  const answer = askGit(root, ['symbolic-ref', '--quiet', '--short', 'HEAD']);
  return answer.status === 0 ? answer.stdout.toString('utf8').trim() : null;
}

function exists(path: string): boolean {
  try {
    lstatSync(path);
    return true;
  } catch {
    return false;
  }
}
