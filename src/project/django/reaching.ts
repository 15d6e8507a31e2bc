import { originsOf } from '../python/value.ts';
import type { HostsReading } from './hosts-expression.ts';
import { hostsOf } from './hosts-value.ts';

/** The host that variables are set to, to see which of them reach the list. */
export const site = 'eb-hosts-probe.example';

/** Reads the settings with these variables set, or unset where undefined. */
export type SetVariables = (environment: ReadonlyMap<string, string | undefined>) => HostsReading;

/** So many variables are each asked by itself, whatever they are called. */
const fewNames = 8;

/** Whether a variable is asked by itself, one of so many. */
export function isWorthAsking(name: string, among: number): boolean {
  if (among <= fewNames) return true;
  return /HOST|DOMAIN|ALLOW|SITE|SERVER|ADDR|(^|_)(IPS?|URLS?|EC2|EB)(_|$)/i.test(name);
}

/** The variables that reach the list when all of them are set: asked first, since settings can read a hundred of them. */
export function reachingTogether(names: readonly string[], set: SetVariables): Set<string> {
  const token = (index: number) => `probe-${index}.${site}`;
  const found = new Set<string>();
  for (const write of [(text: string) => text, (text: string) => JSON.stringify([text])]) {
    const { value } = set(new Map(names.map((name, index) => [name, write(token(index))])));
    const origins = originsOf(value);
    const hosts = hostsOf(value) ?? [];
    names.forEach((name, index) => {
      if (origins.has(`env:${name}`) || hosts.some((host) => host.includes(token(index)))) found.add(name);
    });
  }
  return found;
}

export function isVariableName(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name);
}
