import type { Finding, Severity } from '../findings.ts';
import type { Io } from '../io.ts';
import { asTyped } from './as-typed.ts';
import type { Style } from './style.ts';
import { printable, wrap } from './wrap.ts';

/** How findings are shown to a reader. */
export interface Rendering {
  readonly style: Style;
  readonly columns: number;
  /** What stands before a file's path, as the reader sees it from the working directory: `` or `backend/`. */
  readonly prefix: string;
  readonly env: Io['env'];
}

const severities: readonly Severity[] = ['error', 'warning', 'info'];
const colours = { error: 'red', warning: 'yellow', info: 'blue' } as const;

/** The findings, the worst first. */
export function sortFindings(findings: readonly Finding[]): readonly Finding[] {
  return severities.flatMap((severity) => findings.filter((finding) => finding.severity === severity));
}

/** The findings for people: the worst first, each with its place, cause and fix. Ends with a line that counts them. */
export function renderFindings(findings: readonly Finding[], rendering: Rendering): string {
  const lines = sortFindings(findings).flatMap((finding) => [...renderFinding(finding, rendering), '']);
  return `${[...lines, countFindings(findings)].join('\n')}\n`;
}

/** @param most how many lines the cause may have, and how many the fix; what does not fit is cut */
export function renderFinding(
  finding: Finding,
  { style, columns, prefix, env }: Rendering,
  most = Number.POSITIVE_INFINITY,
): string[] {
  const width = Math.min(Math.max(columns, 40), 120);
  const { code, severity, message, fix } = finding;
  const place = placeOf(finding, prefix);
  const mark = style(colours[severity], severity);
  const room = most === Number.POSITIVE_INFINITY ? null : width - severity.length - code.length - 2;
  return [
    `${mark} ${style('bold', code)} ${room === null ? printable(place) : clip(printable(place), room)}`.trimEnd(),
    ...cut(wrap(printable(message), width, '  '), most, width),
    ...cut(wrap(`fix: ${asTyped(printable(fix), env)}`, width, '  '), most, width).map((line) =>
      style('dim', line),
    ),
  ];
}

function cut(lines: readonly string[], most: number, width: number): readonly string[] {
  if (most === Number.POSITIVE_INFINITY) return lines;
  return lines
    .slice(0, most)
    .map((line, index) => clip(index + 1 === most && lines.length > most ? `${line} …` : line, width));
}

/** `text` in at most `width` columns. */
export function clip(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`;
}

/** `file:line`, as editors and terminals make a link of it. */
function placeOf({ file, line, environment }: Finding, prefix: string): string {
  if (file === null) return environment ?? '';
  return line === null ? prefix + file : `${prefix}${file}:${line}`;
}

/** `2 errors, 1 warning, 3 notes`. */
function countFindings(findings: readonly Finding[]): string {
  const words = { error: 'error', warning: 'warning', info: 'note' } as const;
  return severities
    .flatMap((severity) => {
      const count = findings.filter((finding) => finding.severity === severity).length;
      return count === 0 ? [] : [`${count} ${words[severity]}${count === 1 ? '' : 's'}`];
    })
    .join(', ');
}

/** The findings as GitHub's workflow commands, which it shows beside the lines of a pull request.
 * Format: docs.github.com, workflow commands for GitHub Actions. */
export function renderAnnotations(findings: readonly Finding[], prefix: string): string {
  return findings
    .map(({ code, severity, file, line, message, fix }) => {
      const level = severity === 'info' ? 'notice' : severity;
      const properties = [
        ...(file === null ? [] : [`file=${escapeProperty(prefix + file)}`]),
        ...(file === null || line === null ? [] : [`line=${line}`]),
        `title=${escapeProperty(`eb-hosts: ${code}`)}`,
      ];
      return `::${level} ${properties.join(',')}::${escapeData(`${message}\nFix: ${fix}`)}\n`;
    })
    .join('');
}

function escapeData(text: string): string {
  return text.replace(/%/g, '%25').replace(/\r/g, '%0D').replace(/\n/g, '%0A');
}

function escapeProperty(text: string): string {
  return escapeData(text).replace(/:/g, '%3A').replace(/,/g, '%2C');
}
