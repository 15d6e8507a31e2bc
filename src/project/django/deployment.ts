import { parse } from 'yaml';
import type { Snapshot } from '../snapshot.ts';

/** A value that a deployment file sets, and the line that sets it. */
export interface DeploymentValue {
  readonly name: string;
  readonly value: string;
  readonly file: string;
  readonly line: number;
}

/** What the files of a deployment say about the process's environment, the strongest first. */
export interface Deployment {
  /** Environment properties of `.ebextensions`, then Procfile, Dockerfile and compose file. */
  readonly variables: readonly DeploymentValue[];
  /** What the server is told to serve: `WSGIPath`, or the application named in the Procfile. */
  readonly application: DeploymentValue | null;
}

/** Reads what the deployment's own files set. A file that cannot be parsed says nothing here. */
export function readDeployment(snapshot: Snapshot): Deployment {
  const options = snapshot.paths
    .filter((path) => /^\.ebextensions\/[^/]+\.config$/.test(path))
    .flatMap((path) => optionsOf(path, snapshot.text(path) ?? ''));
  const properties = options.filter(
    ({ namespace }) => namespace === 'aws:elasticbeanstalk:application:environment',
  );
  const wsgi = options.find(({ name }) => name === 'WSGIPath');
  const procfile = procfileValues(snapshot);
  return {
    variables: [
      ...properties,
      ...procfile.variables,
      ...dockerfileVariables(snapshot),
      ...composeVariables(snapshot),
    ],
    application: procfile.application ?? wsgi ?? null,
  };
}

interface Option extends DeploymentValue {
  readonly namespace: string;
}

function optionsOf(file: string, text: string): Option[] {
  const settings = childOf(parseYaml(text), 'option_settings');
  const option = (namespace: string, name: unknown, value: unknown): Option[] =>
    typeof name === 'string' &&
    (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
      ? [{ namespace, name, value: String(value), file, line: lineOf(text, name) }]
      : [];
  if (Array.isArray(settings)) {
    return settings.flatMap((entry) => {
      const namespace = childOf(entry, 'namespace') ?? 'aws:elasticbeanstalk:application:environment';
      return option(String(namespace), childOf(entry, 'option_name'), childOf(entry, 'value'));
    });
  }
  return entriesOf(settings).flatMap(([namespace, values]) =>
    entriesOf(values).flatMap(([name, value]) => option(namespace, name, value)),
  );
}

function procfileValues(snapshot: Snapshot): {
  variables: DeploymentValue[];
  application: DeploymentValue | null;
} {
  const file = 'Procfile';
  const lines = (snapshot.has(file) ? (snapshot.text(file) ?? '') : '').split('\n');
  const index = lines.findIndex((line) => /^\s*web\s*:/.test(line));
  const command = lines[index];
  if (command === undefined) return { variables: [], application: null };
  const value = (name: string, text: string): DeploymentValue => ({
    name,
    value: text,
    file,
    line: index + 1,
  });
  const variables = [...command.matchAll(/\b([A-Z][A-Z0-9_]*)=["']?([^\s"']+)/g)].map(
    ([, name = '', text = '']) => value(name, text),
  );
  const settings = /--settings[= ]["']?([\w.]+)/.exec(command)?.[1];
  if (settings !== undefined) variables.unshift(value('DJANGO_SETTINGS_MODULE', settings));
  const application = /(?:^|\s)["']?((?:[\w-]+\.)*\w+):\w+/.exec(command.replace(/^\s*web\s*:/, ''))?.[1];
  return { variables, application: application === undefined ? null : value('application', application) };
}

function dockerfileVariables(snapshot: Snapshot): DeploymentValue[] {
  const file = 'Dockerfile';
  const text = snapshot.has(file) ? (snapshot.text(file) ?? '') : '';
  return text.split('\n').flatMap((line, index) => {
    const rest = /^\s*ENV\s+(.*)$/i.exec(line)?.[1];
    if (rest === undefined) return [];
    const pairs = rest.includes('=')
      ? [...rest.matchAll(/([A-Za-z_]\w*)=(?:"([^"]*)"|'([^']*)'|(\S*))/g)].map(([, name = '', a, b, c]) => [
          name,
          a ?? b ?? c ?? '',
        ])
      : [[rest.split(/\s+/)[0] ?? '', rest.replace(/^\S+\s*/, '').trim()]];
    return pairs.map(([name = '', value = '']) => ({
      name,
      value: withDefaults(value),
      file,
      line: index + 1,
    }));
  });
}

function composeVariables(snapshot: Snapshot): DeploymentValue[] {
  const file = ['docker-compose.yml', 'docker-compose.yaml', 'compose.yml', 'compose.yaml'].find((path) =>
    snapshot.has(path),
  );
  const text = file === undefined ? undefined : snapshot.text(file);
  if (file === undefined || text === undefined) return [];
  return entriesOf(childOf(parseYaml(text), 'services')).flatMap(([, service]) => {
    const environment = childOf(service, 'environment');
    const pairs = Array.isArray(environment)
      ? environment.flatMap((entry) =>
          typeof entry === 'string' && entry.includes('=') ? [splitPair(entry)] : [],
        )
      : entriesOf(environment).flatMap(([name, value]) =>
          typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
            ? [[name, String(value)] as const]
            : [],
        );
    return pairs.map(([name, value]) => ({
      name,
      value: withDefaults(value),
      file,
      line: lineOf(text, name),
    }));
  });
}

function splitPair(entry: string): readonly [string, string] {
  const at = entry.indexOf('=');
  return [entry.slice(0, at), entry.slice(at + 1)];
}

/** `${NAME:-default}` as its default; other references stay, and are taken for unknown. */
function withDefaults(value: string): string {
  return value.replace(/\$\{\w+:?-([^}]*)\}/g, '$1');
}

function parseYaml(text: string): unknown {
  try {
    return parse(text, { logLevel: 'silent', merge: true });
  } catch {
    return undefined;
  }
}

function entriesOf(value: unknown): [string, unknown][] {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : [];
}

function childOf(value: unknown, key: string): unknown {
  return entriesOf(value).find(([name]) => name === key)?.[1];
}

function lineOf(text: string, name: string): number {
  const index = text.split('\n').findIndex((line) => !line.trim().startsWith('#') && line.includes(name));
  return Math.max(index, 0) + 1;
}
