import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { generatedPaths } from '../generated-paths.ts';
import { below } from '../project/paths.ts';
import type { GitView } from '../project/snapshot.ts';
import { askGit, askGitAside } from './git.ts';
import type { GitListing } from './git-index.ts';
import {
  attributesOf,
  readIgnored,
  stateBelow,
  type WorkTreeState,
  whetherCrlf,
  whichIgnored,
} from './git-questions.ts';

/** Git's answers for the files below `root`. What a repository with the app at its top will be asked is asked at once, while
 * the caller goes on; each other question is put to git once, when it first turns up.
 * @param repository the top of the work tree around `root` */
export async function gitView(root: string, repository: string, listing: GitListing): Promise<GitView> {
  const { tracked, modes } = listing;
  const likely = likelyPaths(listing);
  const untracked = likely.filter((path) => !tracked.has(path));
  const [state, attributesKnown, ignoredKnown] = await Promise.all([
    askGitAside(root, stateBelow(root, repository, areas)),
    askGitAside(root, attributesOf(withParents(likely))),
    askGitAside(root, whichIgnored(untracked)),
  ]);
  const states = new Map<string, WorkTreeState>(areas.map((area) => [area, state]));
  const attributes = new Map(attributesKnown);
  const ignored = new Map<string, boolean>();
  if (ignoredKnown !== undefined) for (const path of untracked) ignored.set(path, ignoredKnown.has(path));
  let crlf: boolean | undefined;

  const askState = (area: string) => {
    const known = states.get(area) ?? askGit(root, stateBelow(root, repository, [area]));
    states.set(area, known);
    return known;
  };
  const askAttributes = (paths: readonly string[]) => {
    const missing = paths.filter((path) => !attributes.has(path));
    if (missing.length === 0) return;
    for (const [path, values] of askGit(root, attributesOf(missing))) attributes.set(path, values);
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
      return askState(areaOf(path)).changed.has(path);
    },
    prefetch: (paths) => {
      askIgnored(paths.filter((path) => !tracked.has(path)));
      askAttributes(withParents(paths));
    },
    attribute: (path, name) => {
      askAttributes([path]);
      return attributes.get(path)?.get(name);
    },
    checksOutCrlf: () => {
      crlf ??= askGit(root, whetherCrlf);
      return crlf;
    },
    branch: state.branch,
  };
}

/** What Elastic Beanstalk reads of a bundle; one question covers a whole one of them. */
const areas = ['.platform', '.ebextensions'];

function areaOf(path: string): string {
  return /^(?:.*\/)?\.(?:platform|ebextensions)(?=\/)/.exec(path)?.[0] ?? path;
}

/** What `init` may write at the top, and what lies in the same directories. */
function likelyPaths({ paths }: GitListing): string[] {
  return [...new Set([...generatedPaths, ...areas.flatMap((area) => below(paths.list, area))])];
}

/** The paths and the directories above them, these with a slash at their end. */
function withParents(paths: readonly string[]): string[] {
  const found = new Set<string>();
  for (const path of paths) {
    found.add(path);
    for (let slash = path.lastIndexOf('/'); slash > 0; slash = path.lastIndexOf('/', slash - 1))
      found.add(path.slice(0, slash + 1));
  }
  return [...found];
}

function exists(path: string): boolean {
  try {
    lstatSync(path);
    return true;
  } catch {
    return false;
  }
}
