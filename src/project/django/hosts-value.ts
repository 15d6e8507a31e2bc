import type { HostsSource } from '../project.ts';
import { isObject, type Origin, originsOf, type Value } from '../python/value.ts';

/** The hosts that are known of a list, blanks left out; undefined if it is not a list. */
export function hostsOf(value: Value | undefined): string[] | undefined {
  if (!isObject(value, 'list')) return undefined;
  return value.items.filter((item) => typeof item === 'string').filter((host) => host.trim() !== '');
}

/** How many items of a list are not known. */
export function unknownItems(value: Value | undefined): number {
  return isObject(value, 'list') ? value.items.filter((item) => isObject(item, 'unknown')).length : 0;
}

/** Where a list that no variable reaches comes from. */
export function sourceOf(value: Value | undefined): HostsSource {
  if (hostsOf(value)?.includes('*')) return 'wildcard';
  const origins = originsOf(value);
  for (const source of ['metadata', 'secret', 'file'] as const) if (origins.has(source)) return source;
  if (!isObject(value, 'list')) return 'unknown';
  // What the machine is called adds to a list whose hosts are told in the code.
  const isTold = (item: Value) => typeof item === 'string' || isOnly(item, 'name-lookup');
  const isNamed = value.items.length === 0 || value.items.some((item) => typeof item === 'string');
  return isNamed && value.items.every(isTold) ? 'literal' : 'unknown';
}

function isOnly(value: Value, origin: Origin): boolean {
  const origins = originsOf(value);
  return origins.size === 1 && origins.has(origin);
}
