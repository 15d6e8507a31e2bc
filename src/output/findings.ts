import type { Finding, Severity } from '../findings.ts';
import type { Io } from '../io.ts';
import { asTyped } from './as-typed.ts';
import type { Style } from './style.ts';
import { printable, wrap } from './wrap.ts';

interface Rendering {
  readonly style: Style;
  readonly columns: number;
  /** What stands before a file's path, as the reader sees it from the working directory: `` or `backend/`. */
  readonly prefix: string;
  readonly env: Io['env'];
}

const severities: readonly Severity[] = ['error', 'warning', 'info'];
const colours = { error: 'red', warning: 'yellow', info: 'blue' } as const;

/** The findings for people: grouped by severity, each with its place, cause and fix. Ends with a line that counts them. */
export function renderFindings(findings: readonly Finding[], rendering: Rendering): string {
  const lines = severities.flatMap((severity) =>
    findings
      .filter((finding) => finding.severity === severity)
      .flatMap((finding) => renderFinding(finding, rendering)),
  );
  return `${[...lines, countFindings(findings)].join('\n')}\n`;
}

function renderFinding(finding: Finding, { style, columns, prefix, env }: Rendering): string[] {
  const width = Math.min(Math.max(columns, 40), 120);
  const { code, severity, message, fix } = finding;
  const place = placeOf(finding, prefix);
  const mark = style(colours[severity], severity);
  return [
    `${mark} ${style('bold', code)}${place === '' ? '' : ` ${printable(place)}`}`,
    ...wrap(printable(message), width, '  '),
    ...wrap(`fix: ${asTyped(printable(fix), env)}`, width, '  ').map((line) => style('dim', line)),
    '',
  ];
}

/** `file:line`, as editors and terminals make a link of it. */
function placeOf({ file, line, environment }: Finding, prefix: string): string {
  if (file === null) return environment ?? '';
  return line === null ? prefix + file : `${prefix}${file}:${line}`;
}

/** `2 errors, 1 warning, 3 notes`; `nothing found` where there is none. */
function countFindings(findings: readonly Finding[]): string {
  const words = {
    error: ['error', 'errors'],
    warning: ['warning', 'warnings'],
    info: ['note', 'notes'],
  } as const;
  const parts = severities.flatMap((severity) => {
    const count = findings.filter((finding) => finding.severity === severity).length;
    return count === 0 ? [] : [`${count} ${words[severity][count === 1 ? 0 : 1]}`];
  });
  return parts.length === 0 ? 'nothing found' : parts.join(', ');
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
