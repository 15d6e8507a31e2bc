import { equal } from './truth.ts';
import {
  checkSize,
  dict,
  isObject,
  type List,
  list,
  longestText,
  originsOf,
  PythonRaise,
  unknown,
  unknownFrom,
  type Value,
} from './value.ts';

/** `left + right` and its relatives, for what settings add: texts, lists, sets, numbers, paths. */
export function addValues(operator: string, left: Value, right: Value): Value {
  if (typeof left === 'number' && typeof right === 'number') return calculate(operator, left, right);
  if (operator === '+' && typeof left === 'string' && typeof right === 'string')
    return joinTexts(left, right);
  if (operator === '/') return joinPath(left, right);
  if (isObject(left, 'list') && isObject(right, 'list')) return combineLists(operator, left, right);
  if (operator === '*' && isObject(left, 'list') && typeof right === 'number') {
    return list(
      Array.from({ length: Math.min(Math.max(right, 0), 100) }, () => left.items).flat(),
      left.shape,
    );
  }
  if (operator === '|' && isObject(left, 'dict') && isObject(right, 'dict')) {
    return {
      ...dict([...left.entries, ...right.entries], right.rest ?? left.rest),
      environment: left.environment || right.environment,
    };
  }
  if (operator === '+' && mixesTypes(left, right)) throw new PythonRaise('TypeError', 'unsupported operand');
  if (operator === '+' && isObject(left, 'list'))
    return list([...left.items, unknownFrom(right)], left.shape);
  if (operator === '+' && isObject(right, 'list'))
    return list([unknownFrom(left), ...right.items], right.shape);
  return unknownFrom(left, right);
}

/** `left += right` for a list, in place as Python does it; undefined if `left` is not one that changes in place. */
export function extendInPlace(left: Value, right: Value): Value | undefined {
  if (!isObject(left, 'list') || left.shape !== 'list') return undefined;
  if (right === null || typeof right === 'number' || typeof right === 'boolean') {
    throw new PythonRaise('TypeError', 'not iterable');
  }
  const items = isObject(right, 'list')
    ? right.items
    : typeof right === 'string'
      ? [...right]
      : [unknownFrom(right)];
  checkSize(left.items.length + items.length);
  left.items.push(...items);
  left.version += 1;
  return left;
}

function combineLists(operator: string, left: List, right: List): Value {
  const has = (items: readonly Value[], item: Value) => items.some((other) => equal(other, item) === true);
  if (operator === '+') {
    if (left.shape !== right.shape)
      throw new PythonRaise('TypeError', 'can only concatenate alike sequences');
    return list([...left.items, ...right.items], left.shape);
  }
  if (operator === '|')
    return list([...left.items, ...right.items.filter((item) => !has(left.items, item))], 'set');
  if (operator === '-')
    return list(
      left.items.filter((item) => !has(right.items, item)),
      'set',
    );
  return unknown([...originsOf(left), ...originsOf(right)]);
}

function joinTexts(left: string, right: string): string {
  if (left.length + right.length > longestText) throw new PythonRaise('MemoryError', 'too long a text');
  return left + right;
}

function mixesTypes(left: Value, right: Value): boolean {
  const sort = (value: Value) => {
    if (value === null) return 'None';
    if (isObject(value, 'list')) return value.shape;
    return typeof value === 'object' ? undefined : typeof value;
  };
  const [one, other] = [sort(left), sort(right)];
  return one !== undefined && other !== undefined && one !== other;
}

function calculate(operator: string, left: number, right: number): Value {
  if (operator === '+') return left + right;
  if (operator === '-') return left - right;
  if (operator === '*') return left * right;
  return operator === '/' && right !== 0 ? left / right : unknown();
}

/** `BASE_DIR / 'name'`: only the part that is text can be known. */
function joinPath(left: Value, right: Value): Value {
  if (isObject(left, 'native') && left.type === 'path' && typeof right === 'string') {
    return left.call({ positional: [right], named: new Map() });
  }
  return unknownFrom(left, right);
}
