import { deploymentEnvironment } from './django-hosts.ts';
import { isOwnCode } from './django-module.ts';
import type { FrameworkReading } from './framework-reading.ts';
import {
  type AskHosts,
  type HostsAnswer,
  type HostsReading,
  readHosts,
  type Touch,
} from './hosts-expression.ts';
import type { Framework, HostsSetting } from './project.ts';
import { type Deployment, readDeployment } from './python-deployment.ts';
import { lineAt } from './python-parse.ts';
import { type Program, type RunOptions, readProgram, runModule } from './python-program.ts';
import { type Dict, isObject, type Value } from './python-value.ts';
import type { Snapshot } from './snapshot.ts';

/** A framework by what names it in a manifest, in code, and where its list of hosts stands. */
interface Kind {
  readonly framework: Framework;
  readonly manifest: RegExp;
  readonly app: RegExp;
  readonly list: RegExp;
  /** A list that is set, for all we know. */
  readonly use: RegExp;
}

/** A list in code that was not reached. */
const unread: HostsAnswer = {
  source: 'unknown',
  variable: null,
  separator: null,
  role: null,
  default: null,
  place: null,
};

const kinds: readonly Kind[] = [
  {
    framework: 'starlette',
    manifest: /^[\s"']*(fastapi|starlette)\b/im,
    app: /\b(FastAPI|Starlette)\s*\(/,
    list: /\bTrustedHostMiddleware\b/,
    use: /\ballowed_hosts\s*=/,
  },
  {
    framework: 'flask',
    manifest: /^[\s"']*flask\b/im,
    app: /\bFlask\s*\(/,
    list: /\bTRUSTED_HOSTS\b|from_prefixed_env/,
    use: /\bTRUSTED_HOSTS\b/,
  },
];

const manifests =
  /^(.*\/)?(requirements[^/]*\.(txt|in)|pyproject\.toml|Pipfile|setup\.(py|cfg)|environment\.ya?ml)$/;
const mostFiles = 300;

/** Reads a Flask, Starlette or FastAPI app: where the hosts it trusts come from. Null if the repository is neither. Never throws. */
export function readPythonFramework(snapshot: Snapshot): FrameworkReading | null {
  const own = snapshot.paths.filter(isOwnCode);
  const named = own.filter((path) => manifests.test(path) && path.split('/').length <= 3);
  const kind = kinds.find(({ manifest }) => named.some((path) => manifest.test(snapshot.text(path) ?? '')));
  const program = readProgram(snapshot);
  const found = kind === undefined ? findByCode(program, own) : { kind, files: appFiles(program, own, kind) };
  if (found === null) return null;
  return describe(program, found.kind, found.files, readDeployment(snapshot), named[0] ?? null);
}

/** Without a manifest, only an app at the top is believed. */
function findByCode(program: Program, own: readonly string[]): { kind: Kind; files: string[] } | null {
  const top = own.filter((path) => /^[^/]+\.py$/.test(path));
  for (const kind of kinds) {
    const files = top.filter((path) => kind.app.test(program.text(path) ?? ''));
    if (files.length > 0) return { kind, files };
  }
  return null;
}

/** The modules that make an app, those with a list of hosts first. */
function appFiles(program: Program, own: readonly string[], { app, list }: Kind): string[] {
  const depth = (path: string) => path.split('/').length;
  const code = own.filter(
    (path) =>
      path.endsWith('.py') && !/(^|\/)(tests?|docs|examples)\//.test(path) && !/(^|\/)test_/.test(path),
  );
  const near = code.toSorted((a, b) => depth(a) - depth(b)).slice(0, mostFiles);
  const apps = near.filter((path) => app.test(program.text(path) ?? ''));
  const lists = near.filter((path) => list.test(program.text(path) ?? ''));
  return [...new Set([...apps.filter((path) => lists.includes(path)), ...apps, ...lists])];
}

function describe(
  program: Program,
  kind: Kind,
  files: readonly string[],
  deployment: Deployment,
  manifest: string | null,
): FrameworkReading {
  const { framework } = kind;
  const known = deploymentEnvironment(deployment);
  const settings = files.slice(0, 8).flatMap((file) => {
    const ask: AskHosts = (options) =>
      askOnce(program, file, {
        ...options,
        environment: new Map([...known, ...(options.environment ?? [])]),
      });
    const answers = readHosts(ask);
    if (ask({}).value !== undefined) return answers.map((answer) => toSetting(program, kind, file, answer));
    // Nothing is set unless a variable is: or the code that sets it was not reached.
    const fromVariable = answers.filter((answer) => answer.source === 'environment');
    if (fromVariable.length > 0) return fromVariable.map((answer) => toSetting(program, kind, file, answer));
    return kind.use.test(program.text(file) ?? '') ? [toSetting(program, kind, file, unread)] : [];
  });
  const [file = manifest] = files;
  const because = manifest === null ? `${file} makes the app` : `${manifest} requires it`;
  const list = settings[0];
  const about =
    list === undefined
      ? 'no list of trusted hosts is set: every Host header is admitted'
      : `the list is made here`;
  return {
    framework,
    settings: settings.filter(
      (one, index) =>
        settings.findIndex(
          (other) => other.file === one.file && other.line === one.line && other.variable === one.variable,
        ) === index,
    ),
    evidence: [
      { conclusion: framework, because, file, line: null },
      { conclusion: 'hosts', because: about, file: list?.file ?? file, line: list?.line ?? null },
    ],
    findings: [],
  };
}

/** The hosts one reading of an app's module gives: what the middleware is made with, or Flask's `TRUSTED_HOSTS`. */
function askOnce(program: Program, file: string, options: RunOptions): HostsReading {
  const configs: Dict[] = [];
  const touches: Touch[] = [];
  let value: Value | undefined;
  const reading = runModule(program, file, {
    ...options,
    callAfter: /^(create|make|get|build|init)_?(app|application)$|^app_factory$/,
    observe(callee, args, place) {
      const [config] = args.positional;
      if (callee === 'flask.config' && isObject(config, 'dict')) configs.push(config);
      const named = [...args.positional, { kind: 'external', path: callee } as const];
      const trusts = named.some(
        (one) => isObject(one, 'external') && /(^|\.)TrustedHostMiddleware$/.test(one.path),
      );
      const hosts = args.named.get('allowed_hosts');
      if (!trusts || hosts === undefined) return;
      value = hosts;
      touches.push({ place, binding: true, items: isObject(hosts, 'list') ? [...hosts.items] : [hosts] });
    },
  });
  value ??= configs
    .map(({ entries }) => entries.get('TRUSTED_HOSTS'))
    .find((hosts) => hosts !== undefined && hosts !== null);
  return { value, reads: reading.reads, undecided: reading.undecided, touches };
}

function toSetting(
  program: Program,
  { list }: Kind,
  file: string,
  { place, ...answer }: HostsAnswer,
): HostsSetting {
  const text = program.text(place?.file ?? file) ?? '';
  const offset = place?.from ?? Math.max(text.search(list), 0);
  return { file: place?.file ?? file, line: lineAt(text, offset), ...answer };
}
