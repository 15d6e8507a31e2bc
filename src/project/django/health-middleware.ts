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
    const file = fileOfClass(program, name, governing);
    if (file === undefined) opaque ||= answering.test(name);
    else paths.push(...pathsIn(program.text(file) ?? ''));
  }
  return { paths: [...new Set(paths)], opaque };
}

/** Whether one of these middlewares answers a path itself: a library's that is called so, or the project's own that names the path. */
export function answersPath(
  { program, governing }: { readonly program: Program; readonly governing: string },
  names: readonly string[],
  path: string,
): boolean {
  return names.some((name) => {
    const file = fileOfClass(program, name, governing);
    return file === undefined
      ? answering.test(name)
      : pathsIn(program.text(file) ?? '').some((one) => one === path || one === path.replace(/\/$/, ''));
  });
}

/** The file of a class of the project by its dotted name; undefined for a library's. */
export function fileOfClass(program: Program, name: string, governing: string): string | undefined {
  return resolveModule(program, name.slice(0, Math.max(name.lastIndexOf('.'), 0)), 0, governing);
}

/** Whether the code of the project's own middleware, by its dotted name, matches; true where the code is not there to be read,
 * which is so for a library's, and for a class that inherits from more than Django's mixin. */
export function mayDo(
  { program, governing }: { readonly program: Program; readonly governing: string },
  name: string,
  pattern: RegExp,
): boolean {
  const file = fileOfClass(program, name, governing);
  const own = name.slice(name.lastIndexOf('.') + 1);
  const definition = new RegExp(
    `^(?:class|def)\\s+${own}\\b(?:\\(([^)]*)\\))?[^]*?(?=^[^\\s#)]|(?![^]))`,
    'm',
  );
  const found = definition.exec(file === undefined ? '' : (program.text(file) ?? ''));
  if (found === null) return true;
  const [code, bases = ''] = found;
  const inherits = code.startsWith('class') && !/^\s*(?:object|MiddlewareMixin)?\s*$/.test(bases);
  return inherits || pattern.test(code.replace(/(^|\s)#.*$/gm, ''));
}

/** Texts of a middleware's code that are paths of health endpoints; only where it looks at the path at all. */
function pathsIn(text: string): string[] {
  if (!/\bpath(_info)?\b/.test(text)) return [];
  const code = text.replace(/(^|\s)#.*$/gm, '');
  return [...code.matchAll(/["'](\/[\w./-]*)["']/g)].flatMap(([, path = '']) =>
    isHealthName(path) ? [path] : [],
  );
}
