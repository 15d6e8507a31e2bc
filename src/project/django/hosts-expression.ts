import type { HostsSetting, Separator } from '../project.ts';
import type { RunOptions } from '../python/program.ts';
import type { Place } from '../python/run.ts';
import { isObject, originsOf, type Value } from '../python/value.ts';
import { hostsOf, sourceOf, unknownItems } from './hosts-value.ts';
import { isVariableName, isWorthAsking, reachingTogether, type SetVariables, site } from './reaching.ts';

/** A statement that bound or changed the list, and the list after it. */
export interface Touch {
  readonly place: Place;
  readonly binding: boolean;
  readonly items: readonly Value[];
}

/** What the list came to in one reading of the settings. */
export interface HostsReading {
  readonly value: Value | undefined;
  readonly reads: ReadonlySet<string>;
  readonly undecided: ReadonlyMap<string, boolean>;
  readonly touches: readonly Touch[];
  /** False if the settings were given up on. */
  readonly complete: boolean;
  /** How many statements raised and were passed over. */
  readonly failures: number;
  /** Names were imported from a module that is not in the repository, with `*`: the list may be among them. */
  readonly open: boolean;
}

/** Reads the settings once, with these variables and decisions. */
export type AskHosts = (options: Pick<RunOptions, 'environment' | 'decisions'>) => HostsReading;

/** Where the list comes from, and the statement that says so; the place is null if nothing binds the list. */
export type HostsAnswer = Omit<HostsSetting, 'file' | 'line'> & { readonly place: Place | null };

const address = '10.255.254.253';

/** How two hosts look in a variable, separator by separator, the likeliest first. */
const spellings: readonly (readonly [Separator, (hosts: readonly string[]) => string])[] = [
  ['comma', (hosts) => hosts.join(',')],
  ['space', (hosts) => hosts.join(' ')],
  ['json', (hosts) => JSON.stringify(hosts)],
  ['semicolon', (hosts) => hosts.join(';')],
];

/**
 * Where the list of hosts comes from. Asks the settings themselves: each variable they read is set to two hosts in every spelling, and the
 * spelling after which the list holds both is how the app splits it. What the list holds besides decides the role, what it
 * holds with the variable unset is the default.
 */
export function readHosts(ask: AskHosts): HostsAnswer[] {
  const first = answer(ask, new Map(), true);
  if (first.answer.source === 'environment') return [first.answer, ...first.others];
  // A condition nothing is known of may hide the variable: production may go the other way.
  const others = [...first.reading.undecided]
    .slice(0, 12)
    .map(([key, taken]) => answer(ask, new Map([[key, !taken]]), false).answer);
  const found = others.filter((other) => other.source === 'environment');
  // Where only one way makes a list at all, production goes that way.
  const bound = others.filter(({ place }) => place !== null);
  const rest = first.answer.place === null ? [...bound, first.answer] : [first.answer, ...bound];
  return distinct([...found, ...rest, ...others]);
}

function answer(
  ask: AskHosts,
  decisions: ReadonlyMap<string, boolean>,
  thorough: boolean,
): { answer: HostsAnswer; others: HostsAnswer[]; reading: HostsReading } {
  const reading = ask({ decisions });
  const set: SetVariables = (environment) => ask({ decisions, environment });
  if (!reading.complete)
    return {
      answer: { ...withoutVariable(reading), source: 'unknown', default: null },
      others: [],
      reading,
    };
  const candidates = candidatesOf(reading, set, thorough).sort((a, b) => b.rank - a.rank);
  const [best, ...others] = candidates.map((candidate) => candidate.answer);
  return { answer: best ?? withoutVariable(reading), others: others.filter(takesList), reading };
}

/** Whether a variable takes a whole list, and not only one host of it. */
function takesList({ separator }: HostsAnswer): boolean {
  return separator !== null && separator !== 'none';
}

type Probe = (name: string, value: string | undefined) => HostsReading;

/**
 * The variables that reach the list. Setting one may make the settings read others, so those are asked as well.
 * @param thorough asks also those one by one that do not show when all are set */
function candidatesOf(
  reading: HostsReading,
  set: SetVariables,
  thorough: boolean,
): { answer: HostsAnswer; rank: number }[] {
  const probe: Probe = (name, value) => set(new Map([[name, value]]));
  const names = new Set([...reading.reads].filter(isVariableName));
  const together = reachingTogether([...names], set);
  const candidates: { answer: HostsAnswer; rank: number }[] = [];
  for (const name of names) {
    if (!together.has(name) && !(thorough && isWorthAsking(name, names.size))) continue;
    const readings = ['comma', 'json'].map((separator) => probe(name, spell(separator, [site, address])));
    for (const read of readings.flatMap((one) => [...one.reads])) if (isVariableName(read)) names.add(read);
    if (!readings.some((one) => mentions(one.value, name))) continue;
    const found = describeVariable(name, probe);
    candidates.push({ answer: found, rank: rankOf(found) });
  }
  return candidates;
}

function spell(separator: string, hosts: readonly string[]): string {
  return spellings.find(([name]) => name === separator)?.[1](hosts) ?? hosts.join(',');
}

/** Whether a value holds something of the variable that is being probed. */
function mentions(value: Value | undefined, name: string, depth = 4): boolean {
  if (typeof value === 'string') return value.includes(site) || value.includes(address);
  if (isObject(value, 'list'))
    return depth > 0 && value.items.some((item) => mentions(item, name, depth - 1));
  return originsOf(value).has(`env:${name}`);
}

function describeVariable(name: string, probe: Probe): HostsAnswer {
  const fits = spellings.find(([, write]) => {
    const hosts = hostsOf(probe(name, write([site, address])).value);
    return hosts?.includes(site) && hosts.includes(address);
  });
  const [separator, write] = fits ?? [null, ([host]: readonly string[]) => host ?? ''];
  const alone = probe(name, write([address]));
  const hosts = hostsOf(alone.value) ?? [];
  const own = hosts.filter((host) => host !== address && !host.includes(address));
  if (own.includes('*')) return withoutVariable(alone);
  return {
    source: 'environment',
    variable: name,
    separator: separator ?? (isScalar(name, probe) ? 'none' : null),
    role: hasOwnPart(alone.value, own, name) ? 'extra-hosts' : 'whole-list',
    default: defaultOf(probe(name, undefined), alone, own),
    place: placeOf(alone.touches, name),
  };
}

/**
 * The variable is one host: the address stands in the list once and whole, not in two forms such as bare and behind `www.`; and a text full
 * of signs is not cut at one of them into several.
 */
function isScalar(name: string, probe: Probe): boolean {
  const mentioning = (text: string) =>
    (hostsOf(probe(name, text).value) ?? []).filter((host) => host.includes(address));
  const [plain, ...others] = mentioning(address);
  const signs = `${address}|${address}, ${address}/${address}:${address}_${address}\\n${address}`;
  return plain === address && others.length === 0 && mentioning(signs).length <= 1;
}

/** Whether the app's list holds hosts besides those of the variable: literal ones, or such as another variable gives. */
function hasOwnPart(value: Value | undefined, own: readonly string[], name: string): boolean {
  if (own.length > 0) return true;
  if (!isObject(value, 'list')) return false;
  return value.items.some(
    (item) =>
      item === null ||
      [...originsOf(item)].some((origin) => origin.startsWith('env:') && origin !== `env:${name}`),
  );
}

/** What the list holds besides its own hosts with the variable unset; null where the settings fail then, or it cannot be known. */
function defaultOf(unset: HostsReading, alone: HostsReading, own: readonly string[]): string[] | null {
  if (unset.failures > alone.failures || unknownItems(unset.value) > unknownItems(alone.value)) return null;
  return hostsOf(unset.value)?.filter((host) => !own.includes(host)) ?? null;
}

/** The statement that brought the variable in; else the last that bound the list. */
function placeOf(touches: readonly Touch[], name: string): Place | null {
  const last = touches.findLastIndex(
    (touch, index) => holds(touch, name) && !(index > 0 && holds(touches[index - 1], name) && !touch.binding),
  );
  return touches[last]?.place ?? touches.findLast((touch) => touch.binding)?.place ?? null;
}

function holds(touch: Touch | undefined, name: string): boolean {
  return touch?.items.some((item) => mentions(item, name)) ?? false;
}

/** A variable that takes a whole list beats one that takes a host; then the plainer name. */
function rankOf({ separator, variable, role }: HostsAnswer): number {
  const name = variable ?? '';
  const named = /ALLOWED_?HOSTS?/i.test(name)
    ? 4
    : /HOSTS/i.test(name)
      ? 3
      : /_IPS?$|HOST/i.test(name)
        ? 2
        : 0;
  const form = separator === null ? 0 : separator === 'none' ? 10 : 20;
  return form + named + (role === 'whole-list' ? 1 : 0);
}

function withoutVariable(reading: HostsReading): HostsAnswer {
  const hosts = hostsOf(reading.value) ?? [];
  // Settings that stop on purpose, such as for a variable they need, make their list another way in production.
  const isAbsent = reading.value === undefined && !reading.open && reading.failures === 0;
  const isKnown = isObject(reading.value, 'list') && (hosts.length > 0 || unknownItems(reading.value) === 0);
  return {
    source: isAbsent ? 'literal' : sourceOf(reading.value),
    variable: null,
    separator: null,
    role: null,
    default: isAbsent || isKnown ? hosts : null,
    place: placeOfLiteral(reading.touches),
  };
}

/** The statement that bound the list; the last that changed it where that is another file's, since that file governs. */
function placeOfLiteral(touches: readonly Touch[]): Place | null {
  const bound = touches.findLast((touch) => touch.binding)?.place ?? null;
  const last = touches.at(-1)?.place ?? null;
  return last !== null && last.file !== bound?.file ? last : bound;
}

function distinct(answers: readonly HostsAnswer[]): HostsAnswer[] {
  const seen = new Set<string>();
  return answers.filter(({ place, ...rest }) => {
    const key = JSON.stringify([rest, place?.file, place?.from]);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
