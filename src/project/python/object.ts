import type { Expression } from './ast.ts';
import { callFunction, classAttribute, instantiate } from './call.ts';
import { dictMethod } from './dict.ts';
import { externalAttribute, libraryFunction } from './library.ts';
import { listMethod } from './list.ts';
import { assumedText, type Run, readVariable, requireVariable } from './run.ts';
import { boundTextMethod, isTextMethod } from './text.ts';
import { equal, isProductionName } from './truth.ts';
import {
  type Arguments,
  type Class,
  type Dict,
  type Instance,
  isObject,
  list,
  native,
  originsOf,
  PythonRaise,
  type Scope,
  type Unknown,
  unknown,
  unknownFrom,
  type Value,
} from './value.ts';

/** `object.name`.
 * @throws PythonRaise AttributeError where Python would, e.g. on None */
export function attributeOf(run: Run, object: Value, name: string): Value {
  if (typeof object === 'string') {
    if (isTextMethod(name)) return boundTextMethod(object, name);
    return name === 'value' ? object : unknown(); // a member of an Enum, which stands for its text
  }
  if (object === null) throw new PythonRaise('AttributeError', `None has no attribute ${name}`);
  if (typeof object !== 'object') return unknown();
  switch (object.kind) {
    case 'list':
      return listMethod(object, name) ?? raiseAttribute(name);
    case 'dict':
      return dictMethod(run, object, name) ?? raiseAttribute(name);
    case 'module':
      return object.names.get(name) ?? run.importModule(name, 1, object.path) ?? unknown();
    case 'class': {
      const value = classAttribute(object, name);
      const isBound =
        isObject(value, 'function') && value.decorators.some(({ path }) => path === 'classmethod');
      return isBound ? { ...value, self: object } : (value ?? unknown());
    }
    case 'instance':
      return instanceAttribute(run, object, name);
    case 'external':
      return externalAttribute(run, object.path, name);
    case 'native':
      return object.attribute(name) ?? unknown();
    case 'unknown':
      return unknownAttribute(object, name);
    default:
      return unknown();
  }
}

function instanceAttribute(run: Run, object: Instance, name: string): Value {
  const own = object.names.get(name);
  if (own !== undefined) return own;
  const shared = classAttribute(object.class, name);
  if (!isObject(shared, 'function')) return shared ?? unknown();
  const paths = shared.decorators.map((decorator) => decorator.path ?? '');
  if (paths.includes('staticmethod')) return shared;
  const bound = { ...shared, self: paths.includes('classmethod') ? object.class : object };
  const isProperty = paths.some((path) => /(^|\.)(cached_)?property$/.test(path));
  return isProperty ? callFunction(run, bound, { positional: [], named: new Map() }) : bound;
}

/** Methods of an unknown text: those that change only its form keep what is assumed of it. */
function unknownAttribute(object: Unknown, name: string): Value {
  if (object.assumed === 'stage' && (name === 'startswith' || name === 'endswith')) {
    return native(name, ({ positional: [part] }) => typeof part === 'string' && isProductionName(part));
  }
  return object;
}

function raiseAttribute(name: string): never {
  throw new PythonRaise('AttributeError', name);
}

/** `object[index]`.
 * @throws PythonRaise KeyError, IndexError or TypeError where Python would */
export function itemOf(run: Run, object: Value, index: Value): Value {
  if (object === null) throw new PythonRaise('TypeError', 'None is not subscriptable');
  if (isObject(object, 'dict')) {
    if (isObject(index, 'unknown')) return productionEntry(object, index);
    const own = object.entries.get(index);
    // The environment poured into a dictionary of defaults; what a program puts into `os.environ` itself is no default.
    if (object.environment && object !== run.environ && typeof index === 'string') run.reads.add(index);
    if (own !== undefined && !(object.environment && typeof index === 'string' && run.environment.get(index)))
      return own;
    if (object.environment && typeof index === 'string') {
      return object.rest === null
        ? requireVariable(run, index)
        : (readVariable(run, index, false) ?? object.rest);
    }
    if (object.rest !== null) return object.rest;
    throw new PythonRaise('KeyError', String(index));
  }
  const items = isObject(object, 'list')
    ? object.items
    : typeof object === 'string'
      ? [...object]
      : undefined;
  if (items === undefined || typeof index !== 'number') {
    if (isObject(object, 'external') || isObject(object, 'class')) return object; // list[str], values of an Enum
    return unknownFrom(object, index);
  }
  const item = items[index < 0 ? items.length + index : index];
  if (item === undefined) throw new PythonRaise('IndexError', 'index out of range');
  return item;
}

/** `{'dev': …, 'production': …}[stage]`: the entry production takes. */
function productionEntry(object: Dict, index: Unknown): Value {
  for (const [key, value] of object.entries) if (equal(index, key) === true) return value;
  return unknown([...originsOf(object), ...index.origins]);
}

export function sliceOf(object: Value, start: Value, stop: Value): Value {
  const bound = (value: Value) => (typeof value === 'number' ? value : undefined);
  const isKnown = (value: Value) => value === null || typeof value === 'number';
  if (typeof object === 'string') {
    if (!isKnown(start) || !isKnown(stop)) return unknownFrom(start, stop);
    return object.slice(bound(start), bound(stop));
  }
  if (isObject(object, 'list')) return list(object.items.slice(bound(start), bound(stop)), object.shape);
  return unknownFrom(object);
}

/** `item in container`; undefined where it is not known. */
export function containsValue(run: Run, container: Value, item: Value): boolean | undefined {
  if (isObject(container, 'dict')) {
    if (container.environment && typeof item === 'string') {
      const value = readVariable(run, item, false);
      if (value !== undefined) return isObject(value, 'unknown') ? value.assumed !== 'off' : true;
      return container.entries.has(item) || (container.rest === null ? false : undefined);
    }
    return container.entries.has(item) || (container.rest === null ? false : undefined);
  }
  if (typeof container === 'string') {
    if (typeof item === 'string') return container.includes(item);
    return undefined;
  }
  if (isObject(container, 'unknown') && container.assumed === 'stage' && typeof item === 'string') {
    return isProductionName(item);
  }
  if (!isObject(container, 'list')) return undefined;
  const results = container.items.map((candidate) => equal(candidate, item));
  return results.includes(true) ? true : results.includes(undefined) ? undefined : false;
}

/** Calls whatever can be called; what cannot be followed gives an unknown value. */
export function callValue(run: Run, scope: Scope, callee: Value, args: Arguments, node: Expression): Value {
  if (isObject(callee, 'function')) return callFunction(run, callee, args);
  if (isObject(callee, 'class')) return enumMember(callee, args) ?? instantiate(run, callee, args);
  if (isObject(callee, 'native')) {
    run.observe(callee.type, args, { file: scope.file, from: node.from, to: node.to });
    if (callee.type !== 'str.format') return callee.call(args);
    return callee.call({ ...args, positional: args.positional.map((value) => assumedText(run, value)) });
  }
  if (isObject(callee, 'external')) {
    run.observe(callee.path, args, { file: scope.file, from: node.from, to: node.to });
    return libraryFunction(callee.path)(run, scope, args, callee.path);
  }
  if (isObject(callee, 'unknown')) return callee.origins.size === 0 ? resultOf(callee.assumed, args) : callee;
  return unknownFrom(...args.positional, ...args.named.values());
}

/** `Stage('prod')` of an Enum is the member with that value; undefined for any other class.
 * @throws PythonRaise ValueError if there is none */
function enumMember(type: Class, { positional: [value = null] }: Arguments): Value | undefined {
  const isEnum = type.bases.some((base) => isObject(base, 'external') && /Enum$|Choices$/.test(base.path));
  if (!isEnum || isObject(value, 'unknown')) return isEnum ? value : undefined;
  if (![...type.names.values()].includes(value)) throw new PythonRaise('ValueError', 'no such member');
  return value;
}

function resultOf(assumed: Unknown['assumed'], args: Arguments): Value {
  return unknown(originsOf(list([...args.positional, ...args.named.values()])), assumed);
}
