import type { LibraryFunction } from './library.ts';
import { type Run, readVariable } from './run.ts';
import { splitText } from './text.ts';
import { isObject, list, native, unknown, type Value } from './value.ts';

/** django-configurations' `ListValue` and its like; resolved once the class tells the attribute's name. */
const configurationsValue: LibraryFunction = (_run, _scope, { positional: [fallback], named }, path) =>
  native(
    path,
    () => unknown(),
    (name) => (name === 'default' ? (fallback ?? named.get('default')) : named.get(name)),
  );

const valueClasses = [
  'ListValue',
  'TupleValue',
  'SetValue',
  'Value',
  'BooleanValue',
  'IntegerValue',
  'SecretValue',
];

/** The value classes of django-configurations. */
export const configurationsLibrary: Readonly<Record<string, LibraryFunction>> = Object.fromEntries(
  valueClasses.flatMap((name) => [
    [`configurations.values.${name}`, configurationsValue],
    [`values.${name}`, configurationsValue],
  ]),
);

/** The value a django-configurations class attribute gets from the environment: `DJANGO_` and the attribute's name unless told otherwise. */
export function configurationValue(run: Run, name: string, value: Value): Value {
  if (!isObject(value, 'native') || !/(^|\.)values\.\w*Value$/.test(value.type)) return value;
  const own = value.attribute('environ_name');
  const prefix = value.attribute('environ_prefix');
  const before = prefix === null ? '' : typeof prefix === 'string' ? `${prefix}_` : 'DJANGO_';
  const variable = `${before}${typeof own === 'string' ? own : name}`;
  const fallback = value.attribute('default') ?? null;
  const read = value.attribute('environ') === false ? undefined : readVariable(run, variable, false);
  if (read === undefined) return fallback;
  if (typeof read !== 'string' || !/(List|Tuple|Set)Value$/.test(value.type)) return read;
  const separator = value.attribute('separator');
  const parts = splitText(read, typeof separator === 'string' ? separator : ',', undefined);
  return list(
    parts.map((part) => (typeof part === 'string' ? part.trim() : part)).filter((part) => part !== ''),
  );
}
