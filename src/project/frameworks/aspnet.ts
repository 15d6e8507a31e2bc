import type { HostsSetting } from '../project.ts';
import type { Snapshot } from '../snapshot.ts';
import { entriesOf, readYaml, textOf } from '../yaml.ts';
import { type FrameworkReading, lineAt, unknownHosts, withoutComments } from './framework-reading.ts';

/** Recognises ASP.NET Core by its web SDK. An environment variable `AllowedHosts` overrides every `appsettings` file
 * (learn.microsoft.com, configuration providers), so it reaches the list wherever that is written. */
export function readAspnet(snapshot: Snapshot): FrameworkReading | undefined {
  const project = findWebProject(snapshot);
  if (project === undefined) return undefined;
  const directory = directoryOf(project);
  const inCode = ['Program.cs', 'Startup.cs'].flatMap((name) =>
    readCode(`${directory}${name}`, withoutComments(snapshot.text(`${directory}${name}`) ?? '', 'c')),
  );
  const settings = ['appsettings.Production.json', 'appsettings.json'].flatMap((name) =>
    readAllowedHosts(`${directory}${name}`, snapshot),
  );
  const all = [...inCode, ...settings];
  return {
    framework: 'aspnet',
    settings: all,
    evidence: [{ conclusion: 'aspnet', because: 'the project uses the web SDK', file: project, line: null }],
    findings: [],
    ...(all.length === 0 && {
      checksNoHost: 'AllowedHosts is not set, and without it ASP.NET Core admits every host',
    }),
  };
}

/** The project that serves: of a solution's several the one that the Procfile starts, else one with the web SDK and settings of
 * its own. A library names the web framework as well. */
function findWebProject(snapshot: Snapshot): string | undefined {
  const started = /([\w.-]+)\.dll/.exec(snapshot.text('Procfile') ?? '')?.[1];
  const doubt = (path: string) =>
    Number(!path.endsWith(`/${started}.csproj`)) * 8 +
    Number(/tests?\b/i.test(path)) * 4 +
    Number(!/Microsoft\.NET\.Sdk\.Web/.test(snapshot.text(path) ?? '')) * 2 +
    Number(!snapshot.has(`${directoryOf(path)}appsettings.json`));
  return snapshot.paths
    .filter((path) => path.endsWith('.csproj'))
    .filter((path) => /Microsoft\.NET\.Sdk\.Web|Microsoft\.AspNetCore/.test(snapshot.text(path) ?? ''))
    .toSorted((a, b) => doubt(a) - doubt(b))[0];
}

const directoryOf = (path: string): string =>
  path.includes('/') ? path.slice(0, path.lastIndexOf('/') + 1) : '';

/** A list that `AddHostFiltering` sets in code stands; the configuration is asked only where it is empty. */
function readCode(file: string, text: string): HostsSetting[] {
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
