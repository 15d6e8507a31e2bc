import { lstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { generatedPaths } from '../generated-paths.ts';
import type { GitView, IndexEntry } from '../project/snapshot.ts';
import { askGit, askGitAside } from './git.ts';
import { type GitListing, modesBelow } from './git-index.ts';
import {
  type Attributes,
  attributesOf,
  changedBelow,
  currentBranch,
  readIgnored,
  whetherCrlf,
  whichIgnored,
} from './git-questions.ts';
import { isDirectory, walk } from './walk.ts';

/** What is known of a repository before anything was asked of its `GitView`. */
export interface EarlyAnswers {
  readonly paths: readonly string[];
  readonly changed: ReadonlySet<string>;
  readonly attributes: Attributes;
  readonly ignored: ReadonlySet<string> | undefined;
}

/** Asks what a repository with the app at its top will be asked, in one go, while the caller lists the files.
 * @param repository the top of the work tree around `root` */
export async function askEarly(root: string, repository: string): Promise<EarlyAnswers> {
  // What `init` may write at the top, and what lies in the same directories.
  const present = areas.filter((area) => isDirectory(join(root, area)));
  const paths = [
    ...new Set([...generatedPaths, ...present.flatMap((area) => walk(root, area, 2_000).paths)]),
  ];
  const [changed, attributes, ignored] = await Promise.all([
    askGitAside(root, changedBelow(root, repository, areas)),
    askGitAside(root, attributesOf(withParents(paths))),
    askGitAside(root, whichIgnored(paths)),
  ]);
  return { paths, changed, attributes, ignored };
}

/** Git's answers for the files below `root`; what is not known yet is put to git once, when it first turns up.
 * @param repository the top of the work tree around `root` */
export function gitView(
  root: string,
  repository: string,
  { tracked, modes }: GitListing,
  early: EarlyAnswers,
): GitView {
  const changed = new Map(areas.map((area) => [area, early.changed]));
  const attributes = new Map(early.attributes);
  const ignored = new Map<string, boolean>();
  if (early.ignored !== undefined) for (const path of early.paths) ignored.set(path, early.ignored.has(path));
  const modesByArea = new Map<string, ReadonlyMap<string, string>>();
  let crlf: boolean | undefined;
  let branch: string | null | undefined;

  const askChanged = (area: string) => {
    const known = changed.get(area) ?? askGit(root, changedBelow(root, repository, [area]));
    changed.set(area, known);
    return known;
  };
  const askModes = (area: string) => {
    const known = modesByArea.get(area) ?? askGit(root, modesBelow(area));
    modesByArea.set(area, known);
    return known;
  };
  const entryOf = (path: string): IndexEntry => ({
    get mode() {
      return (modes ?? askModes(areaOf(path))).get(path) ?? '100644';
    },
  });
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
    entry: (path) => (tracked.has(path) ? entryOf(path) : undefined),
    ignored: (path) => {
      if (tracked.has(path)) return false;
      askIgnored([path]);
      return ignored.get(path) === true;
    },
    uncommitted: (path) => {
      if (!tracked.has(path)) return exists(join(root, path));
      return askChanged(areaOf(path)).has(path);
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
    get branch() {
      if (branch === undefined) branch = headBranch(repository) ?? askGit(root, currentBranch);
      return branch;
    },
  };
}

/** What Elastic Beanstalk reads of a bundle; one question covers a whole one of them. */
const areas = ['.platform', '.ebextensions'];

function areaOf(path: string): string {
  return /^(?:.*\/)?\.(?:platform|ebextensions)(?=\/)/.exec(path)?.[0] ?? path;
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

/** The branch by `.git/HEAD` (gitrepository-layout), without a process; null where only git can tell: a detached HEAD, a
 * worktree or submodule, another storage of refs. */
function headBranch(repository: string): string | null {
  try {
    const head = readFileSync(join(repository, '.git', 'HEAD'), 'utf8');
    const name = /^ref: refs\/heads\/(.+)\n$/.exec(head)?.[1];
    return name === undefined || name === '.invalid' ? null : name;
  } catch {
    return null;
  }
}

function exists(path: string): boolean {
  try {
    lstatSync(path);
    return true;
  } catch {
    return false;
  }
}
