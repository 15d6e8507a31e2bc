import { renderTable } from '../bench/support/section.ts';
import type { Layer } from './layers.ts';
import type { Outcome } from './outcome.ts';

/** A layer that has been run. */
export interface LayerRun {
  readonly layer: Layer;
  readonly outcome: Outcome;
  readonly seconds: number;
  /** To do it again. */
  readonly command: string;
}

export interface Circumstances {
  readonly date: string;
  readonly machine: string;
  readonly versions: Readonly<Record<string, string>>;
  /** The soak was shorter than the one that counts. */
  readonly trial: boolean;
}

export function renderPage(
  runs: readonly LayerRun[],
  { date, machine, versions, trial }: Circumstances,
): string {
  const failures = runs.flatMap(({ outcome }) => outcome.failures);
  const total = (count: (outcome: Outcome) => number) =>
    runs.reduce((sum, { outcome }) => sum + count(outcome), 0);
  const cases = total((outcome) => outcome.cases).toLocaleString('en');
  const verdict =
    failures.length === 0
      ? `**Something was put in the way ${cases} times; nothing was lost.** No file was found half-written, no other variable changed, no
foreign host was let in, and no deployment went through with a list that it should not have.`
      : `**Something was put in the way ${cases} times, and ${failures.length} of the tests failed: nothing below may be relied on.**\n\n${failures
          .map((failure) => `- ${asCell(failure)}`)
          .join('\n')}`;
  return `# Reliability

Made by \`npm run reliability\` on ${date}; to be made again, not edited. Each count comes from the run.
${trial ? '\n**A trial run: the soak was shorter than the 1,000 deployments that count.**\n' : ''}
${verdict}

${renderTable(
  ['layer', 'cases', 'tests', 'failed', 'skipped', 'duration'],
  runs.map(({ layer, outcome, seconds }) => [
    `[${layer.title}](#${layer.title.toLowerCase().replaceAll(' ', '-')})`,
    outcome.cases.toLocaleString('en'),
    `${outcome.tests}`,
    outcome.failures.length === 0 ? '0' : `**${outcome.failures.length}**`,
    `${outcome.skipped.length}`,
    duration(seconds),
  ]),
)}

Machine: ${machine}.

${renderTable(Object.keys(versions), [Object.values(versions)])}

${runs.map(renderLayer).join('\n')}`;
}

function renderLayer({ layer, outcome, command }: LayerRun): string {
  const skipped =
    outcome.skipped.length === 0 ? '' : `\nSkipped: ${outcome.skipped.map(asCell).join('; ')}.\n`;
  return `## ${layer.title}

${layer.about}

    ${command}
${skipped}
${renderTable(
  ['what was put in the way', 'under', 'how often', 'what happened'],
  outcome.rows.map(({ fault, under, times, happened }) => [
    asCell(fault),
    under.join(', '),
    times.toLocaleString('en'),
    asCell(happened),
  ]),
)}
`;
}

/** A cell holds no line break and no bar of its own. */
function asCell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', '\\n').replaceAll('<', '&lt;');
}

function duration(seconds: number): string {
  return seconds < 90 ? `${seconds.toFixed(0)} s` : `${(seconds / 60).toFixed(0)} min`;
}
