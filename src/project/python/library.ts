import { environmentLibraries } from './environment.ts';
import { parseExpression } from './parse.ts';
import {
  formatText,
  interpolate,
  parseJson,
  parseLiteral,
  simple,
  strict,
  textMethods,
  toRegExp,
} from './text.ts';
import {
  type Arguments,
  dict,
  equal,
  external,
  isObject,
  isProductionName,
  itemsOf,
  type LibraryFunction,
  type List,
  lift,
  list,
  moduleScope,
  native,
  originsOf,
  PythonRaise,
  plain,
  type Run,
  readVariable,
  type Scope,
  switchMeaning,
  toText,
  truth,
  unknown,
  unknownFrom,
  type Value,
} from './value.ts';

// ---- lists and dictionaries

const has = (items: readonly Value[], item: Value) => items.some((other) => equal(other, item) === true);
const missing = (before: readonly Value[], items: readonly Value[]) =>
  items.filter(
    (item, index) => isObject(item, 'unknown') || (!has(before, item) && !has(items.slice(0, index), item)),
  );

function sorted(items: readonly Value[]): readonly Value[] {
  return items.every((item) => typeof item === 'string')
    ? items.toSorted((a, b) => (a < b ? -1 : Number(a > b)))
    : items;
}

type ListChange = (items: readonly Value[], first: Value, second: Value) => readonly Value[];

const listChanges: Readonly<Record<string, ListChange>> = {
  append: (items, item) => [...items, item],
  add: (items, item) => [...items, ...missing(items, [item])],
  extend: (items, more) => [...items, ...itemsOf(more)],
  update: (items, more) => [...items, ...missing(items, itemsOf(more))],
  insert: (items, at, item) => items.toSpliced(typeof at === 'number' ? at : 0, 0, item),
  remove: (items, item) => {
    const at = items.findIndex((other) => equal(other, item) === true);
    if (at === -1) throw new PythonRaise('ValueError', 'not in list');
    return items.toSpliced(at, 1);
  },
};

/** What a method makes of the list or dictionary that it is called on; undefined for a method that changes nothing. */
export function changeOf(name: string): ((target: Value, args: Arguments) => Value) | undefined {
  const listChange = Object.hasOwn(listChanges, name) ? listChanges[name] : undefined;
  if (listChange === undefined) return undefined;
  return (target, { positional: [first = null, second = null], named }) => {
    if (isObject(target, 'list')) return list(listChange(target.items, first, second), target.shape);
    if (!isObject(target, 'dict') || name !== 'update') return unknownFrom(target, first);
    const more = isObject(first, 'dict') ? first : dict([], first === null ? null : unknownFrom(first));
    return dict([...target.entries, ...more.entries, ...named], target.rest ?? more.rest);
  };
}

/** What a dictionary holds for a key.
 * @throws PythonRaise KeyError without a fallback */
function entryOf({ entries, rest }: Extract<Value, { kind: 'dict' }>, key: Value, fallback?: Value): Value {
  // What is not known of it may stand over what is.
  const entry = rest ?? entries.get(key) ?? fallback;
  if (entry === undefined) throw new PythonRaise('KeyError', String(key));
  return entry;
}

/** `object.name` of a text, a list, a dictionary or None.
 * @throws PythonRaise AttributeError where Python would */
export function methodOf(run: Run, object: Value, name: string): Value {
  const method = (call: (args: Arguments) => Value): Value =>
    native(`.${name}`, (args) => strict((_run, known) => call(known))(run, args, emptyScope, ''));
  if (object === null) throw new PythonRaise('AttributeError', `None has no attribute ${name}`);
  if (typeof object === 'string') {
    if (name === 'format') return method((args) => formatText(run, object, args));
    const call = Object.hasOwn(textMethods, name) ? textMethods[name] : undefined;
    if (call === undefined) return name === 'value' ? object : unknown(); // a member of an Enum, which stands for its text
    return method(({ positional: [first = null, second = null], named }) =>
      call(object, first ?? named.get('sep') ?? null, second ?? named.get('maxsplit') ?? null),
    );
  }
  if (isObject(object, 'list')) {
    if (name === 'copy') return method(() => object);
    if (Object.hasOwn(textMethods, name)) throw new PythonRaise('AttributeError', name);
    return unknownFrom(object);
  }
  if (!isObject(object, 'dict')) return unknownFrom(object);
  if (name === 'copy') return method(() => object);
  if (name === 'get')
    return method(({ positional: [key = null, fallback = null] }) => entryOf(object, key, fallback));
  const rest = object.rest === null ? [] : [object.rest];
  const parts: Readonly<Record<string, () => readonly Value[]>> = {
    items: () => [...object.entries].map((entry) => list(entry, 'tuple')),
    keys: () => [...object.entries.keys()],
    values: () => [...object.entries.values()],
  };
  const part = Object.hasOwn(parts, name) ? parts[name] : undefined;
  return part === undefined ? unknownFrom(object) : method(() => list([...part(), ...rest]));
}

const emptyScope = moduleScope('');

/** `object[index]`.
 * @throws PythonRaise KeyError, IndexError or TypeError where Python would */
export function itemOf(run: Run, object: Value, index: Value): Value {
  if (object === null) throw new PythonRaise('TypeError', 'None is not subscriptable');
  if (isObject(object, 'external') && object.path === 'os.environ') return readVariable(run, index);
  if (isObject(object, 'external') || isObject(object, 'class')) return object; // list[str], values of an Enum
  if (isObject(object, 'dict')) {
    if (!isObject(index, 'unknown')) return entryOf(object, index);
    // `{'dev': …, 'production': …}[stage]`: the entry production takes.
    return [...object.entries].find(([key]) => equal(index, key) === true)?.[1] ?? unknownFrom(object, index);
  }
  const items = isObject(object, 'list')
    ? object.items
    : typeof object === 'string'
      ? [...object]
      : undefined;
  if (items === undefined || typeof index !== 'number') return unknownFrom(object, index);
  const item = items.at(index);
  if (item === undefined) throw new PythonRaise('IndexError', 'index out of range');
  return item;
}

// ---- operators

/** A binary operator of two values; unknown where the outcome is.
 * @throws PythonRaise TypeError where Python would */
export function compute(run: Run, operator: string, left: Value, right: Value): Value {
  const known = (result: boolean | undefined, isNegated: boolean): Value =>
    result === undefined ? unknownFrom(left, right) : result !== isNegated;
  switch (operator) {
    case '==':
    case '!=':
      return known(equal(left, right), operator === '!=');
    case 'is':
    case 'is not':
      return known(identical(left, right), operator === 'is not');
    case 'in':
    case 'not in':
      return lift(run, [contains(run, right, left)], ([result]) =>
        known(truth(result), operator === 'not in'),
      );
    case '%':
      return typeof left === 'string' ? interpolate(run, left, right) : unknownFrom(left, right);
  }
  if (operator === '+') return addValues(run, left, right);
  if (operator === '|' && isObject(left, 'list') && isObject(right, 'list'))
    return list([...left.items, ...missing(left.items, right.items)], 'set');
  if (typeof left !== 'number' || typeof right !== 'number') return unknownFrom(left, right);
  if (operator === '<' || operator === '<=') return operator === '<' ? left < right : left <= right;
  if (operator === '>' || operator === '>=') return operator === '>' ? left > right : left >= right;
  return unknown();
}

function addValues(run: Run, left: Value, right: Value): Value {
  if (typeof left === 'string' || typeof right === 'string') {
    const [a, b] = [left, right].map((side) => (isObject(side, 'unknown') ? toText(run, side) : side));
    if (typeof a === 'string' && typeof b === 'string') return a + b;
  }
  const sort = (value: Value) =>
    value === null
      ? 'None'
      : isObject(value, 'list')
        ? value.shape
        : typeof value === 'object'
          ? ''
          : typeof value;
  if (sort(left) !== '' && sort(right) !== '' && sort(left) !== sort(right))
    throw new PythonRaise('TypeError', 'unsupported operand');
  if (!isObject(left, 'list') && !isObject(right, 'list')) return unknownFrom(left, right);
  const items = (value: Value) => (isObject(value, 'list') ? value.items : [unknownFrom(value)]);
  return list([...items(left), ...items(right)], isObject(left, 'list') ? left.shape : 'list');
}

function identical(left: Value, right: Value): boolean | undefined {
  if (right !== null && typeof right !== 'boolean') return equal(left, right);
  if (!isObject(left, 'unknown')) return left === right;
  if (left.assumed === null) return undefined;
  return right !== null && right === (left.assumed !== 'off');
}

/** `item in container`. */
function contains(run: Run, container: Value, item: Value): Value {
  if (isObject(container, 'external') && container.path === 'os.environ')
    return lift(run, [readVariable(run, item, () => null)], ([value]) =>
      isObject(value, 'unknown') ? value : value !== null,
    );
  if (isObject(container, 'dict')) {
    if (container.entries.has(item)) return true;
    return container.rest === null ? false : unknownFrom(container.rest);
  }
  if (typeof container === 'string')
    return typeof item === 'string' ? container.includes(item) : unknownFrom(item);
  if (isObject(container, 'unknown') && container.assumed === 'stage' && typeof item === 'string')
    return isProductionName(item);
  if (!isObject(container, 'list')) return unknownFrom(container);
  const results = container.items.map((candidate) => equal(candidate, item));
  return results.includes(true) ? true : results.includes(undefined) ? unknownFrom(container, item) : false;
}

// ---- builtins and the standard library

function collect(shape: List['shape']): LibraryFunction {
  return strict((_run, { positional: [items] }) => {
    if (isObject(items, 'unknown')) return items;
    const all = items === undefined ? [] : itemsOf(items);
    return list(shape === 'set' ? missing([], all) : all, shape);
  });
}

const toNumber = simple((value) => {
  if (isObject(value, 'unknown')) return value;
  const number = typeof value === 'string' ? Number.parseFloat(value) : Number(value);
  if (Number.isNaN(number)) throw new PythonRaise('ValueError', 'not a number');
  return number;
});

const asSwitch = simple((value) =>
  isObject(value, 'unknown') ? value : (switchMeaning(value) ?? unknownFrom(value)),
);
const asText: LibraryFunction = strict((run, { positional: [value] }) => {
  if (isObject(value, 'unknown')) return value;
  return value === undefined ? '' : (toText(run, value) ?? unknownFrom(value));
});

const typeNames: Readonly<Record<string, string>> = { string: 'str', boolean: 'bool', number: 'int' };

/** `isinstance` of Python's own types; undefined for any other. */
function isOfType(value: Value, type: Value): boolean | undefined {
  if (isObject(type, 'list')) {
    const results = type.items.map((item) => isOfType(value, item));
    return results.includes(true) ? true : results.includes(undefined) ? undefined : false;
  }
  const isPlain = isObject(type, 'external') && /^(str|list|tuple|set|dict|bool|int)$/.test(type.path);
  if (!isPlain || isObject(value, 'unknown')) return undefined;
  const own = isObject(value, 'list')
    ? value.shape
    : isObject(value, 'dict')
      ? 'dict'
      : typeNames[typeof value];
  return own === type.path;
}

/** Reads a text by `parse`; unknown stays unknown, and what does not parse raises as it does in Python. */
function reader(
  parse: (text: string) => Value | undefined,
  errorFor: (value: Value) => string,
): LibraryFunction {
  return simple((value) => {
    if (isObject(value, 'unknown')) return value;
    const parsed = typeof value === 'string' ? parse(value) : undefined;
    if (parsed === undefined) throw new PythonRaise(errorFor(value), 'cannot be parsed');
    return parsed;
  });
}

const getVariable: LibraryFunction = (run, { positional: [name, fallback = null], named }) =>
  readVariable(run, name ?? named.get('key') ?? null, () => named.get('default') ?? fallback);

const readFile: LibraryFunction = (_run, { positional, named }) => {
  const texts = [...positional, ...named.values()].filter((value) => typeof value === 'string');
  return unknown([
    ...originsOf(list(positional)),
    /secret|credential/i.test(texts.join(' ')) ? 'secret' : 'file',
  ]);
};

/** `django_heroku.settings(locals())` opens the list to every host unless told not to (its `core.py`). */
const herokuSettings: LibraryFunction = (run, { named }, scope) => {
  if (named.get('allowed_hosts') === false) return null;
  scope.globals.set('ALLOWED_HOSTS', list(['*']));
  run.options.onBind?.(run.place, 'ALLOWED_HOSTS', list(['*']), scope, true);
  return null;
};

/** What it binds, or changes, cannot be known. */
const bindsUnseen: LibraryFunction = (run) => {
  run.missed.add('exec');
  return unknown();
};

/** An object that is only called and told what it is called with. */
const handle: LibraryFunction = (_run, _args, _scope, path) => external(`${path}()`);

const functions: Readonly<Record<string, LibraryFunction>> = {
  list: collect('list'),
  tuple: collect('tuple'),
  set: collect('set'),
  sorted: simple((items) => list(sorted(itemsOf(items)))),
  dict: (_run, { positional: [base], named }) => {
    if (base !== undefined && !isObject(base, 'dict')) return dict(named, unknownFrom(base));
    return dict([...(base?.entries ?? []), ...named], base?.rest);
  },
  globals: handle,
  locals: handle,
  str: asText,
  int: toNumber,
  bool: simple((value) => (isObject(value, 'unknown') ? value : (truth(value) ?? unknownFrom(value)))),
  'distutils.util.strtobool': asSwitch,
  len: simple((value) =>
    typeof value === 'string'
      ? value.length
      : isObject(value, 'list')
        ? value.items.length
        : unknownFrom(value),
  ),
  isinstance: simple((value, type) => isOfType(value, type) ?? unknown()),
  print: () => null,
  super: () => unknown(),
  map: simple((callee, items, _third, run, scope) =>
    list(itemsOf(items).map((item) => run.call(callee, plain(item), scope))),
  ),
  filter: simple((callee, items, _third, run, scope) =>
    list(
      itemsOf(items).filter(
        (item) => truth(callee === null ? item : run.call(callee, plain(item), scope)) ?? true,
      ),
    ),
  ),
  getattr: strict((run, { positional: [object = null, name, fallback] }) => {
    if (typeof name !== 'string') return unknownFrom(object, name);
    const value = run.attribute(object, name);
    return isObject(value, 'unknown') && value.origins.size === 0 && fallback !== undefined
      ? fallback
      : value;
  }),
  open: readFile,
  exec: bindsUnseen,
  setattr: bindsUnseen,
  vars: bindsUnseen,
  'globals().update': bindsUnseen,
  'locals().update': bindsUnseen,
  'os.getenv': getVariable,
  'os.environ.get': getVariable,
  'os.environ.setdefault': (run, { positional: [name = null, fallback = null] }) => {
    const value = readVariable(run, name, () => fallback);
    if (typeof name === 'string') run.environ.set(name, value);
    return value;
  },
  'json.loads': reader(parseJson, (value) => (typeof value === 'string' ? 'JSONDecodeError' : 'TypeError')),
  // Text that is no expression, such as a list of addresses without quotes, is a SyntaxError; another expression a ValueError.
  'ast.literal_eval': reader(parseLiteral, (value) =>
    typeof value === 'string' && parseExpression(value) === undefined ? 'SyntaxError' : 'ValueError',
  ),
  're.split': simple((source, text) => {
    const pattern = typeof source === 'string' ? toRegExp(source) : undefined;
    if (pattern === undefined || typeof text !== 'string' || text.length > 5000)
      return unknownFrom(source, text);
    return list(text.split(pattern).map((part) => part ?? null));
  }),
  'itertools.chain': strict((_run, { positional }) => list(positional.flatMap(itemsOf))),
  'importlib.import_module': strict((run, { positional: [name] }, scope) => {
    if (typeof name !== 'string') return unknownFrom(name);
    const level = /^\.*/.exec(name)?.[0].length ?? 0;
    return run.importModule(name.slice(level), level, scope.file) ?? external(name);
  }),
  'split_settings.tools.include': (run, { positional }, scope) => {
    for (const name of positional) if (typeof name === 'string') run.include(name, scope);
    return null;
  },
  'split_settings.tools.optional': (_run, { positional: [name = null] }) => name,
  'django_heroku.settings': herokuSettings,
  'django_on_heroku.settings': herokuSettings,
  'fastapi.FastAPI': handle,
  'starlette.applications.Starlette': handle,
  'flask.Flask': handle,
  ...environmentLibraries,
};

const constants: Readonly<Record<string, Value>> = {
  'sys.platform': 'linux',
  'sys.argv': list(['gunicorn']),
  // Production runs with DEBUG off, also where code asks the settings for it.
  'django.conf.settings.DEBUG': unknown([], 'off'),
};

/** `os.path` of the library `os`, and the few attributes whose value is known. */
export function externalAttribute(run: Run, path: string, name: string): Value {
  const full = `${path}.${name}`;
  if (isMetadataLibrary(full) && /ip|host|identity/i.test(name)) return unknown(['metadata']);
  const given = run.options.constant?.(full);
  if (given !== undefined) return given;
  if (full === 'environs.env') return libraryCall(run, 'environs.Env', plain(), emptyScope);
  if (/^str\.\w+$/.test(full))
    return native(full, ({ positional: [text = null, ...rest] }) =>
      run.call(run.attribute(text, name), plain(...rest), emptyScope),
    );
  return Object.hasOwn(constants, full) ? (constants[full] ?? null) : external(full);
}

/** Whether a text names the EC2 or ECS metadata service: its addresses (AWS, "Instance metadata" and "Task metadata endpoint") and its old name. */
export function isMetadataAddress(value: Value): boolean {
  return (
    typeof value === 'string' &&
    /169\.254\.16[9]\.254|169\.254\.170\.2|fd00:ec2::254|\/\/instance-data\b/.test(value)
  );
}

/** Libraries whose only business is to ask the metadata service. */
export function isMetadataLibrary(path: string): boolean {
  return /^(ec2_metadata|ec2metadata|aws_metadata|django_aws_utils|ebhealthcheck|boto\.utils)\b/.test(path);
}

/** What a call of a library's function gives; of one we do not know, an unknown value with the origin of its arguments. */
export function libraryCall(run: Run, path: string, args: Arguments, scope: Scope): Value {
  for (const table of [run.options.libraries ?? {}, functions]) {
    const known = Object.hasOwn(table, path) ? table[path] : undefined;
    if (known !== undefined) return known(run, args, scope, path);
  }
  if (path.endsWith('.as_view')) return native(path, () => unknown());
  const all = [...args.positional, ...args.named.values()];
  const origins = all.flatMap((value) => [...originsOf(value), ...variablesIn(run, value)]);
  if (isMetadataLibrary(path) || all.some(isMetadataAddress)) origins.push('metadata');
  if (/^(boto3|botocore|hvac|google\.cloud\.secretmanager|aws_secretsmanager_caching)\b|secret/i.test(path))
    origins.push('secret');
  if (/^socket\.(gethostname|getfqdn|gethostbyname(_ex)?)$/.test(path)) origins.push('name-lookup');
  if (
    /(^|\.)(read_text|load_workbook|ConfigParser|RawConfigParser|dotenv_values)$|^toml(i|lib)?\.load$/.test(
      path,
    )
  )
    origins.push('file');
  return unknown(origins);
}

/** The variables whose text stands in a value, so that what a library makes of it is still known to come from there. */
function variablesIn(run: Run, value: Value): string[] {
  const texts = (isObject(value, 'list') ? value.items : [value]).filter((item) => typeof item === 'string');
  // A shorter text stands in others by chance.
  return [...(run.known ?? [])].flatMap(([name, text]) =>
    text !== undefined && text.length >= 12 && texts.some((item) => item.includes(text))
      ? [`env:${name}`]
      : [],
  );
}
