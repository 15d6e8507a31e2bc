import type { Program } from '../python/program.ts';
import { isProductionName } from '../python/truth.ts';

/** Files that look like Django settings, production first. */
export function settingsModules(program: Program, telling: readonly string[]): string[] {
  const named = telling.filter((path) =>
    /(^|\/)[^/]*settings?[^/]*(\.py|\/.*\.py)$|(^|\/)(config|conf)[^/]*(\.py|\/[^/]*\.py)$/i.test(path),
  );
  const likely = named.slice(0, 400).filter((path) => {
    const text = program.text(path) ?? '';
    return (
      /^[^#\n]*\b(INSTALLED_APPS|ALLOWED_HOSTS|ROOT_URLCONF|MIDDLEWARE(_CLASSES)?)\b/m.test(text) ||
      isDerived(path, text)
    );
  });
  return likely.toSorted(
    (a, b) => moduleRank(a) - moduleRank(b) || a.split('/').length - b.split('/').length,
  );
}

/** A settings file that only imports another one's settings. */
function isDerived(path: string, text: string): boolean {
  return /settings?/i.test(path) && /^from\s+[\w.]*\s+import\s+\*/m.test(text);
}

function stemOf(path: string): string {
  return (/([^/]*)\/__init__\.py$/.exec(path) ?? /([^/]*)\.py$/.exec(path))?.[1] ?? path;
}

/** How likely a module governs production by its name: 0 is named for it, 1 the plain settings, 2 a base, 5 and 6 development and tests. */
export function moduleRank(path: string): number {
  const stem = stemOf(path);
  if (/(^|\/)tests?\//.test(path)) return 6;
  if (
    isProductionName(stem.replace(/_?settings?_?/i, '')) ||
    /(^|_)(prod|production|deploy|deployment|aws|eb|beanstalk)(_|$)/i.test(stem)
  )
    return 0;
  if (/^settings?$/i.test(stem)) return 1;
  if (/base|common|default/i.test(stem)) return 2;
  return isDevelopment(path) ? 5 : 3;
}

/** Whether a module is named for development or tests. */
export function isDevelopment(path: string): boolean {
  return /(^|[_/])(local|dev|develop|development|test|tests|testing|ci|debug)(_settings|_?[0-9])?\.py$|settings_(local|dev|development|test|ci)\.py$/i.test(
    path,
  );
}
