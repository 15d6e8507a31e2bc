import type { LibraryFunction } from './library.ts';
import { sorted, unique } from './list.ts';
import { toText } from './text.ts';
import { switchMeaning, truth } from './truth.ts';
import {
  type Arguments,
  dict,
  isObject,
  itemsOf,
  type List,
  list,
  PythonRaise,
  unknown,
  unknownFrom,
  type Value,
} from './value.ts';

type Simple = (args: Arguments) => Value;

function simple(call: Simple): LibraryFunction {
  return (_run, _scope, args) => call(args);
}

function collect(shape: List['shape']): LibraryFunction {
  return simple(({ positional: [items] }) => {
    if (isObject(items, 'unknown')) return items;
    const all = items === undefined ? [] : itemsOf(items);
    return list(shape === 'set' ? unique(all) : all, shape);
  });
}

const convert: LibraryFunction = simple(({ positional: [value] }) => {
  if (isObject(value, 'unknown')) return value;
  const number = typeof value === 'string' ? Number.parseFloat(value) : Number(value);
  if (Number.isNaN(number)) throw new PythonRaise('ValueError', 'not a number');
  return number;
});

const asSwitch: LibraryFunction = simple(({ positional: [value] }) => {
  if (isObject(value, 'unknown')) return value;
  return switchMeaning(value ?? null) ?? unknownFrom(value);
});

function named(value: Value | undefined): string | undefined {
  return isObject(value, 'external') ? value.path.replace(/^builtins\./, '') : undefined;
}

/** `isinstance`; undefined where it cannot be known. */
function isOfType(value: Value, type: Value): boolean | undefined {
  if (isObject(type, 'list')) {
    const results = type.items.map((item) => isOfType(value, item));
    return results.includes(true) ? true : results.includes(undefined) ? undefined : false;
  }
  const name = named(type);
  if (name === undefined || isObject(value, 'unknown')) return undefined;
  if (isObject(value, 'list'))
    return name === value.shape || /(^|\.)(Iterable|Sequence|Collection)$/.test(name);
  if (isObject(value, 'dict')) return name === 'dict';
  if (typeof value === 'string')
    return name === 'str' || name === 'basestring' || name.endsWith('string_types');
  if (typeof value === 'boolean') return name === 'bool' || name === 'int';
  return typeof value === 'number' ? name === 'int' || name === 'float' : false;
}

/** Builtin functions and types of Python, as far as settings use them. */
export const builtins: Readonly<Record<string, LibraryFunction>> = {
  list: collect('list'),
  tuple: collect('tuple'),
  set: collect('set'),
  frozenset: collect('set'),
  iter: collect('list'),
  reversed: simple(({ positional: [items] }) => list(itemsOf(items ?? null).toReversed())),
  sorted: simple(({ positional: [items] }) => list(sorted(itemsOf(items ?? null)))),
  dict: simple(({ positional: [base], named: entries }) => {
    const start = isObject(base, 'dict') ? base : dict();
    return { ...start, entries: new Map<Value, Value>([...start.entries, ...entries]) };
  }),
  'dict.fromkeys': simple(({ positional: [keys] }) => {
    return dict(unique(itemsOf(keys ?? null)).map((key) => [key, null] as const));
  }),
  locals: (_run, scope) => ({ ...dict(), entries: scope.names as Map<Value, Value> }),
  globals: (_run, scope) => ({ ...dict(), entries: scope.globals as Map<Value, Value> }),
  str: simple(({ positional: [value] }) =>
    value === undefined ? '' : (toText(value) ?? unknownFrom(value)),
  ),
  unicode: simple(({ positional: [value] }) =>
    value === undefined ? '' : (toText(value) ?? unknownFrom(value)),
  ),
  int: convert,
  float: convert,
  bool: simple(({ positional: [value] }) => {
    if (isObject(value, 'unknown')) return value;
    return truth(value ?? null) ?? unknownFrom(value);
  }),
  'distutils.util.strtobool': asSwitch,
  'setuptools.distutils.util.strtobool': asSwitch,
  len: simple(({ positional: [value] }) => {
    if (typeof value === 'string') return value.length;
    if (isObject(value, 'list')) return value.items.length;
    return isObject(value, 'dict') && value.rest === null ? value.entries.size : unknownFrom(value);
  }),
  isinstance: simple(({ positional: [value = null, type = null] }) => isOfType(value, type) ?? unknown()),
  type: simple(({ positional: [value] }) => unknownFrom(value)),
  print: simple(() => null),
  any: simple(({ positional: [items] }) => {
    const results = itemsOf(items ?? null).map(truth);
    return results.includes(true) ? true : results.includes(undefined) ? unknownFrom(items) : false;
  }),
  all: simple(({ positional: [items] }) => {
    const results = itemsOf(items ?? null).map(truth);
    return results.includes(false) ? false : results.includes(undefined) ? unknownFrom(items) : true;
  }),
  enumerate: simple(({ positional: [items] }) =>
    list(itemsOf(items ?? null).map((item, index) => list([index, item], 'tuple'))),
  ),
  range: simple(({ positional: [first, second] }) => {
    const [from, to] = typeof second === 'number' ? [first, second] : [0, first];
    if (typeof from !== 'number' || typeof to !== 'number') return unknownFrom(first, second);
    return list(Array.from({ length: Math.min(Math.max(to - from, 0), 1000) }, (_, index) => from + index));
  }),
  map: (run, scope, { positional: [callee = null, items = null] }) =>
    list(itemsOf(items).map((item) => run.call(scope, callee, [item]))),
  filter: (run, scope, { positional: [callee = null, items = null] }) =>
    list(
      itemsOf(items).filter(
        (item) => truth(callee === null ? item : run.call(scope, callee, [item])) ?? true,
      ),
    ),
  getattr: (run, _scope, { positional: [object = null, name, fallback] }) => {
    if (typeof name !== 'string') return unknownFrom(object, name);
    const value = run.attribute(object, name);
    return isObject(value, 'unknown') && value.origins.size === 0 && fallback !== undefined
      ? fallback
      : value;
  },
  hasattr: simple(({ positional: [object] }) => unknownFrom(object)),
  super: simple(() => unknown()),
  'str.strip': method('strip'),
  'str.lower': method('lower'),
  'str.split': method('split'),
  'str.upper': method('upper'),
};

/** `str.strip` as a function, the way `map` takes it. */
function method(name: string): LibraryFunction {
  return (run, scope, { positional: [text = null, ...others] }) =>
    run.call(scope, run.attribute(text, name), others);
}
