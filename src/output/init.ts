import type { Finding } from '../findings.ts';
import type { Decision } from '../hooks/choose.ts';
import type { FileChange } from '../hooks/plan.ts';
import type { Io } from '../io.ts';
import type { Project } from '../project/project.ts';
import { asTyped } from './as-typed.ts';
import { colourDiff, formatDiff } from './diff.ts';
import { renderFindings } from './findings.ts';
import { renderProject } from './project.ts';
import { type Style, styleFor } from './style.ts';
import { wrap } from './wrap.ts';

/** What a run of `init` settled and did. */
export interface InitReport {
  readonly project: Project;
  readonly decision: Decision;
  readonly changes: readonly FileChange[];
  readonly findings: readonly Finding[];
  /** The lines for the settings, where no variable reaches the app's list yet. */
  readonly snippet: string | null;
  readonly mode: 'write' | 'dry-run' | 'check';
}

/** The JSON document of `init`; part of the contract. */
export function initJson(report: InitReport, ok: boolean): unknown {
  const { framework, platform, appRoot, settings, evidence } = report.project;
  const { choices } = report.decision;
  return {
    command: 'init',
    ok,
    project: { framework, platform, appRoot, settings, evidence },
    choices,
    files: report.changes.map(({ path, action }) => ({ path, action })),
    findings: report.findings,
    snippet: report.snippet,
  };
}

interface Manner {
  readonly quiet: boolean;
}

/** What was read: before anything is asked. */
export function printReading(project: Project, io: Io, { quiet }: Manner): void {
  if (!quiet) io.stdout.write(renderProject(project, styleFor(io.stdout, io.env), io.stdout.columns));
}

/** Before anything is written: what was chosen, and the changes. */
export async function printPlan(report: InitReport, io: Io, { quiet }: Manner): Promise<void> {
  const style = styleFor(io.stdout, io.env);
  const { decision, changes, mode } = report;
  if (!quiet) io.stdout.write(`${describeChoices(decision, style, io.stdout.columns)}\n\n`);
  if (mode !== 'check') io.stdout.write(await describeChanges(changes, style, { whole: mode === 'dry-run' }));
}

function describeChoices({ choices }: Decision, style: Style, columns: number): string {
  const { variable, separator, role } = choices;
  const hosts = choices.hosts.length === 0 ? 'no default hosts' : `default hosts ${choices.hosts.join(', ')}`;
  const [first = '', ...rest] = wrap(`${variable} separator ${separator}, ${role}, ${hosts}`, columns);
  return [style('bold', variable) + first.slice(variable.length), ...rest.map((line) => `  ${line}`)].join(
    '\n',
  );
}

/** After that: a line a file, what remains to be done, and the lines to paste. */
export function printInit(
  report: InitReport,
  io: Io,
  { quiet, written }: Manner & { written: boolean },
): void {
  const style = styleFor(io.stdout, io.env);
  io.stdout.write(describeFiles(report.changes, written, style));
  // Status 1 has a reason, also for whoever wants to hear little.
  const findings = quiet ? report.findings.filter(({ severity }) => severity === 'error') : report.findings;
  if (findings.length > 0) {
    const rendering = { style, columns: io.stdout.columns, prefix: prefixOf(report.project), env: io.env };
    io.stdout.write(`\n${renderFindings(findings, rendering)}`);
  }
  if (quiet) return;
  if (
    report.mode === 'check' &&
    report.changes.some(({ action }) => action !== 'unchanged' && action !== 'conflict')
  ) {
    io.stdout.write(asTyped("\nNot up to date: 'eb-hosts init' writes these files.\n", io.env));
  }
  if (report.snippet !== null) {
    const [setting] = report.project.settings;
    const place = setting === undefined ? 'the settings' : `${setting.file}, below line ${setting.line}`;
    io.stdout.write(
      `\n${style('bold', `For ${place}${condition(report)}:`)}\n\n${report.snippet.trimEnd()}\n`,
    );
  }
  if (written) {
    const next =
      "Next: commit these files, then deploy. 'eb-hosts rehearse' tries the deployment here first.";
    io.stdout.write(`\n${wrap(asTyped(next, io.env), io.stdout.columns).join('\n')}\n`);
  }
}

/** The lines read the environment, and not a file that nothing loads into it. */
function condition({ findings, decision }: InitReport): string {
  const notLoaded = findings.some(({ code }) => code === 'hosts-file-not-read');
  return notLoaded ? `, where the environment holds ${decision.choices.variable}` : '';
}

function prefixOf({ appRoot }: Project): string {
  return appRoot === '.' ? '' : `${appRoot}/`;
}

/** The changes as diffs. A new file is shown whole with `whole`, else by its settings and its length. */
export async function describeChanges(
  changes: readonly FileChange[],
  style: Style,
  { whole }: { whole: boolean },
): Promise<string> {
  const parts: string[] = [];
  for (const change of changes) {
    if (change.action === 'unchanged') continue;
    const short = !whole && change.action === 'create';
    parts.push(short ? summarizeNewFile(change, style) : colourDiff(await formatDiff(change), style));
  }
  return parts.join('');
}

function summarizeNewFile({ path, after }: FileChange, style: Style): string {
  const text = after?.text ?? '';
  return `${style('green', '+')} ${path} (new, ${text.split('\n').length - 1} lines)\n`;
}

const verbs: Record<FileChange['action'], { done: string; planned: string }> = {
  create: { done: 'created', planned: 'would create' },
  update: { done: 'updated', planned: 'would update' },
  delete: { done: 'deleted', planned: 'would delete' },
  unchanged: { done: 'up to date', planned: 'up to date' },
  conflict: { done: 'kept', planned: 'would keep' },
};

/** One line a file: what was done, or would be. */
export function describeFiles(changes: readonly FileChange[], written: boolean, style: Style): string {
  if (changes.every(({ action }) => action === 'unchanged')) return 'up to date\n';
  const lines = changes.map(({ action, path, after, reason }) => {
    const verb = written || action === 'conflict' ? verbs[action].done : verbs[action].planned;
    const line = `${verb} ${path}`;
    if (reason === null) return line;
    return style('red', `${line}: ${reason} (--force ${after === undefined ? 'deletes' : 'overwrites'} it)`);
  });
  const conflict = changes.some(({ action }) => action === 'conflict');
  if (conflict) lines.push('nothing was changed: move what is kept out of the way, or give --force');
  return `${lines.join('\n')}\n`;
}
