import type { GitProblem } from '../project/snapshot.ts';
import type { GitAnswer, GitQuestion } from './git.ts';
import { type SortedPaths, sortedPaths } from './sorted-paths.ts';

/** What git lists below a directory. */
export interface GitListing {
  /** The index, submodules included. */
  readonly tracked: SortedPaths;
  /** Modes other than `100644`; undefined where they were left for `modesBelow`. */
  readonly modes: ReadonlyMap<string, string> | undefined;
  /** Tracked and untracked-but-not-ignored files; without submodules. */
  readonly paths: SortedPaths;
}

export interface GitRefusal {
  readonly refusal: GitProblem;
}

/** The index below the directory git is asked in and, unless that is not wanted, the files git would track. */
export function filesBelow(wanted: { untracked: boolean }): GitQuestion<GitListing | GitRefusal> {
  return {
    args: [
      'ls-files',
      '-z',
      '-t',
      '--stage',
      ...(wanted.untracked ? ['--others', '--exclude-standard'] : []),
    ],
    readsErrors: true,
    read: (answer) => {
      if (answer.status !== 0) return refusalOf(answer);
      const { tracked, modes, untracked } = cutRecords(answer.stdout.toString('utf8'));
      return withUntracked({ tracked: sortedPaths(tracked), modes }, untracked);
    },
  };
}

/** The paths of the index alone, an unmerged one once per stage: a third of what git prints with their modes, which for 100,000 files is noticed. */
export const indexedPaths: GitQuestion<readonly string[] | GitRefusal> = {
  args: ['ls-files', '-z'],
  read: (answer) => {
    if (answer.status !== 0) return refusalOf(answer);
    const paths = answer.stdout.toString('utf8').split('\0');
    paths.pop();
    return paths;
  },
};

/** The modes other than `100644` of a path and of all below it. */
export function modesBelow(path: string): GitQuestion<ReadonlyMap<string, string>> {
  return {
    args: ['--literal-pathspecs', 'ls-files', '-z', '-t', '--stage', '--', path],
    read: ({ stdout }) => cutRecords(stdout.toString('utf8')).modes,
  };
}

function refusalOf({ stderr, errorCode }: GitAnswer): GitRefusal {
  if (errorCode === 'ENOENT') return { refusal: 'no-git-program' };
  const foreign = /dubious ownership|unsafe repository/.test(stderr);
  return { refusal: foreign ? 'owned-by-another' : 'git-failed' };
}

/** The index, and the untracked files beside it. */
export function withUntracked(
  { tracked, modes }: Omit<GitListing, 'paths'>,
  untracked: readonly string[],
): GitListing {
  const submodules = modes !== undefined && [...modes.values()].includes('160000');
  if (untracked.length === 0 && !submodules) return { tracked, modes, paths: tracked };
  const files = submodules ? tracked.list.filter((path) => modes.get(path) !== '160000') : tracked.list;
  return { tracked, modes, paths: sortedPaths([...files, ...untracked]) };
}

/** Cuts records of `TAG MODE SHA STAGE<TAB>PATH` and `? PATH`, by hand: a regular expression would take longer for many of
 * them than git took to print them. */
function cutRecords(output: string): { tracked: string[]; modes: Map<string, string>; untracked: string[] } {
  const tracked: string[] = [];
  const modes = new Map<string, string>();
  const untracked: string[] = [];
  for (let at = 0, end = output.indexOf('\0'); end !== -1; at = end + 1, end = output.indexOf('\0', at)) {
    if (output.startsWith('? ', at)) {
      // A trailing slash is a repository inside this one: none of its files are ours.
      if (output[end - 1] !== '/') untracked.push(output.slice(at + 2, end));
      continue;
    }
    const path = output.slice(output.indexOf('\t', at) + 1, end);
    if (!output.startsWith('100644', at + 2)) modes.set(path, output.slice(at + 2, at + 8));
    tracked.push(path);
  }
  return { tracked, modes, untracked };
}
