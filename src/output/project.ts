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
    const [first = '', ...rest] = wrap(printable(`${conclusion}: because ${because.join('; ')}`), width - 4);
    return [`  - ${first}`, ...rest.map((text) => `    ${text}`)];
  });
  return `${[head, ...reasons].join('\n')}\n`;
}

function groupByConclusion(evidence: readonly Evidence[]): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (const { conclusion, because, file, line } of evidence) {
    const named = file === null || (line === null && because.includes(file.split('/')[0] ?? file));
    const reason = named ? because : `${because} (${file}${line === null ? '' : `:${line}`})`;
    groups.set(conclusion, [...(groups.get(conclusion) ?? []), reason]);
  }
  return groups;
}
