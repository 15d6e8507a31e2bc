import type { Finding, Severity } from '../findings.ts';
import { asTyped, clip, printable, type Rendering, readableWidth, wrap } from './text.ts';

const kinds = {
  error: { colour: 'red', word: 'error' },
  warning: { colour: 'yellow', word: 'warning' },
  info: { colour: 'blue', word: 'note' },
} as const;
const severities = Object.keys(kinds) as readonly Severity[];

/** The findings, the worst first. */
export function sortFindings(findings: readonly Finding[]): readonly Finding[] {
  return severities.flatMap((severity) => findings.filter((finding) => finding.severity === severity));
}

/** The findings for people: the worst first, each with its place, cause and fix. Ends with a line that counts them, such as
 * `2 errors, 1 warning, 3 notes`. */
export function renderFindings(findings: readonly Finding[], rendering: Rendering): string {
  const lines = sortFindings(findings).flatMap((finding) => [...renderFinding(finding, rendering), '']);
  const counts = severities.flatMap((severity) => {
    const count = findings.filter((finding) => finding.severity === severity).length;
    return count === 0 ? [] : `${count} ${kinds[severity].word}${count === 1 ? '' : 's'}`;
  });
  return `${[...lines, counts.join(', ')].join('\n')}\n`;
}

/** @param most how many lines the cause may have, and how many the fix; what does not fit is cut */
export function renderFinding(finding: Finding, rendering: Rendering, most?: number): string[] {
  const { style, prefix, env } = rendering;
  const width = readableWidth(rendering.columns);
  const { code, severity, message, fix, file, line, environment } = finding;
  // `file:line`, of which editors and terminals make a link.
  const place = file === null ? (environment ?? '') : `${prefix}${file}${line === null ? '' : `:${line}`}`;
  const room = most === undefined ? place.length : width - severity.length - code.length - 2;
  const lines = (text: string) => shorten(wrap(printable(text), width, '  '), most, width);
  const head = `${style(kinds[severity].colour, severity)} ${style('bold', code)}`;
  return [
    `${head} ${clip(printable(place), room)}`.trimEnd(),
    ...lines(message),
    ...lines(`fix: ${asTyped(fix, env)}`).map((text) => style('dim', text)),
  ];
}

function shorten(lines: readonly string[], most: number | undefined, width: number): readonly string[] {
  if (most === undefined) return lines;
  const kept = lines.slice(0, most).map((line) => clip(line, width));
  return lines.length <= most ? kept : [...kept.slice(0, -1), clip(`${kept.at(-1)} …`, width)];
}

/** The findings as GitHub's workflow commands, which it shows beside the lines of a pull request.
 * Format: docs.github.com, workflow commands for GitHub Actions. */
export function renderAnnotations(findings: readonly Finding[], prefix: string): string {
  return findings
    .map(({ code, severity, file, line, message, fix }) => {
      const properties = [
        ...(file === null ? [] : [`file=${escapeProperty(prefix + file)}`]),
        ...(file === null || line === null ? [] : [`line=${line}`]),
        `title=${escapeProperty(`eb-hosts: ${code}`)}`,
      ];
      const level = severity === 'info' ? 'notice' : severity;
      return `::${level} ${properties.join(',')}::${escapeData(`${message}\nFix: ${fix}`)}\n`;
    })
    .join('');
}

function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
