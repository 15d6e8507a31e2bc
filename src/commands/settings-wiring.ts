import { posix } from 'node:path';
import type { Finding } from '../findings.ts';
import type { Decision } from '../hooks/choose.ts';
import type { FileChange } from '../hooks/plan.ts';
import { isPatched } from '../project/django/patch-marks.ts';
import { patchSettings, unpatchSettings } from '../project/django/settings-patch.ts';
import { hostsSnippet } from '../project/django/settings-snippet.ts';
import type { Project } from '../project/project.ts';
import type { Snapshot } from '../project/snapshot.ts';
import { readWorkTreeFile } from '../repository/work-tree.ts';

/** How the app's settings come to read the variable that the hook fills. */
export interface Wiring {
  /** The splice into the settings, with `--settings patch`. */
  readonly changes: readonly FileChange[];
  /** The lines to paste, where nothing was or could be spliced in. */
  readonly snippet: string | null;
  readonly findings: readonly Finding[];
}

const noWiring: Wiring = { changes: [], snippet: null, findings: [] };

const byteOrderMark = '\ufeff';

/** @param directory the absolute path of the directory the command works in */
export async function planWiring(
  directory: string,
  project: Project,
  decision: Decision,
  settings: 'print' | 'patch' | undefined,
): Promise<Wiring> {
  if (!decision.needsWiring && settings !== 'print') return noWiring;
  const choices = wiredChoices(project, decision);
  const snippet = hostsSnippet(project.framework, choices);
  const printed = { ...noWiring, snippet };
  if (settings !== 'patch') return printed;
  if (project.framework !== 'django') {
    return refuse(printed, null, null, `only Django settings can be patched, this is ${project.framework}`);
  }
  const [setting] = project.settings;
  if (setting === undefined) return refuse(printed, null, null, 'no settings with an allow-list were found');
  const path = posix.join(project.appRoot, setting.file);
  if (path.startsWith('../'))
    return refuse(printed, setting.file, setting.line, 'the file lies outside this directory');
  const file = readWorkTreeFile(directory, path);
  if (file === undefined || !file.lossless) {
    return refuse(printed, setting.file, setting.line, 'the file is not UTF-8 text');
  }
  const mark = file.text.startsWith(byteOrderMark) ? byteOrderMark : '';
  const result = patchSettings(file.text.slice(mark.length), setting, choices);
  if ('reason' in result) return refuse(printed, setting.file, setting.line, result.reason);
  return { ...noWiring, changes: changeOf(setting.file, file, mark + result.text) };
}

/** Where another variable makes the app's list, what that one holds stays in it. */
function wiredChoices({ settings: [setting] }: Project, { choices }: Decision): Decision['choices'] {
  const isOther = setting?.source === 'environment' && setting.variable !== choices.variable;
  return isOther ? { ...choices, role: 'extra-hosts' } : choices;
}

/** The settings without what earlier runs spliced in; they may lie beside the app root.
 * @param directory the absolute path of the directory the command works in
 * @param whole its snapshot */
export async function planUnwiring(
  directory: string,
  whole: Snapshot,
  appRoot: string,
): Promise<FileChange[]> {
  const changes: FileChange[] = [];
  for (const path of whole.paths.filter((candidate) => candidate.endsWith('.py'))) {
    if (!isPatched(whole.text(path) ?? '')) continue;
    const file = readWorkTreeFile(directory, path);
    if (!file?.lossless) continue;
    changes.push(...changeOf(posix.relative(appRoot, path), file, unpatchSettings(file.text)));
  }
  return changes;
}

function changeOf(path: string, file: { text: string; mode: number }, text: string): FileChange[] {
  if (text === file.text) return [];
  const { mode } = file;
  const executable = (mode & 0o100) !== 0;
  const before = { text: file.text, executable, mode };
  return [{ path, action: 'update', before, after: { text, executable, mode }, reason: null }];
}

function refuse(wiring: Wiring, file: string | null, line: number | null, reason: string): Wiring {
  const finding: Finding = {
    code: 'settings-not-patched',
    severity: 'warning',
    file,
    line,
    message: `the settings were not changed: ${reason}`,
    fix: "paste the lines that 'eb-hosts init --settings print' shows",
  };
  return { ...wiring, findings: [finding] };
}
