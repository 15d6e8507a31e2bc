import { parseJson, splitText, strict } from './text.ts';
import {
  type Arguments,
  type Class,
  classAttribute,
  dict,
  isObject,
  type LibraryFunction,
  lift,
  lineageOf,
  list,
  type Native,
  native,
  PythonRaise,
  plain,
  type Run,
  readVariable,
  record,
  type Scope,
  switchMeaning,
  unknown,
  type Value,
} from './value.ts';

const casts: Readonly<Record<string, (text: string) => Value>> = {
  str: (text) => text,
  bool: (text) => switchMeaning(text) ?? false,
  int: (text) => Number.parseInt(text, 10),
  json: (text) => {
    const value = parseJson(text);
    if (value === undefined) throw new PythonRaise('ValueError', 'not JSON');
    return value;
  },
  list: (text) => list(commaItems(text)),
  tuple: (text) => list(commaItems(text.replace(/^\(+|\)+$/g, '')), 'tuple'),
};

const commaItems = (text: string) => text.split(',').filter((item) => item !== '');

/** A library's type, or a list of one (`[str]`), as the name of a cast. */
function castName(cast: Value | undefined): string | undefined {
  if (isObject(cast, 'external')) return cast.path.replace(/^builtins\./, '');
  return isObject(cast, 'list') ? (cast.shape === 'tuple' ? 'tuple' : 'list') : undefined;
}

function applyCast(run: Run, scope: Scope, cast: Value | undefined, value: Value): Value {
  if (cast === undefined || cast === null || isObject(value, 'unknown')) return value;
  const name = castName(cast) ?? '';
  const known = Object.hasOwn(casts, name) ? casts[name] : undefined;
  if (known === undefined) return run.call(cast, plain(value), scope);
  return typeof value === 'string' ? known(value) : value;
}

/** The arguments of a read: the name, and by position what `order` says. */
function question(
  { positional: [name, ...others], named }: Arguments,
  order: readonly ('fallback' | 'cast')[],
) {
  const at = (key: 'fallback' | 'cast') => others[order.indexOf(key)];
  return {
    name: name ?? named.get('var') ?? named.get('name') ?? named.get('option') ?? null,
    fallback: named.get('default') ?? at('fallback'),
    cast: named.get('cast') ?? at('cast'),
  };
}

/** What a variable's text comes to, or the fallback as it is; of several names the first that is set. */
function readCast(
  run: Run,
  names: readonly Value[],
  fallback: Value | undefined,
  error: string,
  cast: (text: string) => Value,
): Value {
  const unset = unknown();
  const read = names.reduceRight<(() => Value) | undefined>(
    (rest, name) => () => readVariable(run, name, rest, error),
    fallback === undefined ? undefined : () => unset,
  );
  return lift(run, [read?.() ?? unset], ([known]) => {
    if (known === unset) return fallback ?? unset;
    return typeof known === 'string' ? cast(known) : known;
  });
}

/** An object with a method for each cast. `prefix` can be assigned, and is lengthened by `with env.prefixed(…)`. */
function environment(
  type: string,
  read: (args: Arguments, method: string | null, prefix: string) => Value,
): Value {
  let prefix = '';
  const prefixed = native('prefixed', ({ positional: [part] }) => {
    const outer = prefix;
    if (typeof part === 'string') prefix += part;
    const exit = native('exit', () => {
      prefix = outer;
      return null;
    });
    return record('context', (name) => (name === '__exit__' ? exit : undefined));
  });
  const method = (name: string) => native(`${type}.${name}`, (args) => read(args, name, prefix));
  return native(
    type,
    (args) => read(args, null, prefix),
    (name) => {
      if (name === 'prefixed') return prefixed;
      if (name === 'get_value') return native(`${type}.get_value`, (args) => read(args, null, prefix));
      return Object.hasOwn(casts, name) ? method(name) : native(`${type}.${name}`, () => unknown());
    },
    (name, value) => {
      if (name === 'prefix' && typeof value === 'string') prefix = value;
    },
  );
}

/** django-environ's `Env`: the scheme gives casts and defaults by name; a default's own type is a cast too ("smart cast"). */
const djangoEnviron: LibraryFunction = (run, { named }, scope) =>
  environment('environ.Env', (args, method, prefix) => {
    const asked = question(
      args,
      method === null || method === 'list' || method === 'tuple' ? ['cast', 'fallback'] : ['fallback'],
    );
    return lift(run, [asked.name], ([name]) => {
      const key = `${prefix}${String(name)}`;
      const planned = named.get(key);
      const isPair = isObject(planned, 'list') && planned.shape === 'tuple';
      const fallback = asked.fallback ?? (isPair ? planned.items[1] : undefined);
      const cast = asked.cast ?? (isPair ? planned.items[0] : planned) ?? typeOf(fallback);
      return readCast(run, [key], fallback, 'ImproperlyConfigured', (text) =>
        applyCast(run, scope, method === null ? cast : { kind: 'external', path: method }, text),
      );
    });
  });

function typeOf(value: Value | undefined): Value | undefined {
  if (isObject(value, 'list')) return { kind: 'external', path: value.shape };
  return typeof value === 'boolean' ? { kind: 'external', path: 'bool' } : undefined;
}

/** environs' `Env`: a method for each type; `list` takes `delimiter`. */
const environs: LibraryFunction = (run, _args, scope) =>
  environment('environs.Env', (args, method, prefix) => {
    const asked = question(args, ['fallback']);
    return lift(run, [asked.name], ([name]) =>
      readCast(run, [`${prefix}${String(name)}`], asked.fallback, 'EnvError', (text) => {
        if (method !== 'list')
          return applyCast(run, scope, { kind: 'external', path: method ?? 'str' }, text);
        return text === '' ? list([]) : splitText(text, args.named.get('delimiter') ?? ',');
      }),
    );
  });

/** python-decouple's `config(name, default=…, cast=…)`; the default is cast as well. */
const decouple: LibraryFunction = (run, args, scope) => {
  const { name, fallback, cast } = question(args, ['fallback', 'cast']);
  const value = readVariable(
    run,
    name,
    fallback === undefined ? undefined : () => fallback,
    'UndefinedValueError',
  );
  return lift(run, [value], ([known]) => applyCast(run, scope, cast, known));
};

/** decouple's `Csv()`: shell-like quotes, blanks stripped, empty items dropped. */
const csv: LibraryFunction = (run, { named, positional: [first, second] }, scope) => {
  const given = named.get('delimiter') ?? second;
  const cast = first ?? named.get('cast');
  const shape = castName(named.get('post_process')) === 'tuple' ? 'tuple' : 'list';
  return native('decouple.Csv', ({ positional: [value = null] }) =>
    lift(run, [value], ([text]) => {
      if (typeof text !== 'string') return text;
      const items = shellSplit(text, typeof given === 'string' ? given : ',');
      return list(
        items.map((item) => applyCast(run, scope, cast, item)),
        shape,
      );
    }),
  );
};

/** Splits at any of the delimiter's characters, and takes blanks and quotes off the parts. */
function shellSplit(text: string, delimiter: string): string[] {
  const items = [''];
  for (const char of text) {
    if (delimiter.includes(char)) items.push('');
    else items.push(`${items.pop()}${char}`);
  }
  return items.map((item) => item.replace(/["']/g, '').trim()).filter((item) => item !== '');
}

const configObject: LibraryFunction = (run, _args, scope, path) => {
  const read = (args: Arguments) => decouple(run, args, scope, path);
  return native('config', read, (name) => (name === 'get' ? native('config.get', read) : undefined));
};

/**
 * The fields of a pydantic-settings class: each is read from the variable named like it, or like its alias. Lists and the like are decoded
 * as JSON unless `NoDecode` says otherwise; a union with text keeps what is not JSON (pydantic-settings,
 * `EnvSettingsSource.prepare_field_value`). A field with a call in its annotation or a model in it is unknown. Null for any other class. */
export function pydanticFields(run: Run, type: Class, { named }: Arguments): Map<string, Value> | null {
  const lineage = lineageOf(type);
  const base = lineage
    .flatMap(({ bases }) => bases)
    .find((one) => isObject(one, 'external') && /(^|\.)BaseSettings$/.test(one.path));
  if (!isObject(base, 'external')) return null;
  // Pydantic 1 had the settings among its own; there is no other `BaseSettings` below `pydantic`.
  const isFirst = /^pydantic\.(v1\.|env_settings\.)?BaseSettings$/.test(base.path);
  const prefix = envPrefix(lineage);
  const fields = new Map<string, Value>();
  for (const { annotations, names, scope } of lineage.toReversed()) {
    for (const { name, annotation } of annotations) {
      const own = names.get(name);
      const spec = isObject(own, 'native') ? own : undefined;
      const fallback = spec === undefined ? own : spec.attribute('default');
      if (/\(/.test(annotation.text) || isObject(fallback, 'instance')) {
        fields.set(name, unknown());
        continue;
      }
      const variables = aliasesOf(spec, isFirst) ?? [`${prefix}${name}`.toUpperCase()];
      const value =
        named.get(name) ??
        readCast(run, variables, fallback, 'ValidationError', (text) =>
          decode(annotation.text, text, isFirst),
        );
      const validated = validatorsOf(lineage, name).reduce(
        (before: Value, validator) =>
          lift(run, [before], ([known]) => run.call(validator, plain(known), scope)),
        value,
      );
      fields.set(name, validated);
    }
  }
  return fields;
}

/** A variable's text as the field's annotation wants it. Pydantic 1 takes an optional list for a list. */
function decode(annotation: string, text: string, isFirst: boolean): Value {
  const isComplex = /\b(list|set|tuple|sequence|frozenset|dict|json)\b/i.test(annotation);
  if (!isComplex || /\bNoDecode\b/.test(annotation)) return text;
  const isOptional = /\bOptional\b|\|\s*None\b|\bNone\s*\|/.test(annotation);
  const isLenient = /\b(Union|Any)\b/.test(annotation) || (annotation.includes('|') && !isOptional);
  const parsed = parseJson(text);
  if (parsed !== undefined || isLenient || (isOptional && !isFirst)) return parsed ?? text;
  throw new PythonRaise('ValueError', 'not JSON');
}

/** `env_prefix` of `model_config = SettingsConfigDict(…)`, or of the inner class `Config`. */
function envPrefix(lineage: readonly Class[]): string {
  const prefixes = lineage.map(({ names }) => {
    const config = names.get('model_config') ?? names.get('Config');
    if (isObject(config, 'dict')) return config.entries.get('env_prefix');
    return isObject(config, 'class') ? classAttribute(config, 'env_prefix') : undefined;
  });
  return prefixes.find((prefix) => typeof prefix === 'string') ?? '';
}

/** @param isFirst pydantic 1 takes an alias for the name of an argument, and not of a variable */
function aliasesOf(spec: Native | undefined, isFirst: boolean): string[] | undefined {
  const keys = isFirst ? ['env'] : ['validation_alias', 'alias'];
  const alias = keys.map((key) => spec?.attribute(key)).find((one) => one !== undefined);
  const names = (isObject(alias, 'list') ? alias.items : [alias]).filter((name) => typeof name === 'string');
  return names.length > 0 ? names.map((name) => name.toUpperCase()) : undefined;
}

/** The class's validators of one field, such as the one that splits a comma list. */
function validatorsOf(lineage: readonly Class[], name: string): Value[] {
  return lineage.flatMap((type) =>
    [...type.names.values()].flatMap((member) => {
      if (!isObject(member, 'function')) return [];
      const applies = member.decorators.some(
        ({ path, args }) =>
          /(^|\.)(field_)?validator$/.test(path) &&
          args.positional.some((field) => field === name || field === '*'),
      );
      return applies ? [{ ...member, self: type }] : [];
    }),
  );
}

/** The arguments of a call, to be asked for by their names; `default` may be the first. */
const specification: LibraryFunction = (run, { positional: [fallback], named }, scope, path) =>
  record(path, (name) => {
    const factory = named.get('default_factory');
    if (name === 'default' && factory !== undefined) return run.call(factory, plain(), scope);
    // None is a value: `environ_prefix=None`.
    return named.has(name) || name !== 'default' ? named.get(name) : fallback;
  });

const valueClasses = ['ListValue', 'TupleValue', 'SetValue', 'Value', 'BooleanValue', 'SecretValue'];

/** The value an attribute of a django-configurations class gets from the environment: `DJANGO_` and its name unless told otherwise. */
export function configurationValue(run: Run, name: string, value: Value): Value {
  if (!isObject(value, 'native') || !value.type.startsWith('configurations.values.')) return value;
  const own = value.attribute('environ_name');
  const prefix = value.attribute('environ_prefix');
  const before = prefix === null ? '' : typeof prefix === 'string' ? `${prefix}_` : 'DJANGO_';
  const fallback = value.attribute('default') ?? null;
  if (value.attribute('environ') === false) return fallback;
  const read = readVariable(run, `${before}${typeof own === 'string' ? own : name}`, () => fallback);
  if (!/(List|Tuple|Set)Value$/.test(value.type)) return read;
  return lift(run, [read], ([known]) => {
    if (typeof known !== 'string') return known;
    const { items } = splitText(known, value.attribute('separator') ?? ',');
    return list(
      items.map((part) => (typeof part === 'string' ? part.trim() : part)).filter((part) => part !== ''),
    );
  });
}

/** Libraries that read the environment for settings. */
export const environmentLibraries: Readonly<Record<string, LibraryFunction>> = {
  'environ.Env': djangoEnviron,
  'environ.FileAwareEnv': djangoEnviron,
  'environs.Env': environs,
  'environs.FileAwareEnv': environs,
  'decouple.config': decouple,
  'decouple.Csv': csv,
  'decouple.Config': configObject,
  'decouple.AutoConfig': configObject,
  'starlette.config.Config': configObject,
  'starlette.datastructures.CommaSeparatedStrings': strict((_run, { positional: [value = null] }) =>
    typeof value === 'string' ? list(shellSplit(value, ',')) : value,
  ),
  'pydantic.Field': specification,
  'pydantic.AliasChoices': (_run, { positional }) => list(positional),
  'pydantic_settings.SettingsConfigDict': (_run, { named }) => dict(named),
  ...Object.fromEntries(valueClasses.map((name) => [`configurations.values.${name}`, specification])),
};
