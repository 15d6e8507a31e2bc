import { relative, sep } from 'node:path';
import { askGit, type GitQuestion } from './git.ts';

/** Which of the paths git's rules ignore, tracked or not; undefined where git gave up on one of them. */
export function whichIgnored(paths: readonly string[]): GitQuestion<ReadonlySet<string> | undefined> {
  return {
    // Without the index: reading it takes longer than the answer, and what is tracked is known here.
    args: ['check-ignore', '--no-index', '-z', '--stdin'],
    input: paths.join('\0'),
    // 128: one of them lies beyond a symlink or in a submodule, which ends the whole answer.
    read: ({ status, stdout }) => (status === 128 ? undefined : new Set(stdout.toString('utf8').split('\0'))),
  };
}

/** Those of the paths that git's rules ignore, tracked or not. */
export function readIgnored(root: string, paths: readonly string[]): ReadonlySet<string> {
  const found = askGit(root, whichIgnored(paths));
  if (found !== undefined) return found;
  return paths.length === 1
    ? new Set()
    : new Set(paths.filter((path) => readIgnored(root, [path]).has(path)));
}

/** Attributes by path, then by name; unspecified ones are left out. */
export type Attributes = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** The attributes that decide what becomes of a file in the bundle. A directory ends in `/`. */
export function attributesOf(paths: readonly string[]): GitQuestion<Attributes> {
  return {
    args: ['check-attr', '-z', '--stdin', 'export-ignore', 'text', 'eol'],
    input: paths.join('\0'),
    read: ({ stdout }) => {
      const found = new Map(paths.map((path) => [path, new Map<string, string>()]));
      // `PATH NUL ATTRIBUTE NUL VALUE NUL`.
      const fields = stdout.toString('utf8').split('\0');
      for (let at = 0; at + 2 < fields.length; at += 3) {
        const [path = '', name = '', value = ''] = fields.slice(at, at + 3);
        if (value !== 'unspecified') found.get(path)?.set(name, value);
      }
      return found;
    },
  };
}

/** The files below `areas` whose committed state differs from the disk. `git status` looks at these areas alone, where
 * `git diff` would compare every file of the repository with its index first.
 * @param root the directory that paths are relative to
 * @param repository the top of the work tree around it */
export function changedBelow(
  root: string,
  repository: string,
  areas: readonly string[],
): GitQuestion<ReadonlySet<string>> {
  const inside = relative(repository, root).split(sep).join('/');
  const prefix = inside === '' ? '' : `${inside}/`;
  const options = ['--porcelain', '-z', '--untracked-files=no', '--no-renames', '--ignore-submodules'];
  return {
    args: ['--literal-pathspecs', 'status', ...options, '--', ...areas],
    read: ({ stdout }) => {
      // `XY PATH`, with the path from the top of the work tree.
      const paths = stdout
        .toString('utf8')
        .split('\0')
        .map((record) => record.slice(3));
      return new Set(paths.map((path) => (path.startsWith(prefix) ? path.slice(prefix.length) : path)));
    },
  };
}

/** Null on a detached HEAD, and outside git. */
export const currentBranch: GitQuestion<string | null> = {
  args: ['symbolic-ref', '--quiet', '--short', 'HEAD'],
  read: ({ status, stdout }) => (status === 0 ? stdout.toString('utf8').trim() : null),
};

/** Whether git itself turns line ends into CRLF on checkout. */
export const whetherCrlf: GitQuestion<boolean> = {
  args: ['config', '--get-regexp', '^core\\.(autocrlf|eol)$'],
  read: ({ stdout }) => {
    // The last value of a name is the one that counts.
    const values = new Map(
      stdout
        .toString()
        .toLowerCase()
        .split('\n')
        .map((line) => line.split(' ') as [string, string]),
    );
    return values.get('core.autocrlf') === 'true' || values.get('core.eol') === 'crlf';
  },
};
