import type { FindingCode } from '../../finding-codes.ts';
import { type Finding, finding, type Severity } from '../../findings.ts';
import { ebextensionPath, generatedHooks, hookPath } from '../../generated-paths.ts';
import { type Bundle, type Shipping, shipByScript } from '../bundle/bundle.ts';
import type { ZipScript } from '../bundle/zip-scripts.ts';
import { below } from '../paths.ts';
import type { HostsSetting } from '../project.ts';
import type { Snapshot } from '../snapshot.ts';
import { type Check, withoutRepeats } from './check.ts';
import { nothingToDo } from './nothing-to-do.ts';

/** Whether the hooks and the `.ebextensions` reach the bundle, by every way that makes one. */
export const checkBundle: Check = (survey) => {
  const { app, bundle, reading } = survey;
  const needed =
    nothingToDo(survey) === null ? generatedHooks : generatedHooks.filter((path) => app.has(path));
  return [
    ...withoutRepeats([...dropped(app, bundle, needed), ...droppedByScripts(app, bundle, needed)]),
    ...unknownArtifact(bundle),
    ...uncommittedFiles(app, bundle, reading.settings),
  ];
};

const hookFile = /^\.platform\/(?:hooks|confighooks)\//;
const configFile = /^\.ebextensions\/[^/]+\.config$/;

/** The `.ebextensions` that are there, and the one that `init` writes. */
const wantedConfigs = (app: Snapshot): string[] => [
  ...new Set([ebextensionPath, ...below(app.paths, '.ebextensions').filter((path) => configFile.test(path))]),
];

/** @param needed the generated hooks that have to ship */
function dropped(app: Snapshot, bundle: Bundle, needed: readonly string[]): Finding[] {
  const hooks = [
    ...new Set([...needed, ...below(app.paths, '.platform').filter((path) => hookFile.test(path))]),
  ];
  const configs = wantedConfigs(app);
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
    return own && bundle.wouldShip(path).ships === false ? 'error' : 'info';
  }
}

function droppedByScripts(app: Snapshot, { scripts }: Bundle, needed: readonly string[]): Finding[] {
  const configs = wantedConfigs(app).filter((path) => app.has(path));
  // An archive that nothing here hands over is perhaps for something else, unless it holds what only Elastic Beanstalk reads.
  const telling = [...configs, 'Dockerrun.aws.json', 'Procfile'].filter((path) => app.has(path));
  const isBundle = (script: ZipScript) =>
    script.deploys || script.packer === 'artifacts' || telling.some((path) => script.packs(path) === true);
  return scripts.filter(isBundle).flatMap((script) => {
    const leavesOut = (path: string) => script.packs(path) === false;
    const severity = script.deploys ? 'error' : 'warning';
    const hook = needed.find(leavesOut);
    const config = configs.find(leavesOut);
    // Where only a file of the user's stays behind, that may be meant.
    const meant = config !== ebextensionPath && !configs.every(leavesOut);
    return [
      ...(hook === undefined ? [] : [droppedBy(script, 'bundle-drops-hooks', hook, severity)]),
      ...(config === undefined
        ? []
        : [droppedBy(script, 'bundle-drops-ebextensions', config, meant ? 'info' : severity)]),
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
  const message = `${because}: whether .platform and .ebextensions are in it cannot be seen here`;
  return [
    finding(
      'info',
      'bundle-artifact-unknown',
      { file, line },
      message,
      'eb-hosts doctor --bundle FILE.zip looks into it',
    ),
  ];
}

/** `git archive HEAD` takes nothing that is not committed, and says nothing. */
function uncommittedFiles(app: Snapshot, bundle: Bundle, settings: readonly HostsSetting[]): Finding[] {
  const { git } = app;
  if (git === null || bundle.maker !== 'git-archive') return [];
  const deployed = [...below(app.paths, '.ebextensions'), ...below(app.paths, '.platform')].filter(
    (path) => hookFile.test(path) || configFile.test(path),
  );
  const changed = (paths: readonly string[]) =>
    [...new Set(paths)].filter((path) => !git.ignored(path) && git.uncommitted(path));
  const told = (files: readonly string[], severity: Severity, what: string) => {
    const [file, ...others] = files;
    if (file === undefined) return [];
    const more = others.length === 0 ? '' : ` and ${others.length} more`;
    return [
      finding(
        severity,
        'hooks-uncommitted',
        { file, line: null },
        `${file}${more} ${what}: eb deploy packs only what is committed`,
        `git add ${[...new Set(files.map(placeOf))].join(' ')} && git commit (or eb deploy --staged)`,
      ),
    ];
  };
  return [
    ...told(changed(deployed), 'info', `${deployed.length === 1 ? 'is' : 'are'} not committed as here`),
    // What was read here is not what would be deployed.
    ...told(
      changed(settings.map(({ file }) => file)),
      'warning',
      'with the list of hosts differs from what is committed',
    ),
  ];
}

const placeOf = (file: string): string => /^\.(?:platform|ebextensions)(?=\/)/.exec(file)?.[0] ?? file;
