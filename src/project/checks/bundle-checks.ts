import type { FindingCode } from '../../finding-codes.ts';
import { type Finding, finding, nowhere, type Severity } from '../../findings.ts';
import { ebextensionPath, generatedHooks, hookPath } from '../../generated-paths.ts';
import { type Bundle, type Shipping, shipByScript } from '../bundle/bundle.ts';
import type { ZipScript } from '../bundle/zip-scripts.ts';
import { below } from '../paths.ts';
import type { Snapshot } from '../snapshot.ts';
import { isPatched } from '../wiring/django.ts';
import { type Check, withoutRepeats } from './check.ts';

/** Whether the hooks and the `.ebextensions` reach the bundle, by every way that makes one. */
export const checkBundle: Check = ({ app, bundle, reading }) => [
  ...withoutRepeats([...dropped(app, bundle), ...droppedByScripts(app, bundle)]),
  ...unknownArtifact(bundle),
  ...uncommittedFiles(
    app,
    bundle,
    reading.settings.map(({ file }) => file).filter((file) => isPatched(app.text(file) ?? '')),
  ),
];

const hookFile = /^\.platform\/(?:hooks|confighooks)\//;
const configFile = /^\.ebextensions\/[^/]+\.config$/;

/** What has to ship: what is there, and what `init` writes. */
function wanted(app: Snapshot): { hooks: string[]; configs: string[] } {
  return {
    hooks: [
      ...new Set([...generatedHooks, ...below(app.paths, '.platform').filter((path) => hookFile.test(path))]),
    ],
    configs: [
      ...new Set([
        ebextensionPath,
        ...below(app.paths, '.ebextensions').filter((path) => configFile.test(path)),
      ]),
    ],
  };
}

function dropped(app: Snapshot, bundle: Bundle): Finding[] {
  const { hooks, configs } = wanted(app);
  app.git?.prefetch([...hooks, ...configs]);
  const of = (paths: readonly string[]) =>
    paths.flatMap((path) => {
      const shipping = bundle.wouldShip(path);
      return shipping.ships === false ? [{ path, shipping }] : [];
    });
  return [
    ...of(hooks).map(({ path, shipping }) => drops('bundle-drops-hooks', path, shipping, severityFor(path))),
    // A directory that is not in use is no loss.
    ...of(configs)
      .filter(({ path }) => app.has(path))
      .map(({ path, shipping }) =>
        drops('bundle-drops-ebextensions', path, shipping, severityFor(ebextensionPath)),
      ),
  ];

  /** Where only a file of the user's stays behind, that may be meant. */
  function severityFor(path: string): Severity {
    const own = generatedHooks.some((hook) => hook === path) || path === ebextensionPath;
    return own && bundle.wouldShip(path).ships === false ? 'error' : 'warning';
  }
}

function droppedByScripts(app: Snapshot, { scripts }: Bundle): Finding[] {
  const configs = wanted(app).configs.filter((path) => app.has(path));
  return scripts.flatMap((script) => {
    const leavesOut = (path: string) => script.packs(path) === false;
    // An archive that is not handed over here is perhaps for something else.
    const severity = script.deploys ? 'error' : 'warning';
    const hook = generatedHooks.find(leavesOut);
    const config = configs.find(leavesOut);
    // Of an archive for something else one line is enough.
    const told = config === undefined || (hook !== undefined && !script.deploys) ? undefined : config;
    // Where only a file of the user's stays behind, that may be meant.
    const meant = told !== ebextensionPath && !configs.every(leavesOut);
    return [
      ...(hook === undefined ? [] : [droppedBy(script, 'bundle-drops-hooks', hook, severity)]),
      ...(told === undefined
        ? []
        : [droppedBy(script, 'bundle-drops-ebextensions', told, meant ? 'warning' : severity)]),
    ];
  });
}

function droppedBy(script: ZipScript, code: FindingCode, path: string, severity: Severity): Finding {
  return { ...drops(code, path, shipByScript(script, path), severity), fix: cureOfScript(script, path) };
}

function drops(
  code: FindingCode,
  path: string,
  { because, file, line }: Shipping,
  severity: Severity,
): Finding {
  const what = code === 'bundle-drops-hooks' ? 'the hook never runs' : 'Elastic Beanstalk never reads it';
  return finding(
    severity,
    code,
    { file, line },
    `${path} does not reach the bundle: ${because}, so ${what}`,
    cure(path, file),
  );
}

function cure(path: string, file: string | null): string {
  const top = path.split('/')[0] ?? path;
  if (file === '.ebignore') return `add '!${top}/**' as the last line of .ebignore`;
  if (file === '.gitignore')
    return `let git have it: git add --force ${top}, or remove the pattern from .gitignore`;
  if (file === '.gitattributes') return `remove export-ignore for ${top} from .gitattributes`;
  if (file === '.elasticbeanstalk/config.yml') {
    return `let deploy.artifact name a zip that holds ${top}, or remove it so that eb deploy packs the directory`;
  }
  return packMore(top);
}

const packMore = (top: string): string =>
  `add ${top} to what the command packs, such as: zip -r app.zip . -x '.git/*'`;

function cureOfScript({ packer }: ZipScript, path: string): string {
  const top = path.split('/')[0] ?? path;
  switch (packer) {
    case 'command':
      return packMore(top);
    case 'copies':
      return `copy ${top} too into the directory that is packed, and let zip pack '.', which takes dot-files`;
    case 'action':
      return `let the step pack ${top} too: its path names it, and its exclusions do not`;
    case 'artifacts':
      return `add '${top}/**/*' to artifacts.files`;
    case 'single-file':
      return `deploy an archive whose root holds ${top} beside that file`;
  }
}

function unknownArtifact(bundle: Bundle): Finding[] {
  if (bundle.maker !== 'artifact') return [];
  const { ships, because, file, line } = bundle.wouldShip(hookPath);
  if (ships !== null) return [];
  return [
    finding(
      'warning',
      'bundle-artifact-unknown',
      { file, line },
      `${because}: whether .platform and .ebextensions are in it cannot be seen here`,
      'make sure that its root holds .platform and .ebextensions: unzip -l shows it',
    ),
  ];
}

/** `git archive HEAD` takes nothing that is not committed, and says nothing.
 * @param patched settings that read the variable by lines that `init` put there */
function uncommittedFiles(app: Snapshot, bundle: Bundle, patched: readonly string[]): Finding[] {
  const { git } = app;
  if (git === null || bundle.maker !== 'git-archive') return [];
  const deployed = [...below(app.paths, '.ebextensions'), ...below(app.paths, '.platform')].filter(
    (path) => hookFile.test(path) || configFile.test(path),
  );
  const files = [...deployed, ...new Set(patched)].filter(
    (path) => !git.ignored(path) && git.uncommitted(path),
  );
  const [first] = files;
  if (first === undefined) return [];
  const more = files.length === 1 ? '' : ` and ${files.length - 1} more`;
  return [
    finding(
      'info',
      'hooks-uncommitted',
      { file: first, line: null },
      `${first}${more} ${files.length === 1 ? 'has' : 'have'} changes that are not committed, and eb deploy packs only what is committed`,
      `git add ${[...new Set(files.map(placeOf))].join(' ')} && git commit (or eb deploy --staged)`,
    ),
  ];
}

const placeOf = (file: string): string => /^\.(?:platform|ebextensions)(?=\/)/.exec(file)?.[0] ?? file;

/** Git itself: why it could not be asked, and a walk that found too much. */
export const checkSnapshot: Check = ({ whole, appRoot }) => {
  const found: Finding[] = [];
  if (whole.gitProblem !== null) found.push(gitUnusable(whole.gitProblem));
  if (whole.truncated) {
    found.push(
      finding(
        'warning',
        'snapshot-truncated',
        nowhere,
        'there are more files here than were looked at, so something may have been missed',
        'run it in the directory of the app: --cwd DIR',
      ),
    );
  }
  if (whole.ebRootAbove !== null && appRoot.root === '.') {
    found.push(
      finding(
        'warning',
        'app-root-above',
        nowhere,
        `the EB CLI takes ${whole.ebRootAbove} for the root of the bundle, since .elasticbeanstalk lies there: hooks written here would not be in its root`,
        `--cwd ${whole.ebRootAbove}`,
      ),
    );
  }
  return found;
};

function gitUnusable(problem: NonNullable<Snapshot['gitProblem']>): Finding {
  const [cause, fix] = {
    'no-git-program': ['there is no program git', 'install git'],
    'owned-by-another': [
      'the repository belongs to another user',
      'git config --global --add safe.directory "$PWD" (the top of the repository)',
    ],
    'git-failed': ['git failed', 'run git status to see why'],
  }[problem];
  const message = `git could not be asked (${cause}): what is ignored, committed or executable was not looked at`;
  return finding('warning', 'git-unusable', nowhere, message, fix ?? '');
}
