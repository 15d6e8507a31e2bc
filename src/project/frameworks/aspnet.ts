import type { HostsSetting } from '../project.ts';
import type { Snapshot } from '../snapshot.ts';
import { entriesOf, readYaml, textOf } from '../yaml.ts';
import { type FrameworkReading, lineAt, unknownHosts } from './framework-reading.ts';

/** Recognises ASP.NET Core by its web SDK. An environment variable `AllowedHosts` overrides every `appsettings` file
 * (learn.microsoft.com, configuration providers), so it reaches the list wherever that is written. */
export function readAspnet(snapshot: Snapshot): FrameworkReading | undefined {
  const project = snapshot.paths.find(
    (path) =>
      path.endsWith('.csproj') &&
      /Microsoft\.NET\.Sdk\.Web|Microsoft\.AspNetCore/.test(snapshot.text(path) ?? ''),
  );
  if (project === undefined) return undefined;
  const directory = project.includes('/') ? project.slice(0, project.lastIndexOf('/') + 1) : '';
  const inCode = ['Program.cs', 'Startup.cs'].flatMap((name) => readCode(`${directory}${name}`, snapshot));
  const settings = ['appsettings.Production.json', 'appsettings.json'].flatMap((name) =>
    readAllowedHosts(`${directory}${name}`, snapshot),
  );
  return {
    framework: 'aspnet',
    settings: [...inCode, ...settings],
    evidence: [{ conclusion: 'aspnet', because: 'the project uses the web SDK', file: project, line: null }],
    findings: [],
  };
}

/** A list that `AddHostFiltering` sets in code stands; the configuration is asked only where it is empty. */
function readCode(file: string, snapshot: Snapshot): HostsSetting[] {
  const text = (snapshot.text(file) ?? '').replace(/\/\/[^\n]*/g, (comment) => ' '.repeat(comment.length));
  const call = /\bAddHostFiltering\s*\([\s\S]{0,600}?\bAllowedHosts\s*=(?!=)([^;]*)/.exec(text);
  if (call === null || /["']AllowedHosts["']/.test(call[0])) return [];
  const unknown = unknownHosts(file, lineAt(text, call.index));
  const hosts = [...(call[1] ?? '').matchAll(/"([^"]*)"/g)].map(([, host]) => host ?? '');
  if (hosts.length === 0) return [unknown];
  return [{ ...unknown, source: hosts.includes('*') ? 'wildcard' : 'literal', default: hosts }];
}

function readAllowedHosts(file: string, snapshot: Snapshot): HostsSetting[] {
  // Comments are allowed there, and YAML has no `//`.
  const text = (snapshot.text(file) ?? '').replace(/^\s*\/\/.*$/gm, '');
  const entry = entriesOf(readYaml(text).value).find(({ key }) => key.toLowerCase() === 'allowedhosts');
  const value = textOf(entry?.value);
  if (entry === undefined || value === undefined) return [];
  const hosts = value.split(';').filter((host) => host !== '');
  return [
    {
      file,
      line: entry.line,
      source: hosts.includes('*') ? 'wildcard' : 'environment',
      variable: 'AllowedHosts',
      separator: 'semicolon',
      role: 'whole-list',
      default: hosts,
    },
  ];
}
