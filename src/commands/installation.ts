import { join } from 'node:path';
import { UserError } from '../errors.ts';
import { type Finding, finding, nowhere } from '../findings.ts';
import {
  confighookPath,
  generatedPaths,
  hookPath,
  verifierConfighookPath,
  verifierPath,
} from '../generated-paths.ts';
import type { Choices } from '../hooks/choices.ts';
import { choose, type Decision } from '../hooks/choose.ts';
import { type ExistingFile, type FileChange, planFiles } from '../hooks/plan.ts';
import { renderFiles } from '../hooks/render.ts';
import { parseSettingsBlock } from '../hooks/settings-block.ts';
import { isNewer, readSignature } from '../hooks/signature.ts';
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
  /** The choices that the hook remembers; null without a hook. */
  readonly stored: Partial<Choices> | null;
}

/** @param root the absolute path of the app's directory
 * @throws UserError if the hook's memory cannot be read, or where something else stands in the way */
export function readInstallation(root: string): Installation {
  const { files, linked } = readExistingFiles(root);
  const hook = files.get(hookPath);
  return {
    files,
    linked,
    stored: hook === undefined ? null : (parseSettingsBlock(hook.text, hookPath) ?? {}),
  };
}

/** The files at the generated paths, without those that are the same file under two names. */
export function readExistingFiles(root: string): Omit<Installation, 'stored'> {
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
  { files, linked }: Omit<Installation, 'stored'>,
  { choices, pathDefinedElsewhere }: Decision,
  force: boolean,
): FileChange[] {
  const version = packageVersion();
  const generated = renderFiles(choices, { version, pathDefinedElsewhere });
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
    return [finding('error', 'hook-settings-invalid', place, error.message, error.hint ?? 'eb-hosts init')];
  }
  const { stored } = installation;
  if (stored === null) return [];
  const project = describeProject(found);
  const decision = choose(project, stored, {});
  const wiring = decision.needsSnippet ? planWiring(directory, found, decision.choices, undefined) : null;
  const unwired = wiring?.findings ?? [];
  return [
    ...(wiring !== null && wiring.changes.length > 0 ? [notWired(found, decision.choices)] : unwired),
    ...findStaleHosts(stored, decision.choices),
    ...findDrift(planGenerated(installation, decision, false)),
    ...decision.findings,
  ];
}

function notWired({ reading }: Survey, { variable }: Choices): Finding {
  return finding(
    'error',
    'settings-not-wired',
    reading.settings[0] ?? nowhere,
    `the hook fills ${variable}, and nothing in the app's list reads it: the health check gets 400`,
    'eb-hosts init makes the list read it',
  );
}

/** The hook starts from the app's own default where the property is unset; a default that has changed since is lost there. */
function findStaleHosts(stored: Partial<Choices>, choices: Choices): Finding[] {
  if (stored.hostsFrom !== 'app' || stored.hosts === undefined) return [];
  const before = stored.hosts.join(', ');
  const now = choices.hosts.join(', ');
  if (before === now) return [];
  const cause = `where the property is unset the hook starts from '${before}', and the app's own default is now '${now}'`;
  return [finding('error', 'default-hosts-stale', { file: hookPath, line: null }, cause, 'eb-hosts init')];
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
        const fix = isNewer(readSignature(before?.text ?? '')?.version ?? version, version)
          ? 'use that version: npx eb-hosts@latest'
          : 'move your own lines into another hook, then eb-hosts init --force';
        return [finding('warning', 'hook-edited', place, `eb-hosts leaves this file alone: ${reason}`, fix)];
      }
      default:
        return [];
    }
  });
}
