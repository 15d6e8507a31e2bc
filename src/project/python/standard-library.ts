import { namesOf } from './dict.ts';
import { type LibraryFunction, libraryFunction } from './library.ts';
import {
  dict,
  emptyScope,
  type Instance,
  isObject,
  itemsOf,
  list,
  native,
  PythonRaise,
  type Scope,
  unknown,
  unknownFrom,
  type Value,
} from './value.ts';

/** An object with these attributes, of a class of which nothing more is known. */
function record(name: string, entries: Iterable<readonly [string, Value]>): Instance {
  const scope = emptyScope();
  const type = { kind: 'class', name, bases: [], names: scope.names, annotations: [], scope } as const;
  return { kind: 'instance', class: type, names: new Map(entries) };
}

/** `namedtuple('Config', 'hosts debug')`: what it makes has the fields as attributes. */
const namedTuple: LibraryFunction = (_run, _scope, { positional: [title, fields = null] }) => {
  const names = typeof fields === 'string' ? fields.split(/[\s,]+/) : itemsOf(fields);
  return native('namedtuple', ({ positional, named }) =>
    record(
      String(title),
      names
        .filter((name) => typeof name === 'string')
        .map((name, index) => [name, named.get(name) ?? positional[index] ?? unknown()] as const),
    ),
  );
};

/** The parts of a URL that settings take a host from; a text without `//` has none. */
const parseUrl: LibraryFunction = (run, scope, args) => {
  const [text] = args.positional;
  const parts = typeof text === 'string' ? /^([\w.+-]*):?\/\/([^/?#]*)([^?#]*)/.exec(text) : null;
  if (parts === null) return libraryFunction('')(run, scope, args, 'urllib.parse.urlparse');
  const [, scheme = '', netloc = '', path = ''] = parts;
  const host = /^(?:.*@)?(?:\[(.*)\]|([^:]*))/.exec(netloc);
  const hostname = (host?.[1] ?? host?.[2] ?? '').toLowerCase() || null;
  return record('ParseResult', Object.entries({ scheme, netloc, path, hostname }));
};

/** A pattern's methods are the functions of `re` with the pattern before the other arguments. */
const compilePattern: LibraryFunction = (run, scope, { positional: [pattern = null] }) =>
  native(
    're.Pattern',
    () => unknown(),
    (method) =>
      native(`re.${method}`, ({ positional, named }) =>
        libraryFunction(`re.${method}`)(
          run,
          scope,
          { positional: [pattern, ...positional], named },
          `re.${method}`,
        ),
      ),
  );

/** `functools.partial`, and `lazy`, which only puts the call off. */
const partial: LibraryFunction = (run, scope, { positional: [callee = null, ...first], named: fixed }) =>
  native('functools.partial', ({ positional, named }) =>
    run.call(scope, callee, [...first, ...positional], new Map([...fixed, ...named])),
  );

const lazy: LibraryFunction = (run, scope, { positional: [callee = null] }) =>
  native('lazy', ({ positional, named }) => run.call(scope, callee, positional, named));

/** The names of an object, or without one those of the place where it is asked. */
function namesAt(scope: Scope, object: Value | undefined): Map<Value, Value> {
  if (object === undefined) return scope.names as Map<Value, Value>;
  return new Map<Value, Value>(namesOf(object).flatMap((names) => [...names]));
}

/** Assigns also to `sys.modules[__name__]`, which is the module that is running. */
const setAttribute: LibraryFunction = (_run, scope, { positional: [object, name, value = null] }) => {
  if (typeof name !== 'string') return null;
  if (isObject(object, 'external') && object.path === 'sys.modules') scope.globals.set(name, value);
  else if (isObject(object, 'instance') || isObject(object, 'module') || isObject(object, 'class'))
    object.names.set(name, value);
  return null;
};

/** Code that stands elsewhere: what it defines cannot be known. */
const runText: LibraryFunction = (run) => {
  run.missed.add('exec');
  return null;
};

/** Python's own library, as far as settings keep their lists in it. */
export const standardLibrary: Readonly<Record<string, LibraryFunction>> = {
  'types.SimpleNamespace': (_run, _scope, { named }) => record('SimpleNamespace', named),
  'argparse.Namespace': (_run, _scope, { named }) => record('Namespace', named),
  'collections.namedtuple': namedTuple,
  'collections.ChainMap': (_run, _scope, { positional }) => {
    const maps = positional.filter((map) => isObject(map, 'dict')).toReversed();
    return {
      ...dict(maps.flatMap(({ entries }) => [...entries])),
      environment: maps.some(({ environment }) => environment),
    };
  },
  'urllib.parse.urlparse': parseUrl,
  'urllib.parse.urlsplit': parseUrl,
  're.compile': compilePattern,
  'functools.partial': partial,
  'django.utils.functional.lazy': lazy,
  'itertools.chain.from_iterable': (_run, _scope, { positional: [parts = null] }) =>
    list(itemsOf(parts).flatMap(itemsOf)),
  'io.StringIO': (_run, _scope, { positional: [text] }) =>
    typeof text === 'string' ? list(text.split(/(?<=\n)/)) : unknownFrom(text),
  'contextlib.suppress': () => native('contextlib.suppress', () => unknown()),
  next: (_run, _scope, { positional: [items = null, fallback] }) => {
    const [first = fallback] = itemsOf(items);
    if (first === undefined) throw new PythonRaise('StopIteration');
    return first;
  },
  setattr: setAttribute,
  vars: (_run, scope, { positional: [object] }) => ({ ...dict(), entries: namesAt(scope, object) }),
  dir: (_run, scope, { positional: [object] }) => list([...namesAt(scope, object).keys()]),
  exec: runText,
  execfile: runText,
};
