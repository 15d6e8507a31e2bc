import { classAttribute } from '../python/call.ts';
import { toRegExp } from '../python/pattern.ts';
import { type Program, type Reading, readProgram, resolveModule, runModule } from '../python/program.ts';
import { isObject, type Value } from '../python/value.ts';
import type { Snapshot } from '../snapshot.ts';
import { type HealthMiddleware, readHealthMiddleware } from './health-middleware.ts';
import { isHealthName } from './health-name.ts';
import { settingOf } from './hosts.ts';

/** One entry of a urlconf. Children are null for a view and undefined for what cannot be read. */
interface Route {
  readonly style: 'path' | 'regex';
  readonly text: string;
  readonly children: readonly (Route | null)[] | null | undefined;
}

type Answer = 'yes' | 'no' | 'unknown';

/** A health endpoint of the app, as a path from the root: of those whose last part is called like one, in the urlconf or in middleware of
 * the project, the plainest. Null if there is none. */
export function findHealthPath(snapshot: Snapshot, governing: string | null): string | null {
  const { routes, middleware } = readEndpoints(readProgram(snapshot), governing);
  const paths = routes.flatMap((route) => plainPaths(route, '/')).filter((path) => isHealthName(path));
  const plainest = (a: string, b: string) => a.split('/').length - b.split('/').length || a.length - b.length;
  return [...paths.toSorted(plainest), ...middleware.paths][0] ?? null;
}

/** Whether the app has a view at a path. `unknown` where a part of the urlconf, or a middleware, that may have it cannot be read. */
export function pathInUrlconf(snapshot: Snapshot, path: string, governing: string | null): Answer {
  const { routes, middleware } = readEndpoints(readProgram(snapshot), governing);
  if (middleware.paths.includes(path)) return 'yes';
  if (routes.length === 0) return 'unknown';
  const answer = matchRoutes(routes, path.replace(/^\//, '').replace(/[?#].*$/, ''));
  return answer === 'no' && middleware.opaque ? 'unknown' : answer;
}

interface Endpoints {
  /** Of ROOT_URLCONF; a null stands for entries that cannot be read. */
  readonly routes: readonly (Route | null)[];
  readonly middleware: HealthMiddleware;
}

function readEndpoints(program: Program, governing: string | null): Endpoints {
  if (governing === null) return { routes: [], middleware: { paths: [], opaque: false } };
  const settings = runModule(program, governing);
  const name = settingOf(settings, 'ROOT_URLCONF', classWith(settings, 'ROOT_URLCONF'));
  const file =
    typeof name === 'string' ? resolveModule(program, name, 0, governing) : urlsBeside(program, governing);
  const follows = (path: string) =>
    /url|route|api/i.test(path.slice(path.lastIndexOf('/') + 1)) || path.endsWith('/__init__.py');
  const routes =
    file === undefined ? [] : routesOf(runModule(program, file, { follows }).names.get('urlpatterns'));
  return { routes, middleware: readHealthMiddleware(program, governing, settings) };
}

/** The last class of a module that has a setting, as django-configurations keeps them; null if the module has it itself. */
function classWith(reading: Reading, setting: string): string | null {
  if (reading.names.has(setting)) return null;
  const classes = [...reading.names].filter(
    ([, type]) => isObject(type, 'class') && classAttribute(type, setting) !== undefined,
  );
  return classes.at(-1)?.[0] ?? null;
}

function urlsBeside(program: Program, governing: string): string | undefined {
  return resolveModule(program, 'urls', 1, governing) ?? resolveModule(program, 'urls', 2, governing);
}

/** Routes still to be read: urlconfs may include each other, or one another many times over. */
interface Budget {
  routes: number;
}

const maxDepth = 12;

function routesOf(value: Value | undefined, budget: Budget = { routes: 3000 }, depth = 0): (Route | null)[] {
  budget.routes -= 1;
  if (!isObject(value, 'list') || budget.routes < 0 || depth > maxDepth) return [null];
  return value.items.flatMap((item): (Route | null)[] => {
    if (isObject(item, 'list')) return routesOf(item, budget, depth + 1);
    if (!isObject(item, 'dict')) return [null];
    const [style, text, target] = ['style', 'route', 'target'].map((key) => item.entries.get(key));
    if (typeof text !== 'string') return [null];
    return [
      { style: style === 'regex' ? 'regex' : 'path', text, children: childrenOf(target, budget, depth + 1) },
    ];
  });
}

function childrenOf(target: Value | undefined, budget: Budget, depth: number): Route['children'] {
  if (isObject(target, 'module')) return routesOf(target.names.get('urlpatterns'), budget, depth);
  if (isObject(target, 'list')) return routesOf(target, budget, depth);
  if (isObject(target, 'external') && /(^|\.)urls$/.test(target.path)) return undefined;
  if (isObject(target, 'dict')) return undefined;
  return null;
}

/** The paths below a route that are plain text. A library's own urlconf counts as a path of its own: it serves at least that. */
function plainPaths(route: Route | null, prefix: string): string[] {
  const own = route === null ? undefined : plainText(route);
  if (route === null || own === undefined) return [];
  const path = `${prefix}${own}`;
  if (route.children === null || route.children === undefined) return [path];
  return route.children.flatMap((child) => plainPaths(child, path));
}

/** The text of a route without parameters; undefined if it has some. */
function plainText({ style, text }: Route): string | undefined {
  if (style === 'path') return text.includes('<') ? undefined : text;
  const plain = text
    .replace(/^\^|^\\A/, '')
    .replace(/\$$|\\Z$/, '')
    .replace(/\/\?$/, '/')
    .replace(/\\([-_./])/g, '$1');
  return /[\\^$.*+?()[\]{}|]/.test(plain) ? undefined : plain;
}

function matchRoutes(routes: readonly (Route | null)[], rest: string): Answer {
  const answers = routes.map((route): Answer => (route === null ? 'unknown' : matchRoute(route, rest)));
  return answers.includes('yes') ? 'yes' : answers.includes('unknown') ? 'unknown' : 'no';
}

function matchRoute(route: Route, rest: string): Answer {
  const expression = expressionOf(route);
  if (expression === undefined) return 'unknown';
  const match = expression.exec(rest);
  if (match === null) return 'no';
  if (route.children === null) return 'yes';
  if (route.children === undefined) return 'unknown';
  return matchRoutes(route.children, rest.slice(match.index + match[0].length));
}

/** A route as a regular expression (`django.urls.resolvers`, `_route_to_regex`); undefined if it cannot be read. */
function expressionOf({ style, text, children }: Route): RegExp | undefined {
  if (style === 'path') {
    const source = text
      .split(/(<[^>]*>)/)
      .map((part) => (part.startsWith('<') ? converter(part) : escapeText(part)));
    return new RegExp(`^${source.join('')}${children === null ? '$' : ''}`);
  }
  return toRegExp(text);
}

function converter(part: string): string {
  const kinds: Readonly<Record<string, string>> = {
    int: '[0-9]+',
    path: '.+',
    slug: '[-a-zA-Z0-9_]+',
    uuid: '[0-9a-f-]{36}',
  };
  return kinds[/^<(\w+):/.exec(part)?.[1] ?? 'str'] ?? '[^/]+';
}

function escapeText(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
