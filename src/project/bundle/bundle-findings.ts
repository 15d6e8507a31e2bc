import type { FindingCode } from '../../finding-codes.ts';
import { type Finding, finding, nowhere, type Severity } from '../../findings.ts';
import { ebextensionPath, generatedHooks, hookPath } from '../../generated-paths.ts';
import { below, topNames } from '../paths.ts';
import type { HostsSetting } from '../project.ts';
import type { Snapshot } from '../snapshot.ts';
import type { Bundle } from './bundle.ts';

interface Surveyed {
  readonly whole: Snapshot;
  readonly app: Snapshot;
  readonly appRoot: { readonly root: string };
  readonly bundle: Bundle;
  readonly reading: { readonly settings: readonly HostsSetting[] };
}

/** Whether the hooks, the `.ebextensions` and the settings reach the bundle as they are here. */
export function checkBundle({ app, bundle, reading, appRoot }: Surveyed): Finding[] {
  if (app.archive !== undefined) return checkArchive(app.archive, appRoot.root);
  return [
    ...findDropped(app, bundle),
    ...unknownArtifact(bundle),
    ...uncommittedFiles(app, bundle, reading.settings),
  ];
}

const hookFile = /^\.platform\/(?:config)?hooks\//;
const configFile = /^\.ebextensions\/[^/]+\.config$/;

/** The first file of each kind that each way of making the bundle leaves out. Hooks count before `init` wrote them, too. */
function findDropped(app: Snapshot, bundle: Bundle): Finding[] {
  const hooks = [
    ...generatedHooks,
    ...below(app.paths, '.platform').filter((path) => hookFile.test(path) && !generatedHooks.includes(path)),
  ];
  const configs = below(app.paths, '.ebextensions').filter((path) => configFile.test(path));
  const kinds = [
    { code: 'bundle-drops-hooks', paths: hooks, consequence: 'the hook never runs' },
    { code: 'bundle-drops-ebextensions', paths: configs, consequence: 'Elastic Beanstalk never reads it' },
  ] as const;
  return kinds.flatMap(({ code, paths, consequence }) => {
    const dropped = paths.filter((path) => bundle.wouldShip(path).ships === false);
    const [path] = dropped;
    const found: Finding[] = [];
    if (path !== undefined) {
      const { because, file, line } = bundle.wouldShip(path);
      const message = `${path} does not reach the bundle: ${because}, so ${consequence}`;
      found.push(finding(severityOf(dropped, paths), code, { file, line }, message, fixFor(path, file)));
    }
    for (const other of bundle.others) {
      const left = paths.filter((path) => other.leavesOut(path));
      const [path] = left;
      if (path === undefined) continue;
      const severity = other.certain ? severityOf(left, paths) : 'warning';
      const message = `${path} does not reach the bundle: ${other.maker} leaves it out, so ${consequence}`;
      found.push(finding(severity, code, other, message, other.fix(topOf(path))));
    }
    return found;
  });
}

/** An error where a generated file stays behind, or all do; where only some files of the user's do, that may be meant. */
function severityOf(dropped: readonly string[], all: readonly string[]): Severity {
  const generated = dropped.some((path) => generatedHooks.includes(path) || path === ebextensionPath);
  return generated || dropped.length === all.length ? 'error' : 'info';
}

const topOf = (path: string): string => path.split('/')[0] ?? path;

function fixFor(path: string, file: string | null): string {
  const top = topOf(path);
  switch (file) {
    case '.ebignore':
      return `add '!${top}/**' as the last line of .ebignore`;
    case '.gitignore':
      return `let git have it: git add --force ${top}, or remove the pattern from .gitignore`;
    case '.gitattributes':
      return `remove export-ignore for ${top} from .gitattributes`;
    default:
      return `let deploy.artifact name a zip that holds ${top}, or remove it so that eb deploy packs the directory`;
  }
}

function unknownArtifact(bundle: Bundle): Finding[] {
  const { ships, because, file, line } = bundle.wouldShip(hookPath);
  if (bundle.maker !== 'artifact' || ships !== null) return [];
  return [
    finding(
      'info',
      'bundle-artifact-unknown',
      { file, line },
      `${because}: whether .platform and .ebextensions are in it cannot be seen here`,
      'eb-hosts doctor --bundle FILE.zip',
    ),
  ];
}

/** `git archive HEAD` takes nothing that is not committed, and says nothing. */
function uncommittedFiles(app: Snapshot, bundle: Bundle, settings: readonly HostsSetting[]): Finding[] {
  const { git } = app;
  if (git === null || bundle.maker !== 'git-archive') return [];
  const isUncommitted = (path: string) => !git.ignored(path) && git.uncommitted(path);
  const deployed = [...below(app.paths, '.ebextensions'), ...below(app.paths, '.platform')].filter(
    (path) => hookFile.test(path) || configFile.test(path),
  );
  // Before there is a hook, settings are still being worked on.
  const judged = app.has(hookPath) ? settings.map(({ file }) => file) : [];
  const read = [...new Set(judged)].filter((path) => app.has(path));
  return [
    ...tellUncommitted('hooks-uncommitted', 'info', deployed.filter(isUncommitted)),
    ...tellUncommitted('settings-uncommitted', 'warning', read.filter(isUncommitted)),
  ];
}

function tellUncommitted(code: FindingCode, severity: Severity, files: readonly string[]): Finding[] {
  const [first] = files;
  if (first === undefined) return [];
  const others = files.length === 1 ? ' differs' : ` and ${files.length - 1} more differ`;
  const places = files.map((file) => (/^\.(?:platform|ebextensions)\//.test(file) ? topOf(file) : file));
  return [
    finding(
      severity,
      code,
      { file: first, line: null },
      `${first}${others} from what is committed, and eb deploy ships what is committed`,
      `git add ${[...new Set(places)].join(' ')} && git commit (or eb deploy --staged)`,
    ),
  ];
}

/** What only a finished archive shows. */
function checkArchive({ name, entries }: NonNullable<Snapshot['archive']>, root: string): Finding[] {
  const windows = entries.find((entry) => entry.includes('\\'));
  const tops = topNames([...entries].sort());
  const wrapped = tops.length === 1 && tops[0]?.endsWith('/') === true && root !== '.';
  return [
    ...(wrapped
      ? [
          finding(
            'error',
            'bundle-nested',
            nowhere,
            `everything in ${name} lies below ${tops[0]}: Elastic Beanstalk reads .platform and .ebextensions from the root of the archive`,
            `pack the contents of ${tops[0]}, not the directory: cd ${tops[0]} && zip -r ../${name} .`,
          ),
        ]
      : []),
    ...(windows === undefined
      ? []
      : [
          finding(
            'error',
            'bundle-backslashes',
            nowhere,
            `${name} names its files with backslashes (${windows}), which are part of the name on Linux: no directory of it is found`,
            'pack it with a tool that writes / (git archive, zip, 7-Zip, PowerShell 7)',
          ),
        ]),
  ];
}

/** Git itself: why it could not be asked, a walk that found too much, and a root that the EB CLI would look for elsewhere. */
export function checkSnapshot({ whole, appRoot }: Surveyed): Finding[] {
  const found: Finding[] = [];
  if (whole.gitProblem !== null) {
    const { cause, fix } = gitProblems[whole.gitProblem];
    const message = `git could not be asked (${cause}): what is ignored, committed or executable was not looked at`;
    found.push(finding('warning', 'git-unusable', nowhere, message, fix));
  }
  if (whole.truncated) {
    const message = 'there are more files here than were looked at, so something may have been missed';
    const fix = 'run it in the directory of the app: --cwd DIR';
    found.push(finding('warning', 'snapshot-truncated', nowhere, message, fix));
  }
  if (whole.ebRootAbove !== null && appRoot.root === '.') {
    const message = `the EB CLI takes ${whole.ebRootAbove} for the root of the bundle, since .elasticbeanstalk lies there: hooks written here would not be in its root`;
    found.push(finding('warning', 'app-root-above', nowhere, message, `--cwd ${whole.ebRootAbove}`));
  }
  return found;
}

const gitProblems = {
  'no-git-program': { cause: 'there is no program git', fix: 'install git' },
  'owned-by-another': {
    cause: 'the repository belongs to another user',
    fix: 'git config --global --add safe.directory "$PWD" (the top of the repository)',
  },
  'git-failed': { cause: 'git failed', fix: 'run git status to see why' },
} as const;
