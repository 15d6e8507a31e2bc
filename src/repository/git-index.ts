import type { GitProblem } from '../project/snapshot.ts';
import type { GitQuestion } from './git.ts';
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

/** What is tracked below the directory git is asked in, or why it does not say. */
export const indexBelow: GitQuestion<GitIndex | { readonly refusal: GitProblem }> = {
  args: ['ls-files', '-z', '--stage'],
  read: ({ status, stdout, stderr, errorCode }) => {
    if (status === 0) {
      const { paths, modes } = cutRecords(stdout.toString('utf8'));
      return { tracked: sortedPaths(paths), modes };
    }
    if (errorCode === 'ENOENT') return { refusal: 'no-git-program' };
    const foreign = /dubious ownership|unsafe repository/.test(stderr);
    return { refusal: foreign ? 'owned-by-another' : 'git-failed' };
  },
};

/** The files that git would track; null if it failed. */
export const untrackedBelow: GitQuestion<string[] | null> = {
  args: ['ls-files', '-z', '--others', '--exclude-standard'],
  read: ({ status, stdout }) => {
    if (status !== 0) return null;
    const names = stdout.toString('utf8').split('\0');
    // A trailing slash is a repository inside this one: none of its files are ours.
    return names.filter((path) => path !== '' && !path.endsWith('/'));
  },
};

/** The index, and the untracked files beside it. */
export function withUntracked(index: GitIndex, untracked: readonly string[]): GitListing {
  const { tracked, modes } = index;
  const submodules = [...modes.values()].includes('160000');
  const files = submodules ? tracked.list.filter((path) => modes.get(path) !== '160000') : tracked.list;
  if (untracked.length === 0 && !submodules) return { ...index, paths: tracked };
  return { ...index, paths: sortedPaths([...files, ...untracked]) };
}

/** Cuts records of `MODE SHA STAGE<TAB>PATH`, by hand: 100,000 of them through a regular expression take longer than git took to print them. */
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
