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
  const drop = (char: string | undefined) =>
    char !== undefined && (typeof set === 'string' ? set.includes(char) : blanks.test(char));
  let [from, to] = [0, text.length];
  while (sides !== 'right' && from < to && drop(text[from])) from += 1;
  while (sides !== 'left' && from < to && drop(text[to - 1])) to -= 1;
  return text.slice(from, to);
}

function affix(part: Value, test: (part: string) => boolean): Value {
  const parts = isObject(part, 'list') ? part.items : [part];
  if (parts.some((one) => typeof one === 'string' && test(one))) return true;
  return parts.every((one) => typeof one === 'string') ? false : unknownFrom(part);
}

function joinTexts(separator: string, parts: Value): Value {
  const texts = itemsOf(parts);
  if (!texts.every((part) => typeof part === 'string')) return unknownFrom(parts);
  return texts.join(separator);
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
  removeprefix: (text, part) =>
    typeof part !== 'string' ? unknownFrom(part) : text.startsWith(part) ? text.slice(part.length) : text,
  join: (text, parts) => joinTexts(text, parts),
  encode: (text) => text,
  decode: (text) => text,
};

/** `'{} {name}'.format(…)`. */
export function formatText(run: Run, text: string, { positional, named }: Arguments): Value {
  let next = 0;
  let known = true;
  const formatted = text.replace(
    /\{\{|\}\}|\{([A-Za-z_]\w*|\d*)(?:![rsa])?(?::[^{}]*)?\}/g,
    (whole, key: string | undefined) => {
      if (key === undefined) return whole.charAt(0);
      const value = /^\d*$/.test(key) ? positional[key === '' ? next++ : Number(key)] : named.get(key);
      const piece = toText(run, value ?? unknown());
      known &&= piece !== undefined;
      return piece ?? '';
    },
  );
  return known ? formatted : unknownFrom(...positional, ...named.values());
}

/** `text % values`. */
export function interpolate(run: Run, text: string, values: Value): Value {
  const items = isObject(values, 'list') ? values.items : [values];
  let next = 0;
  let known = !isObject(values, 'dict');
  const result = text.replace(/%[sdr%]/g, (whole) => {
    if (whole === '%%') return '%';
    const piece = toText(run, items[next++] ?? null);
    known &&= piece !== undefined;
    return piece ?? '';
  });
  return known ? result : unknownFrom(values);
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
