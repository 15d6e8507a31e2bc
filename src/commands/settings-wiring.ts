import { posix } from 'node:path';
import type { Finding } from '../findings.ts';
import { type Decision, isReachable, wouldLoseDomain } from '../hooks/choose.ts';
import type { FileChange } from '../hooks/plan.ts';
import { passesWithoutHook } from '../project/checks/refused-check.ts';
import type { HostsSetting } from '../project/project.ts';
import type { Snapshot } from '../project/snapshot.ts';
import { type Survey, surveyAfterChanges } from '../project/survey.ts';
import type { WiredVariable } from '../project/wiring/code.ts';
import { isPatched, unpatchSettings } from '../project/wiring/django.ts';
import { describeWiring, wireSettings } from '../project/wiring/wiring.ts';
import { readWorkTreeFile } from '../repository/work-tree.ts';

/** How the app's settings come to read the variable that the hook fills. */
export interface SettingsWiring {
  /** The edit that is written with the hooks. */
  readonly changes: readonly FileChange[];
  /** The edit that is only shown. */
  readonly proposed: FileChange | null;
  /** What is wrong until the settings are edited. */
  readonly findings: readonly Finding[];
}

const byteOrderMark = '\ufeff';

const none: SettingsWiring = { changes: [], proposed: null, findings: [] };

/** @param directory the absolute path of the directory the command works in
 * @param options `isNamed`: this run was told the variable; `settings`: what it was told to do with the settings */
export function planWiring(
  directory: string,
  found: Survey,
  { needsWiring, choices, findings }: Decision,
  { isNamed, settings }: { isNamed: boolean; settings: 'print' | 'patch' | undefined },
): SettingsWiring {
  if (!needsWiring) return none;
  const { reading } = found;
  const [setting] = reading.settings;
  const unwired = findings.filter(({ code }) => code === 'settings-not-wired');
  const { change, reason, isText } =
    setting === undefined ? nowhere : planEdit(directory, found, setting, choices);
  if (change !== null && change.before?.text === change.after?.text) return none;
  const isIgnored = isText || unwired.some(({ severity }) => severity === 'error');
  // The app reads another variable than the one that the head of the hook names: that may be a mistake there.
  const isOther = !isNamed && reading.settings.some((one) => isReachable(one) && !wouldLoseDomain(one));
  // An app that adds its address itself needs no edit for it.
  const addsAddress = reading.findings.some(
    ({ code }) => code === 'settings-metadata' || code === 'hosts-own-address',
  );
  const severity = isIgnored && !passesWithoutHook(found) ? 'error' : 'info';
  const told = unwired.map((one): Finding => {
    const message = `the hook fills ${choices.variable}, and ALLOWED_HOSTS is a text there: Django takes each letter for a host`;
    return { ...one, severity, message: isText ? message : one.message };
  });
  if (setting === undefined || (settings === undefined && (!isIgnored || isOther || addsAddress)))
    return { ...none, findings: told };
  if (change !== null && reason === null && settings !== 'print') {
    const fix = "'eb-hosts init' makes the list read it";
    return { changes: [change], proposed: null, findings: told.map((one) => ({ ...one, fix })) };
  }
  const why = settings === 'print' || reason === null ? '' : ` (${reason})`;
  const fix =
    change === null
      ? (reading.advice ?? `${describeWiring(choices, setting.file)}${why}`)
      : `make the change to ${setting.file} that 'eb-hosts init' shows${why}`;
  return { changes: [], proposed: change, findings: told.map((one) => ({ ...one, fix })) };
}

interface Edit {
  readonly change: FileChange | null;
  readonly reason: string | null;
  readonly isText: boolean;
}

const nowhere: Edit = { change: null, reason: null, isText: false };

function planEdit(directory: string, found: Survey, setting: HostsSetting, variable: WiredVariable): Edit {
  const path = posix.join(found.appRoot.root, setting.file);
  if (path.startsWith('../')) return { ...nowhere, reason: 'the file lies outside this directory' };
  const file = readWorkTreeFile(directory, path);
  if (file === undefined || !file.lossless) return { ...nowhere, reason: 'the file is not UTF-8 text' };
  const mark = file.text.startsWith(byteOrderMark) ? byteOrderMark : '';
  const { framework } = found.reading;
  const wiring = wireSettings(framework, setting, file.text.slice(mark.length), variable);
  const { after, reason, isText = false } = wiring;
  if (after === null) return { ...nowhere, reason };
  const change = changeOf(setting.file, file, mark + after);
  if (reason !== null) return { change, isText, reason };
  const read = surveyAfterChanges(found, [change], { framework }).reading.settings;
  const isRead = read.some((one) => one.variable === variable.variable) || read[0]?.source === 'unknown';
  return { change, isText, reason: isRead ? null : 'the list is made anew after this place' };
}

/** The settings without what earlier runs put in; they may lie beside the app root.
 * @param directory the absolute path of the directory the command works in
 * @param whole its snapshot */
export function planUnwiring(directory: string, whole: Snapshot, appRoot: string): FileChange[] {
  return whole.paths.flatMap((path) => {
    if (!path.endsWith('.py') || !isPatched(whole.text(path) ?? '')) return [];
    const file = readWorkTreeFile(directory, path);
    if (!file?.lossless) return [];
    const change = changeOf(posix.relative(appRoot, path), file, unpatchSettings(file.text));
    return change.before?.text === change.after?.text ? [] : [change];
  });
}

function changeOf(path: string, { text, mode }: { text: string; mode: number }, after: string): FileChange {
  const executable = (mode & 0o100) !== 0;
  return {
    path,
    action: 'update',
    before: { text, executable, mode },
    after: { text: after, executable, mode },
    reason: null,
  };
}
