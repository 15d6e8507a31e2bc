import { lstatSync, readdirSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { execaSync } from 'execa';
import { generatedPaths } from '../generated-paths.ts';
import { below, includesPath, sortOnce } from '../project/paths.ts';
import type { GitProblem, GitView } from '../project/snapshot.ts';

/** Variables that point git at another repository than the one around the directory: a git hook and `git rebase --exec`
 * set them (`git rev-parse --local-env-vars` lists them). Configuration passed by `GIT_CONFIG_*` is the user's wish and stays. */
const repositoryVariables =
  /^GIT_(?:ALTERNATE_OBJECT_DIRECTORIES|COMMON_DIR|DIR|GRAFT_FILE|IMPLICIT_WORK_TREE|INDEX_FILE|INTERNAL_SUPER_PREFIX|NAMESPACE|OBJECT_DIRECTORY|PREFIX|SHALLOW_FILE|WORK_TREE)$/;

function options(directory: string) {
  const kept = Object.entries(process.env).filter(([name]) => !repositoryVariables.test(name));
  return {
    cwd: directory,
    // Messages are matched below; reading must not take the index lock beside the user's own git.
    env: { ...Object.fromEntries(kept), LC_ALL: 'C', GIT_OPTIONAL_LOCKS: '0' },
    extendEnv: false,
    reject: false,
    stripFinalNewline: false,
    maxBuffer: 512 * 1024 * 1024,
  } as const;
}

// A file system monitor is a program of the repository's configuration: not ours to start.
const safely = ['--no-pager', '-c', 'core.fsmonitor=false'];

/** Asks git in `directory`, and waits. */
function ask(directory: string, args: readonly string[], input = '') {
  return execaSync('git', [...safely, ...args], { ...options(directory), input });
}

/** The current branch; null on a detached HEAD, and outside git. */
export function readBranch(directory: string): string | null {
  const { exitCode, stdout } = ask(directory, ['symbolic-ref', '--quiet', '--short', 'HEAD']);
  return exitCode === 0 ? stdout.trim() : null;
}

/** When a file was last committed, ISO 8601; null if it never was, undefined outside git. */
export function readCommitDate(directory: string, path: string): string | null | undefined {
  const { exitCode, stdout } = ask(directory, ['log', '-1', '--format=%cI', '--', path]);
  return exitCode === 0 ? stdout.trim() || null : undefined;
}

/** What git lists below a directory. */
export interface GitListing {
  /** The index, sorted. */
  readonly tracked: readonly string[];
  /** Modes other than `100644`: `100755`, `120000` for a link, `160000` for a submodule. */
  readonly modes: ReadonlyMap<string, string>;
  /** Tracked files, without submodules, and untracked ones that are not ignored. */
  readonly paths: readonly string[];
}

/** From this size on git's search for untracked files, which looks into every directory, would take longer than all the
 * rest. Those at the top are found without it. */
const large = 20_000;

/** The index below `directory` and the files git would track. */
export function listThroughGit(directory: string): GitListing | { refusal: GitProblem } {
  const { exitCode, stdout, stderr, code } = ask(directory, ['ls-files', '-z', '--stage']);
  if (exitCode !== 0) {
    if (code === 'ENOENT') return { refusal: 'no-git-program' };
    const foreign = /dubious ownership|unsafe repository/.test(stderr);
    return { refusal: foreign ? 'owned-by-another' : 'git-failed' };
  }
  const modes = new Map<string, string>();
  const paths: string[] = [];
  // Records of `MODE SHA STAGE<TAB>PATH`, of which an unmerged path has several; cut by hand, since there may be many.
  for (let at = 0, end = stdout.indexOf('\0'); end !== -1; at = end + 1, end = stdout.indexOf('\0', at)) {
    const path = stdout.slice(stdout.indexOf('\t', at) + 1, end);
    if (!stdout.startsWith('100644', at)) modes.set(path, stdout.slice(at, at + 6));
    paths.push(path);
  }
  const tracked = sortOnce(paths);
  const submodules = [...modes.values()].includes('160000');
  const files = submodules ? tracked.filter((path) => modes.get(path) !== '160000') : tracked;
  return { tracked, modes, paths: [...files, ...listUntracked(directory, tracked)] };
}

function listUntracked(directory: string, tracked: readonly string[]): string[] {
  if (tracked.length <= large) {
    const { stdout } = ask(directory, ['ls-files', '-z', '--others', '--exclude-standard']);
    // A trailing slash is a repository inside this one: none of its files are ours.
    return cut(stdout).filter((path) => !path.endsWith('/'));
  }
  const names = readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isFile() || entry.isSymbolicLink())
    .map(({ name }) => name)
    .filter((name) => !includesPath(tracked, name));
  const ignored = readIgnored(directory, names);
  return names.filter((name) => !ignored.has(name));
}

const cut = (output: string): string[] => output.split('\0').slice(0, -1);

/** Git's answers for the files below `root`, asked when a question first turns up: once for all files of a directory that
 * Elastic Beanstalk reads, and for what `init` may write there.
 * @param repository the top of the work tree around `root` */
export function gitView(root: string, repository: string, { tracked, modes, paths }: GitListing): GitView {
  const ignored = new Map<string, boolean>();
  const exportIgnored = new Map<string, boolean>();
  const changed = new Map<string, ReadonlySet<string>>();
  const isTracked = (path: string) => includesPath(tracked, path);
  let branch: string | null | undefined;

  return {
    entry: (path) => (isTracked(path) ? { mode: modes.get(path) ?? '100644' } : undefined),
    ignored: (path) => {
      if (isTracked(path)) return false;
      if (!ignored.has(path)) {
        const asked = neighbours(paths, path).filter((one) => !isTracked(one));
        const found = readIgnored(root, asked);
        for (const one of asked) ignored.set(one, found.has(one));
      }
      return ignored.get(path) === true;
    },
    uncommitted: (path) => {
      if (!isTracked(path)) return exists(join(root, path));
      const area = areaOf(path)?.directory ?? path;
      const known = changed.get(area) ?? readChanged(root, repository, area);
      changed.set(area, known);
      return known.has(path);
    },
    exportIgnored: (path) => {
      if (!exportIgnored.has(path)) {
        const asked = [...new Set([path, ...neighbours(paths, path).flatMap(withParents)])];
        const found = readExportIgnored(root, asked);
        for (const one of asked) exportIgnored.set(one, found.has(one));
      }
      return exportIgnored.get(path) === true;
    },
    get branch() {
      if (branch === undefined) branch = readBranch(root);
      return branch;
    },
  };
}

/** The directory that Elastic Beanstalk reads around a path, and what stands before it. */
function areaOf(path: string): { directory: string; prefix: string } | undefined {
  const [directory, prefix = ''] = /^(.*\/)?\.(?:platform|ebextensions)(?=\/|$)/.exec(path) ?? [];
  return directory === undefined ? undefined : { directory, prefix };
}

/** The path with those that the same question is going to be asked of. */
function neighbours(paths: readonly string[], path: string): string[] {
  const prefix = areaOf(path)?.prefix;
  if (prefix === undefined) return [path];
  const present = ['.platform', '.ebextensions'].flatMap((name) => below(paths, prefix + name));
  return [...new Set([path, ...generatedPaths.map((name) => prefix + name), ...present])];
}

/** A path and the directories above it, these with a slash at their end. */
function withParents(path: string): string[] {
  const slashes = [...path.matchAll(/\//g)].map(({ index }) => index);
  return [path, ...slashes.map((index) => path.slice(0, index + 1))];
}

/** Those of the paths that git's rules ignore, tracked or not. */
function readIgnored(root: string, paths: readonly string[]): ReadonlySet<string> {
  if (paths.length === 0) return new Set();
  // Without the index: reading it takes longer than the answer, and what is tracked is known here.
  const args = ['check-ignore', '--no-index', '-z', '--stdin'];
  const { exitCode, stdout } = ask(root, args, paths.join('\0'));
  // 128: one of them lies beyond a symlink or in a submodule, which ends the whole answer.
  if (exitCode !== 128) return new Set(cut(stdout));
  return new Set(paths.length === 1 ? [] : paths.filter((path) => readIgnored(root, [path]).has(path)));
}

/** Those of the paths that have the attribute `export-ignore`. */
function readExportIgnored(root: string, paths: readonly string[]): ReadonlySet<string> {
  const { stdout } = ask(root, ['check-attr', '-z', '--stdin', 'export-ignore'], paths.join('\0'));
  // `PATH NUL ATTRIBUTE NUL VALUE NUL`.
  const fields = cut(stdout);
  return new Set(fields.filter((_, index) => index % 3 === 0 && fields[index + 2] === 'set'));
}

/** The tracked files at or below `area` whose committed state differs from the disk. `git status` looks at that area alone,
 * where `git diff HEAD` would compare every file of the repository with its index first. */
function readChanged(root: string, repository: string, area: string): ReadonlySet<string> {
  const flags = ['--porcelain', '-z', '--untracked-files=no', '--no-renames', '--ignore-submodules'];
  const { stdout } = ask(root, ['--literal-pathspecs', 'status', ...flags, '--', area]);
  // `XY PATH`, with the path from the top of the work tree.
  const inside = relative(repository, root).split(sep).join('/');
  return new Set(cut(stdout).map((record) => record.slice(inside === '' ? 3 : 3 + inside.length + 1)));
}

function exists(path: string): boolean {
  try {
    lstatSync(path);
    return true;
  } catch {
    return false;
  }
}
