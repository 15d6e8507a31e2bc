import type { Finding } from '../../findings.ts';
import { toRegExp } from '../python/pattern.ts';
import { isObject } from '../python/value.ts';
import { type Check, type DjangoFacts, finding, middleware, placeOfSetting, readSetting } from './facts.ts';
import { answersPath, fileOfClass, mayDo } from './health-middleware.ts';

/** `tenant-middleware`, `health-middleware`, `login-required-root`: middleware that answers instead of the view. */
export const middlewares: Check = (facts) => {
  const names = middleware(facts);
  const findings = names.flatMap((name, index) =>
    [tenant, health, loginRequired].flatMap((check) => check(facts, name, names.slice(0, index)) ?? []),
  );
  // Several middlewares of one package are one matter.
  return findings.filter(({ code }, index) => findings.findIndex((other) => other.code === code) === index);
};

const looksAtHost = /get_host\b|HTTP_HOST|hostname|tenants|headers\W+Host\b/;
/** Signs of an answer of its own, or of another urlconf, in the code of a middleware. */
const answersItself =
  /404|HttpResponse|JsonResponse|\braise\b|\bredirect\w*\s*\(|login_required\s*\(|\burlconf\b|\bobjects\b|\bset_tenant\b/;

type MiddlewareCheck = (facts: DjangoFacts, name: string, before: readonly string[]) => Finding | undefined;

/** Middleware that answers a host it does not know by 404. django-hosts, and the default tenant of django-tenants and
 * django-tenant-schemas, serve such a host something else; the project's own may tell tenants by another thing. */
const tenant: MiddlewareCheck = (facts, name, before) => {
  if (!/tenant|subdomain|multisite|dynamic_?site/i.test(name) || /\bDefaultTenantMiddleware$/.test(name))
    return undefined;
  if (readSetting(facts, 'SHOW_PUBLIC_IF_NO_TENANT_FOUND') === true) return undefined;
  const own = fileOfClass(facts.program, name, facts.governing);
  const text = own === undefined ? undefined : facts.program.text(own);
  if (text !== undefined && !looksAtHost.test(text)) return undefined;
  if (!mayDo(facts, name, answersItself)) return undefined;
  if (answersPath(facts, before, facts.healthCheck.path)) return undefined;
  return finding(
    'tenant-middleware',
    'warning',
    placeOf(facts),
    `${name} chooses by the Host header: an address it does not know is answered 404 although it is allowed`,
    'let the health path be served without a tenant (a public urlconf, or a middleware before it)',
  );
};

const health: MiddlewareCheck = (facts, name) => {
  if (!/health|watchman|alive|heartbeat|readiness|liveness|allow_cidr|ebhealthcheck/i.test(name))
    return undefined;
  return finding(
    'health-middleware',
    'info',
    placeOf(facts),
    `${name} answers health checks itself, or admits their addresses`,
    'keep one of the two: this middleware, or the hook',
  );
};

const loginRequired: MiddlewareCheck = (facts, name, before) => {
  const { path, admits } = facts.healthCheck;
  if (!/login_?required/i.test(name) || admits(302) || !mayDo(facts, name, answersItself)) return undefined;
  if (isLoginExempt(facts, path) || answersPath(facts, before, path)) return undefined;
  return finding(
    'login-required-root',
    'warning',
    placeOf(facts),
    `${name} sends every visitor to the login page: a health check of '${path}' gets 302`,
    'exempt a health path from it and give that to --health-check-path',
  );
};

/** Whether a setting such as LOGIN_EXEMPT_URLS lists the path, or views other than the root's are marked as open to all. */
function isLoginExempt({ program, reading }: DjangoFacts, path: string): boolean {
  const lists = [...reading.names].flatMap(([name, value]) =>
    /(EXEMPT|IGNORE|PUBLIC|OPEN|WHITELIST|NOT_REQUIRED).*(URL|PATH)/.test(name) && isObject(value, 'list')
      ? value.items
      : [],
  );
  const isListed = lists.some(
    (item) =>
      typeof item === 'string' && [path, path.slice(1)].some((one) => one === item || matches(item, one)),
  );
  if (isListed || path === '/') return isListed;
  const views = program.paths.filter((file) => /(^|[/_])(views?|urls|health\w*)(\/\w+)?\.py$/.test(file));
  return views
    .slice(0, 200)
    .some((file) => /login_not_required|login_exempt|stronghold/.test(program.text(file) ?? ''));
}

function matches(pattern: string, path: string): boolean {
  return pattern !== '' && (toRegExp(`^(?:${pattern.replace(/^\^/, '')})`)?.test(path) ?? false);
}

function placeOf(facts: DjangoFacts): ReturnType<typeof placeOfSetting> {
  return placeOfSetting(facts, 'MIDDLEWARE(_CLASSES)?');
}
