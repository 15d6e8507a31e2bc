import type { Argument, Comprehension, ComprehensionClause, Expression, Item, Slice } from './ast.ts';
import { compareOrCompute, evaluateUnary } from './compare.ts';
import { attributeOf, callValue, itemOf, sliceOf } from './object.ts';
import { assumedText, decide, type Run, spend } from './run.ts';
import { toText } from './text.ts';
import { truth } from './truth.ts';
import {
  type Arguments,
  type Dict,
  dict,
  external,
  isObject,
  itemsOf,
  type List,
  list,
  type Scope,
  unknown,
  unknownFrom,
  type Value,
} from './value.ts';

const maxDepth = 200;

/** Evaluates an expression. What cannot be known becomes an unknown value that remembers where it comes from.
 * @throws PythonRaise where the program itself would raise */
export function evaluate(run: Run, scope: Scope, expression: Expression): Value {
  spend(run);
  if (run.depth > maxDepth) return unknown();
  run.depth += 1;
  try {
    return evaluateNode(run, scope, expression);
  } finally {
    run.depth -= 1;
  }
}

function evaluateNode(run: Run, scope: Scope, node: Expression): Value {
  const value = (expression: Expression) => evaluate(run, scope, expression);
  switch (node.type) {
    case 'string':
    case 'number':
    case 'constant':
      return node.value;
    case 'format':
      return evaluateFormat(node.parts.map((part) => assumedText(run, value(part))));
    case 'name':
      return lookup(scope, node.name);
    case 'attribute':
      return attributeOf(run, value(node.object), node.name);
    case 'subscript':
      return evaluateSubscript(run, scope, value(node.object), node.index);
    case 'call': {
      const callee = value(node.callee);
      const args = evaluateArguments(run, scope, node.args);
      return callValue(run, scope, callee, args, node);
    }
    case 'sequence':
      return list(evaluateItems(run, scope, node.items), node.shape);
    case 'dictionary':
      return evaluateDictionary(run, scope, node);
    case 'comprehension':
      return evaluateComprehension(run, scope, node);
    case 'binary':
      return evaluateBinary(run, scope, node);
    case 'unary':
      return evaluateUnary(node.operator, value(node.operand));
    case 'conditional':
      return value(isTrue(run, scope, node.test) ? node.whenTrue : node.otherwise);
    case 'lambda':
      return {
        kind: 'function',
        name: '<lambda>',
        params: node.params,
        body: node.body,
        scope,
        self: undefined,
        decorators: [],
      };
    case 'assignment': {
      const result = value(node.value);
      scope.names.set(node.name, result);
      return result;
    }
    default:
      return unknown();
  }
}

/** The truth of a condition; where nothing is known of it, the way production more likely goes. */
export function isTrue(run: Run, scope: Scope, test: Expression): boolean {
  const value = evaluate(run, scope, test);
  return truth(value) ?? decide(run, scope, test, preference(test));
}

/** Whether an unknown condition rather holds in production, by its names. */
function preference(test: Expression): boolean {
  if (test.type === 'unary' && test.operator === 'not') return !preference(test.operand);
  if (test.type === 'call') return preference(test.callee);
  if (test.type === 'binary')
    return test.operator !== '==' || ![test.left, test.right].some(namesDevelopment);
  return !namesDevelopment(test);
}

const development = /debug|dev|local|test|docker/i;

/** Whether it is called like a machine of a developer, or asks for a variable that is. */
function namesDevelopment(expression: Expression): boolean {
  if (expression.type === 'name' || expression.type === 'attribute') return development.test(expression.name);
  if (expression.type !== 'call') return false;
  const [first] = expression.args;
  return first?.value.type === 'string' && development.test(`${first.value.value}`);
}

export function lookup(scope: Scope, name: string): Value {
  for (let at: Scope | null = scope; at !== null; at = at.parent) {
    const found = at.names.get(name);
    if (found !== undefined && (at === scope || at.kind !== 'class')) return found;
  }
  return scope.globals.get(name) ?? external(name);
}

export function evaluateArguments(run: Run, scope: Scope, args: readonly Argument[]): Arguments {
  const positional: Value[] = [];
  const named = new Map<string, Value>();
  for (const arg of args) {
    const value = evaluate(run, scope, arg.value);
    if (arg.star) positional.push(...itemsOf(value));
    else if (!arg.doubleStar) arg.name === null ? positional.push(value) : named.set(arg.name, value);
    else if (isObject(value, 'dict')) {
      for (const [key, entry] of value.entries) if (typeof key === 'string') named.set(key, entry);
    }
  }
  return { positional, named };
}

function evaluateItems(run: Run, scope: Scope, items: readonly Item[]): Value[] {
  return items.flatMap((item) => {
    const value = evaluate(run, scope, item.value);
    return item.star ? itemsOf(value) : [value];
  });
}

function evaluateFormat(parts: readonly Value[]): Value {
  const texts = parts.map(toText);
  return texts.every((text) => text !== undefined) ? texts.join('') : unknownFrom(...parts);
}

function evaluateSubscript(run: Run, scope: Scope, object: Value, index: Expression | Slice): Value {
  if (index.type !== 'slice') return itemOf(run, object, evaluate(run, scope, index));
  const bound = (expression: Expression | null) =>
    expression === null ? null : evaluate(run, scope, expression);
  return sliceOf(object, bound(index.start), bound(index.stop));
}

function evaluateDictionary(run: Run, scope: Scope, node: Expression & { type: 'dictionary' }): Dict {
  const entries = new Map<Value, Value>();
  let environment = false;
  let rest: Dict['rest'] = null;
  for (const entry of node.entries) {
    const value = evaluate(run, scope, entry.value);
    if (entry.key !== null) entries.set(evaluate(run, scope, entry.key), value);
    else if (isObject(value, 'dict')) {
      for (const [key, item] of value.entries) entries.set(key, item);
      environment ||= value.environment;
      rest = value.rest ?? rest;
    } else rest = unknownFrom(rest ?? undefined, value);
  }
  return { kind: 'dict', entries, environment, rest };
}

function evaluateComprehension(run: Run, scope: Scope, node: Comprehension): Value {
  const inner: Scope = { ...scope, kind: 'function', names: new Map(), parent: scope, declared: new Set() };
  const results: Value[] = [];
  const entries: [Value, Value][] = [];
  // The outermost iterable belongs to the scope around: in a class body it sees the class's names.
  const loop = ([clause, ...others]: readonly ComprehensionClause[], around: Scope): void => {
    if (clause === undefined) {
      const element = evaluate(run, inner, node.element);
      if (node.value === null) results.push(element);
      else entries.push([element, evaluate(run, inner, node.value)]);
      return;
    }
    for (const item of itemsOf(evaluate(run, around, clause.iterable))) {
      bind(run, inner, clause.target, item);
      // An unknown item is kept: dropping it would hide where the list comes from.
      if (clause.conditions.every((test) => truth(evaluate(run, inner, test)) ?? true)) loop(others, inner);
    }
  };
  loop(node.clauses, scope);
  return node.shape === 'dictionary' ? dict(entries) : list(results, node.shape);
}

/** Assigns to a name, an attribute, an item or a tuple of those. */
export function bind(run: Run, scope: Scope, target: Expression, value: Value): void {
  if (target.type === 'name') {
    const names = scope.declared.has(target.name) ? scope.globals : scope.names;
    names.set(target.name, isDebugSetting(scope, target.name) ? unknown([], 'off') : value);
  } else if (target.type === 'sequence') {
    const items = itemsOf(value);
    target.items.forEach((item, index) => {
      const from = item.star
        ? list(items.slice(index))
        : isObject(value, 'unknown')
          ? value
          : (items[index] ?? unknown());
      bind(run, scope, item.value, from);
    });
  } else if (target.type === 'attribute') {
    const object = evaluate(run, scope, target.object);
    if (isObject(object, 'instance') || isObject(object, 'module') || isObject(object, 'class')) {
      object.names.set(target.name, value);
    } else if (isObject(object, 'external') && object.path === 'sys.modules') {
      scope.globals.set(target.name, value);
    }
  } else if (target.type === 'subscript') {
    const object = evaluate(run, scope, target.object);
    if (target.index.type === 'slice') {
      if (isObject(object, 'list')) replaceSlice(object, target.index, itemsOf(value));
      return;
    }
    const index = evaluate(run, scope, target.index);
    if (isObject(object, 'dict')) object.entries.set(index, value);
    if (isObject(object, 'list') && typeof index === 'number') {
      object.items[index < 0 ? object.items.length + index : index] = value;
      object.version += 1;
    }
  }
}

/** `list[:] = …`: all of the list; of a part it is not known which. */
function replaceSlice(target: List, { start, stop }: Slice, items: Value[]): void {
  target.items = start === null && stop === null ? items : [...target.items, unknown()];
  target.version += 1;
}

/** Production runs with DEBUG off, whatever a developer left in the file. */
function isDebugSetting(scope: Scope, name: string): boolean {
  return name === 'DEBUG' && scope.kind !== 'function';
}

function evaluateBinary(run: Run, scope: Scope, node: Expression & { type: 'binary' }): Value {
  const left = evaluate(run, scope, node.left);
  if (node.operator === 'or' || node.operator === 'and') {
    const decided =
      truth(left) ?? decide(run, scope, node.left, node.operator === 'or' || preference(node.left));
    return decided === (node.operator === 'or') ? left : evaluate(run, scope, node.right);
  }
  return compareOrCompute(run, node.operator, left, evaluate(run, scope, node.right));
}
