import { parseJson, parseLiteral } from './json.ts';
import type { LibraryFunction } from './library.ts';
import { loadDotenv, type Run, readVariable, requireVariable } from './run.ts';
import { splitText } from './text.ts';
import { switchMeaning } from './truth.ts';
import {
  type Arguments,
  isObject,
  list,
  native,
  PythonRaise,
  type Scope,
  unknown,
  unknownFrom,
  type Value,
} from './value.ts';

type Cast = (text: string) => Value;

const casts: Readonly<Record<string, Cast>> = {
  str: (text) => text,
  bool: (text) => switchMeaning(text) ?? false,
  int: (text) => Number.parseInt(text, 10),
  float: (text) => Number.parseFloat(text),
  json: (text) => orRaise(parseJson(text)),
  list: (text) => list(commaItems(text)),
  tuple: (text) => list(commaItems(text.replace(/^\(+|\)+$/g, '')), 'tuple'),
  set: (text) => list(commaItems(text), 'set'),
};

function commaItems(text: string): Value[] {
  return text.split(',').filter((item) => item !== '');
}

function orRaise(value: Value | undefined): Value {
  if (value === undefined) throw new PythonRaise('ValueError', 'cannot be parsed');
  return value;
}

/** A library's type or object as the name of a cast. */
function castName(cast: Value | undefined): string | undefined {
  if (isObject(cast, 'external')) return cast.path.replace(/^builtins\./, '');
  if (isObject(cast, 'list')) return cast.shape === 'tuple' ? 'tuple' : 'list';
  return undefined;
}

function applyCast(run: Run, scope: Scope, cast: Value | undefined, value: Value): Value {
  if (cast === undefined || cast === null || isObject(value, 'unknown')) return value;
  const name = castName(cast);
  const known = name !== undefined && Object.hasOwn(casts, name) ? casts[name] : undefined;
  if (known !== undefined) return typeof value === 'string' ? known(value) : value;
  return run.call(scope, cast, [value]);
}

interface Question {
  readonly name: Value | undefined;
  readonly fallback: Value | undefined;
  readonly cast: Value | undefined;
}

function question(args: Arguments, order: readonly ('fallback' | 'cast')[]): Question {
  const [name, ...others] = args.positional;
  const at = (key: 'fallback' | 'cast') => others[order.indexOf(key)];
  return {
    name: name ?? args.named.get('var') ?? args.named.get('name') ?? args.named.get('option'),
    fallback: args.named.get('default') ?? at('fallback'),
    cast: args.named.get('cast') ?? at('cast'),
  };
}

/** django-environ's `Env`: the scheme gives casts and defaults by name; a default's own type is a cast too ("smart cast"). */
const djangoEnviron: LibraryFunction = (run, scope, { named }) => {
  const scheme = new Map(
    [...named].map(([name, entry]) => {
      const [cast, fallback] = isObject(entry, 'list') && entry.shape === 'tuple' ? entry.items : [entry];
      return [name, { cast, fallback }] as const;
    }),
  );
  const read = (args: Arguments, method: string | null): Value => {
    const asked = question(args, method === null ? ['cast', 'fallback'] : ['fallback']);
    if (typeof asked.name !== 'string') return unknownFrom(asked.name);
    const planned = scheme.get(asked.name);
    const fallback = asked.fallback ?? planned?.fallback;
    const value = readOr(run, asked.name, fallback, 'ImproperlyConfigured');
    const smart = asked.cast ?? planned?.cast ?? typeOf(fallback);
    return typeof value === 'string' && value !== fallback
      ? applyCast(run, scope, method === null ? smart : { kind: 'external', path: method }, value)
      : value;
  };
  return envObject(run, scope, 'environ.Env', read);
};

/** environs' `Env`: a method for each type; `list` takes `delimiter` and `subcast`. */
const environs: LibraryFunction = (run, scope, _args) => {
  let prefix = '';
  const read = (args: Arguments, method: string | null): Value => {
    const asked = question(args, ['fallback']);
    if (typeof asked.name !== 'string') return unknownFrom(asked.name);
    const value = readOr(run, `${prefix}${asked.name}`, asked.fallback, 'EnvError');
    if (typeof value !== 'string' || value === asked.fallback) return value;
    const delimiter = args.named.get('delimiter');
    if (method === 'list' && typeof delimiter === 'string')
      return list(value === '' ? [] : splitText(value, delimiter, undefined));
    if (method === 'list') return list(value === '' ? [] : value.split(','));
    return applyCast(run, scope, { kind: 'external', path: method ?? 'str' }, value);
  };
  const prefixed = native('environs.prefixed', ({ positional: [part] }) => {
    const outer = prefix;
    if (typeof part === 'string') prefix += part;
    return native(
      'context',
      () => null,
      (name) =>
        name === '__exit__'
          ? native('exit', () => {
              prefix = outer;
              return null;
            })
          : undefined,
    );
  });
  return envObject(run, scope, 'environs.Env', read, { prefixed });
};

function typeOf(value: Value | undefined): Value | undefined {
  if (isObject(value, 'list')) return { kind: 'external', path: value.shape };
  return typeof value === 'boolean' ? { kind: 'external', path: 'bool' } : undefined;
}

function readOr(run: Run, name: string, fallback: Value | undefined, error: string): Value {
  if (fallback === undefined) return requireVariable(run, name, error);
  return readVariable(run, name, false) ?? fallback;
}

function envObject(
  run: Run,
  scope: Scope,
  type: string,
  read: (args: Arguments, method: string | null) => Value,
  extra: Readonly<Record<string, Value>> = {},
): Value {
  return native(
    type,
    (args) => read(args, null),
    (name) => {
      if (name === 'read_env') return native(`${type}.read_env`, (args) => loadDotenv(run, scope, args));
      if (Object.hasOwn(extra, name)) return extra[name];
      if (name === 'get_value') return native(`${type}.get_value`, (args) => read(args, null));
      if (Object.hasOwn(casts, name)) return native(`${type}.${name}`, (args) => read(args, name));
      return native(`${type}.${name}`, () => unknown());
    },
  );
}

/** python-decouple's `config(name, default=…, cast=…)`; the default is cast as well. */
const decouple: LibraryFunction = (run, scope, args) => {
  const asked = question(args, ['fallback', 'cast']);
  loadDotenv(run, scope);
  if (typeof asked.name !== 'string') return unknownFrom(asked.name);
  return applyCast(run, scope, asked.cast, readOr(run, asked.name, asked.fallback, 'UndefinedValueError'));
};

/** decouple's `Csv()`: shell-like quotes, blanks stripped, empty items dropped. */
const csv: LibraryFunction = (run, scope, { named, positional: [first, second] }) => {
  const given = named.get('delimiter') ?? second;
  const delimiter = typeof given === 'string' ? given : ',';
  const isTuple = castName(named.get('post_process')) === 'tuple';
  return native('decouple.Csv', ({ positional: [value] }) => {
    if (typeof value !== 'string') return value ?? unknown();
    const items = shellSplit(value, delimiter).map((item) =>
      applyCast(run, scope, first ?? named.get('cast'), item),
    );
    return list(items, isTuple ? 'tuple' : 'list');
  });
};

/** Splits at any of the delimiter's characters outside quotes. */
function shellSplit(text: string, delimiter: string): string[] {
  const items = [''];
  let quote: string | null = null;
  for (const char of text) {
    if (quote !== null) {
      if (char === quote) quote = null;
      else items.push(`${items.pop()}${char}`);
    } else if (char === '"' || char === "'") quote = char;
    else if (delimiter.includes(char)) items.push('');
    else items.push(`${items.pop()}${char}`);
  }
  return items.map((item) => item.trim()).filter((item) => item !== '');
}

const configObject: LibraryFunction = (run, scope) =>
  native(
    'config',
    (args) => decouple(run, scope, args, 'decouple.config'),
    (name) =>
      name === 'get'
        ? native('config.get', (args) => decouple(run, scope, args, 'decouple.config'))
        : undefined,
  );

/** django-getenv's `env(name, default)`: what reads as a literal of Python is one. */
const djangoGetenv: LibraryFunction = (run, _scope, args) => {
  const asked = question(args, ['fallback']);
  if (typeof asked.name !== 'string') return unknownFrom(asked.name);
  const value = readVariable(run, asked.name, false);
  return (typeof value === 'string' ? (parseLiteral(value) ?? value) : value) ?? asked.fallback ?? null;
};

/** Libraries that read the environment for settings. */
export const environmentLibraries: Readonly<Record<string, LibraryFunction>> = {
  ...Object.fromEntries(
    ['dotenv.load_dotenv', 'dotenv.read_dotenv', 'environ.Env.read_env', 'environ.read_env'].map((path) => [
      path,
      loadDotenv,
    ]),
  ),
  'environ.Env': djangoEnviron,
  'environ.FileAwareEnv': djangoEnviron,
  'environs.Env': environs,
  'environs.FileAwareEnv': environs,
  'envparse.Env': djangoEnviron,
  'getenv.env': djangoGetenv,
  'decouple.config': decouple,
  'decouple.Csv': csv,
  'decouple.Config': configObject,
  'decouple.AutoConfig': configObject,
  'prettyconf.config': decouple,
  'starlette.config.Config': configObject,
  'starlette.datastructures.CommaSeparatedStrings': (_run, _scope, { positional: [value] }) =>
    typeof value === 'string' ? list(shellSplit(value, ',')) : (value ?? unknown()),
};
