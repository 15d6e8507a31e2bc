import { lineAt } from '../frameworks/framework-reading.ts';
import type { HostsSetting, HostsSource, Separator } from '../project.ts';
import { boundIn, type Pass, type Program, passModule, settle } from '../python/program.ts';
import { isObject, list, originsOf, type PassOptions, type Place, type Value } from '../python/value.ts';

/** A statement that bound or changed the list, and the list after it. */
interface Touch {
  readonly place: Place;
  readonly binding: boolean;
  readonly value: Value;
}

/** A list of hosts as one pass over the settings left it. */
export interface HostList {
  readonly pass: Pass;
  /** Undefined if nothing binds it. */
  readonly value: Value | undefined;
  readonly touches: readonly Touch[];
  /** Names were imported with `*` from a module that cannot be read: the list may be among them. */
  readonly open: boolean;
}

/** Where the list comes from, and the statement that says so; the place is null if nothing binds the list. */
export type HostsAnswer = Omit<HostsSetting, 'file' | 'line'> & {
  readonly place: Place | null;
  /** `string`: the setting is a text, where the framework wants a list. */
  readonly form: 'list' | 'string';
};

type Known = ReadonlyMap<string, string | undefined>;

const setting = 'ALLOWED_HOSTS';

/** Goes once through the settings, and keeps what makes ALLOWED_HOSTS.
 * @param className the django-configurations class in charge, if there is one */
export function readAllowedHosts(
  program: Program,
  file: string,
  className: string | null,
  options: PassOptions,
): HostList {
  const touches: Touch[] = [];
  const pass = passModule(program, file, {
    ...options,
    onBind(place, name, value, scope, binding) {
      // What a class holds is the list only where django-configurations takes it from there.
      if (name === setting && (scope.kind === 'class') === (className !== null))
        touches.push({ place, binding, value });
    },
  });
  // A file that cannot be read may hold the list.
  const open = pass.run.missed.size > 0 || pass.files.some((path) => program.text(path) === undefined);
  return { pass, value: boundIn(pass, setting, className), touches, open };
}

/** The host that variables are set to, to see what the list makes of them. */
const site = 'eb-hosts-probe.example';
const address = '10.255.254.253';
const otherSite = 'other-probe.example';

/** How hosts look in a variable, separator by separator, the likeliest first. */
const spellings: readonly (readonly [Separator, (hosts: readonly string[]) => string])[] = [
  ['comma', (hosts) => hosts.join(',')],
  ['space', (hosts) => hosts.join(' ')],
  ['json', (hosts) => JSON.stringify(hosts)],
  ['semicolon', (hosts) => hosts.join(';')],
];

const mostNames = 60;
const mostConditions = 12;

/**
 * Where the list of hosts comes from. The list is a function of the variables it depends on: each is set to two hosts in every spelling,
 * and the spelling after which the list holds both is how the app splits it. What the list holds besides decides the role, what it
 * holds with the variable unset is the default.
 * @param unset what the app takes for a variable that the environment leaves unset, from a file of its own */
export function describeHosts(
  hosts: HostList,
  unset: (name: string) => string | undefined = () => undefined,
): HostsAnswer[] {
  const conditions = new Set<string>();
  const first = describeWorld(hosts, unset, new Map(), conditions);
  if (first[0]?.source === 'environment' || !hosts.pass.complete) return first;
  // A condition nothing is known of may hide the variable: production may go the other way.
  const others = [...conditions]
    .slice(0, mostConditions)
    .flatMap((key) => describeWorld(hosts, unset, new Map([[key, 'other']]), new Set()).slice(0, 1));
  const found = others.filter(({ source }) => source === 'environment');
  // Where only one way makes a list at all, production goes that way.
  const bound = others.filter(({ place }) => place !== null);
  const rest = first[0]?.place === null ? [...bound, ...first] : [...first, ...bound];
  return distinct([...found, ...rest]);
}

function distinct(answers: readonly HostsAnswer[]): HostsAnswer[] {
  return [...new Map(answers.map((answer) => [JSON.stringify(answer), answer])).values()];
}

/** The setting with its place in a file; where nothing binds the list, the one that is given. */
export function toSetting(
  program: Program,
  { place, form: _form, ...answer }: HostsAnswer,
  file: string,
  line: number,
): HostsSetting {
  if (place === null) return { file, line, ...answer };
  return { file: place.file, line: lineAt(program.text(place.file) ?? '', place.from), ...answer };
}

/** What the list comes to where conditions of which nothing is known go a certain way. */
function describeWorld(
  hosts: HostList,
  unset: (name: string) => string | undefined,
  world: Known,
  conditions: Set<string>,
): HostsAnswer[] {
  const { pass } = hosts;
  const names = new Set<string>();
  const ask = (known: readonly (readonly [string, string | undefined])[], value = hosts.value) => {
    pass.run.seen.clear();
    const filled = known.map(([name, text]) => [name, text ?? unset(name)] as const);
    const settled = settle(pass, value, new Map([...world, ...filled]));
    const origins = [...originsOf(settled)].flatMap((origin) =>
      origin.startsWith('env:') ? [origin.slice(4)] : [],
    );
    for (const name of [...pass.run.seen, ...origins]) (name.startsWith('?') ? conditions : names).add(name);
    return settled;
  };
  const plain = ask([]);
  if (!pass.complete) return [{ ...withoutVariable(hosts, plain), source: 'unknown', default: null }];
  const found: HostsAnswer[] = [];
  for (const name of names) {
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) || names.size > mostNames) continue;
    const answer = describeVariable(hosts, name, (text, value) => ask([[name, text]], value));
    if (answer !== undefined) found.push(answer);
  }
  // A variable for one host is not the one where the app adds its own address: it is somebody else's.
  const fitting = sourceOf(plain) === 'metadata' ? found.filter(takesList) : found;
  const sorted = fitting.toSorted((a, b) => rankOf(b) - rankOf(a));
  // Of nested fall-backs the outer variable hides the inner one.
  const isHidden = (one: HostsAnswer) =>
    sorted.some((other) => other !== one && formOf(other) >= formOf(one) && hides(other, one, ask));
  const [best, ...others] = sorted.filter((one) => !isHidden(one));
  if (best === undefined || best.form === 'string') return [withoutVariable(hosts, plain, best?.form)];
  return [best, ...others.filter(takesList)];
}

/** Whether one variable, where both are set, is the only one that the list takes. */
function hides(
  one: HostsAnswer,
  other: HostsAnswer,
  ask: (known: readonly (readonly [string, string])[]) => Value | undefined,
): boolean {
  if (one.variable === null || other.variable === null) return false;
  const value = ask([
    [one.variable, spell(one.separator, [site])],
    [other.variable, spell(other.separator, [otherSite])],
  ]);
  return mentions(value, site) && !mentions(value, otherSite);
}

function spell(separator: Separator | null, hosts: readonly string[]): string {
  return spellings.find(([name]) => name === separator)?.[1](hosts) ?? hosts.join(',');
}

/** Whether a value holds a text, at some depth. */
function mentions(value: Value | undefined, text: string, depth = 4): boolean {
  if (typeof value === 'string') return value.includes(text);
  return isObject(value, 'list') && depth > 0 && value.items.some((item) => mentions(item, text, depth - 1));
}

/** What a variable has to do with the list; undefined if nothing. */
function describeVariable(
  { touches }: HostList,
  name: string,
  ask: (text: string | undefined, value?: Value) => Value | undefined,
): HostsAnswer | undefined {
  const reaches = (value: Value | undefined) =>
    mentions(value, site) || mentions(value, address) || originsOf(value).has(`env:${name}`);
  const both = spell('comma', [site, address]);
  const texts = [both, spell('json', [site, address]), `https://${site}/`];
  const reaching = texts.map((text) => ask(text)).filter(reaches);
  if (reaching.length === 0) return undefined;
  const fits = spellings.find(([, write]) => {
    const hosts = hostsOf(ask(write([site, address])));
    return hosts?.includes(site) && hosts.includes(address);
  });
  const [separator, write] = fits ?? [null, ([host]: readonly string[]) => host ?? ''];
  const alone = ask(write([address]));
  const own = (hostsOf(alone) ?? []).filter((host) => !host.includes(address));
  // A list that admits every host whatever the variable says takes nothing from it.
  if (own.includes('*')) return undefined;
  const holding = touches.map(({ value, binding }) => ({ binding, holds: reaches(ask(both, value)) }));
  const last = holding.findLastIndex(
    ({ binding, holds }, index) => holds && (binding || holding[index - 1]?.holds !== true),
  );
  const place = (touches[last] ?? touches.findLast(({ binding }) => binding))?.place ?? null;
  const form = fits === undefined && reaching.some((value) => typeof value === 'string') ? 'string' : 'list';
  return {
    source: 'environment',
    variable: name,
    separator: separator ?? (isScalar(ask) ? 'none' : null),
    role: hasOwnPart(alone, own, name) ? 'extra-hosts' : 'whole-list',
    default: defaultOf(ask(undefined), alone, own, name),
    place,
    form,
  };
}

/**
 * The variable is one host: the address stands in the list once and whole, not in two forms such as bare and behind `www.`; and a text full
 * of signs is not cut at one of them into several.
 */
function isScalar(ask: (text: string) => Value | undefined): boolean {
  const mentioning = (text: string) => (hostsOf(ask(text)) ?? []).filter((host) => host.includes(address));
  const [plain, ...others] = mentioning(address);
  const signs = `${address}|${address}, ${address}/${address}:${address}_${address}\\n${address}`;
  return plain === address && others.length === 0 && mentioning(signs).length <= 1;
}

/** Whether the app's list holds hosts besides those of the variable: literal ones, or such as another variable gives. */
function hasOwnPart(value: Value | undefined, own: readonly string[], name: string): boolean {
  if (own.length > 0) return true;
  const items = isObject(value, 'list') ? value.items : [];
  return items.some(
    (item) =>
      item === null ||
      [...originsOf(item)].some((origin) => origin.startsWith('env:') && origin !== `env:${name}`),
  );
}

/** What the list holds besides its own hosts with the variable unset; null where the settings fail then, or it cannot be known. */
function defaultOf(
  unset: Value | undefined,
  alone: Value | undefined,
  own: readonly string[],
  name: string,
): string[] | null {
  const others = isObject(alone, 'list')
    ? alone.items.filter((item) => isObject(item, 'unknown') && !originsOf(item).has(`env:${name}`))
    : [];
  if (unknownItems(unset) > others.length) return null;
  return hostsOf(unset)?.filter((host) => !own.includes(host)) ?? null;
}

/** Whether a variable takes a whole list, and not only one host of it. */
function takesList({ separator }: HostsAnswer): boolean {
  return separator !== null && separator !== 'none';
}

const formOf = (answer: HostsAnswer) =>
  answer.separator === null ? 0 : answer.separator === 'none' ? 10 : 20;

/** A variable that takes a whole list beats one that takes a host; then the plainer name. */
function rankOf(answer: HostsAnswer): number {
  const name = answer.variable ?? '';
  const named = /ALLOWED_?HOSTS?/i.test(name)
    ? 4
    : /HOSTS/i.test(name)
      ? 3
      : /_IPS?$|HOST/i.test(name)
        ? 2
        : 0;
  return formOf(answer) + named + (answer.role === 'whole-list' ? 1 : 0);
}

function withoutVariable(
  { pass, value, touches, open }: HostList,
  settled: Value | undefined,
  form: HostsAnswer['form'] = 'list',
): HostsAnswer {
  const hosts = hostsOf(settled) ?? [];
  // Settings that stop on purpose, such as for a variable they need, make their list another way in production.
  const isAbsent = settled === undefined && !open && pass.run.failures.length === 0;
  const isKnown = isObject(settled, 'list') && (hosts.length > 0 || unknownItems(settled) === 0);
  const bound = touches.findLast(({ binding }) => binding)?.place ?? null;
  const last = touches.at(-1)?.place ?? null;
  return {
    source: isAbsent ? 'literal' : sourceOf(settled),
    variable: null,
    separator: null,
    role: null,
    default: isAbsent || isKnown ? hosts : null,
    // The statement that bound the list; the last that changed it where that is another file's, since that file governs.
    place: settled === undefined ? null : last !== null && last.file !== bound?.file ? last : bound,
    form: typeof settled === 'string' || typeof value === 'string' ? 'string' : form,
  };
}

/** The hosts that are known of a list, blanks left out; undefined if it is not a list. */
export function hostsOf(value: Value | undefined): string[] | undefined {
  if (!isObject(value, 'list')) return undefined;
  return value.items.filter((item) => typeof item === 'string').filter((host) => host.trim() !== '');
}

function unknownItems(value: Value | undefined): number {
  return isObject(value, 'list') ? value.items.filter((item) => isObject(item, 'unknown')).length : 0;
}

/** Where a list that no variable reaches comes from. */
function sourceOf(value: Value | undefined): HostsSource {
  if (hostsOf(value)?.includes('*')) return 'wildcard';
  const origins = originsOf(value);
  for (const source of ['metadata', 'secret', 'file'] as const) if (origins.has(source)) return source;
  if (!isObject(value, 'list')) return 'unknown';
  // What the machine is called adds to a list whose hosts are told in the code.
  const isTold = (item: Value) => typeof item === 'string' || [...originsOf(item)].join() === 'name-lookup';
  const isNamed = value.items.length === 0 || value.items.some((item) => typeof item === 'string');
  return isNamed && value.items.every(isTold) ? 'literal' : 'unknown';
}

/** The list of an app that sets none: every host is admitted. */
export const everyHost: Value = list(['*']);
