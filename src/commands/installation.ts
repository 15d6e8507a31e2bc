import { join } from 'node:path';
import { UserError } from '../errors.ts';
import { type Finding, finding } from '../findings.ts';
import {
  confighookPath,
  generatedPaths,
  hookPath,
  verifierConfighookPath,
  verifierPath,
} from '../generated-paths.ts';
import { defaultChoices, type GivenChoices } from '../hooks/choices.ts';
import { choose, type Decision } from '../hooks/choose.ts';
import { readRemembered, writeChoices } from '../hooks/flags.ts';
import { isNewer, readHead } from '../hooks/head.ts';
import { type ExistingFile, type FileChange, planFiles } from '../hooks/plan.ts';
import { renderFiles } from '../hooks/render.ts';
import { packageVersion } from '../package-root.ts';
import { describeProject } from '../project/read-project.ts';
import type { Survey } from '../project/survey.ts';
import { readWorkTreeFile, resolveWorkTreePath } from '../repository/work-tree.ts';
import { planWiring } from './settings-wiring.ts';

/** The files that stand at the generated paths of an app. */
export interface Installation {
  readonly files: ReadonlyMap<string, ExistingFile>;
  /** Paths that are another name of one of these files. */
  readonly linked: ReadonlySet<string>;
  /** The choices in the head of the hook; null without a hook. */
  readonly remembered: GivenChoices | null;
}

/** @param root the absolute path of the app's directory
 * @throws UserError if the head of the hook cannot be read, or where something else stands in the way */
export function readInstallation(root: string): Installation {
  const { files, linked } = readExistingFiles(root);
  const hook = files.get(hookPath);
  return { files, linked, remembered: hook === undefined ? null : readRemembered(hook.text, hookPath) };
}

/** The files at the generated paths, without those that are the same file under two names. */
export function readExistingFiles(root: string): Omit<Installation, 'remembered'> {
  const linked = findLinkedConfighooks(root);
  const files = new Map<string, ExistingFile>();
  for (const path of generatedPaths) {
    if (linked.has(path)) continue;
    const file = readWorkTreeFile(root, path);
    // Windows has no executable bit: there the index of git has it.
    const executable =
      process.platform === 'win32' ? path.endsWith('.sh') : ((file?.mode ?? 0) & 0o100) !== 0;
    if (file !== undefined) files.set(path, { text: file.text, executable });
  }
  return { files, linked };
}

/** `.platform/confighooks` may be a link to `.platform/hooks`: the hooks then run in both kinds of deployment, and a
 * confighook written there would overwrite the hook that it runs. */
function findLinkedConfighooks(root: string): Set<string> {
  const pairs = [
    [confighookPath, hookPath],
    [verifierConfighookPath, verifierPath],
  ] as const;
  const same = ([confighook, hook]: (typeof pairs)[number]) =>
    resolveWorkTreePath(root, confighook) === resolveWorkTreePath(root, hook);
  return new Set(pairs.filter(same).map(([confighook]) => confighook));
}

/** What becomes of the generated files. */
export function planGenerated(
  { files, linked }: Omit<Installation, 'remembered'>,
  { choices, remembered, pathDefinedElsewhere }: Decision,
  force: boolean,
): FileChange[] {
  const version = packageVersion();
  const command = writeChoices(remembered);
  const delivery = choices.delivery ?? defaultChoices.delivery;
  const generated = renderFiles({ ...choices, delivery }, { version, command, pathDefinedElsewhere });
  return planFiles(
    generated.filter(({ path }) => !linked.has(path)),
    files,
    { version, force },
  );
}

/** What is wrong with the generated files of the app, as `init --check` would see them; nothing without a hook.
 * @param directory the absolute path of the directory the command works in */
export function checkInstallation(directory: string, found: Survey): Finding[] {
  let installation: Installation;
  try {
    installation = readInstallation(join(directory, found.appRoot.root));
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const line = Number(/:(\d+):/.exec(error.message)?.[1] ?? Number.NaN);
    const place = { file: hookPath, line: Number.isNaN(line) ? null : line };
    return [
      finding(
        'error',
        'hook-settings-invalid',
        place,
        error.message,
        error.hint ?? 'correct the command in the head of the hook',
      ),
    ];
  }
  const { remembered } = installation;
  if (remembered === null) return [];
  const decision = choose(describeProject(found), remembered, {}, true);
  return [
    ...findDrift(planGenerated(installation, decision, false)),
    ...decision.findings.filter(({ code }) => code !== 'settings-not-wired'),
    ...planWiring(directory, found, decision, { isNamed: false, settings: undefined }).findings,
  ];
}

function findDrift(changes: readonly FileChange[]): Finding[] {
  return changes.flatMap(({ path, action, reason, before }): Finding[] => {
    const place = { file: path, line: null };
    switch (action) {
      case 'create': {
        const cause =
          'this generated file is missing: in some deployments the address is not added, or not checked';
        return [finding('error', 'hooks-incomplete', place, cause, 'eb-hosts init')];
      }
      case 'update':
      case 'delete': {
        const fix = "eb-hosts init ('eb-hosts init --dry-run --diff' shows the difference)";
        return [
          finding(
            'warning',
            'hooks-outdated',
            place,
            'this file is not what eb-hosts init would write now',
            fix,
          ),
        ];
      }
      case 'conflict': {
        const version = packageVersion();
        const fix = isNewer(readHead(before?.text ?? '')?.version ?? version, version)
          ? 'use that version: npx eb-hosts@latest'
          : 'move your own lines into another hook, then eb-hosts init --force';
        return [finding('warning', 'hook-edited', place, `eb-hosts leaves this file alone: ${reason}`, fix)];
      }
      default:
        return [];
    }
  });
}
