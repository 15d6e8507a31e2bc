import type { Block, Expression, Parameter } from './ast.ts';

/** A value of the settings as far as it can be known. Strings, numbers, booleans and None are JavaScript's own. */
export type Value =
  | string
  | number
  | boolean
  | null
  | List
  | Dict
  | Callable
  | Class
  | Instance
  | Module
  | External
  | Native
  | Unknown;

export interface List {
  readonly kind: 'list';
  readonly shape: 'list' | 'tuple' | 'set';
  items: Value[];
  /** Counts the changes in place, so that a reader can tell that `append` was here. */
  version: number;
}

export interface Dict {
  readonly kind: 'dict';
  readonly entries: Map<Value, Value>;
  /** Holds the process environment as well: `os.environ`, or a dictionary it was poured into. */
  readonly environment: boolean;
  /** Holds more than can be known, such as a file's content. */
  readonly rest: Unknown | null;
}

export interface Callable {
  readonly kind: 'function';
  readonly name: string;
  readonly params: readonly Parameter[];
  readonly body: Block | Expression;
  readonly scope: Scope;
  /** Bound first argument of a method. */
  readonly self: Value | undefined;
  readonly decorators: readonly Decorator[];
}

/** A decorator by its library's dotted path; null if it is not a library's. */
export interface Decorator {
  readonly path: string | null;
  readonly args: Arguments;
}

export interface Class {
  readonly kind: 'class';
  readonly name: string;
  readonly bases: readonly Value[];
  readonly names: Map<string, Value>;
  /** Annotated names in order, for pydantic's and dataclasses' fields. */
  readonly annotations: readonly { readonly name: string; readonly annotation: Expression }[];
  readonly scope: Scope;
}

export interface Instance {
  readonly kind: 'instance';
  readonly class: Class;
  readonly names: Map<string, Value>;
}

/** A module of the project. */
export interface Module {
  readonly kind: 'module';
  readonly path: string;
  readonly names: Map<string, Value>;
}

/** Something of a library or of Python itself, by its dotted path: `os.environ.get`. */
export interface External {
  readonly kind: 'external';
  readonly path: string;
}

/** A callable object a library function made, such as `environ.Env()`. */
export interface Native {
  readonly kind: 'native';
  readonly type: string;
  call(args: Arguments): Value;
  attribute(name: string): Value | undefined;
}

/** Where an unknown value comes from: `metadata`, `secret`, `file`, `name-lookup` (of the machine itself) or `env:NAME`. */
export type Origin = string;

/**
 * What a value that is not known stands for all the same:
 * `off`/`on` a switch that production has off/on, `stage` the name of the production stage, `present` something set.
 */
export type Assumption = 'off' | 'on' | 'stage' | 'present';

export interface Unknown {
  readonly kind: 'unknown';
  readonly origins: ReadonlySet<Origin>;
  readonly assumed: Assumption | null;
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

/** The scope of a call that stands in no file. */
export function emptyScope(): Scope {
  const names = new Map<string, Value>();
  return { names, parent: null, kind: 'module', file: '', globals: names, declared: new Set() };
}

/** An exception of the program that is read; `type` is its class name. */
export class PythonRaise extends Error {
  override readonly name = 'PythonRaise';
  readonly type: string;
  constructor(type: string, message = '') {
    super(message);
    this.type = type;
  }
}

/** More than any list of settings holds, and few enough to be harmless. */
const mostItems = 10_000;

export const longestText = 200_000;

/** A list, tuple or set.
 * @throws PythonRaise MemoryError if it grows beyond all measure */
export function list(items: Value[], shape: List['shape'] = 'list'): List {
  checkSize(items.length);
  return { kind: 'list', shape, items, version: 0 };
}

export function checkSize(items: number): void {
  if (items > mostItems) throw new PythonRaise('MemoryError', 'too many items');
}

export function dict(entries: Iterable<readonly [Value, Value]> = [], rest: Unknown | null = null): Dict {
  return { kind: 'dict', entries: new Map(entries), environment: false, rest };
}

export function unknown(origins: Iterable<Origin> = [], assumed: Assumption | null = null): Unknown {
  return { kind: 'unknown', origins: new Set(origins), assumed };
}

export function external(path: string): External {
  return { kind: 'external', path };
}

export function native(
  type: string,
  call: (args: Arguments) => Value,
  attribute: (name: string) => Value | undefined = () => undefined,
): Native {
  return { kind: 'native', type, call, attribute };
}

export function isObject<K extends string>(
  value: Value | undefined,
  kind: K,
): value is Extract<Value, { kind: K }> {
  return typeof value === 'object' && value !== null && value.kind === kind;
}

/** Where the unknown parts of a value come from, looked at no deeper than `depth` levels. */
export function originsOf(value: Value | undefined, depth = 3): Set<Origin> {
  if (typeof value !== 'object' || value === null || depth === 0) return new Set();
  if (value.kind === 'unknown') return new Set(value.origins);
  const parts =
    value.kind === 'list'
      ? value.items
      : value.kind === 'dict'
        ? [...value.entries.values(), ...(value.rest ? [value.rest] : [])]
        : value.kind === 'instance'
          ? [...value.names.values()]
          : [];
  return new Set(parts.flatMap((part) => [...originsOf(part, depth - 1)]));
}

/** Unknown, but coming from where `values` come from. */
export function unknownFrom(...values: (Value | undefined)[]): Unknown {
  return unknown(values.flatMap((value) => [...originsOf(value)]));
}

/** What a loop over the value sees; one unknown item where that is not known.
 * @throws PythonRaise TypeError for None, numbers and booleans */
export function itemsOf(value: Value): Value[] {
  if (typeof value === 'string') return [...value];
  if (value === null || typeof value !== 'object') throw new PythonRaise('TypeError', 'not iterable');
  if (value.kind === 'list') return [...value.items];
  if (value.kind === 'dict')
    return value.environment ? [unknown(originsOf(value))] : [...value.entries.keys()];
  return [unknownFrom(value)];
}
