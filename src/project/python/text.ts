import { decodeNumber } from './literals.ts';
import {
  type Arguments,
  dict,
  isObject,
  type List,
  list,
  longestText,
  native,
  PythonRaise,
  unknown,
  unknownFrom,
  type Value,
} from './value.ts';

type Method = (text: string, args: readonly Value[]) => Value;

const mostParts = 5000;
const spaces = /[\s\x1c-\x1f]+/;

const methods: Readonly<Record<string, Method>> = {
  split: (text, [separator, limit]) => list(splitText(text, separator ?? null, limit)),
  rsplit: (text, [separator, limit]) => list(splitText(text, separator ?? null, limit)),
  splitlines: (text) => list(text === '' ? [] : text.replace(/(\r\n|\r|\n)$/, '').split(/\r\n|\r|\n/)),
  strip: (text, [set]) => strip(text, set, true, true),
  lstrip: (text, [set]) => strip(text, set, true, false),
  rstrip: (text, [set]) => strip(text, set, false, true),
  lower: (text) => text.toLowerCase(),
  casefold: (text) => text.toLowerCase(),
  upper: (text) => text.toUpperCase(),
  title: (text) =>
    text.replace(/[A-Za-z]+/g, (word) => word.charAt(0).toUpperCase() + word.slice(1).toLowerCase()),
  capitalize: (text) => text.charAt(0).toUpperCase() + text.slice(1).toLowerCase(),
  replace: (text, [from, to]) =>
    typeof from === 'string' && typeof to === 'string' ? replaceText(text, from, to) : unknownFrom(from, to),
  startswith: (text, [prefix]) => affix(prefix, (part) => text.startsWith(part)),
  endswith: (text, [suffix]) => affix(suffix, (part) => text.endsWith(part)),
  removeprefix: (text, [prefix]) =>
    typeof prefix === 'string' && text.startsWith(prefix) ? text.slice(prefix.length) : text,
  removesuffix: (text, [suffix]) =>
    typeof suffix === 'string' && suffix !== '' && text.endsWith(suffix)
      ? text.slice(0, -suffix.length)
      : text,
  join: (text, [parts]) => joinText(text, parts ?? null),
  encode: (text) => text,
  decode: (text) => text,
  isdigit: (text) => /^[0-9]+$/.test(text),
  isnumeric: (text) => /^[0-9]+$/.test(text),
  find: (text, [part]) => (typeof part === 'string' ? text.indexOf(part) : unknownFrom(part)),
  rfind: (text, [part]) => (typeof part === 'string' ? text.lastIndexOf(part) : unknownFrom(part)),
  index: (text, [part]) => (typeof part === 'string' ? foundAt(text.indexOf(part)) : unknownFrom(part)),
  rindex: (text, [part]) => (typeof part === 'string' ? foundAt(text.lastIndexOf(part)) : unknownFrom(part)),
  count: (text, [part]) =>
    typeof part === 'string' && part !== '' ? text.split(part).length - 1 : unknownFrom(part),
  partition: (text, [separator]) => {
    const at = typeof separator === 'string' ? text.indexOf(separator) : -1;
    if (at === -1 || typeof separator !== 'string') return list([text, '', ''], 'tuple');
    return list([text.slice(0, at), separator, text.slice(at + separator.length)], 'tuple');
  },
};

function foundAt(index: number): number {
  if (index === -1) throw new PythonRaise('ValueError', 'substring not found');
  return index;
}

/** Calls a string's method; undefined if it has none of that name, or none we know. */
function callTextMethod(text: string, name: string, args: Arguments): Value | undefined {
  if (name === 'format') return formatText(text, args);
  const method = Object.hasOwn(methods, name) ? methods[name] : undefined;
  if (method === undefined) return undefined;
  const named = ['sep', 'maxsplit'].flatMap((key) => args.named.get(key) ?? []);
  return method(text, [...args.positional, ...named]);
}

export function isTextMethod(name: string): boolean {
  return name === 'format' || Object.hasOwn(methods, name);
}

/** `str.split`: by blanks and without empty parts where `separator` is None.
 * @throws PythonRaise ValueError for an empty separator */
export function splitText(text: string, separator: Value, limit: Value | undefined): Value[] {
  const most = typeof limit === 'number' && limit >= 0 ? limit : Number.POSITIVE_INFINITY;
  if (separator === null) {
    const parts = text.split(spaces).filter((part) => part !== '');
    return parts.length <= most + 1 ? parts : [...parts.slice(0, most), parts.slice(most).join(' ')];
  }
  if (typeof separator !== 'string') return [unknownFrom(separator)];
  if (separator === '') throw new PythonRaise('ValueError', 'empty separator');
  const parts = text.split(separator, mostParts);
  return parts.length <= most + 1 ? parts : [...parts.slice(0, most), parts.slice(most).join(separator)];
}

/** Python's text of a value, `str(value)`; undefined where it cannot be known. */
export function toText(value: Value): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return String(value);
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  return value === null ? 'None' : undefined;
}

function strip(text: string, set: Value | undefined, left: boolean, right: boolean): Value {
  if (isObject(set, 'unknown')) return unknownFrom(set);
  const drop = (char: string | undefined) =>
    char !== undefined && (typeof set === 'string' ? set.includes(char) : spaces.test(char));
  let from = 0;
  let to = text.length;
  while (left && from < to && drop(text[from])) from += 1;
  while (right && from < to && drop(text[to - 1])) to -= 1;
  return text.slice(from, to);
}

/** `str.replace`; a text that would grow beyond all measure is given up. */
function replaceText(text: string, from: string, to: string): Value {
  const grown = from === '' || to.length > from.length ? text.length * Math.max(to.length, 1) : text.length;
  return grown > longestText * 10 ? unknown() : text.replaceAll(from, () => to);
}

function affix(part: Value | undefined, test: (part: string) => boolean): Value {
  if (typeof part === 'string') return test(part);
  if (!isObject(part, 'list')) return unknownFrom(part);
  const parts = (part as List).items;
  return (
    parts.some((item) => typeof item === 'string' && test(item)) ||
    (parts.every((item) => typeof item === 'string') ? false : unknownFrom(part))
  );
}

function joinText(separator: string, parts: Value): Value {
  if (typeof parts === 'string') return [...parts].join(separator);
  if (!isObject(parts, 'list')) return unknownFrom(parts);
  const texts = parts.items.filter((item) => typeof item === 'string');
  const length = texts.reduce((sum, item) => sum + item.length + separator.length, 0);
  return texts.length === parts.items.length && length <= longestText
    ? texts.join(separator)
    : unknownFrom(parts);
}

function formatText(text: string, args: Arguments): Value {
  let next = 0;
  const missing: Value[] = [];
  const formatted = text.replace(
    /\{\{|\}\}|\{([A-Za-z_]\w*|\d*)(?:![rsa])?(?::[^{}]*)?\}/g,
    (whole, key: string | undefined) => {
      if (key === undefined) return whole === '{{' ? '{' : '}';
      const value = /^\d*$/.test(key)
        ? args.positional[key === '' ? next++ : decodeNumber(key)]
        : args.named.get(key);
      const piece = value === undefined ? undefined : toText(value);
      if (piece === undefined) missing.push(value ?? null);
      return piece ?? '';
    },
  );
  return missing.length === 0 ? formatted : unknownFrom(...missing);
}

/** `text % values`. */
export function interpolate(text: string, values: Value): Value {
  const items = isObject(values, 'list') ? values.items : [values];
  if (isObject(values, 'dict')) return unknownFrom(values);
  let next = 0;
  let known = true;
  const result = text.replace(/%[sdr%]/g, (whole) => {
    if (whole === '%%') return '%';
    const piece = toText(items[next++] ?? null);
    known &&= piece !== undefined;
    return piece ?? '';
  });
  return known ? result : unknownFrom(values);
}

/** The empty placeholder so that a bound method can be passed around: `map(str.strip, hosts)`, `hosts.split`. */
export function boundTextMethod(text: string, name: string): Value {
  return native(
    `str.${name}`,
    (args) => callTextMethod(text, name, args) ?? unknownFrom(...args.positional),
    () => dict(),
  );
}
