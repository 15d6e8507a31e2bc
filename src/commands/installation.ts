import { join, posix } from 'node:path';
import { UserError } from '../errors.ts';
import { type Finding, finding } from '../findings.ts';
import { ebextensionPath, generatedPaths, hookPath } from '../generated-paths.ts';
import { type GivenChoices, readRemembered, writeChoices } from '../hooks/choices.ts';
import { choose, type Decision, isReachable, wouldLoseDomain } from '../hooks/choose.ts';
import { isNewer, readHead } from '../hooks/head.ts';
import { type FileChange, type FileState, planFiles } from '../hooks/plan.ts';
import { renderFiles } from '../hooks/render.ts';
import { packageVersion } from '../package-root.ts';
import { passesWithoutHook } from '../project/checks/refused-check.ts';
import type { HostsSetting } from '../project/project.ts';
import { describeProject } from '../project/read-project.ts';
import type { Snapshot } from '../project/snapshot.ts';
import { type Survey, surveyAfterChanges } from '../project/survey.ts';
import type { WiredVariable } from '../project/wiring/code.ts';
import { isPatched, unpatchSettings } from '../project/wiring/django.ts';
import { describeWiring, wireSettings } from '../project/wiring/wiring.ts';
import { readWorkTreeFile, resolveWorkTreePath, type WorkTreeFile } from '../repository/work-tree.ts';

/** What stands at the generated paths of an app. */
export interface Installation {
  /** The generated paths, without those that are another name of one of them. */
  readonly paths: readonly string[];
  readonly files: ReadonlyMap<string, FileState>;
}

/** @param root the absolute path of the app's directory
 * @throws UserError where something else than a file stands in the way */
export function readInstallation(root: string): Installation {
  // `.platform/confighooks` may be a link to `.platform/hooks`: the hooks then run in both kinds of deployment, and a
  // confighook written there would overwrite the hook that it runs.
  const isLinked = (path: string) => {
    const hook = path.replace('/confighooks/', '/hooks/');
    return hook !== path && resolveWorkTreePath(root, hook) === resolveWorkTreePath(root, path);
  };
  const paths = generatedPaths.filter((path) => !isLinked(path));
  const files = paths.flatMap((path): [string, FileState][] => {
    const file = readWorkTreeFile(root, path);
    if (file === undefined) return [];
    // Windows has no executable bit: there the index of git has it.
    const mode = process.platform === 'win32' && path.endsWith('.sh') ? 0o755 : file.mode;
    return [[path, { text: file.text, mode }]];
  });
  return { paths, files: new Map(files) };
}

/** The choices in the head of the hook; null without a hook.
 * @throws UserError `bad-settings` */
export function recallChoices({ files }: Installation): GivenChoices | null {
  const hook = files.get(hookPath);
  return hook === undefined ? null : readRemembered(hook.text, hookPath);
}

/** What becomes of the generated files. */
export function planGenerated(
  { paths, files }: Installation,
  { choices, remembered, pathDefinedElsewhere }: Decision,
  force: boolean,
): FileChange[] {
  const generated = renderFiles(choices, writeChoices(remembered)).filter(
    ({ path }) => paths.includes(path) && !(pathDefinedElsewhere && path === ebextensionPath),
  );
  return planFiles(generated, files, force);
}

/** What is wrong with the generated files of the app, as `init --check` would see them; nothing without a hook.
 * @param directory the absolute path of the directory the command works in */
export function checkInstallation(directory: string, found: Survey): Finding[] {
  let installation: Installation;
  let remembered: GivenChoices | null;
  try {
    installation = readInstallation(join(directory, found.appRoot.root));
    remembered = recallChoices(installation);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const fix = error.hint ?? 'correct the command in the head of the hook';
    return [finding('error', 'hook-settings-invalid', { file: hookPath, line: null }, error.message, fix)];
  }
  if (remembered === null) return [];
  const decision = choose(describeProject(found), remembered, {});
  return [
    ...planGenerated(installation, decision, false).flatMap(findDrift),
    ...decision.findings,
    ...planWiring(directory, found, decision, {}).findings,
  ];
}

function findDrift({ path, action, reason, before }: FileChange): Finding[] {
  const place = { file: path, line: null };
  switch (action) {
    case 'unchanged':
      return [];
    case 'create': {
      const cause =
        'this generated file is missing: in some deployments the address is not added, or not checked';
      return [finding('error', 'hooks-incomplete', place, cause, 'eb-hosts init')];
    }
    case 'conflict': {
      const version = packageVersion();
      const fix = isNewer(readHead(before?.text ?? '')?.version ?? version, version)
        ? 'use that version: npx eb-hosts@latest'
        : 'move your own lines into another hook, then eb-hosts init --force';
      return [finding('warning', 'hook-edited', place, `eb-hosts leaves this file alone: ${reason}`, fix)];
    }
    default: {
      const cause = 'this file is not what eb-hosts init would write now';
      const fix = "eb-hosts init ('eb-hosts init --dry-run --diff' shows the difference)";
      return [finding('warning', 'hooks-outdated', place, cause, fix)];
    }
  }
}

/** How the app's settings come to read the variable that the hook fills. */
export interface Wiring {
  /** The edit that is written with the hooks. */
  readonly change: FileChange | null;
  /** The edit that is only shown. */
  readonly proposed: FileChange | null;
  /** What is wrong until the settings are edited. */
  readonly findings: readonly Finding[];
}

/** @param directory the absolute path of the directory the command works in
 * @param told `variable`, `settings`: what the flags of this run say */
export function planWiring(
  directory: string,
  found: Survey,
  { unwired, choices }: Decision,
  told: { variable?: string | undefined; settings?: 'print' | 'patch' | undefined },
): Wiring {
  const none = { change: null, proposed: null, findings: [] };
  if (unwired === null) return none;
  const { settings, findings, advice } = found.reading;
  const [setting] = settings;
  if (setting === undefined) return { ...none, findings: [unwired] };
  const { change, reason, isText } = planEdit(directory, found, setting, choices);
  if (change !== null && change.before?.text === change.after?.text) return none;
  const isIgnored = isText || unwired.severity === 'error';
  const severity = isIgnored && !passesWithoutHook(found) ? 'error' : 'info';
  const message = isText
    ? `the hook fills ${choices.variable}, and ALLOWED_HOSTS is a text there: Django takes each letter for a host`
    : unwired.message;
  const withFix = (fix: string): Finding[] => [{ ...unwired, severity, message, fix }];
  // The app reads another variable than the one that the head of the hook names: that may be a mistake there.
  const readsOther =
    told.variable === undefined && settings.some((one) => isReachable(one) && !wouldLoseDomain(one));
  // An app that adds its address itself needs no edit for it.
  const addsAddress = findings.some(
    ({ code }) => code === 'settings-metadata' || code === 'hosts-own-address',
  );
  if (told.settings === undefined && (!isIgnored || readsOther || addsAddress))
    return { ...none, findings: withFix(unwired.fix) };
  if (change !== null && reason === null && told.settings !== 'print')
    return { ...none, change, findings: withFix("'eb-hosts init' makes the list read it") };
  const why = told.settings === 'print' || reason === null ? '' : ` (${reason})`;
  const fix =
    change === null
      ? (advice ?? `${describeWiring(choices, setting.file)}${why}`)
      : `make the change to ${setting.file} that 'eb-hosts init' shows${why}`;
  return { ...none, proposed: change, findings: withFix(fix) };
}

interface Edit {
  readonly change: FileChange | null;
  /** Why it is only shown; null where it is safe. */
  readonly reason: string | null;
  /** The list is a text, of which Django takes each letter for a host. */
  readonly isText: boolean;
}

const byteOrderMark = '\ufeff';

function planEdit(directory: string, found: Survey, setting: HostsSetting, variable: WiredVariable): Edit {
  const without = (reason: string | null): Edit => ({ change: null, reason, isText: false });
  const path = posix.join(found.appRoot.root, setting.file);
  if (path.startsWith('../')) return without('the file lies outside this directory');
  const file = readWorkTreeFile(directory, path);
  if (file === undefined || !file.lossless) return without('the file is not UTF-8 text');
  const mark = file.text.startsWith(byteOrderMark) ? byteOrderMark : '';
  const { framework } = found.reading;
  const wiring = wireSettings(framework, setting, file.text.slice(mark.length), variable);
  const { after, reason, isText = false } = wiring;
  if (after === null) return without(reason);
  const change = changeOf(setting.file, file, mark + after);
  if (reason !== null) return { change, reason, isText };
  const read = surveyAfterChanges(found, [change], { framework }).reading.settings;
  const isRead = read.some((one) => one.variable === variable.variable) || read[0]?.source === 'unknown';
  return { change, reason: isRead ? null : 'the list is made anew after this place', isText };
}

/** The settings without what earlier runs put in; they may lie beside the app root.
 * @param directory the absolute path of the directory the command works in
 * @param whole its snapshot */
export function planUnwiring(directory: string, whole: Snapshot, appRoot: string): FileChange[] {
  return whole.paths.flatMap((path) => {
    if (!path.endsWith('.py') || !isPatched(whole.text(path) ?? '')) return [];
    const file = readWorkTreeFile(directory, path);
    if (!file?.lossless) return [];
    const after = unpatchSettings(file.text);
    return after === file.text ? [] : [changeOf(posix.relative(appRoot, path), file, after)];
  });
}

function changeOf(path: string, before: WorkTreeFile, text: string): FileChange {
  return { path, action: 'update', before, after: { text, mode: before.mode }, reason: null };
}
