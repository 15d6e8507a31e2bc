import type { Evidence, Project } from '../project/project.ts';
import type { Style } from './style.ts';
import { printable, wrap } from './wrap.ts';

/** What was read from a repository, with the reasons: a paragraph for people. */
export function renderProject(project: Project, style: Style, columns: number): string {
  const width = Math.min(Math.max(columns, 40), 120);
  const head = [
    `${style('bold', 'framework')} ${project.framework}`,
    `${style('bold', 'platform')} ${project.platform}`,
    ...(project.appRoot === '.' ? [] : [`${style('bold', 'app root')} ${printable(project.appRoot)}`]),
  ].join('  ');
  const reasons = [...groupByConclusion(project.evidence)].flatMap(([conclusion, because]) => {
    const said = [...because].map(([reason, places]) =>
      places.length === 0 ? reason : `${reason} (${places.join(', ')})`,
    );
    const [first = '', ...rest] = wrap(printable(`${conclusion}: because ${said.join('; ')}`), width - 4);
    return [`  - ${first}`, ...rest.map((text) => `    ${text}`)];
  });
  return `${[head, ...reasons].join('\n')}\n`;
}

/** The reasons for each conclusion, and where each of them stands. */
function groupByConclusion(evidence: readonly Evidence[]): Map<string, Map<string, string[]>> {
  const groups = new Map<string, Map<string, string[]>>();
  for (const { conclusion, because, file, line } of evidence) {
    const reasons = groups.get(conclusion) ?? new Map<string, string[]>();
    const places = reasons.get(because) ?? [];
    const named = file === null || (line === null && because.includes(file.split('/')[0] ?? file));
    reasons.set(because, named ? places : [...places, line === null ? file : `${file}:${line}`]);
    groups.set(conclusion, reasons);
  }
  return groups;
}
