import { below, landmarks } from './paths.ts';
import type { GitView, Snapshot } from './snapshot.ts';

/** The part of a snapshot below `root` (`.`: all of it), with paths relative to it. */
export function narrow(snapshot: Snapshot, root: string): Snapshot {
  if (root === '.') return snapshot;
  const full = (path: string) => `${root}/${path}`;
  return {
    paths: pathsBelow(snapshot.paths, root),
    has: (path) => snapshot.has(full(path)),
    text: (path) => snapshot.text(full(path)),
    problem: (path) => snapshot.problem(full(path)),
    executable: (path) => snapshot.executable(full(path)),
    linkTarget: (path) => snapshot.linkTarget(full(path)),
    truncated: snapshot.truncated,
    ebRootAbove: snapshot.ebRootAbove,
    git: snapshot.git === null ? null : narrowGit(snapshot.git, full),
    gitProblem: snapshot.gitProblem,
    ...(snapshot.archive && { archive: snapshot.archive }),
  };
}

function pathsBelow(paths: readonly string[], root: string): string[] {
  return below(paths, root).map((path) => path.slice(root.length + 1));
}

function narrowGit(git: GitView, full: (path: string) => string): GitView {
  return {
    entry: (path) => git.entry(full(path)),
    ignored: (path) => git.ignored(full(path)),
    uncommitted: (path) => git.uncommitted(full(path)),
    attribute: (path, name) => git.attribute(full(path), name),
    checksOutCrlf: () => git.checksOutCrlf(),
    get branch() {
      return git.branch;
    },
  };
}

/** Packages and tools, and what tests read: other people's projects, in part. */
const foreignDirectory =
  /(?:^|\/)(?:node_modules|bower_components|site-packages|dist-packages|botocore|awscli|__pycache__|\.?virtualenv|\.venv|\.tox|\.nox|\.git|\.terraform|\.serverless|cdk\.out|fixtures|__fixtures__|testdata|__tests__)\//;
const manifestAtTop = [
  'package.json',
  'pyproject.toml',
  'requirements.txt',
  'setup.py',
  'Gemfile',
  'composer.json',
  'go.mod',
  'manage.py',
];

/** The snapshot without other people's code (packages that were committed, or lie in an unignored virtual environment) and
 * without the data of tests. */
export function withoutVendored(snapshot: Snapshot): Snapshot {
  const environments = landmarks(snapshot.paths).flatMap((path) => {
    // Often only a part of a virtual environment was committed.
    const mark = /\/(?:pyvenv\.cfg|(?:bin|Scripts)\/activate)$/.exec(path);
    const directory = mark === null ? undefined : path.slice(0, mark.index + 1);
    // A package of the project's may have an `activate` of its own.
    return directory === undefined || snapshot.has(`${directory}__init__.py`) ? [] : [directory];
  });
  // A project whose only part is called `test` is no test.
  const tests = manifestAtTop.some((name) => snapshot.has(name)) ? ['test/', 'tests/'] : [];
  const directories = [...environments, ...tests];
  const foreign = (path: string) =>
    foreignDirectory.test(path) || directories.some((directory) => path.startsWith(directory));
  if (!snapshot.paths.some(foreign)) return snapshot;
  const paths = snapshot.paths.filter((path) => !foreign(path));
  return { ...snapshot, paths, has: (path) => snapshot.has(path) && !foreign(path), git: snapshot.git };
}
