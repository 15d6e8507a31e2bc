import { diffLines, formatPatch, structuredPatch } from 'diff';
import type { Finding } from '../findings.ts';
import type { Choices } from '../hooks/choices.ts';
import { quoteCommand } from '../hooks/head.ts';
import { type FileChange, isExecutable } from '../hooks/plan.ts';
import { forms } from '../hooks/render.ts';
import type { Project } from '../project/project.ts';
import { renderFinding, sortFindings } from './findings.ts';
import { asTyped, clip, plain, printable, type Rendering, type Style } from './text.ts';

/** What a run of `init` settled. */
export interface InitReport {
  readonly project: Project;
  /** Null: there is nothing to do. */
  readonly choices: Choices | null;
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
    choices,
    files: changes.map(({ path, action }) => ({ path, action })),
    findings,
  };
}

/** What is written, what the list is going to be, and what is still missing: on one screen. */
export function renderPlan(report: InitReport, rendering: Rendering): string {
  const { choices, changes, findings } = report;
  const blocks = [
    renderChanges(changes, rendering),
    ...(choices === null ? [] : [renderExample(report, choices, rendering)]),
    ...(findings.length === 0 ? [] : [renderMissing(findings, rendering)]),
  ];
  return blocks.join('\n');
}

function renderExample(
  { project: { settings }, property }: InitReport,
  choices: Choices,
  { style, columns }: Rendering,
): string {
  const { variable, role } = choices;
  const value = exampleOf(choices, property);
  const list =
    value === null
      ? `${variable} only where the environment property ${variable} is set: no other hosts are known`
      : `${variable}=${value}`;
  const lines =
    printable(list)
      .match(new RegExp(`.{1,${columns - 2}}`, 'gu'))
      ?.slice(0, 3) ?? [];
  // The default of the variable itself stands in its value.
  const isOwn = role === 'extra-hosts' && settings[0]?.variable !== variable;
  const own = isOwn ? (settings[0]?.default ?? []).join(', ') : '';
  if (own !== '') lines.push(clip(printable(`beside the app's own ${own}`), columns - 2));
  const head = style('bold', 'on an instance with the address 10.0.1.5:');
  return `${[head, ...lines.map((line) => `  ${line}`)].join('\n')}\n`;
}

/** What the hook makes of the property, or of the hosts to start from; null: nothing. */
function exampleOf({ separator, role, hosts, ipv6 }: Choices, property: string | null): string | null {
  const { character } = forms[separator];
  const list = (separator === 'json' ? property?.replaceAll(/[[\]"]/g, '') : property) ?? '';
  const set = list.split(character || '\n').flatMap((host) => host.trim() || []);
  // One host has no room for a default beside it.
  const own = set.length > 0 || separator === 'none' ? set : hosts;
  if (own.length === 0 && role === 'whole-list' && separator !== 'none') return null;
  const addresses = ipv6 ? ['10.0.1.5', '[2001:db8::5]'] : ['10.0.1.5'];
  const isLeftAlone = own.includes('*') || (separator === 'none' && own.length > 0);
  const all = isLeftAlone ? own : [...own, ...addresses];
  return separator === 'json' ? JSON.stringify(all) : all.join(character);
}

/** The three worst findings, briefly. */
function renderMissing(findings: readonly Finding[], rendering: Rendering): string {
  const worst = sortFindings(findings).slice(0, 3);
  const lines = worst.flatMap((finding) => renderFinding(finding, rendering, 2));
  const more = findings.length - worst.length;
  if (more > 0) lines.push(asTyped(`${more} more: eb-hosts doctor`, rendering.env));
  return `${lines.join('\n')}\n`;
}

const marks = {
  create: ['+', 'green'],
  update: ['~', 'yellow'],
  delete: ['-', 'red'],
  conflict: ['!', 'red'],
} as const;

/** One line a file: what happens to it, and its size. */
export function renderChanges(
  changes: readonly FileChange[],
  { style, columns, prefix }: Omit<Rendering, 'env'>,
): string {
  const widest = Math.min(Math.max(...changes.map(({ path }) => prefix.length + path.length)), columns - 14);
  const lines = changes.flatMap((change) => {
    if (change.action === 'unchanged') return [];
    const [mark, colour] = marks[change.action];
    const path = clip(printable(prefix + change.path), columns - 14).padEnd(widest);
    return `${style(colour, mark)} ${path}  ${sizeOf(change)}`.trimEnd();
  });
  if (lines.length === 0) return 'up to date\n';
  const kept = [...new Set(changes.flatMap(({ reason }) => reason ?? []))].map((reason) => `kept: ${reason}`);
  if (kept.length > 0) kept.push('nothing is changed: move what is kept out of the way, or give --force');
  return `${[...lines, ...kept.map((line) => style('red', line))].join('\n')}\n`;
}

function sizeOf({ action, before, after }: FileChange): string {
  if (action !== 'create' && action !== 'update') return '';
  const parts = diffLines(before?.text ?? '', after?.text ?? '');
  const count = (kind: 'added' | 'removed') =>
    parts.reduce((sum, part) => sum + (part[kind] ? part.count : 0), 0);
  const [added, removed] = [count('added'), count('removed')];
  if (action === 'create') return `${added} lines`;
  return [added > 0 ? `+${added}` : '', removed > 0 ? `-${removed}` : ''].filter(Boolean).join(' ') || 'mode';
}

/** The changes as diffs. */
export function renderDiffs(changes: readonly FileChange[], style: Style): string {
  const changed = changes.filter(({ action }) => action !== 'unchanged');
  return changed.map((change) => colourDiff(formatDiff(change), style)).join('');
}

/** The change as a unified diff that `git apply` takes; empty if nothing changes. */
export function formatDiff({ path, before, after }: FileChange): string {
  const [from, to] = [before, after].map((file) => file && (isExecutable(file) ? '100755' : '100644'));
  const patch = structuredPatch(
    before === undefined ? '/dev/null' : `a/${path}`,
    after === undefined ? '/dev/null' : `b/${path}`,
    before?.text ?? '',
    after?.text ?? '',
    '',
    '',
    { context: 3 },
  );
  if (patch.hunks.length === 0 && from === to) return '';
  const modes = from === to ? {} : { ...(from && { oldMode: from }), ...(to && { newMode: to }) };
  return formatPatch({ ...patch, ...modes, isGit: true, isCreate: !before, isDelete: !after });
}

/** Colours added and removed lines, hunk heads and file heads. */
function colourDiff(diff: string, style: Style): string {
  if (style === plain) return diff;
  return diff.replaceAll(/^.*$/gm, (line) => {
    if (/^(?:diff |--- |\+\+\+ |(?:new|old|deleted) )/.test(line)) return style('bold', line);
    if (line.startsWith('@@')) return style('cyan', line);
    if (line.startsWith('+')) return style('green', line);
    return line.startsWith('-') ? style('red', line) : line;
  });
}

interface Outcome {
  readonly mode: 'write' | 'dry-run' | 'check';
  /** Whether git keeps the files. */
  readonly git: boolean;
  /** The directory in which the commands are typed; null: the current one. */
  readonly directory: string | null;
  /** The command that makes the same choices, where questions were asked for them. */
  readonly command: readonly string[] | null;
}

/** What comes next, as commands to copy; empty where nothing does. */
export function renderNext(
  { changes, proposed }: InitReport,
  { mode, git, directory, command }: Outcome,
  { style, prefix, env }: Rendering,
): string {
  const changed = changes.filter(({ action }) => action !== 'unchanged');
  if (changed.length === 0 || changed.some(({ action }) => action === 'conflict')) return '';
  if (mode !== 'write') {
    const fact = mode === 'check' ? 'not up to date' : 'nothing is written yet';
    return `\n${asTyped(`${fact}: 'eb-hosts init' writes these files`, env)}\n`;
  }
  const added = changed.map(({ path }) => prefix + (path.startsWith('.') ? path.split('/')[0] : path));
  const lines = [
    ...(proposed === null ? [] : [`# make the change above in ${prefix}${proposed.path}`]),
    ...(git ? [`git add ${[...new Set(added)].join(' ')} && git commit -m 'Add the hooks of eb-hosts'`] : []),
    asTyped('eb-hosts rehearse', env),
    'eb deploy',
  ];
  const head = directory === null ? 'next:' : `next, in ${directory}:`;
  const same = command === null ? '' : `\nthe same without questions:\n  ${quoteCommand(command)}\n`;
  return `\n${style('bold', head)}\n${lines.map((line) => `  ${line}\n`).join('')}${same}`;
}
