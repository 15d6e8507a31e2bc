import { parseJson } from './json.ts';
import { type Run, readVariable } from './run.ts';
import { type Arguments, type Dict, dict, isObject, list, native, PythonRaise, type Value } from './value.ts';

/** A method of a dictionary, `os.environ` included; undefined if it has none of that name. */
export function dictMethod(run: Run, target: Dict, name: string): Value | undefined {
  const method = Object.hasOwn(methods, name) ? methods[name] : undefined;
  return method === undefined ? undefined : native(`dict.${name}`, (args) => method(run, target, args));
}

const methods: Readonly<Record<string, (run: Run, target: Dict, args: Arguments) => Value>> = {
  get: (run, target, { positional: [key, fallback], named }) =>
    find(run, target, key ?? named.get('key') ?? null) ?? fallback ?? named.get('default') ?? null,
  pop: (run, target, { positional: [key, fallback] }) => {
    const found = find(run, target, key ?? null) ?? fallback;
    if (found === undefined) throw new PythonRaise('KeyError', String(key));
    return found;
  },
  setdefault: (run, target, { positional: [key = null, fallback = null] }) => {
    const found = find(run, target, key);
    if (found !== undefined) return found;
    target.entries.set(key, fallback);
    return fallback;
  },
  update: (_run, target, { positional: [other], named }) => {
    if (isObject(other, 'dict')) for (const [key, value] of other.entries) target.entries.set(key, value);
    for (const [key, value] of named) target.entries.set(key, value);
    return null;
  },
  // The methods of Flask's `Config`, which is a dictionary.
  from_mapping: (run, target, args) => methods.update?.(run, target, args) ?? null,
  from_prefixed_env: (run, target, args) => readPrefixed(run, target, args),
  from_object: (run, target, { positional: [object = null] }) => copySettings(run, target, object),
  items: (_run, target) =>
    list([
      ...[...target.entries].map((entry) => list(entry, 'tuple')),
      ...(target.rest ? [target.rest] : []),
    ]),
  keys: (_run, target) => list([...target.entries.keys(), ...(target.rest ? [target.rest] : [])]),
  values: (_run, target) => list([...target.entries.values(), ...(target.rest ? [target.rest] : [])]),
  copy: (_run, target) => ({ ...dict(target.entries, target.rest), environment: target.environment }),
};

function find(run: Run, target: Dict, key: Value): Value | undefined {
  const variable = target.environment && typeof key === 'string' ? readVariable(run, key, false) : undefined;
  return variable ?? target.entries.get(key) ?? target.rest ?? undefined;
}

/** `Config.from_prefixed_env`: `FLASK_TRUSTED_HOSTS` as JSON, or as the text it is. Of all variables, the one that is of use here. */
function readPrefixed(run: Run, target: Dict, { positional: [first], named }: Arguments): null {
  const prefix = first ?? named.get('prefix') ?? 'FLASK';
  const value = typeof prefix === 'string' ? readVariable(run, `${prefix}_TRUSTED_HOSTS`, false) : undefined;
  if (value !== undefined)
    target.entries.set('TRUSTED_HOSTS', (typeof value === 'string' ? parseJson(value) : undefined) ?? value);
  return null;
}

/** `Config.from_object`: the upper-case names of a class, an instance, a module, or what a dotted name stands for. */
function copySettings(run: Run, target: Dict, object: Value): null {
  const source = typeof object === 'string' ? importDotted(run, object) : object;
  for (const names of namesOf(source)) {
    for (const [name, value] of names) if (/^[A-Z]/.test(name)) target.entries.set(name, value);
  }
  return null;
}

function importDotted(run: Run, name: string): Value {
  const dot = name.lastIndexOf('.');
  const module = run.importModule(name, 0, '');
  if (module !== undefined || dot === -1) return module ?? null;
  return run.importModule(name.slice(0, dot), 0, '')?.names.get(name.slice(dot + 1)) ?? null;
}

/** The names an object has, its bases' first. */
export function namesOf(object: Value): ReadonlyMap<string, Value>[] {
  if (isObject(object, 'module')) return [object.names];
  if (isObject(object, 'instance')) return [...namesOf(object.class), object.names];
  return isObject(object, 'class') ? [...object.bases.flatMap(namesOf), object.names] : [];
}
