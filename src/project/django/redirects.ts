import type { Finding } from '../../findings.ts';
import { toRegExp } from '../python/pattern.ts';
import { truth } from '../python/truth.ts';
import { isObject, type Value } from '../python/value.ts';
import { type DjangoFacts, finding, middleware, placeOfSetting, readSetting } from './facts.ts';
import { answersPath } from './health-middleware.ts';

/** `ssl-redirect-health-check`, `append-slash`: settings that answer a health check by 301, where that is not taken for healthy. */
export function redirectFindings(
  facts: DjangoFacts,
  inUrlconf: (path: string) => 'yes' | 'no' | 'unknown',
): Finding[] {
  const findings: Finding[] = [];
  const { path, admits } = facts.healthCheck;
  if (admits(301)) return [];
  const redirects = readSetting(facts, 'SECURE_SSL_REDIRECT');
  const names = middleware(facts);
  const at = names.indexOf('django.middleware.security.SecurityMiddleware');
  const runs = at !== -1 && !answersPath(facts, names.slice(0, at), path);
  if (
    redirects !== undefined &&
    runs &&
    truth(redirects) !== false &&
    !isExempt(readSetting(facts, 'SECURE_REDIRECT_EXEMPT'), path)
  ) {
    const place = placeOfSetting(facts, 'SECURE_SSL_REDIRECT');
    const message = `SECURE_SSL_REDIRECT answers a health check of ${path} by 301: it comes over HTTP and without X-Forwarded-Proto`;
    const fix = `exempt the path: SECURE_REDIRECT_EXEMPT = [r'^${path.slice(1).replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$']`;
    findings.push(finding('ssl-redirect-health-check', 'warning', place, message, fix));
  }
  const appends = readSetting(facts, 'APPEND_SLASH') ?? true;
  if (
    truth(appends) !== false &&
    (names.length === 0 || names.some((name) => /\bCommonMiddleware$/.test(name))) &&
    !path.endsWith('/') &&
    inUrlconf(path) === 'no' &&
    inUrlconf(`${path}/`) === 'yes'
  ) {
    const message = `APPEND_SLASH answers ${path} by 301: the urlconf has ${path}/`;
    findings.push(
      finding(
        'append-slash',
        'warning',
        placeOfSetting(facts, 'APPEND_SLASH'),
        message,
        `give the path with its slash: --health-check-path ${path}/`,
      ),
    );
  }
  return findings;
}

/** Django matches the patterns against the path without its first slash (`SecurityMiddleware.process_request`). */
function isExempt(patterns: Value | undefined, path: string): boolean {
  if (!isObject(patterns, 'list')) return patterns !== undefined;
  return patterns.items.some((pattern) => {
    if (typeof pattern !== 'string') return true;
    return toRegExp(pattern)?.test(path.slice(1)) ?? true;
  });
}
