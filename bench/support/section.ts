import type { Times } from './measure.ts';

/** What one benchmark has found: a section of the page. */
export interface Section {
  readonly title: string;
  /** What was run against what. */
  readonly about: string;
  /** The figures that matter, the first one first. */
  readonly findings: readonly Finding[];
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

export interface Finding {
  readonly what: string;
  readonly value: number;
  readonly unit: 'times' | 'ms' | 'calls';
  readonly limit?: number;
}

export function renderSection({ title, about, findings, columns, rows }: Section): string {
  const lines = findings.map(
    (finding) => `- **${inWords(finding)}**: ${finding.what}${verdictInWords(finding)}`,
  );
  return `## ${title}\n\n${lines.join('\n')}\n\n${about}\n\n${renderTable(columns, rows)}\n`;
}

/** All figures that have a limit, in one table. */
export function renderLimits(sections: readonly Section[]): string {
  const limited = sections.flatMap(({ findings }) => findings).filter(({ limit }) => limit !== undefined);
  return renderTable(
    ['figure', 'measured', 'limit', 'met'],
    limited.map((finding) => [
      finding.what,
      inWords(finding),
      inWords({ ...finding, value: finding.limit ?? Number.NaN }),
      isMet(finding) ? 'yes' : '**no**',
    ]),
  );
}

export function renderTable(columns: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(columns), `|${'---|'.repeat(columns.length)}`, ...rows.map(line)].join('\n');
}

/** The cells that tell a measured time: the median and, as the spread, the quartiles. */
export function timeCells({ median, lowerQuartile, upperQuartile, missing }: Times): [string, string] {
  if (missing !== undefined) return ['–', missing];
  return [duration(median), `${duration(lowerQuartile)} – ${duration(upperQuartile)}`];
}

export function duration(milliseconds: number): string {
  if (Number.isNaN(milliseconds)) return '–';
  if (milliseconds >= 1000) return `${(milliseconds / 1000).toFixed(2)} s`;
  return `${milliseconds.toFixed(milliseconds < 100 ? 1 : 0)} ms`;
}

export function ratio(value: number): string {
  return Number.isNaN(value) ? '–' : value.toFixed(2);
}

function inWords({ value, unit }: Finding): string {
  if (Number.isNaN(value)) return 'not measured';
  return unit === 'ms' ? duration(value) : `${value.toFixed(2)} ${unit}`;
}

function verdictInWords(finding: Finding): string {
  if (finding.limit === undefined) return '';
  const limit = inWords({ ...finding, value: finding.limit });
  return ` (limit ${limit}: ${isMet(finding) ? 'met' : '**missed**'})`;
}

function isMet({ value, limit }: Finding): boolean {
  return limit !== undefined && value <= limit;
}
