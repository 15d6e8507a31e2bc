import type { Finding } from '../findings.ts';
import type { Decision } from '../hooks/choose.ts';
import type { FileChange } from '../hooks/plan.ts';
import { findSettingsBlock } from '../hooks/settings-block.ts';
import type { Io } from '../io.ts';
import type { Project } from '../project/project.ts';
import { colourDiff, formatDiff } from './diff.ts';
import { type Style, styleFor } from './style.ts';

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
  const { hostsFrom, matcher, ...choices } = report.decision.choices;
  return {
    command: 'init',
    ok,
    project: { framework, platform, appRoot, settings, evidence },
    choices: { ...choices, hostsFrom, matcher: matcher ?? '200' },
    files: report.changes.map(({ path, action }) => ({ path, action })),
    findings: report.findings,
    snippet: report.snippet,
  };
}

/** What was read and chosen, one line each. */
export function describeDecision(report: InitReport, style: Style): string {
  const { project, decision } = report;
  const { choices } = decision;
  const hosts = choices.hosts.length === 0 ? 'none' : choices.hosts.join(', ');
  const lines = [
    ...project.evidence.map(({ conclusion, because }) => `${style('bold', conclusion)}: ${because}`),
    `${style('bold', choices.variable)}: separator ${choices.separator}, ${choices.role}, hosts where it is not set: ${hosts}`,
  ];
  if (project.appRoot !== '.') lines.unshift(`${style('bold', 'app root')}: ${project.appRoot}`);
  return `${lines.join('\n')}\n`;
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
  const block = findSettingsBlock(text);
  const settings =
    block === undefined ? [] : text.slice(block.start, block.end).split('\n').filter(isAssignment);
  const head = `${style('green', '+')} ${path} (new, ${text.split('\n').length - 1} lines)`;
  return `${[head, ...settings.map((line) => `    ${style('green', line)}`)].join('\n')}\n`;
}

const isAssignment = (line: string): boolean => /^[A-Z]/.test(line);

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
  const lines = changes.map(({ action, path, reason }) => {
    const verb = written || action === 'conflict' ? verbs[action].done : verbs[action].planned;
    const line = `${verb} ${path}`;
    return reason === null ? line : style('red', `${line}: ${reason} (--force overwrites it)`);
  });
  return `${lines.join('\n')}\n`;
}

export function styleOf(io: Io): Style {
  return styleFor(io.stdout, io.env);
}
