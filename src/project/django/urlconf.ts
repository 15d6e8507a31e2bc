import { boundIn, type Pass, type Program, passModule, resolveModule, settle } from '../python/program.ts';
import { toRegExp } from '../python/text.ts';
import {
  classAttribute,
  dict,
  isObject,
  type LibraryFunction,
  list,
  record,
  unknown,
  type Value,
} from '../python/value.ts';

function route(style: 'path' | 'regex'): LibraryFunction {
  return (_run, { positional: [text, target], named }) =>
    dict([
      ['style', style],
      ['route', text ?? named.get('route') ?? named.get('regex') ?? null],
      ['target', target ?? named.get('view') ?? null],
    ]);
}

/** `include('app.urls')`, `include(('app.urls', 'name'))`, `include([…])`: the module or the list; unknown entries for a library's. */
const include: LibraryFunction = (run, { positional: [target] }, scope) => {
  const inner = isObject(target, 'list') && target.shape === 'tuple' ? target.items[0] : target;
  if (typeof inner === 'string') return run.importModule(inner, 0, scope.file) ?? dict([['library', inner]]);
  const known = isObject(inner, 'module') || isObject(inner, 'list');
  return known ? inner : dict([['library', null]]);
};

/** Patterns that only development has: `static()` is empty where DEBUG is off. */
const empty: LibraryFunction = () => list([]);

const languages: LibraryFunction = (_run, { positional, named }) => {
  const prefix = '[a-z]{2}(?:-[a-z]+)?/';
  const isOptional = named.get('prefix_default_language') === false;
  return dict([
    ['style', 'regex'],
    ['route', isOptional ? `^(?:${prefix})?` : `^${prefix}`],
    ['target', list(positional)],
  ]);
};

/** A decorator that is called on a view in the urlconf: `login_required(views.health)`. */
const decorated: LibraryFunction = (_run, { positional: [view = null] }, _scope, path) =>
  record('decorated', (part) => (part === 'view' ? view : part === 'decorator' ? path : undefined));

/** What Django's urlconfs are made of. */
const urlFunctions: Readonly<Record<string, LibraryFunction>> = {
  'django.urls.path': route('path'),
  'django.urls.re_path': route('regex'),
  'django.conf.urls.url': route('regex'),
  'django.conf.urls.re_path': route('regex'),
  'django.urls.include': include,
  'django.conf.urls.include': include,
  'django.conf.urls.patterns': (_run, { positional }) => list(positional.slice(1)),
  'django.conf.urls.static.static': empty,
  'django.contrib.staticfiles.urls.staticfiles_urlpatterns': empty,
  'django.conf.urls.i18n.i18n_patterns': (...call) => list([languages(...call)]),
  'rest_framework.urlpatterns.format_suffix_patterns': (_run, { positional: [patterns] }) =>
    patterns ?? unknown(),
  'django.contrib.auth.decorators.login_required': decorated,
  'django.views.generic.base.RedirectView.as_view': redirectView,
  'django.views.generic.RedirectView.as_view': redirectView,
};

function redirectView(...[, { named }]: Parameters<LibraryFunction>): Value {
  const status = named.get('permanent') === true ? 301 : 302;
  return record('redirect', (part) => (part === 'status' ? status : undefined));
}

/** One entry of a urlconf. Children are null for a view and undefined for what cannot be read. */
interface Route {
  readonly style: 'path' | 'regex';
  readonly text: string;
  readonly view: Value;
  readonly children: readonly (Route | null)[] | null | undefined;
}

/** The routes of ROOT_URLCONF; a null stands for entries that cannot be read. */
export type Urlconf = readonly (Route | null)[];

export type Answer = 'yes' | 'no' | 'unknown';

/** A health endpoint of the app, as a path from the root: of those whose last part is called like one the plainest. Null if there is none. */
export function findHealthPath(routes: Urlconf): string | null {
  const paths = routes.flatMap((one) => plainPaths(one, '/')).filter((path) => isHealthName(path));
  const plainest = (a: string, b: string) => a.split('/').length - b.split('/').length || a.length - b.length;
  return paths.toSorted(plainest)[0] ?? null;
}

/** The view that answers a path, where it is known; the path is one of the load balancer's, with its first slash. */
export function findView(
  routes: Urlconf,
  path: string,
): { readonly answer: Answer; readonly view: Value | undefined } {
  if (routes.length === 0) return { answer: 'unknown', view: undefined };
  return matchRoutes(routes, path.replace(/^\//, '').replace(/[?#].*$/, ''));
}

const urlconfs = new WeakMap<Program, Map<string, Urlconf>>();

export function readUrlconf(program: Program, governing: string): Urlconf {
  const known = urlconfs.get(program) ?? new Map<string, Urlconf>();
  urlconfs.set(program, known);
  const routes = known.get(governing) ?? routesBelow(program, governing);
  known.set(governing, routes);
  return routes;
}

function routesBelow(program: Program, governing: string): Urlconf {
  const settings = passModule(program, governing);
  const name = settle(settings, boundIn(settings, 'ROOT_URLCONF', classWith(settings, 'ROOT_URLCONF')));
  const file =
    typeof name === 'string'
      ? resolveModule(program, name, 0, governing)
      : (resolveModule(program, 'urls', 1, governing) ?? resolveModule(program, 'urls', 2, governing));
  if (file === undefined) return [];
  const follows = (path: string) => /(^|\/)[^/]*(url|route|api)[^/]*\.py$|__init__\.py$/i.test(path);
  const pass = passModule(program, file, { follows, libraries: urlFunctions });
  return routesOf(pass, pass.names.get('urlpatterns'));
}

/** The last class of a module that has a setting, as django-configurations keeps them; null if the module has it itself. */
function classWith({ names }: Pass, setting: string): string | null {
  if (names.has(setting)) return null;
  return (
    [...names].findLast(
      ([, type]) => isObject(type, 'class') && classAttribute(type, setting) !== undefined,
    )?.[0] ?? null
  );
}

/** Urlconfs may include each other without end. */
const maxDepth = 12;

function routesOf(pass: Pass, given: Value | undefined, depth = 0): (Route | null)[] {
  const value = settle(pass, given);
  if (!isObject(value, 'list') || depth > maxDepth) return [null];
  return value.items.flatMap((item): (Route | null)[] => {
    if (isObject(item, 'list')) return routesOf(pass, item, depth + 1);
    if (!isObject(item, 'dict')) return [null];
    const [style, text, target] = ['style', 'route', 'target'].map((key) =>
      settle(pass, item.entries.get(key)),
    );
    if (typeof text !== 'string') return [null];
    const children = childrenOf(pass, target, depth + 1);
    return [{ style: style === 'regex' ? 'regex' : 'path', text, view: target ?? null, children }];
  });
}

function childrenOf(pass: Pass, target: Value | undefined, depth: number): Route['children'] {
  if (isObject(target, 'module')) return routesOf(pass, target.names.get('urlpatterns'), depth);
  if (isObject(target, 'list')) return routesOf(pass, target, depth);
  if (isObject(target, 'external') && /(^|\.)urls$/.test(target.path)) return undefined;
  return isObject(target, 'dict') ? undefined : null;
}

/** The paths below a route that are plain text. A library's own urlconf counts as a path of its own: it serves at least that. */
function plainPaths(one: Route | null, prefix: string): string[] {
  const own = one === null ? undefined : plainText(one);
  if (one === null || own === undefined) return [];
  const path = `${prefix}${own}`;
  return one.children?.flatMap((child) => plainPaths(child, path)) ?? [path];
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

type Match = ReturnType<typeof findView>;

function matchRoutes(routes: Urlconf, rest: string): Match {
  let isOpen = false;
  for (const one of routes) {
    const match: Match = one === null ? { answer: 'unknown', view: undefined } : matchRoute(one, rest);
    // What stands before it and cannot be read may answer in its place.
    if (match.answer === 'yes') return isOpen ? { answer: 'yes', view: undefined } : match;
    isOpen ||= match.answer === 'unknown';
  }
  return { answer: isOpen ? 'unknown' : 'no', view: undefined };
}

function matchRoute(one: Route, rest: string): Match {
  const expression = expressionOf(one);
  if (expression === undefined) return { answer: 'unknown', view: undefined };
  const match = expression.exec(rest);
  if (match === null) return { answer: 'no', view: undefined };
  if (one.children === null) return { answer: 'yes', view: one.view };
  if (one.children === undefined) return { answer: 'unknown', view: undefined };
  return matchRoutes(one.children, rest.slice(match.index + match[0].length));
}

/** A route as a regular expression (`django.urls.resolvers`, `_route_to_regex`); undefined if it cannot be read. */
function expressionOf({ style, text, children }: Route): RegExp | undefined {
  if (style === 'regex') return toRegExp(text);
  const literal = (part: string) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const source = text
    .split(/(<[^>]*>)/)
    .map((part) => (part.startsWith('<') ? converter(part) : literal(part)));
  return new RegExp(`^${source.join('')}${children === null ? '$' : ''}`);
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

const healthNames =
  /^(-|_)?(health(z|y|check|[-_]check|status)?|healthchecks?|ht|hc|live(z|ness)?|alive|ready(z)?|readiness|ping|status|up|heartbeat|_*heartbeat_*|lb[-_]?(check|status)|elb[-_]?(check|status|health)?|watchman)$/i;

/** Names that a thing of the app may have as well as the app itself: `/orders/export/status/`. */
const ambiguous = /^(status|up|ready|live)$/i;

/** What may stand before such a name without being a thing of the app. */
const prefix =
  /^(api|v\d[\d.]*|[-_]\w*|core|internal|system|server|service|web|app|public|monitor(ing)?|health.*)$/i;

/** A path of more parts is about one feature of the app, and most likely behind its login. */
const mostParts = 3;

/** Whether a path ends in a name that health endpoints have: `/health/`, `/api/healthz`, `/ht/`. */
export function isHealthName(path: string): boolean {
  const parts = path.split('/').filter((part) => part !== '');
  const name = (parts.pop() ?? '').replace(/\.(json|html|txt)$/, '');
  if (!healthNames.test(name)) return false;
  return parts.every((part) => prefix.test(part)) || (!ambiguous.test(name) && parts.length < mostParts);
}
