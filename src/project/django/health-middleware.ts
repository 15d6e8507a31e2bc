import { type Program, type Reading, resolveModule } from '../python/program.ts';
import { isObject } from '../python/value.ts';
import { isHealthName } from './health-name.ts';
import { settingOf } from './hosts.ts';

/** Health endpoints that middleware answers before any view. */
export interface HealthMiddleware {
  readonly paths: readonly string[];
  /** A library's middleware answers some path that is not written here. */
  readonly opaque: boolean;
}

const answering = /health|watchman|alive|heartbeat|readiness|liveness/i;

/** Reads the project's own middleware for paths called like health endpoints, and notes that of libraries. */
export function readHealthMiddleware(
  program: Program,
  governing: string,
  reading: Reading,
): HealthMiddleware {
  const value = settingOf(reading, 'MIDDLEWARE', null) ?? settingOf(reading, 'MIDDLEWARE_CLASSES', null);
  const names = isObject(value, 'list') ? value.items.filter((item) => typeof item === 'string') : [];
  const paths: string[] = [];
  let opaque = false;
  for (const name of names) {
    const file = resolveModule(program, name.slice(0, Math.max(name.lastIndexOf('.'), 0)), 0, governing);
    if (file === undefined) opaque ||= answering.test(name);
    else paths.push(...pathsIn(program.text(file) ?? ''));
  }
  return { paths: [...new Set(paths)], opaque };
}

/** Texts of a middleware's code that are paths of health endpoints; only where it looks at the path at all. */
function pathsIn(text: string): string[] {
  if (!/\bpath(_info)?\b/.test(text)) return [];
  const code = text.replace(/(^|\s)#.*$/gm, '');
  return [...code.matchAll(/["'](\/[\w./-]*)["']/g)].flatMap(([, path = '']) =>
    isHealthName(path) ? [path] : [],
  );
}
