import type { Node } from './parse.ts';

/** A value of the settings as far as it can be known. Strings, numbers, booleans and None are JavaScript's own. */
export type Value =
  | string
  | number
  | boolean
  | null
  | List
  | Dict
  | Dependent
  | Callable
  | Class
  | Instance
  | Module
  | External
  | Native
  | Unknown;

/** A list, tuple or set. It never changes: `append` and the like bind a new one. */
export interface List {
  readonly kind: 'list';
  readonly shape: 'list' | 'tuple' | 'set';
  readonly items: readonly Value[];
}

export interface Dict {
  readonly kind: 'dict';
  readonly entries: ReadonlyMap<Value, Value>;
  /** Holds more than can be known, such as a file's content. */
  readonly rest: Unknown | null;
}

/** A value that depends on what an environment variable holds, or (`?file:offset`) on a condition of which nothing is known. */
export interface Dependent {
  readonly kind: 'dependent';
  readonly variable: string;
  /** Works the value out for the variables in `run.known`; it may depend on another variable still.
   * @throws PythonRaise where the program would raise */
  resolve(): Value;
}

export interface Callable {
  readonly kind: 'function';
  /** Its definition, or the lambda expression. */
  readonly node: Node;
  readonly scope: Scope;
  /** Bound first argument of a method. */
  readonly self: Value | undefined;
  readonly decorators: readonly { readonly path: string; readonly args: Arguments }[];
}

export interface Class {
  readonly kind: 'class';
  readonly bases: readonly Value[];
  readonly names: Map<string, Value>;
  /** Annotated names in order, for the fields of pydantic and of dataclasses. */
  readonly annotations: readonly { readonly name: string; readonly annotation: Node }[];
  readonly scope: Scope;
}

export interface Instance {
  readonly kind: 'instance';
  readonly class: Class;
  readonly names: Map<string, Value>;
}

/** A module of the project, or what `globals()` gives. */
export interface Module {
  readonly kind: 'module';
  readonly path: string;
  /** It was not executed. */
  readonly isSkipped?: boolean;
  readonly names: Map<string, Value>;
}

/** Something of a library or of Python itself, by its dotted path: `os.environ.get`. */
export interface External {
  readonly kind: 'external';
  readonly path: string;
}

/** An object that a library function made, such as `environ.Env()`. */
export interface Native {
  readonly kind: 'native';
  readonly type: string;
  call(args: Arguments): Value;
  attribute(name: string): Value | undefined;
  assign(name: string, value: Value): void;
}

export interface Unknown {
  readonly kind: 'unknown';
  /** Where it comes from: `metadata`, `secret`, `file`, `name-lookup` (of the machine itself), `raised` or `env:NAME`. */
  readonly origins: ReadonlySet<string>;
  /** `off`/`on`: a switch that production has off/on; `stage`: the name of the production stage; `present`: something that is set. */
  readonly assumed: 'off' | 'on' | 'stage' | 'present' | null;
}

export interface Arguments {
  readonly positional: readonly Value[];
  readonly named: ReadonlyMap<string, Value>;
}

export interface Scope {
  readonly names: Map<string, Value>;
  /** Null for a module's scope. */
  readonly parent: Scope | null;
  readonly kind: 'module' | 'class' | 'function';
  /** The file whose text is running. */
  readonly file: string;
  readonly globals: Map<string, Value>;
  /** Names declared `global` here. */
  readonly declared: Set<string>;
}

/** A place in the project's files. */
export interface Place {
  readonly file: string;
  readonly from: number;
  readonly to: number;
}

/** What a pass may assume and wants to hear of. */
export interface PassOptions {
  /** What the deployment's files set. */
  readonly deployed?: ReadonlyMap<string, string>;
  /** The file runs as a script: `__name__` is `__main__`. */
  readonly asScript?: boolean;
  /** Which modules of the project are executed when they are imported; all unless told otherwise. */
  readonly follows?: (path: string) => boolean;
  /** Functions of the module to call when it has run, such as an app's factory. */
  readonly callAfter?: RegExp;
  /** Functions of libraries that only one reader knows, by their dotted path. */
  readonly libraries?: Readonly<Record<string, LibraryFunction>>;
  /** What a reader of a framework keeps, before the pass: a name there is merged like one of the program. */
  readonly collected?: Map<string, Value>;
  /** A value of a library's attribute that only one reader knows. */
  readonly constant?: (path: string) => Value | undefined;
  /** Called when something of a library is called, and again when that is worked out for variables that are known. */
  readonly observe?: (run: Run, callee: string, args: Arguments, place: Place) => void;
  /** Called when a name of a module or class is bound, or what it is bound to is changed. */
  readonly onBind?: (place: Place, name: string, value: Value, scope: Scope, binding: boolean) => void;
}

/** One pass over a module of the project. */
export interface Run {
  readonly options: PassOptions;
  /** What the variables hold while a dependent value is worked out; null during the pass, when nothing is known of them. */
  known: ReadonlyMap<string, string | undefined> | null;
  /** The variables and conditions that were asked for while a value was worked out. */
  readonly seen: Set<string>;
  readonly deployed: ReadonlyMap<string, string>;
  /** What the program itself puts into `os.environ`. */
  readonly environ: Map<string, Value>;
  readonly collected: Map<string, Value>;
  /** The statement of a module or class that is running. */
  place: Place;
  /** Steps left; a module that does not end is given up. */
  fuel: number;
  depth: number;
  /** Whether statements are only executed to see what they bind. */
  sketching: boolean;
  /** Statements that raised and were passed over. */
  readonly failures: Place[];
  /** What may have bound names unseen: modules that `from … import *` wanted and the repository does not hold, `exec` and the like. */
  readonly missed: Set<string>;
  /** What the stage of production is called where a module's name is made of it. */
  stageName(): string;
  /** A module of the project by its dotted name, executed; undefined if the project has none. */
  importModule(name: string, level: number, file: string): Module | undefined;
  /** Executes files in a scope, as django-split-settings does. */
  include(pattern: string, scope: Scope): void;
  call(callee: Value, args: Arguments, scope: Scope): Value;
  attribute(object: Value, name: string): Value;
}

export type LibraryFunction = (run: Run, args: Arguments, scope: Scope, path: string) => Value;

/** An exception of the program that is read; `type` is the name of its class. */
export class PythonRaise extends Error {
  override readonly name = 'PythonRaise';
  readonly type: string;
  constructor(type: string, message = '') {
    super(message);
    this.type = type;
  }
}

/** Counts a step of a pass.
 * @throws RangeError, like a stack that overflows, when a pass takes too many */
export function spend(run: Run): void {
  run.fuel -= 1;
  if (run.fuel < 0) throw new RangeError('too many steps');
}

export function list(items: readonly Value[], shape: List['shape'] = 'list'): List {
  return { kind: 'list', shape, items };
}

export function dict(entries: Iterable<readonly [Value, Value]> = [], rest: Unknown | null = null): Dict {
  return { kind: 'dict', entries: new Map(entries), rest };
}

export function unknown(origins: Iterable<string> = [], assumed: Unknown['assumed'] = null): Unknown {
  return { kind: 'unknown', origins: new Set(origins), assumed };
}

export function external(path: string): External {
  return { kind: 'external', path };
}

export function native(
  type: string,
  call: Native['call'],
  attribute: Native['attribute'] = () => undefined,
  assign: Native['assign'] = () => {},
): Native {
  return { kind: 'native', type, call, attribute, assign };
}

/** A native object of which only attributes are asked for. */
export function record(type: string, attribute: Native['attribute']): Native {
  return native(type, () => unknown(), attribute);
}

export function moduleScope(file: string, names: Map<string, Value> = new Map()): Scope {
  return { names, parent: null, kind: 'module', file, globals: names, declared: new Set() };
}

export const noArguments: Arguments = { positional: [], named: new Map() };

export function plain(...positional: Value[]): Arguments {
  return { positional, named: new Map() };
}

export function isObject<K extends string>(
  value: Value | undefined,
  kind: K,
): value is Extract<Value, { kind: K }> {
  return typeof value === 'object' && value !== null && value.kind === kind;
}

/** Where the unknown parts of a value come from, looked at no deeper than `depth` levels. */
export function originsOf(value: Value | undefined, depth = 3): Set<string> {
  if (typeof value !== 'object' || value === null || depth === 0) return new Set();
  if (value.kind === 'unknown') return new Set(value.origins);
  if (value.kind === 'dependent')
    return new Set(value.variable.startsWith('?') ? [] : [`env:${value.variable}`]);
  const parts =
    value.kind === 'list'
      ? value.items
      : value.kind === 'dict'
        ? [...value.entries.values(), value.rest]
        : value.kind === 'instance'
          ? [...value.names.values()]
          : [];
  return new Set(parts.flatMap((part) => [...originsOf(part, depth - 1)]));
}

/** Unknown, but coming from where `values` come from. */
export function unknownFrom(...values: readonly (Value | undefined)[]): Unknown {
  return unknown(values.flatMap((value) => [...originsOf(value)]));
}

/** What a loop over the value sees; one unknown item where that is not known.
 * @throws PythonRaise TypeError for None, numbers and booleans */
export function itemsOf(value: Value): readonly Value[] {
  if (typeof value === 'string') return [...value];
  if (value === null || typeof value !== 'object') throw new PythonRaise('TypeError', 'not iterable');
  if (value.kind === 'list') return value.items;
  if (value.kind === 'dict' && value.rest === null) return [...value.entries.keys()];
  return [unknownFrom(value)];
}

/** Python's text of a value, `str(value)`; undefined where it cannot be known. The stage of production has a likely name. */
export function toText(run: Run, value: Value): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (isObject(value, 'unknown') && value.assumed === 'stage') return run.stageName();
  return value === null ? 'None' : undefined;
}

/** Names production gives itself: `prod`, `production`, `live`. */
export function isProductionName(name: string): boolean {
  return /^(prod|prd|production|live|release|aws|eb|elasticbeanstalk)$|(^|[._-])(prod|production)([._-]|$)/i.test(
    name,
  );
}

/** What a switch's text means: true for `true`, `1`, `yes`, `on`, false for their opposites, else undefined. */
export function switchMeaning(value: Value): boolean | undefined {
  if (typeof value === 'boolean') return value;
  if (typeof value === 'number') return value !== 0;
  if (value === null) return false;
  if (typeof value !== 'string') return undefined;
  if (/^(true|t|1|yes|y|on)$/i.test(value.trim())) return true;
  return /^(false|f|0|no|n|off|none|)$/i.test(value.trim()) ? false : undefined;
}

/** Python's truth of a value; undefined if unknown. */
export function truth(value: Value): boolean | undefined {
  if (typeof value !== 'object' || value === null) return Boolean(value);
  switch (value.kind) {
    case 'list':
      return value.items.length > 0;
    case 'dict':
      return value.entries.size > 0 || (value.rest === null ? false : undefined);
    case 'unknown':
      return value.assumed === null ? undefined : value.assumed !== 'off';
    case 'dependent':
      return undefined;
    default:
      return true;
  }
}

/** Whether `left == right`; undefined if that cannot be known. */
export function equal(left: Value, right: Value): boolean | undefined {
  if (isObject(left, 'unknown')) return equalToUnknown(left, right);
  if (isObject(right, 'unknown')) return equalToUnknown(right, left);
  if (isObject(left, 'list') && isObject(right, 'list')) {
    if (left.items.length !== right.items.length) return false;
    const results = left.items.map((item, index) => equal(item, right.items[index] ?? null));
    return results.includes(false) ? false : results.includes(undefined) ? undefined : true;
  }
  if (isObject(left, 'external') && isObject(right, 'external')) return left.path === right.path;
  if ([left, right].some((side) => typeof side === 'object' && side !== null && side.kind !== 'list'))
    return undefined;
  const asNumber = (side: Value) => (typeof side === 'boolean' ? Number(side) : side);
  return asNumber(left) === asNumber(right);
}

function equalToUnknown(value: Unknown, other: Value): boolean | undefined {
  if (isObject(other, 'unknown')) return value === other ? true : undefined;
  if (value.assumed === 'on' || value.assumed === 'off') {
    const meaning = switchMeaning(other);
    return meaning === undefined ? undefined : meaning === (value.assumed === 'on');
  }
  if (value.assumed === 'stage' && typeof other === 'string') return isProductionName(other);
  return value.assumed !== null && (other === null || other === '') ? false : undefined;
}

/** A class's attribute, its bases included. */
export function classAttribute(type: Class, name: string): Value | undefined {
  return lineageOf(type)
    .find(({ names }) => names.has(name))
    ?.names.get(name);
}

/** A class and those above it. */
export function lineageOf(type: Class): Class[] {
  return [type, ...type.bases.flatMap((base) => (isObject(base, 'class') ? lineageOf(base) : []))];
}

/** A value that is worked out once for each assignment of variables. */
export function dependent(run: Run, variable: string, compute: () => Value): Dependent {
  let knownThen: Run['known'] = null;
  let result: Value = null;
  return {
    kind: 'dependent',
    variable,
    resolve() {
      if (run.known === null || run.known !== knownThen) {
        spend(run);
        result = compute();
        knownThen = run.known;
      }
      return result;
    },
  };
}

/** A value with what is known of the variables put in; during the pass the value itself. */
export function force(run: Run, value: Value): Value {
  if (run.known === null) return value;
  let current = value;
  while (isObject(current, 'dependent')) {
    run.seen.add(current.variable);
    current = current.resolve();
  }
  if (!isObject(current, 'list') || dependencyOf(current) === undefined) return current;
  return { ...current, items: current.items.map((item) => force(run, item)) };
}

function dependencyOf(value: Value): Dependent | undefined {
  if (isObject(value, 'dependent')) return value;
  if (!isObject(value, 'list')) return undefined;
  for (const item of value.items) {
    const found = dependencyOf(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Computes with values that may depend on variables: what comes out depends on them as well. */
export function lift<const T extends readonly Value[]>(
  run: Run,
  values: T,
  compute: (values: T) => Value,
): Value {
  const forced = values.map((value) => force(run, value)) as unknown as T;
  for (const value of forced) {
    const open = dependencyOf(value);
    if (open !== undefined) return dependent(run, open.variable, () => lift(run, forced, compute));
  }
  return force(run, compute(forced));
}

/** Works with what is known of the variables, those that are not named counting as unset where the program allows it. */
export function knowing<T>(run: Run, known: ReadonlyMap<string, string | undefined>, work: () => T): T {
  const before = run.known;
  run.known = known;
  try {
    return work();
  } finally {
    run.known = before;
  }
}

/** Variables in which ECS tells a container the address of its task metadata endpoint. */
const metadataVariable = /^ECS_CONTAINER_METADATA_URI(_V4)?$/;

/**
 * What `os.environ` holds for a name.
 * @param fallback what the program takes where the variable is unset; without one it raises `error` */
export function readVariable(
  run: Run,
  name: Value,
  fallback?: (() => Value) | undefined,
  error = 'KeyError',
): Value {
  if (typeof name !== 'string')
    return lift(run, [name], ([known]) =>
      typeof known === 'string' ? readVariable(run, known, fallback, error) : unknownFrom(known),
    );
  if (metadataVariable.test(name)) return unknown(['metadata']);
  const own = run.environ.get(name);
  if (own !== undefined) return own;
  const assumed = assumptionFor(name);
  if (assumed !== null) return run.deployed.get(name) ?? unknown([`env:${name}`], assumed);
  const value = dependent(run, name, () => {
    const text = run.known?.get(name);
    if (text !== undefined) return text;
    if (fallback !== undefined) return fallback();
    // The program fails without it, so production sets it.
    if (run.known?.has(name) !== true) return unknown([`env:${name}`], 'present');
    throw new PythonRaise(error, name);
  });
  return force(run, value);
}

/** What production on Elastic Beanstalk most likely has in a variable, by the variable's name. */
function assumptionFor(name: string): Unknown['assumed'] {
  if (/HOST|DOMAIN|ORIGIN|URL|(^|_)IPS?($|_)/i.test(name) && !/^RDS_/i.test(name)) return null;
  if (
    /(^|_)(DEBUG|DEV|DEVELOPMENT|LOCAL|TEST|TESTS|TESTING|CI|TRAVIS|GITHUB_ACTIONS|HEROKU|DYNO)($|_)/i.test(
      name,
    )
  )
    return 'off';
  if (/^(IS_|ON_|IN_)?(DJANGO_)?(PROD|PRODUCTION|AWS|EB|BEANSTALK|ELASTIC_BEANSTALK)(_ENV)?$/i.test(name))
    return 'on';
  if (
    /(^|_)(ENV|ENVIRONMENT|STAGE|ENV_NAME|ENV_TYPE|DEPLOYMENT|CONFIGURATION|SETTINGS?_MODE|RUN_ENV|MODE)$/i.test(
      name,
    )
  )
    return 'stage';
  return /^(RDS|AWS|EB|ELASTICBEANSTALK)_/i.test(name) ? 'present' : null;
}
