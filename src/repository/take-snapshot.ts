import { closeSync, existsSync, openSync, readSync, realpathSync, statSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join, parse, relative, resolve, sep } from 'node:path';
import { systemErrorCode, UserError } from '../errors.ts';
import { landmarks, topNames } from '../project/paths.ts';
import type { FileProblem, GitProblem, Snapshot } from '../project/snapshot.ts';
import { askGitAside } from './git.ts';
import { filesBelow, type GitListing, type GitRefusal, indexedPaths, withUntracked } from './git-index.ts';
import { readIgnored } from './git-questions.ts';
import { askEarly, type EarlyAnswers, gitView } from './git-view.ts';
import { type FileText, readExecutable, readLinkTarget, readText } from './read-file.ts';
import { type SortedPaths, sortedPaths } from './sorted-paths.ts';
import { isDirectory, list, walk } from './walk.ts';

interface Listing {
  readonly paths: SortedPaths;
  readonly truncated: boolean;
  readonly git: { readonly listing: GitListing; readonly early: EarlyAnswers } | null;
  readonly gitProblem: GitProblem | null;
}

/** Lists the files below `directory` and reads them on demand: through git where there is one, else by a bounded walk.
 * @throws UserError `no-such-directory`, `not-a-work-tree` */
export async function takeSnapshot(directory: string): Promise<Snapshot> {
  const root = existingDirectory(directory);
  assertWorkTree(root);
  const repository = enclosingRepository(root);
  const { paths, truncated, git, gitProblem } = await listFiles(root, repository);
  const texts = new Map<string, FileText>();
  const read = (path: string): FileText => {
    if (!paths.has(path)) return { problem: 'missing' };
    let file = texts.get(path);
    if (file === undefined) {
      file = readText(root, path, repository ?? root);
      texts.set(path, file);
    }
    return file;
  };
  return {
    paths: paths.list,
    truncated,
    ebRootAbove: findEbRootAbove(root, repository),
    gitProblem,
    has: paths.has,
    text: (path) => textOf(read(path)),
    problem: (path) => problemOf(read(path)),
    executable: (path) => (paths.has(path) ? readExecutable(root, path) : undefined),
    linkTarget: (path) => (paths.has(path) ? readLinkTarget(root, path) : undefined),
    git: git === null ? null : gitView(root, repository ?? root, git.listing, git.early),
  };
}

const textOf = (file: FileText): string | undefined => ('text' in file ? file.text : undefined);
const problemOf = (file: FileText): FileProblem | undefined => ('problem' in file ? file.problem : undefined);

function existingDirectory(directory: string): string {
  try {
    const real = realpathSync(directory);
    // By way of its own entry, for which one must be allowed to enter it.
    if (statSync(`${real}/.`).isDirectory()) return real;
  } catch (cause) {
    throw noSuchDirectory(directory, cause);
  }
  throw noSuchDirectory(directory);
}

function noSuchDirectory(directory: string, cause?: unknown): UserError {
  if (directory.includes('\ufffd')) {
    return new UserError('no-such-directory', `'${directory}' has a name that is not UTF-8`, {
      hint: 'rename it, or work on a copy elsewhere: Node.js does not see the bytes of such a name',
      cause,
    });
  }
  const code = systemErrorCode(cause);
  const why = code === 'EACCES' || code === 'EPERM' ? 'may not be read' : 'is not a directory';
  return new UserError('no-such-directory', `'${directory}' ${why}`, {
    hint: 'give the directory of the project with --cwd',
    cause,
  });
}

/** A bare repository, and the inside of `.git`, hold no files to deploy. Git tells such a directory by the same three names
 * (git, `setup.c`, `is_git_directory`). */
function assertWorkTree(root: string): void {
  for (let current = root; current !== dirname(current); current = dirname(current)) {
    if (existsSync(join(current, '.git'))) return;
    if (['HEAD', 'objects', 'refs'].every((name) => existsSync(join(current, name)))) {
      throw new UserError('not-a-work-tree', `'${current}' is git's own directory: no project lies here`, {
        hint: 'run it in a clone with its files checked out (--cwd DIR)',
      });
    }
  }
}

/** The work tree's root around `directory`: where a `.git` directory, or a worktree's `.git` file, lies. */
function enclosingRepository(directory: string): string | undefined {
  for (let current = directory; ; current = dirname(current)) {
    if (existsSync(join(current, '.git'))) return current;
    if (current === dirname(current)) return undefined;
  }
}

/** The directory that a command works in. */
export interface ProjectRoot {
  /** Absolute. */
  readonly root: string;
  /** The directory where the command was started, relative to the root; null where it is the root. */
  readonly movedFrom: string | null;
}

const deploymentMarks = ['.elasticbeanstalk', '.ebextensions', '.platform', 'Dockerrun.aws.json'];
const appMarks = ['Procfile', 'manage.py'];

/** The nearest directory at or above `directory` with files of Elastic Beanstalk, else with a Procfile or manage.py, never
 * above the root of git's work tree; else `directory` itself.
 * @param forced the value of `--cwd`: that directory, wherever it lies */
export function findRoot(directory: string, forced?: string): ProjectRoot {
  const start = resolve(directory, forced ?? '.');
  if (forced !== undefined) return { root: start, movedFrom: null };
  const candidates = directoriesUpTo(start, enclosingRepository(start));
  const holding = (marks: readonly string[]) =>
    candidates.find((candidate) => marks.some((name) => existsSync(join(candidate, name))));
  const root = holding(deploymentMarks) ?? holding(appMarks) ?? start;
  return { root, movedFrom: root === start ? null : relative(root, start).split(sep).join('/') };
}

/** The directory and those above it. Outside git the search ends below directories that everybody's files share. */
function directoriesUpTo(start: string, top: string | undefined): string[] {
  const shared = [homedir(), tmpdir(), parse(start).root];
  const found = [start];
  for (let current = start; current !== top; ) {
    current = dirname(current);
    if (top === undefined && shared.includes(current)) break;
    found.push(current);
  }
  return found;
}

/** The EB CLI looks for its directory upwards (aws-elastic-beanstalk-cli, `core/fileoperations.py`); here, within the repository. */
function findEbRootAbove(root: string, repository: string | undefined): string | null {
  if (repository === undefined) return null;
  for (let current = root, way = ''; ; current = dirname(current), way = way === '' ? '..' : `${way}/..`) {
    if (existsSync(join(current, '.elasticbeanstalk'))) return way === '' ? null : way;
    if (current === repository || current === dirname(current)) return null;
  }
}

async function listFiles(root: string, repository: string | undefined): Promise<Listing> {
  if (repository === undefined) return listByWalking(root, null);
  const [listing, early] = await Promise.all([listThroughGit(root, repository), askEarly(root, repository)]);
  if ('refusal' in listing) return listByWalking(root, listing.refusal);
  // Nothing tracked, all ignored (a scratch directory below somebody's repository): git has nothing to say of these files.
  if (listing.paths.list.length === 0 && !isEmptyDirectory(root)) return listByWalking(root, null);
  const hidden = beanstalkFiles(root, listing.paths.list).filter((path) => !listing.paths.has(path));
  const paths = hidden.length === 0 ? listing.paths : sortedPaths([...listing.paths.list, ...hidden]);
  return { paths, truncated: false, git: { listing, early }, gitProblem: null };
}

function listByWalking(root: string, gitProblem: GitProblem | null): Listing {
  const { paths, truncated } = walk(root);
  return { paths: sortedPaths(paths), truncated, git: null, gitProblem };
}

async function listThroughGit(root: string, repository: string): Promise<GitListing | GitRefusal> {
  const large = root === repository && countEntries(join(repository, '.git', 'index')) > largeIndex;
  if (!large) return askGitAside(root, filesBelow({ untracked: true }));
  // Only a mode tells a submodule.
  const listing = existsSync(join(root, '.gitmodules'))
    ? await askGitAside(root, filesBelow({ untracked: false }))
    : await listIndex(root);
  return 'refusal' in listing ? listing : withUntracked(listing, untrackedAtTop(root, listing));
}

async function listIndex(root: string): Promise<Omit<GitListing, 'paths'> | GitRefusal> {
  const paths = await askGitAside(root, indexedPaths);
  return 'refusal' in paths ? paths : { tracked: sortedPaths(paths), modes: undefined };
}

/** From this size on git's search for untracked files, which looks into every directory, would take longer than all the rest.
 * Those at the top, and in the directories of Elastic Beanstalk, are found without it. */
const largeIndex = 20_000;

/** The number of entries in an index file, from its header (git, `index-format`); 0 where it cannot be read. */
function countEntries(index: string): number {
  let descriptor: number | undefined;
  try {
    descriptor = openSync(index, 'r');
    const header = Buffer.alloc(12);
    readSync(descriptor, header, 0, 12, 0);
    return header.toString('latin1', 0, 4) === 'DIRC' ? header.readUInt32BE(8) : 0;
  } catch {
    return 0;
  } finally {
    if (descriptor !== undefined) closeSync(descriptor);
  }
}

function untrackedAtTop(root: string, { tracked }: Pick<GitListing, 'tracked'>): string[] {
  const names = list(root)
    .filter((entry) => entry.isFile() || entry.isSymbolicLink())
    .map(({ name }) => name)
    .filter((name) => !tracked.has(name));
  if (names.length === 0) return [];
  const ignored = readIgnored(root, names);
  return names.filter((name) => !ignored.has(name));
}

const beanstalkDirectories = ['.elasticbeanstalk', '.ebextensions', '.platform'];

/** What the EB CLI and Elastic Beanstalk read although git may ignore it: `eb init` itself adds `.elasticbeanstalk/*` to
 * `.gitignore`, and the zip of a CI script takes ignored files along. */
function beanstalkFiles(root: string, paths: readonly string[]): string[] {
  const found: string[] = [];
  for (const directory of upperDirectories(paths)) {
    for (const name of beanstalkDirectories) {
      const path = directory === '' ? name : `${directory}/${name}`;
      // A link may lead anywhere; what lies behind it is no file of this repository.
      if (isDirectory(join(root, path))) found.push(...walk(root, path, 2_000).paths);
    }
  }
  return found;
}

/** The root, and the directories one and two levels below it that hold files git lists; at most 500. */
function upperDirectories(paths: readonly string[]): readonly string[] {
  const atTop = topNames(paths).flatMap((name) => (name.endsWith('/') ? name.slice(0, -1) : []));
  // Among many, those of an app have more than plain code: what it requires, or the `.gitignore` that `eb init` writes.
  const telling = paths.length > largeIndex ? landmarks(paths) : paths;
  const below = telling.flatMap((path) => /^[^/]+\/[^/]+(?=\/)/.exec(path)?.[0] ?? []);
  return [...new Set(['', ...atTop, ...below])].slice(0, 500);
}

/** Whether the directory holds nothing at all (a `.git` aside). */
function isEmptyDirectory(directory: string): boolean {
  return list(directory).every(({ name }) => name === '.git');
}
