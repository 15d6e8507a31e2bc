import type { HostsSetting, Project, Separator } from '../project/project.ts';
import { clip } from './findings.ts';
import type { Style } from './style.ts';
import { printable } from './wrap.ts';

/** What was read from a repository: one line for each fact, with its place. */
export function renderProject(project: Project, style: Style, columns: number): string {
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
  const width = Math.min(Math.max(columns, 40), 120);
  return rows
    .map(([label, value, place]) => {
      const room = width - 10 - (place === '' ? 0 : place.length + 4);
      const text = place === '' ? clip(value, room) : `${clip(value, Math.max(room, 20))}  (${place})`;
      return `${style('bold', label.padEnd(10))}${clip(printable(text), width - 10)}\n`;
    })
    .join('');
}

/** Where the first reason for a conclusion stands, or the reason itself. */
function because({ evidence }: Project, conclusion: string): string {
  const reason = evidence.find((one) => one.conclusion === conclusion);
  if (reason === undefined || reason.file === null) return reason?.because ?? '';
  return reason.line === null ? reason.file : `${reason.file}:${reason.line}`;
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
    case 'file':
      return 'a list that is read from a file';
    case 'secret':
      return 'a list that is read from a secret';
    case 'metadata':
      return 'the app adds its own address';
    default:
      return 'a list that could not be read';
  }
}
