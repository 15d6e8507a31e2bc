import { type Dirent, existsSync, lstatSync, readdirSync, realpathSync, statSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join, parse, relative, resolve, sep } from 'node:path';
import { systemErrorCode, UserError } from '../errors.ts';
import { includesPath, sortOnce } from '../project/paths.ts';
import type { GitProblem, Snapshot } from '../project/snapshot.ts';
import { type GitListing, gitView, listThroughGit } from './git.ts';
import { type FileText, readLinkTarget, readText } from './work-tree.ts';

interface Listing {
  readonly paths: readonly string[];
  readonly truncated: boolean;
  readonly git: GitListing | null;
  readonly gitProblem: GitProblem | null;
}

/** Lists the files below `directory` and reads them on demand: through git where there is one, else by a bounded walk.
 * @throws UserError `no-such-directory`, `not-a-work-tree` */
export async function takeSnapshot(directory: string): Promise<Snapshot> {
  const root = existingDirectory(directory);
  assertWorkTree(root);
  const repository = enclosingRepository(root);
  const { paths, truncated, git, gitProblem } = listFiles(root, repository);
  const has = (path: string) => includesPath(paths, path);
  const texts = new Map<string, FileText>();
  const read = (path: string): FileText => {
    if (!has(path)) return { problem: 'missing' };
    const file = texts.get(path) ?? readText(root, path, repository ?? root);
    texts.set(path, file);
    return file;
  };
  const textOf = (file: FileText) => ('text' in file ? file.text : undefined);
  const problemOf = (file: FileText) => ('problem' in file ? file.problem : undefined);
  return {
    paths,
    truncated,
    ebRootAbove: findEbRootAbove(root),
    gitProblem,
    has,
    text: (path) => textOf(read(path)),
    problem: (path) => problemOf(read(path)),
    linkTarget: (path) => (has(path) ? readLinkTarget(root, path) : undefined),
    git: git === null ? null : gitView(root, repository ?? root, git),
  };
}

function existingDirectory(directory: string): string {
  let cause: unknown;
  try {
    const real = realpathSync(directory);
    // By way of its own entry, for which one must be allowed to enter it.
    if (statSync(`${real}/.`).isDirectory()) return real;
  } catch (error) {
    cause = error;
  }
  const code = systemErrorCode(cause);
  const why = code === 'EACCES' || code === 'EPERM' ? 'may not be read' : 'is not a directory';
  throw new UserError('no-such-directory', `'${directory}' ${why}`, {
    hint: 'give the directory of the project with --cwd',
    cause,
  });
}

/** The directory and all above it. */
function withAncestors(directory: string): string[] {
  const above = dirname(directory);
  return above === directory ? [directory] : [directory, ...withAncestors(above)];
}

const holds = (directory: string, ...names: readonly string[]): boolean =>
  names.some((name) => existsSync(join(directory, name)));

/** The work tree's root around `directory`: where a `.git` directory, or a worktree's `.git` file, lies. */
const enclosingRepository = (directory: string): string | undefined =>
  withAncestors(directory).find((current) => holds(current, '.git'));

/** A bare repository, and the inside of `.git`, hold no files to deploy. Git tells such a directory by the same three names
 * (git, `setup.c`, `is_git_directory`). */
function assertWorkTree(root: string): void {
  const isGitsOwn = (directory: string) =>
    ['HEAD', 'objects', 'refs'].every((name) => holds(directory, name));
  const nearest = withAncestors(root).find((current) => holds(current, '.git') || isGitsOwn(current));
  if (nearest === undefined || holds(nearest, '.git')) return;
  throw new UserError('not-a-work-tree', `'${nearest}' is git's own directory: no project lies here`, {
    hint: 'run it in a clone with its files checked out (--cwd DIR)',
  });
}

/** The directory that a command works in. */
export interface ProjectRoot {
  /** Absolute. */
  readonly root: string;
  /** The directory where the command was started, relative to the root; null where it is the root. */
  readonly movedFrom: string | null;
}

/** The nearest directory at or above `directory` with files of Elastic Beanstalk, else with a Procfile or manage.py, never
 * above the root of git's work tree; else `directory` itself.
 * @param forced the value of `--cwd`: that directory, wherever it lies */
export function findRoot(directory: string, forced?: string): ProjectRoot {
  const start = resolve(directory, forced ?? '.');
  if (forced !== undefined) return { root: start, movedFrom: null };
  const candidates = [start, ...directoriesAbove(start)];
  const root =
    candidates.find((one) =>
      holds(one, '.elasticbeanstalk', '.ebextensions', '.platform', 'Dockerrun.aws.json'),
    ) ??
    candidates.find((one) => holds(one, 'Procfile', 'manage.py')) ??
    start;
  return { root, movedFrom: root === start ? null : relative(root, start).split(sep).join('/') };
}

/** Those of the same project: up to the root of git's work tree, and below directories that everybody's files share. */
function directoriesAbove(directory: string): string[] {
  const above = withAncestors(directory);
  const top = enclosingRepository(directory);
  const shared = [homedir(), tmpdir(), parse(directory).root];
  const end = above.findIndex((one, index) => index > 0 && shared.includes(one));
  return above.slice(
    1,
    Math.min(...[top === undefined ? -1 : above.indexOf(top) + 1, end].filter((at) => at > 0)),
  );
}

/** The EB CLI looks for its directory upwards (aws-elastic-beanstalk-cli, `core/fileoperations.py`). */
function findEbRootAbove(root: string): string | null {
  if (holds(root, '.elasticbeanstalk')) return null;
  const at = directoriesAbove(root).findIndex((one) => holds(one, '.elasticbeanstalk'));
  return at === -1
    ? null
    : Array(at + 1)
        .fill('..')
        .join('/');
}

function listFiles(root: string, repository: string | undefined): Listing {
  if (repository === undefined) return listByWalking(root, null);
  const git = listThroughGit(root);
  if ('refusal' in git) return listByWalking(root, git.refusal);
  // Nothing tracked, all ignored (a scratch directory below somebody's repository): git has nothing to say of these files.
  if (git.paths.length === 0 && list(root).some(({ name }) => name !== '.git'))
    return listByWalking(root, null);
  const paths = sortOnce([...git.paths, ...beanstalkFiles(root, git.paths)]);
  return { paths, truncated: false, git: { ...git, paths }, gitProblem: null };
}

function listByWalking(root: string, gitProblem: GitProblem | null): Listing {
  const { paths, truncated } = walk(root);
  return { paths: sortOnce(paths), truncated, git: null, gitProblem };
}

/** What the EB CLI and Elastic Beanstalk read although git may ignore it, at the top and up to two levels below: `eb init`
 * itself adds `.elasticbeanstalk/*` to `.gitignore`, and the zip of a CI script takes ignored files along. */
function beanstalkFiles(root: string, paths: readonly string[]): string[] {
  const directories = new Set(['']);
  for (const path of paths) {
    const first = path.indexOf('/');
    const second = first === -1 ? -1 : path.indexOf('/', first + 1);
    if (first !== -1) directories.add(path.slice(0, first + 1));
    if (second !== -1) directories.add(path.slice(0, second + 1));
    if (directories.size >= 500) break;
  }
  return [...directories].flatMap((directory) =>
    ['.elasticbeanstalk', '.ebextensions', '.platform']
      .map((name) => directory + name)
      // A link may lead anywhere; what lies behind it is no file of this repository.
      .filter((path) => isDirectory(join(root, path)))
      .flatMap((path) => walk(root, path, 2_000).paths),
  );
}

/** Directories that hold other people's code, or a tool's. */
const passedOver =
  /^(?:\.git|\.hg|\.svn|\.tox|\.nox|\.\w+_cache|\.terraform|\.next|\.nuxt|__pycache__|bower_components|node_modules|site-packages)$/;

/** The files below `start`, without following links, at most `limit` of them and 30 directories deep. */
function walk(root: string, start = '', limit = 200_000): { paths: string[]; truncated: boolean } {
  const paths: string[] = [];
  const queue = [{ path: start, depth: 0 }];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    const { path, depth } = next;
    const entries = list(join(root, path));
    if (path !== '' && entries.some(({ name }) => name === 'pyvenv.cfg')) continue;
    for (const entry of entries) {
      const child = path === '' ? entry.name : `${path}/${entry.name}`;
      if (entry.isDirectory()) {
        if (!passedOver.test(entry.name) && depth < 30) queue.push({ path: child, depth: depth + 1 });
      } else if (entry.isFile() || entry.isSymbolicLink()) {
        if (paths.length >= limit) return { paths, truncated: true };
        paths.push(child);
      }
    }
  }
  return { paths, truncated: false };
}

/** A directory's entries; none if it is missing or may not be read. */
function list(directory: string): Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch {
    return [];
  }
}

/** Whether it is a directory itself, no link to one; false, too, where that may not be asked. */
function isDirectory(path: string): boolean {
  try {
    return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
  } catch {
    return false;
  }
}
