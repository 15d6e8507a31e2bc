import type { Project } from '../project/project.ts';
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
  const reasons = project.evidence.flatMap(({ conclusion, because, file, line }) => {
    const place = file === null ? '' : ` (${file}${line === null ? '' : `:${line}`})`;
    const [first = '', ...rest] = wrap(printable(`${conclusion}: because ${because}${place}`), width - 4);
    return [`  - ${first}`, ...rest.map((text) => `    ${text}`)];
  });
  return `${[head, ...reasons].join('\n')}\n`;
}
