import { deploymentEnvironment, readDeployment } from '../django/deployment.ts';
import { type EbExtensions, readEbExtensions } from '../ebextensions/ebextensions.ts';
import { isOwnCode, pythonManifests } from '../paths.ts';
import type { Framework } from '../project.ts';
import { type Program, readProgram } from '../python/program.ts';
import type { Snapshot } from '../snapshot.ts';
import type { FrameworkReading } from './framework-reading.ts';
import { type AppModules, readAppHosts } from './python-app-hosts.ts';

/** A framework by what names it in a manifest, in code, and where its list of hosts stands. */
interface Kind {
  readonly framework: Framework;
  readonly manifest: RegExp;
  readonly app: RegExp;
  readonly list: RegExp;
  /** A list that is set, for all we know. */
  readonly use: RegExp;
}

const kinds: readonly Kind[] = [
  {
    framework: 'starlette',
    manifest: /(?:^[\s"']*|^[^#\n]*[[,]\s*["'])(fastapi|starlette)\b/im,
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

/** Web frameworks without a list of hosts of their own. An app of one may require Flask as well, for its tests, say. */
const others = /^[\s"']*(?:pyramid|tornado|bottle|sanic|falcon|aiohttp|cherrypy|streamlit|web\.py)\b/im;

const mostFiles = 300;

/** Reads a Flask, Starlette or FastAPI app: where the hosts it trusts come from. Null if the repository is neither. Never throws. */
export function readPythonFramework(
  snapshot: Snapshot,
  ebextensions: EbExtensions = readEbExtensions(snapshot),
): FrameworkReading | null {
  const own = snapshot.paths.filter(isOwnCode);
  const named = pythonManifests(snapshot.paths);
  const kind = kinds.find(({ manifest }) => named.some((path) => manifest.test(snapshot.text(path) ?? '')));
  const program = readProgram(snapshot);
  const found =
    kind === undefined ? findByCode(program, own) : { kind, modules: appModules(program, own, kind) };
  if (found === null) return null;
  const makesApp = found.modules.files.some((path) => found.kind.app.test(program.text(path) ?? ''));
  if (!makesApp && named.some((path) => others.test(snapshot.text(path) ?? ''))) return null;
  const deployed = deploymentEnvironment(readDeployment(snapshot, ebextensions));
  const { settings, answersBeforeHost } = readAppHosts(program, found.modules, deployed);
  const reading = describe(found.kind.framework, found.modules.files[0] ?? null, named[0] ?? null, settings);
  return { ...reading, answersBeforeHost };
}

/** Without a manifest that names it, only an app at the top, or the package of one, is believed. */
function findByCode(program: Program, own: readonly string[]): { kind: Kind; modules: AppModules } | null {
  const top = own.filter((path) => /^(?:[^/]+|[^/]+\/__init__)\.py$/.test(path));
  for (const kind of kinds) {
    const modules = appModules(program, top, kind);
    if (modules.files.some((path) => kind.app.test(program.text(path) ?? ''))) return { kind, modules };
  }
  return null;
}

/** The modules that make an app, those with a list of hosts first. */
function appModules(program: Program, own: readonly string[], { app, list, use }: Kind): AppModules {
  const depth = (path: string) => path.split('/').length;
  const isTest = (path: string) => /(^|\/)(tests?|docs|examples)\//.test(path) || /(^|\/)test_/.test(path);
  const code = own.filter((path) => path.endsWith('.py') && !isTest(path));
  const near = code.toSorted((a, b) => depth(a) - depth(b)).slice(0, mostFiles);
  const apps = near.filter((path) => app.test(program.text(path) ?? ''));
  const lists = near.filter((path) => list.test(program.text(path) ?? ''));
  const files = [...new Set([...apps.filter((path) => lists.includes(path)), ...apps, ...lists])];
  return { files, lists, list, use };
}

function describe(
  framework: Framework,
  app: string | null,
  manifest: string | null,
  settings: FrameworkReading['settings'],
): FrameworkReading {
  const [list] = settings;
  const file = app ?? manifest;
  const because = manifest === null ? `${app} makes the app` : `${manifest} requires it`;
  const about =
    list === undefined
      ? 'no list of trusted hosts is set: every Host header is admitted'
      : 'the list is made here';
  return {
    framework,
    settings,
    evidence: [
      { conclusion: framework, because, file, line: null },
      { conclusion: 'hosts', because: about, file: list?.file ?? file, line: list?.line ?? null },
    ],
    findings: [],
  };
}
