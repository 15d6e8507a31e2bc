import type { Finding } from '../findings.ts';
import type { Choices } from '../hooks/choices.ts';
import type { FileChange } from '../hooks/plan.ts';
import type { Project } from '../project/project.ts';
import { asTyped } from './as-typed.ts';
import { colourDiff, countLines, formatDiff } from './diff.ts';
import { clip, type Rendering, renderFinding, sortFindings } from './findings.ts';
import type { Style } from './style.ts';
import { printable } from './wrap.ts';

/** What a run of `init` settled. */
export interface InitReport {
  readonly project: Project;
  /** Null: there is nothing to do. */
  readonly choices: Choices | null;
  /** The words of the command that makes the same choices. */
  readonly command: readonly string[];
  /** The variable's environment property, where the repository sets it. */
  readonly property: string | null;
  readonly changes: readonly FileChange[];
  /** The edit of the settings that is only shown. */
  readonly proposed: FileChange | null;
  readonly findings: readonly Finding[];
}

/** The JSON document of `init`; part of the contract. */
export function initJson({ project, choices, changes, findings }: InitReport, ok: boolean): unknown {
  const { framework, platform, appRoot, settings, evidence } = project;
  return {
    command: 'init',
    ok,
    project: { framework, platform, appRoot, settings, evidence },
    choices: choices,
    files: changes.map(({ path, action }) => ({ path, action })),
    findings,
  };
}

/** What is written, what the list is going to be, and what is still missing: on one screen. */
export function renderPlan(
  { project, choices, property, changes, findings }: InitReport,
  rendering: Rendering,
): string {
  const { style, columns, prefix } = rendering;
  const blocks = [
    renderFiles(changes, style, columns, prefix),
    ...(choices === null ? [] : [renderExample(project, choices, property, style, columns)]),
    ...(findings.length === 0 ? [] : [renderMissing(findings, rendering)]),
  ];
  return blocks.join('\n');
}

function renderExample(
  { settings: [setting] }: Project,
  choices: Choices,
  property: string | null,
  style: Style,
  columns: number,
): string {
  const { variable, role } = choices;
  const head = style('bold', 'on an instance with the address 10.0.1.5:');
  const value = exampleOf(choices, property);
  const own = role === 'extra-hosts' ? (setting?.default ?? []).join(', ') : '';
  const list =
    value === null
      ? `${variable} only where the environment property ${variable} is set: no other hosts are known`
      : `${variable}=${value}`;
  const chunks = printable(list).match(new RegExp(`.{1,${columns - 2}}`, 'gu')) ?? [];
  const lines = chunks.slice(0, 3);
  if (own !== '') lines.push(clip(printable(`beside the app's own ${own}`), columns - 2));
  return `${[head, ...lines.map((line) => `  ${line}`)].join('\n')}\n`;
}

const joints = { comma: ',', space: ' ', semicolon: ';', json: '', none: '' } as const;

/** What the hook makes of the property, or of the hosts to start from; null: nothing. */
function exampleOf({ separator, role, hosts, ipv6 }: Choices, property: string | null): string | null {
  const addresses = ipv6 ? ['10.0.1.5', '[2001:db8::5]'] : ['10.0.1.5'];
  if (separator === 'json') {
    const own = property === null ? JSON.stringify(hosts) : property.trim();
    if (own === '[]' && role === 'whole-list') return null;
    const all = own.replace(/\]$/, `,${JSON.stringify(addresses).slice(1)}`).replace('[,', '[');
    return own.includes('"*"') ? own : all;
  }
  const joint = joints[separator];
  const own = property?.trim() ?? hosts.join(joint);
  if (own === '' && role === 'whole-list' && separator !== 'none') return null;
  if (/(?:^|[,; ])\*(?:$|[,; ])/.test(own) || (separator === 'none' && own !== '')) return own;
  return [...(own === '' ? [] : [own]), ...addresses].join(joint);
}

/** The three worst findings, briefly. */
function renderMissing(findings: readonly Finding[], rendering: Rendering): string {
  const worst = sortFindings(findings).slice(0, 3);
  const lines = worst.flatMap((finding) => renderFinding(finding, rendering, 2));
  const more = findings.length - worst.length;
  const rest = more === 0 ? [] : [asTyped(`${more} more: eb-hosts doctor`, rendering.env)];
  return `${[...lines, ...rest].join('\n')}\n`;
}

const marks: Record<
  FileChange['action'],
  readonly [mark: string, colour: 'green' | 'yellow' | 'red' | 'dim']
> = {
  create: ['+', 'green'],
  update: ['~', 'yellow'],
  delete: ['-', 'red'],
  unchanged: ['=', 'dim'],
  conflict: ['!', 'red'],
};

/** One line a file: what happens to it, and its size. */
export function renderFiles(
  changes: readonly FileChange[],
  style: Style,
  columns: number,
  prefix: string,
): string {
  const open = changes.filter(({ action }) => action !== 'unchanged');
  if (open.length === 0) return 'up to date\n';
  const widest = Math.min(Math.max(...open.map(({ path }) => prefix.length + path.length)), columns - 14);
  const lines = open.map((change) => {
    const [mark, colour] = marks[change.action];
    const path = clip(printable(prefix + change.path), columns - 14).padEnd(widest);
    return `${style(colour, mark)} ${clip(`${path}  ${sizeOf(change)}`, columns - 2)}`.trimEnd();
  });
  const reasons = new Set(open.flatMap(({ reason }) => reason ?? []));
  const kept = [...reasons].map((reason) => `kept: ${reason}`);
  if (kept.length > 0) kept.push('nothing is changed: move what is kept out of the way, or give --force');
  return `${[...lines, ...kept.map((line) => style('red', line))].join('\n')}\n`;
}

function sizeOf(change: FileChange): string {
  const { added, removed } = countLines(change);
  if (change.action === 'create') return `${added} lines`;
  if (change.action !== 'update') return '';
  return [added > 0 ? `+${added}` : '', removed > 0 ? `-${removed}` : ''].filter(Boolean).join(' ') || 'mode';
}

/** The changes as diffs. */
export function renderDiffs(changes: readonly FileChange[], style: Style): string {
  const changed = changes.filter(({ action }) => action !== 'unchanged');
  return changed.map((change) => colourDiff(formatDiff(change), style)).join('');
}

/** With `--quiet`: the files, and the errors. */
export function renderQuietPlan({ changes, findings }: InitReport, rendering: Rendering): string {
  const { style, columns, prefix } = rendering;
  const errors = findings.filter(({ severity }) => severity === 'error');
  const told = errors.flatMap((finding) => renderFinding(finding, rendering));
  return `${[renderFiles(changes, style, columns, prefix).trimEnd(), ...told].join('\n')}\n`;
}

interface Outcome {
  readonly mode: 'write' | 'dry-run' | 'check';
  readonly written: boolean;
  /** Whether git keeps the files. */
  readonly git: boolean;
  /** Whether choices were asked for. */
  readonly asked: boolean;
}

/** What comes next, as commands to copy; empty where nothing does. */
export function renderNext(
  report: InitReport,
  { mode, written, git, asked }: Outcome,
  rendering: Rendering,
): string {
  const { style, prefix, env } = rendering;
  const changed = report.changes.filter(({ action }) => action !== 'unchanged');
  if (changed.length === 0 || changed.some(({ action }) => action === 'conflict')) return '';
  const type = (line: string) => asTyped(line, env);
  if (mode !== 'write' || !written)
    return type(
      mode === 'check'
        ? "not up to date: 'eb-hosts init' writes these files\n"
        : "nothing is written yet: 'eb-hosts init' writes these files\n",
    );
  const added = new Set(
    changed.map(({ path }) => prefix + (path.startsWith('.') ? path.split('/')[0] : path)),
  );
  const commit = `git add ${[...added].join(' ')} && git commit -m 'Add the hooks of eb-hosts'`;
  const edit =
    report.proposed === null ? [] : [`# make the change above in ${prefix}${report.proposed.path}`];
  const lines = [...edit, ...(git ? [commit] : []), type('eb-hosts rehearse'), 'eb deploy'];
  const words = [...report.command, '--yes'].map((word) =>
    /^[\w.,:/@%+-]+$/.test(word) ? word : `'${word}'`,
  );
  const same = asked ? `\nthe same without questions:\n  ${words.join(' ')}\n` : '';
  return `${style('bold', 'next:')}\n${lines.map((line) => `  ${line}\n`).join('')}${same}`;
}
