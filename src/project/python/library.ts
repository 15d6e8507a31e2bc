import { urlFunctions } from '../django/django-urls.ts';
import { webFrameworks } from '../frameworks/python-web-frameworks.ts';
import { builtins } from './builtins.ts';
import { configurationsLibrary } from './configurations.ts';
import { environmentLibraries } from './environment-libraries.ts';
import { isExpression, parseJson, parseLiteral } from './json.ts';
import { isMetadataAddress, isMetadataLibrary } from './metadata.ts';
import { toRegExp } from './pattern.ts';
import { type Run, readVariable } from './run.ts';
import { standardLibrary } from './standard-library.ts';
import { splitText } from './text.ts';
import {
  type Arguments,
  dict,
  emptyScope,
  external,
  isObject,
  list,
  native,
  originsOf,
  PythonRaise,
  type Scope,
  unknown,
  unknownFrom,
  type Value,
} from './value.ts';

export type LibraryFunction = (run: Run, scope: Scope, args: Arguments, path: string) => Value;

const constants: Readonly<Record<string, Value>> = {
  'sys.platform': 'linux',
  'os.name': 'posix',
  'os.sep': '/',
  'os.linesep': '\n',
  // Production runs with DEBUG off, also where code asks the settings for it.
  'django.conf.settings.DEBUG': unknown([], 'off'),
  'string.whitespace': ' \t\n\r\x0b\x0c',
};

/** `os.path` of the library `os`, and the few attributes whose value is known. */
export function externalAttribute(run: Run, path: string, name: string): Value {
  const full = `${path}.${name}`;
  if (full === 'os.environ') return run.environ;
  if (full === 'sys.argv') return list(['gunicorn']);
  if (isMetadataLibrary(full) && /ip|host|identity/i.test(name)) return unknown(['metadata']);
  const singleton = Object.hasOwn(singletons, full) ? singletons[full] : undefined;
  if (singleton !== undefined)
    return libraryFunction(singleton)(run, emptyScope(), { positional: [], named: new Map() }, full);
  return Object.hasOwn(constants, full) ? (constants[full] ?? null) : external(full);
}

/** Ready-made objects of libraries, and what makes them. */
const singletons: Readonly<Record<string, string>> = {
  'environs.env': 'environs.Env',
  'envparse.env': 'envparse.Env',
};

const getenv: LibraryFunction = (run, _scope, { positional: [name, fallback], named }) => {
  const key = name ?? named.get('key');
  if (typeof key !== 'string') return unknownFrom(key);
  const set = run.environ.entries.get(key);
  return readVariable(run, key, false) ?? set ?? fallback ?? named.get('default') ?? null;
};

/** Reads `text` by `parse`; unknown stays unknown, and what does not parse raises as it does in Python. */
function reader(parse: (text: string) => Value | undefined, error: string): LibraryFunction {
  return (_run, _scope, { positional: [value] }) => {
    if (isObject(value, 'unknown')) return value;
    if (typeof value !== 'string') throw new PythonRaise('TypeError', 'not a text');
    const parsed = parse(value);
    if (parsed === undefined) throw new PythonRaise(error, 'cannot be parsed');
    return parsed;
  };
}

/** What is no Python at all, such as a list of addresses without quotes, is a SyntaxError; what is none but a literal, such as None, a ValueError. */
const literalEval: LibraryFunction = (_run, _scope, { positional: [value = null] }) => {
  if (isObject(value, 'unknown')) return value;
  const parsed = typeof value === 'string' ? parseLiteral(value) : undefined;
  if (parsed !== undefined) return parsed;
  const isSource = typeof value !== 'string' || isExpression(value);
  throw new PythonRaise(isSource ? 'ValueError' : 'SyntaxError', 'not a literal');
};

const readFile: LibraryFunction = (_run, _scope, args) => {
  const names = [...args.positional, ...args.named.values()]
    .filter((value) => typeof value === 'string')
    .join(' ');
  return unknown([
    ...originsOf(list([...args.positional])),
    /secret|credential/i.test(names) ? 'secret' : 'file',
  ]);
};

function pattern(source: Value | undefined): RegExp | undefined {
  return typeof source === 'string' ? toRegExp(source, 'g') : undefined;
}

/** The text a pattern is tried on; longer ones are no lists of hosts. */
function subjectOf(value: Value | undefined): string | undefined {
  return typeof value === 'string' && value.length <= 5000 ? value : undefined;
}

/** A field of a pydantic model, a dataclass or an attrs class. */
const field: LibraryFunction = (run, scope, { positional: [fallback], named }) =>
  native(
    'pydantic.Field',
    () => unknown(),
    (name) => {
      const factory = named.get('default_factory') ?? named.get('factory');
      if (name !== 'default') return named.get(name);
      return factory === undefined ? (fallback ?? named.get('default')) : run.call(scope, factory, []);
    },
  );

const functions: Readonly<Record<string, LibraryFunction>> = {
  ...builtins,
  ...standardLibrary,
  ...environmentLibraries,
  ...configurationsLibrary,
  ...urlFunctions,
  ...webFrameworks,
  'os.getenv': getenv,
  'os.environb.get': getenv,
  'json.loads': reader(parseJson, 'JSONDecodeError'),
  'simplejson.loads': reader(parseJson, 'JSONDecodeError'),
  'orjson.loads': reader(parseJson, 'JSONDecodeError'),
  'yaml.safe_load': reader((source) => parseJson(source) ?? parseLiteral(source) ?? source, 'YAMLError'),
  'ast.literal_eval': literalEval,
  eval: reader((source) => parseLiteral(source) ?? unknown(), 'SyntaxError'),
  open: readFile,
  'io.open': readFile,
  'codecs.open': readFile,
  'json.load': (_run, _scope, { positional: [value] }) => unknownFrom(value),
  'dotenv.dotenv_values': () => dict([], unknown(['file'])),
  're.split': (_run, _scope, { positional: [source, value] }) => {
    const expression = pattern(source);
    const subject = subjectOf(value);
    if (expression === undefined || subject === undefined) return unknownFrom(value);
    return list(subject.split(expression).map((part) => part ?? null));
  },
  're.findall': (_run, _scope, { positional: [source, value] }) => {
    const expression = pattern(source);
    const subject = subjectOf(value);
    if (expression === undefined || subject === undefined) return unknownFrom(value);
    return list([...subject.matchAll(expression)].map((match) => match[1] ?? match[0]));
  },
  're.sub': (_run, _scope, { positional: [source, to, value] }) => {
    const expression = pattern(source);
    const subject = subjectOf(value);
    if (expression === undefined || subject === undefined || typeof to !== 'string')
      return unknownFrom(value);
    return subject.replace(expression, to);
  },
  'shlex.split': (_run, _scope, { positional: [value] }) =>
    typeof value === 'string' ? list(splitText(value, null, undefined)) : unknownFrom(value),
  'csv.reader': (_run, _scope, { positional: [lines] }) =>
    isObject(lines, 'list')
      ? list(
          lines.items.map((line) => (typeof line === 'string' ? list(line.split(',')) : unknownFrom(line))),
        )
      : unknownFrom(lines),
  'itertools.chain': (_run, _scope, { positional }) =>
    list(positional.flatMap((part) => (isObject(part, 'list') ? part.items : [unknownFrom(part)]))),
  'os.path.join': (_run, _scope, { positional }) => joinPaths(positional),
  'os.path.exists': (_run, _scope, { positional: [path] }) => unknown(originsOf(path)),
  'platform.system': () => 'Linux',
  'typing.cast': (_run, _scope, { positional: [, value] }) => value ?? null,
  'importlib.import_module': (run, scope, { positional: [name, anchor] }) => {
    if (typeof name !== 'string') return unknownFrom(name);
    const level = /^\.*/.exec(name)?.[0].length ?? 0;
    void anchor;
    return run.importModule(name.slice(level), level, scope.file) ?? external(name);
  },
  'pydantic.Field': field,
  'dataclasses.field': field,
  'attrs.field': field,
  'attr.ib': field,
  'pydantic.AliasChoices': (_run, _scope, { positional }) => list([...positional]),
  'pydantic_settings.SettingsConfigDict': (_run, _scope, { named }) => dict(named),
  'pydantic.ConfigDict': (_run, _scope, { named }) => dict(named),
  'split_settings.tools.include': (run, scope, args) => {
    for (const name of args.positional) if (typeof name === 'string') run.include(name, scope);
    return null;
  },
  'split_settings.tools.optional': (_run, _scope, { positional: [name] }) => name ?? null,
};

function joinPaths(parts: readonly Value[]): Value {
  const known = parts.filter((part) => typeof part === 'string');
  return known.length === parts.length ? known.join('/') : unknownFrom(...parts);
}

/** What a call of a library's function gives; of one we do not know, an unknown value with the origin of its arguments. */
export function libraryFunction(path: string): LibraryFunction {
  const found = Object.hasOwn(functions, path) ? functions[path] : undefined;
  return found ?? opaque;
}

const opaque: LibraryFunction = (run, _scope, args, path) => {
  const all = [...args.positional, ...args.named.values()];
  const origins = all.flatMap((value) => [...originsOf(value), ...variablesIn(run, value)]);
  if (isMetadataLibrary(path) || all.some((value) => isMetadataAddress(value))) origins.push('metadata');
  if (/^(boto3|botocore|hvac|google\.cloud\.secretmanager|aws_secretsmanager_caching)\b|secret/i.test(path)) {
    origins.push('secret');
  }
  if (/^socket\.(gethostname|getfqdn|gethostbyname(_ex)?)$/.test(path)) origins.push('name-lookup');
  if (/(^|\.)(read_text|load_workbook|ConfigParser|RawConfigParser)$|^toml(i|lib)?\.load$/.test(path))
    origins.push('file');
  return unknown(origins);
};

/** A text shorter than this stands in others by chance. */
const shortestTrace = 12;

/** The variables whose text stands in a value, so that what a library makes of it is still known to come from there. */
function variablesIn(run: Run, value: Value): string[] {
  const texts = (isObject(value, 'list') ? value.items : [value]).filter((item) => typeof item === 'string');
  if (texts.length === 0) return [];
  return [...run.environment].flatMap(([name, text]) =>
    text !== undefined && text.length >= shortestTrace && texts.some((item) => item.includes(text))
      ? [`env:${name}`]
      : [],
  );
}
