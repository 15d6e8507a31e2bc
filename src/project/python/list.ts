import { equal } from './truth.ts';
import { checkSize, isObject, itemsOf, type List, list, native, PythonRaise, type Value } from './value.ts';

/** A method of a list, tuple or set; undefined if it has none of that name. */
export function listMethod(target: List, name: string): Value | undefined {
  const method = Object.hasOwn(methods, name) ? methods[name] : undefined;
  if (method === undefined) return undefined;
  return native(`list.${name}`, ({ positional: [first, second] }) =>
    method(target, first ?? null, second ?? null),
  );
}

const methods: Readonly<Record<string, (target: List, first: Value, second: Value) => Value>> = {
  append: (target, item) => change(target, [...target.items, item]),
  add: (target, item) => change(target, [...target.items, ...missing(target, [item])]),
  extend: (target, items) => change(target, [...target.items, ...itemsOf(items)]),
  update: (target, items) => change(target, [...target.items, ...missing(target, itemsOf(items))]),
  union: (target, items) => list([...target.items, ...missing(target, itemsOf(items))], 'set'),
  insert: (target, at, item) => {
    const items = [...target.items];
    items.splice(typeof at === 'number' ? at : 0, 0, item);
    return change(target, items);
  },
  remove: (target, item) => {
    const at = target.items.findIndex((other) => equal(other, item) === true);
    if (at === -1) throw new PythonRaise('ValueError', 'not in list');
    return change(target, target.items.toSpliced(at, 1));
  },
  discard: (target, item) =>
    change(
      target,
      target.items.filter((other) => equal(other, item) !== true),
    ),
  pop: (target, at) => {
    const index = typeof at === 'number' ? at : -1;
    const item = target.items.at(index);
    if (item === undefined) throw new PythonRaise('IndexError', 'pop from empty list');
    change(target, target.items.toSpliced(index, 1));
    return item;
  },
  clear: (target) => change(target, []),
  copy: (target) => list([...target.items], target.shape),
  count: (target, item) => target.items.filter((other) => equal(other, item) === true).length,
  index: (target, item) => target.items.findIndex((other) => equal(other, item) === true),
  sort: (target) => change(target, sorted(target.items)),
  reverse: (target) => change(target, target.items.toReversed()),
};

export function sorted(items: readonly Value[]): Value[] {
  return items.toSorted((a, b) =>
    typeof a === 'string' && typeof b === 'string'
      ? a < b
        ? -1
        : a > b
          ? 1
          : 0
      : Number(a) - Number(b) || 0,
  );
}

function missing(target: List, items: readonly Value[]): Value[] {
  return items.filter(
    (item) => isObject(item, 'unknown') || !target.items.some((other) => equal(other, item) === true),
  );
}

function change(target: List, items: Value[]): null {
  checkSize(items.length);
  target.items = items;
  target.version += 1;
  return null;
}

/** Items without those that equal an earlier one. */
export function unique(items: readonly Value[]): Value[] {
  return items.filter((item, index) => !items.slice(0, index).some((other) => equal(other, item) === true));
}
