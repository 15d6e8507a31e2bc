import { posix } from 'node:path';
import { type Finding, finding, nowhere } from '../findings.ts';
import type { FileChange } from '../hooks/plan.ts';
import type { Framework, HostsSetting } from '../project/project.ts';
import type { Snapshot } from '../project/snapshot.ts';
import type { Survey } from '../project/survey.ts';
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

/** For an app of which no list reads the variable yet.
 * @param directory the absolute path of the directory the command works in
 * @param settings `patch`: also where it is not certain that the list ignores the variable; undefined: where it is */
export function planWiring(
  directory: string,
  { reading, appRoot }: Survey,
  variable: WiredVariable,
  settings: 'print' | 'patch' | undefined,
): SettingsWiring {
  const [setting] = reading.settings;
  const ignored = setting !== undefined && ignoresVariable(setting);
  if (setting === undefined || (!ignored && settings === undefined))
    return { changes: [], proposed: null, findings: [notKnown(setting, variable)] };
  const { change, reason } = planEdit(directory, appRoot.root, reading.framework, setting, variable);
  if (change !== null && reason === null && settings !== 'print')
    return { changes: [change], proposed: null, findings: [] };
  const severity = ignored ? 'error' : 'info';
  const cause = `the hook fills ${variable.variable}, and nothing in the app's list reads it${ignored ? ': the health check would still get 400' : ''}`;
  const why = settings === 'print' || reason === null ? '' : ` (${reason})`;
  const fix =
    change === null
      ? describeWiring(variable, setting.file)
      : `make the change that eb-hosts init shows${why}, then run it again`;
  const unwired = finding(severity, 'settings-not-wired', setting, cause + (change === null ? why : ''), fix);
  return { changes: [], proposed: change, findings: [unwired] };
}

/** Whether the list was read, and no value of a variable of our own changes it. */
function ignoresVariable({ source }: HostsSetting): boolean {
  return source === 'literal' || source === 'environment' || source === 'file' || source === 'secret';
}

function notKnown(setting: HostsSetting | undefined, { variable }: WiredVariable): Finding {
  return finding(
    'info',
    'settings-not-wired',
    setting ?? nowhere,
    `the hook fills ${variable}; whether the app's list reads it cannot be seen in these files`,
    "eb-hosts rehearse -- COMMAND, with the app's own start command, asks the app itself",
  );
}

function planEdit(
  directory: string,
  appRoot: string,
  framework: Framework,
  setting: HostsSetting,
  variable: WiredVariable,
): { change: FileChange | null; reason: string | null } {
  const path = posix.join(appRoot, setting.file);
  if (path.startsWith('../')) return { change: null, reason: 'the file lies outside this directory' };
  const file = readWorkTreeFile(directory, path);
  if (file === undefined || !file.lossless) return { change: null, reason: 'the file is not UTF-8 text' };
  const mark = file.text.startsWith(byteOrderMark) ? byteOrderMark : '';
  const { after, reason } = wireSettings(framework, setting, file.text.slice(mark.length), variable);
  return { change: after === null ? null : changeOf(setting.file, file, mark + after), reason };
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
