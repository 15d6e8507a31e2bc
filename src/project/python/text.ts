import { elementsOf, literalOf, type Node, parseExpression, shapeOf } from './parse.ts';
import {
  type Arguments,
  dict,
  isObject,
  itemsOf,
  type LibraryFunction,
  type List,
  lift,
  list,
  PythonRaise,
  type Run,
  type Scope,
  toText,
  unknown,
  unknownFrom,
  type Value,
} from './value.ts';

/** A function that looks at its arguments: where they depend on a variable, what it gives does too. */
export function strict(
  call: (run: Run, args: Arguments, scope: Scope, path: string) => Value,
): LibraryFunction {
  return (run, { positional, named }, scope, path) =>
    lift(run, [...positional, ...named.values()], (values) => {
      const rest = values.slice(positional.length);
      const keys = [...named.keys()];
      const args = {
        positional: values.slice(0, positional.length),
        named: new Map(rest.map((value, index) => [keys[index] ?? '', value])),
      };
      return call(run, args, scope, path);
    });
}

/** A strict function of the first three arguments, by position. */
export function simple(
  call: (first: Value, second: Value, third: Value, run: Run, scope: Scope) => Value,
): LibraryFunction {
  return strict((run, { positional: [first = null, second = null, third = null] }, scope) =>
    call(first, second, third, run, scope),
  );
}

const blanks = /[\s\x1c-\x1f]+/;

/** `str.split`: by blanks and without empty parts where `separator` is None.
 * @throws PythonRaise ValueError for an empty separator */
export function splitText(text: string, separator: Value, limit: Value = null): List {
  if (separator !== null && typeof separator !== 'string') return list([unknownFrom(separator)]);
  if (separator === '') throw new PythonRaise('ValueError', 'empty separator');
  const parts = separator === null ? text.split(blanks).filter((part) => part !== '') : text.split(separator);
  const most = typeof limit === 'number' && limit >= 0 ? limit + 1 : parts.length;
  if (parts.length <= most) return list(parts);
  return list([...parts.slice(0, most - 1), parts.slice(most - 1).join(separator ?? ' ')]);
}

function strip(text: string, set: Value, sides: 'both' | 'left' | 'right'): Value {
  if (isObject(set, 'unknown')) return unknownFrom(set);
  const chars = typeof set === 'string' ? `[${set.replace(/[\\\]^-]/g, '\\$&')}]+` : blanks.source;
  const right = sides === 'left' || set === '' ? text : text.replace(new RegExp(`${chars}$`), '');
  return sides === 'right' || set === '' ? right : right.replace(new RegExp(`^${chars}`), '');
}

function affix(part: Value, test: (part: string) => boolean): Value {
  const parts = isObject(part, 'list') ? part.items : [part];
  if (parts.some((one) => typeof one === 'string' && test(one))) return true;
  return parts.every((one) => typeof one === 'string') ? false : unknownFrom(part);
}

type TextMethod = (text: string, first: Value, second: Value) => Value;

export const textMethods: Readonly<Record<string, TextMethod>> = {
  split: (text, separator, limit) => splitText(text, separator, limit),
  splitlines: (text) => list(text === '' ? [] : text.replace(/(\r\n|\r|\n)$/, '').split(/\r\n|\r|\n/)),
  strip: (text, set) => strip(text, set, 'both'),
  lstrip: (text, set) => strip(text, set, 'left'),
  rstrip: (text, set) => strip(text, set, 'right'),
  lower: (text) => text.toLowerCase(),
  upper: (text) => text.toUpperCase(),
  replace: (text, from, to) => {
    if (typeof from !== 'string' || typeof to !== 'string') return unknownFrom(from, to);
    return text.replaceAll(from, () => to);
  },
  startswith: (text, prefix) => affix(prefix, (part) => text.startsWith(part)),
  endswith: (text, suffix) => affix(suffix, (part) => text.endsWith(part)),
  join: (text, parts) => {
    const texts = itemsOf(parts);
    return texts.every((part) => typeof part === 'string') ? texts.join(text) : unknownFrom(parts);
  },
};

/** `'{} {name}'.format(…)`; what has a format of its own is unknown. */
export function formatText(run: Run, text: string, { positional, named }: Arguments): Value {
  const values = [...positional, ...named.values()];
  if (/\{\{|\{\w*[^\w}]/.test(text)) return unknownFrom(...values);
  let next = 0;
  const valueFor = (key: string) =>
    /^\d*$/.test(key) ? positional[key === '' ? next++ : Number(key)] : named.get(key);
  return fillIn(run, text, /\{(\w*)\}/g, valueFor) ?? unknownFrom(...values);
}

/** `text % values`, with `%s` alone. */
export function interpolate(run: Run, text: string, values: Value): Value {
  const items = isObject(values, 'list') ? values.items : [values];
  if (/%[^s]/.test(text)) return unknownFrom(values);
  let next = 0;
  return fillIn(run, text, /%s/g, () => items[next++]) ?? unknownFrom(values);
}

/** Puts texts for placeholders; undefined where one of them is not known. */
function fillIn(
  run: Run,
  text: string,
  placeholder: RegExp,
  valueFor: (key: string) => Value | undefined,
): string | undefined {
  let isKnown = true;
  const filled = text.replace(placeholder, (_, key: string) => {
    const piece = toText(run, valueFor(key) ?? unknown());
    isKnown &&= piece !== undefined;
    return piece ?? '';
  });
  return isKnown ? filled : undefined;
}

/** A regular expression of Python as one of ours; undefined where JavaScript has no such syntax or it may not come to an end. */
export function toRegExp(source: string, flags = ''): RegExp | undefined {
  // A repeated group that repeats inside itself can take for ever on a text that does not match.
  if (source.length > 500 || /\([^)]*[+*}][^)]*\)[+*{]/.test(source)) return undefined;
  try {
    return new RegExp(source.replaceAll('(?P<', '(?<').replace(/\\Z$/, '$').replace(/^\\A/, '^'), flags);
  } catch {
    return undefined;
  }
}

/** A JSON text as a value of Python; undefined if it is not JSON. */
export function parseJson(text: string): Value | undefined {
  try {
    return fromJson(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function fromJson(data: unknown): Value {
  if (Array.isArray(data)) return list(data.map(fromJson));
  if (typeof data !== 'object' || data === null) return data as Value;
  return dict(Object.entries(data).map(([key, value]) => [key, fromJson(value)] as const));
}

/** What `ast.literal_eval` makes of a text; undefined if it is not a literal. */
export function parseLiteral(text: string): Value | undefined {
  const expression = parseExpression(text);
  return expression === undefined ? undefined : literalValue(expression);
}

function literalValue(node: Node): Value | undefined {
  const shape = shapeOf(node);
  if (shape === undefined) return literalOf(node);
  const items = elementsOf(node).map((item) => (item.star ? undefined : literalValue(item.value)));
  return items.every((item) => item !== undefined) ? list(items, shape) : undefined;
}
