import { nowhere, type Place } from '../../findings.ts';
import { lineAt } from '../frameworks/framework-reading.ts';
import { type Program, passModule, resolveModule, runSurely } from '../python/program.ts';
import { toRegExp } from '../python/text.ts';
import {
  type Class,
  classAttribute,
  dict,
  type Instance,
  isObject,
  itemsOf,
  type LibraryFunction,
  lineageOf,
  list,
  moduleScope,
  native,
  plain,
  type Run,
  record,
  truth,
  unknown,
  type Value,
} from '../python/value.ts';
import { type DjangoFacts, middlewareOf, placeOfSetting, readSetting } from './facts.ts';
import { findView, isHealthName } from './urlconf.ts';

/** How the app answers the load balancer's check, as far as its files tell. */
export interface HealthCheckAnswer extends Place {
  /**
   * `exempt`: a middleware answers the path, or lets it through, before anything looks at the host. `refused-before-host`: one would
   * answer it, but comes behind one that looks at the host first. `redirect`, `login`: what the check gets once its host is admitted.
   */
  readonly kind: 'exempt' | 'refused-before-host' | 'redirect' | 'login' | 'none';
  /** Each thing that answers otherwise than by 200, and what to do about it. */
  readonly causes: readonly Cause[];
}

export interface Cause extends Place {
  readonly what: 'ssl' | 'slash' | 'www' | 'view' | 'language' | 'login' | 'permission' | 'late';
  readonly status: number;
  readonly message: string;
}

function causeOf(what: Cause['what'], status: number, { file, line }: Place, message: string): Cause {
  return { what, status, file, line, message };
}

/** Follows the check through the middleware, in order, to the view. */
export function answerHealthCheck(facts: DjangoFacts, path = facts.healthCheck.path): HealthCheckAnswer {
  const causes: Cause[] = [];
  let host: string | null = null;
  const isOn = (setting: string) => truth(readSetting(facts, setting) ?? false) === true;
  const names = middlewareOf(facts);
  for (const name of names) {
    const short = name.slice(name.lastIndexOf('.') + 1);
    if (name === 'django.middleware.security.SecurityMiddleware') {
      if (!isOn('SECURE_SSL_REDIRECT') || isExemptFromHttps(facts, path)) continue;
      host ??= short;
      const place = placeOfSetting(facts, 'SECURE_SSL_REDIRECT');
      causes.push(causeOf('ssl', 301, place, 'SECURE_SSL_REDIRECT sends it to HTTPS'));
    } else if (name === 'django.middleware.common.CommonMiddleware') {
      host ??= short;
      const place = placeOfSetting(facts, 'PREPEND_WWW');
      if (isOn('PREPEND_WWW')) causes.push(causeOf('www', 301, place, 'PREPEND_WWW sends it to www.'));
    } else {
      const { answers, looksAtHost, isSure, file, line } = runMiddleware(facts, name, path);
      if (answers && host === null && !looksAtHost) return { kind: 'exempt', file, line, causes: [] };
      if (answers && host !== null) {
        const message = `${short} would answer it, but stands behind ${host}, which looks at the host first`;
        return isSure
          ? {
              kind: 'refused-before-host',
              file,
              line,
              causes: [causeOf('late', 400, { file, line }, message), ...causes],
            }
          : { kind: 'none', file, line, causes };
      }
      // What it does with a host that is admitted is the app's own matter.
      if (looksAtHost) host ??= short;
    }
  }
  causes.push(...viewCauses(facts, path, names));
  const [first] = causes;
  if (first === undefined) return { kind: 'none', ...nowhere, causes };
  const kind = first.what === 'login' || first.what === 'permission' ? 'login' : 'redirect';
  return { kind, file: first.file, line: first.line, causes };
}

/** Health endpoints that middleware of the project answers. */
export function middlewarePaths(facts: DjangoFacts): string[] {
  return middlewareOf(facts).flatMap((name) => {
    const file = fileOfClass(facts.program, name, facts.governing);
    const texts = (file === undefined ? '' : (facts.program.text(file) ?? '')).matchAll(
      /["'](\/[\w./-]*)["']/g,
    );
    const paths = new Set([...texts].map(([, path = '']) => path).filter(isHealthName));
    return [...paths].filter((path) => runMiddleware(facts, name, path).answers);
  });
}

/** Whether a middleware is a library's that answers health checks itself, or admits their addresses: on some path that is not written here. */
export function isAnsweringLibrary({ program, governing }: DjangoFacts, name: string): boolean {
  const isNamed = /health|watchman|alive|heartbeat|readiness|liveness|allow_cidr|ebhealthcheck/i.test(name);
  return isNamed && fileOfClass(program, name, governing) === undefined;
}

export function hasAnsweringLibrary(facts: DjangoFacts): boolean {
  return middlewareOf(facts).some((name) => isAnsweringLibrary(facts, name));
}

function isExemptFromHttps(facts: DjangoFacts, path: string): boolean {
  const exempt = readSetting(facts, 'SECURE_REDIRECT_EXEMPT') ?? list([]);
  // Django matches the patterns against the path without its first slash (`SecurityMiddleware.process_request`).
  const matches = (pattern: Value) =>
    typeof pattern !== 'string' || (toRegExp(pattern)?.test(path.slice(1)) ?? true);
  return !isObject(exempt, 'list') || exempt.items.some(matches);
}

/** The file of a class of the project by its dotted name; undefined for a library's. */
function fileOfClass(program: Program, name: string, governing: string): string | undefined {
  return resolveModule(program, name.slice(0, Math.max(name.lastIndexOf('.'), 0)), 0, governing);
}

interface MiddlewareRun extends Place {
  readonly answers: boolean;
  readonly looksAtHost: boolean;
  /** Whether nothing it does is unknown. */
  readonly isSure: boolean;
}

const emptyScope = moduleScope('');

function response(status: number): LibraryFunction {
  return (_run, { positional: [, , given], named }) => {
    const told = named.get('status') ?? given ?? status;
    return record('response', (part) => (part === 'status_code' ? told : undefined));
  };
}

const statuses: Readonly<Record<string, number>> = {
  HttpResponse: 200,
  JsonResponse: 200,
  HttpResponseRedirect: 302,
  HttpResponsePermanentRedirect: 301,
  HttpResponseForbidden: 403,
  HttpResponseNotFound: 404,
  HttpResponseBadRequest: 400,
};

const responses: Readonly<Record<string, LibraryFunction>> = {
  ...Object.fromEntries(
    Object.entries(statuses).flatMap(([name, status]) =>
      ['django.http', 'django.http.response'].map((module) => [`${module}.${name}`, response(status)]),
    ),
  ),
  'django.shortcuts.redirect': response(302),
  'django.shortcuts.render': response(200),
  'rest_framework.response.Response': response(200),
};

/** Runs a middleware on the load balancer's request. One of a library that is called like a health check counts as answering, unsurely. */
function runMiddleware(facts: DjangoFacts, name: string, path: string): MiddlewareRun {
  const { program, governing, pass: settings } = facts;
  const file = fileOfClass(program, name, governing);
  if (file === undefined)
    return {
      answers: isAnsweringLibrary(facts, name),
      looksAtHost: false,
      isSure: false,
      ...placeOfSetting(facts, 'MIDDLEWARE'),
    };
  const constant = (dotted: string) =>
    dotted.startsWith('django.conf.settings.')
      ? readSetting(facts, dotted.slice('django.conf.settings.'.length))
      : undefined;
  const { run, names } = passModule(program, file, {
    deployed: settings.run.deployed,
    libraries: responses,
    constant,
  });
  const own = name.slice(name.lastIndexOf('.') + 1);
  const text = program.text(file) ?? '';
  const line = lineAt(text, Math.max(text.search(new RegExp(`^(class|def)\\s+${own}\\b`, 'm')), 0));
  let looksAtHost = false;
  const next = native('next', () => next);
  const request = requestFor(path, () => {
    looksAtHost = true;
  });
  const { result, isSure } = runSurely(run, () => respond(run, names.get(own) ?? unknown(), next, request));
  const status =
    isObject(result, 'native') && result.type === 'response' ? result.attribute('status_code') : undefined;
  return { answers: status === 200 || status === 204, looksAtHost, isSure, file, line };
}

function respond(run: Run, middleware: Value, next: Value, request: Value): Value {
  const made = run.call(middleware, plain(next), emptyScope);
  if (!isObject(made, 'instance')) return run.call(made, plain(request), emptyScope);
  if (!made.names.has('get_response')) made.names.set('get_response', next);
  const method = ['__call__', 'process_request'].find((one) => classAttribute(made.class, one) !== undefined);
  return method === undefined ? next : run.call(run.attribute(made, method), plain(request), emptyScope);
}

/** The load balancer's request as Django's object: plain HTTP, to the instance's address. */
function requestFor(path: string, onHost: () => void): Instance {
  const host = '10.0.1.5';
  const type: Class = { kind: 'class', bases: [], names: new Map(), annotations: [], scope: emptyScope };
  const agent = 'ELB-HealthChecker/2.0';
  const names = new Map<string, Value>([
    ['path', path],
    ['path_info', path],
    ['method', 'GET'],
    ['scheme', 'http'],
    [
      'META',
      dict([
        ['HTTP_USER_AGENT', agent],
        ['HTTP_HOST', host],
        ['PATH_INFO', path],
        ['REQUEST_METHOD', 'GET'],
      ]),
    ],
    [
      'headers',
      dict([
        ['User-Agent', agent],
        ['Host', host],
      ]),
    ],
    ['is_secure', native('is_secure', () => false)],
    ['get_full_path', native('get_full_path', () => path)],
    [
      'get_host',
      native('get_host', () => {
        onHost();
        return host;
      }),
    ],
  ]);
  return { kind: 'instance', class: type, names };
}

/** What the urlconf and the view make of the check. */
function viewCauses(facts: DjangoFacts, path: string, names: readonly string[]): Cause[] {
  const { answer, view } = findView(facts.routes, path);
  const urls = placeOfSetting(facts, 'ROOT_URLCONF');
  if (answer === 'no') return detours(facts, path, names, urls);
  if (isObject(view, 'native') && view.type === 'redirect')
    return [causeOf('view', Number(view.attribute('status')), urls, 'the view of the path is a redirect')];
  const target = targetOf(facts, view);
  const place = placeOfView(facts.program, target) ?? urls;
  const closed = closedBy(facts, view, target);
  if (closed !== undefined) return [{ ...closed, ...place }];
  const isOpen =
    !names.includes('django.contrib.auth.middleware.LoginRequiredMiddleware') ||
    !isObject(target, 'function') ||
    decoratorsOf(target).some((name) => /login_not_required$/.test(name));
  const message = 'LoginRequiredMiddleware sends it to the login page';
  return isOpen ? [] : [causeOf('login', 302, placeOfSetting(facts, 'MIDDLEWARE'), message)];
}

/** The redirects by which middleware of Django's own leads a path without a route to one that has it. */
function detours(facts: DjangoFacts, path: string, names: readonly string[], urls: Place): Cause[] {
  const has = (short: string) => names.some((name) => name.endsWith(`.${short}`));
  const isRoute = (other: string) => findView(facts.routes, other).answer === 'yes';
  const appends = truth(readSetting(facts, 'APPEND_SLASH') ?? true) === true && has('CommonMiddleware');
  if (appends && !path.endsWith('/') && isRoute(`${path}/`)) {
    const message = `APPEND_SLASH sends it to ${path}/, the route of the urlconf`;
    const slash = causeOf('slash', 301, placeOfSetting(facts, 'APPEND_SLASH'), message);
    return [slash, ...viewCauses(facts, `${path}/`, names)];
  }
  const message = 'i18n_patterns sends it to the path with a language before it';
  return has('LocaleMiddleware') && isRoute(`/en${path}`) ? [causeOf('language', 302, urls, message)] : [];
}

const decoratorsOf = (view: Extract<Value, { kind: 'function' }>) => view.decorators.map(({ path }) => path);

/** The function or class that a urlconf names: it stands in a module of its own, which is executed for it. */
function targetOf({ program, governing }: DjangoFacts, view: Value | undefined): Value | undefined {
  const inner = isObject(view, 'native') && view.type === 'decorated' ? view.attribute('view') : view;
  const path = isObject(inner, 'external')
    ? inner.path
    : isObject(inner, 'native')
      ? inner.type.replace(/\.as_view$/, '')
      : '';
  const file = fileOfClass(program, path, governing);
  if (path === '' || file === undefined) return inner;
  return passModule(program, file, { follows: () => false }).names.get(path.slice(path.lastIndexOf('.') + 1));
}

function placeOfView(program: Program, target: Value | undefined): Place | undefined {
  if (isObject(target, 'class')) return { file: target.scope.file, line: null };
  if (!isObject(target, 'function')) return undefined;
  const text = program.text(target.scope.file) ?? '';
  return { file: target.scope.file, line: lineAt(text, target.node.from) };
}

type Closed = Pick<Cause, 'what' | 'status' | 'message'>;

function toLogin(what: string): Closed {
  return { what: 'login', status: 302, message: `${what} on the view sends it to the login page` };
}

const loginDecorator =
  /^django\.contrib\.auth\.decorators\.(login|permission)_required$|^django\.contrib\.admin\.views\.decorators\.staff_member_required$/;

/** What keeps the check out of a view: a login, or a permission of Django REST framework. */
function closedBy(
  facts: DjangoFacts,
  view: Value | undefined,
  target: Value | undefined,
): Closed | undefined {
  if (isObject(view, 'native') && view.type === 'decorated') return toLogin('login_required');
  if (isObject(target, 'class')) return closedClass(facts, target);
  if (!isObject(target, 'function')) return undefined;
  const login = decoratorsOf(target).find((name) => loginDecorator.test(name));
  if (login !== undefined) return toLogin(`@${login.slice(login.lastIndexOf('.') + 1)}`);
  if (!decoratorsOf(target).includes('rest_framework.decorators.api_view')) return undefined;
  const permissions = target.decorators.find(
    ({ path }) => path === 'rest_framework.decorators.permission_classes',
  );
  return closedByPermission(facts, permissions?.args.positional[0], '@api_view');
}

function closedClass(facts: DjangoFacts, type: Class): Closed | undefined {
  const bases = lineageOf(type).flatMap((one) =>
    one.bases.flatMap((base) => (isObject(base, 'external') ? [base.path] : [])),
  );
  const mixin = bases.find((base) =>
    /^django\.contrib\.auth\.mixins\.(Login|Permission)RequiredMixin$/.test(base),
  );
  if (mixin !== undefined) return toLogin('LoginRequiredMixin');
  if (!bases.some((base) => /^rest_framework\.(views|generics|viewsets)\./.test(base))) return undefined;
  return closedByPermission(facts, classAttribute(type, 'permission_classes'), 'the view');
}

/** Whether permission classes, those of the view or the default ones, refuse a request without credentials. */
function closedByPermission(facts: DjangoFacts, own: Value | undefined, whose: string): Closed | undefined {
  const settings = readSetting(facts, 'REST_FRAMEWORK');
  const entry = (key: string) => (isObject(settings, 'dict') ? settings.entries.get(key) : undefined);
  const classes = own ?? entry('DEFAULT_PERMISSION_CLASSES');
  const names = isObject(classes, 'list')
    ? itemsOf(classes).map((item) => (isObject(item, 'external') ? item.path : item))
    : [];
  const closing = names.find(
    (name) =>
      typeof name === 'string' && /(^|\.)(IsAuthenticated|IsAdminUser|DjangoModelPermissions)$/.test(name),
  );
  if (typeof closing !== 'string') return undefined;
  const short = closing.slice(closing.lastIndexOf('.') + 1);
  const from = own === undefined ? 'DEFAULT_PERMISSION_CLASSES' : 'permission_classes';
  return {
    what: 'permission',
    status: 401,
    message: `${short} in ${from} closes ${whose} to requests without credentials (401 or 403)`,
  };
}
