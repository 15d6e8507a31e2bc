import { posix } from 'node:path';
import type { Finding } from '../findings.ts';
import { type Decision, isReachable, wouldLoseDomain } from '../hooks/choose.ts';
import type { FileChange } from '../hooks/plan.ts';
import { passesWithoutHook } from '../project/checks/refused-check.ts';
import type { HostsSetting } from '../project/project.ts';
import type { Snapshot } from '../project/snapshot.ts';
import { type Survey, surveyAfterChanges } from '../project/survey.ts';
import { isPatched, unpatchSettings } from '../project/wiring/django.ts';
import { describeWiring, type WiredVariable, wireSettings } from '../project/wiring/wiring.ts';
import { readWorkTreeFile } from '../repository/work-tree.ts';

/** How the app's settings come to read the variable that the hook fills. */
export interface SettingsWiring {
  /** The edit that is written with the hooks. */
  readonly changes: readonly FileChange[];
  /** The edit that is only shown. */
  readonly proposed: FileChange | null;
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
  const passes = passesWithoutHook(found);
  const unwired = findings
    .filter(({ code }) => code === 'settings-not-wired')
    .map((one) => (passes ? { ...one, severity: 'info' as const } : one));
  const isIgnored = unwired.some(({ severity }) => severity === 'error');
  // The app reads another variable than the one that the head of the hook names: that may be a mistake there.
  const isOther = !isNamed && reading.settings.some((one) => isReachable(one) && !wouldLoseDomain(one));
  if (setting === undefined || (settings === undefined && (!isIgnored || isOther)))
    return { ...none, findings: unwired };
  const { change, reason } = planEdit(directory, found, setting, choices);
  if (change !== null && reason === null && settings !== 'print') return { ...none, changes: [change] };
  const why = settings === 'print' || reason === null ? '' : ` (${reason})`;
  const fix =
    change === null
      ? `${describeWiring(choices, setting.file)}${why}`
      : `make the change to ${setting.file} that 'eb-hosts init' shows${why}`;
  return { ...none, proposed: change, findings: unwired.map((one) => ({ ...one, fix })) };
}

function planEdit(
  directory: string,
  found: Survey,
  setting: HostsSetting,
  variable: WiredVariable,
): { change: FileChange | null; reason: string | null } {
  const path = posix.join(found.appRoot.root, setting.file);
  if (path.startsWith('../')) return { change: null, reason: 'the file lies outside this directory' };
  const file = readWorkTreeFile(directory, path);
  if (file === undefined || !file.lossless) return { change: null, reason: 'the file is not UTF-8 text' };
  const mark = file.text.startsWith(byteOrderMark) ? byteOrderMark : '';
  const { framework } = found.reading;
  const { after, reason } = wireSettings(framework, setting, file.text.slice(mark.length), variable);
  if (after === null) return { change: null, reason };
  const change = changeOf(setting.file, file, mark + after);
  const read = surveyAfterChanges(found, [change], { framework }).reading.settings;
  const isRead = read.some((one) => one.variable === variable.variable) || read[0]?.source === 'unknown';
  return { change, reason: isRead ? reason : 'the list is made anew after this place' };
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
