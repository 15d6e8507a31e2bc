import type { HostsSetting, Project, Separator } from '../project/project.ts';
import { clip, printable, type Rendering, readableWidth } from './text.ts';

/** What was read from a repository: one line for each fact, with its place. */
export function renderProject(
  project: Project,
  { style, columns }: Pick<Rendering, 'style' | 'columns'>,
): string {
  const { framework, platform, settings, healthPath, healthCheckOptions } = project;
  const [setting] = settings;
  const path = healthCheckOptions.find(({ option }) => option === 'HealthCheckPath');
  const rows: (readonly [label: string, value: string, place: string])[] = [
    ['framework', framework, because(project, framework)],
    ['platform', platform, because(project, platform)],
    setting === undefined
      ? ['hosts', 'no list of allowed hosts was found', '']
      : ['hosts', describeHosts(setting), `${setting.file}:${setting.line}`],
  ];
  if (path !== undefined) rows.push(['path', path.value, `${path.file}:${path.line}`]);
  else if (healthPath !== null)
    rows.push(['path', '/ (not set in .ebextensions)', `the app also has ${healthPath}`]);
  const room = readableWidth(columns) - 10;
  return rows
    .map(([label, value, place]) => {
      const after = place === '' ? '' : `  (${place})`;
      const text = `${clip(value, Math.max(room - after.length, 20))}${after}`;
      return `${style('bold', label.padEnd(10))}${clip(printable(text), room)}\n`;
    })
    .join('');
}

/** Where the first reason for a conclusion stands, or the reason itself. */
function because({ evidence }: Project, conclusion: string): string {
  const { because, file = null, line = null } = evidence.find((one) => one.conclusion === conclusion) ?? {};
  if (file === null) return because ?? '';
  return line === null ? file : `${file}:${line}`;
}

const separatorWords: Readonly<Record<Separator, string>> = {
  comma: 'by commas',
  space: 'by blanks',
  semicolon: 'by semicolons',
  json: 'as JSON',
  none: 'for one host',
};

function describeHosts({ source, variable, separator, role, default: hosts }: HostsSetting): string {
  const own = hosts === null || hosts.length === 0 ? '' : hosts.join(', ');
  switch (source) {
    case 'environment': {
      const form = separator === null ? 'in a form of its own' : separatorWords[separator];
      const added = role === 'extra-hosts' ? ', added to its own' : '';
      return `${variable} ${form}${added}${own === '' ? '' : `, else ${own}`}`;
    }
    case 'literal':
      return own === '' ? 'an empty list' : `a fixed list: ${own}`;
    case 'wildcard':
      return 'every host is allowed';
    case 'metadata':
      return 'the app adds its own address';
    case 'unknown':
      return 'a list that could not be read';
    default:
      return `a list that is read from a ${source}`;
  }
}
