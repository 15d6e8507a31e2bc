import { propertyNamespace } from '../../option-namespaces.ts';
import type { EbExtensions, EbOption } from '../ebextensions/ebextensions.ts';
import { optionValue } from '../ebextensions/option-settings.ts';
import { readCompose } from '../platform/compose.ts';
import { readProcfile } from '../platform/procfile.ts';
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

/** The variables whose value the deployment's files tell; a reference to something else tells nothing. */
export function deploymentEnvironment({ variables }: Deployment): Map<string, string> {
  const told = variables.filter(({ value }) => !/[$`{]/.test(value));
  return new Map(told.toReversed().map(({ name, value }) => [name, value]));
}

/** Reads what the deployment's own files set. A file that cannot be parsed says nothing here. */
export function readDeployment(snapshot: Snapshot, { options }: EbExtensions): Deployment {
  const procfile = procfileValues(snapshot);
  const wsgi = optionValue(options, 'aws:elasticbeanstalk:container:python', 'WSGIPath');
  return {
    variables: [
      // Of two properties of one name the last one counts.
      ...options
        .filter(({ namespace }) => namespace === propertyNamespace)
        .flatMap(toValue)
        .reverse(),
      ...procfile.variables,
      ...dockerfileVariables(snapshot),
      ...composeVariables(snapshot),
    ],
    application: procfile.application ?? (wsgi === undefined ? null : (toValue(wsgi)[0] ?? null)),
  };
}

function toValue({ option, value, file, line }: EbOption): DeploymentValue[] {
  return value === null ? [] : [{ name: option, value, file, line }];
}

function procfileValues(snapshot: Snapshot): {
  variables: DeploymentValue[];
  application: DeploymentValue | null;
} {
  const web = readProcfile(snapshot).find(({ name }) => name === 'web');
  if (web === undefined) return { variables: [], application: null };
  const { command, line } = web;
  const value = (name: string, text: string): DeploymentValue => ({
    name,
    value: text,
    file: 'Procfile',
    line,
  });
  const variables = [...command.matchAll(/\b([A-Z][A-Z0-9_]*)=["']?([^\s"']+)/g)].map(
    ([, name = '', text = '']) => value(name, text),
  );
  const settings = /--settings[= ]["']?([\w.]+)/.exec(command)?.[1];
  if (settings !== undefined) variables.unshift(value('DJANGO_SETTINGS_MODULE', settings));
  const application = /(?:^|\s)["']?((?:[\w-]+\.)*\w+):\w+/.exec(command)?.[1];
  return { variables, application: application === undefined ? null : value('application', application) };
}

function dockerfileVariables(snapshot: Snapshot): DeploymentValue[] {
  const file = 'Dockerfile';
  const text = snapshot.has(file) ? (snapshot.text(file) ?? '') : '';
  return instructionsOf(text).flatMap(({ line, text }) => {
    const rest = /^\s*ENV\s+(.*)$/i.exec(text)?.[1];
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
      line,
    }));
  });
}

/** The instructions of a Dockerfile, each in one line: a backslash at the end of a line continues it, past lines that are empty
 * or a comment (Dockerfile reference, "Format"). */
function instructionsOf(dockerfile: string): { line: number; text: string }[] {
  const found: { line: number; text: string }[] = [];
  let open = false;
  for (const [index, text] of dockerfile.split(/\r?\n/).entries()) {
    if (/^\s*(?:#|$)/.test(text)) continue;
    const part = text.replace(/\\\s*$/, '');
    const last = found.at(-1);
    if (open && last !== undefined) last.text += ` ${part.trim()}`;
    else found.push({ line: index + 1, text: part });
    open = part !== text;
  }
  return found;
}

function composeVariables(snapshot: Snapshot): DeploymentValue[] {
  const file = ['docker-compose.yml', 'docker-compose.yaml', 'compose.yml', 'compose.yaml'].find((path) =>
    snapshot.has(path),
  );
  const compose = file === undefined ? undefined : readCompose(snapshot, file);
  if (compose === undefined) return [];
  return compose.services.flatMap(({ environment }) =>
    environment.flatMap(({ name, value, line }) =>
      value === undefined ? [] : [{ name, value: withDefaults(value), file: compose.file, line }],
    ),
  );
}

/** `${NAME:-default}` as its default; other references stay, and are taken for unknown. */
function withDefaults(value: string): string {
  return value.replace(/\$\{\w+:?-([^}]*)\}/g, '$1');
}
