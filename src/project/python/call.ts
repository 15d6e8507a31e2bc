import type { Expression } from './ast.ts';
import { lineageOf, pydanticFields } from './pydantic.ts';
import type { Run } from './run.ts';
import {
  type Arguments,
  type Callable,
  type Class,
  dict,
  type Instance,
  isObject,
  list,
  type Scope,
  unknown,
  type Value,
} from './value.ts';

const maxCalls = 40;

/** Calls a function of the project. Recursion that goes too deep gives an unknown value.
 * @throws PythonRaise what the function raises */
export function callFunction(run: Run, callee: Callable, args: Arguments): Value {
  if (run.depth > maxCalls * 4) return unknown();
  const positional = callee.self === undefined ? args.positional : [callee.self, ...args.positional];
  const scope: Scope = {
    names: new Map(),
    parent: callee.scope,
    kind: 'function',
    file: callee.scope.file,
    globals: callee.scope.globals,
    declared: new Set(),
  };
  bindParameters(run, callee, { positional, named: args.named }, scope);
  if (!isBlock(callee.body)) return run.evaluate(scope, callee.body);
  run.depth += 1;
  try {
    const completion = run.execute(callee.body, scope);
    return completion?.type === 'return' ? completion.value : null;
  } finally {
    run.depth -= 1;
  }
}

/** Whether a function's body is statements; that of a lambda is an expression. */
export function isBlock(body: Callable['body']): body is Exclude<Callable['body'], Expression> {
  return Array.isArray(body);
}

function bindParameters(run: Run, callee: Callable, args: Arguments, scope: Scope): void {
  let next = 0;
  const named = new Map(args.named);
  for (const param of callee.params) {
    if (param.kind === 'rest') {
      scope.names.set(param.name, list(args.positional.slice(next), 'tuple'));
      next = args.positional.length;
    } else if (param.kind === 'keywords') {
      scope.names.set(param.name, dict(named));
    } else {
      const given = named.get(param.name) ?? args.positional[next];
      if (named.has(param.name)) named.delete(param.name);
      else next += 1;
      const fallback = () =>
        param.fallback === null ? unknown() : run.evaluate(callee.scope, param.fallback);
      scope.names.set(param.name, given ?? fallback());
    }
  }
}

/** Makes an instance of a class of the project: its fields where a library fills them, else by `__init__`. */
export function instantiate(run: Run, type: Class, args: Arguments): Instance {
  const instance: Instance = { kind: 'instance', class: type, names: new Map() };
  const fields = pydanticFields(run, type, args);
  if (fields !== null) {
    for (const [name, value] of fields) instance.names.set(name, value);
    return instance;
  }
  const initializer = classAttribute(type, '__init__');
  if (initializer === undefined) fillFields(type, instance, args);
  const method = initializer ?? classAttribute(type, '__post_init__');
  const given = initializer === undefined ? { positional: [], named: new Map() } : args;
  if (isObject(method, 'function')) callFunction(run, { ...method, self: instance }, given);
  return instance;
}

/** The annotated names of a dataclass, a NamedTuple or a model, in order: what is given, else the default. */
function fillFields(type: Class, instance: Instance, { positional, named }: Arguments): void {
  const fields = lineageOf(type)
    .toReversed()
    .flatMap(({ annotations, names }) => annotations.map(({ name }) => [name, names.get(name)] as const));
  fields.forEach(([name, fallback], index) => {
    const isField = isObject(fallback, 'native') && fallback.type === 'pydantic.Field';
    const value =
      named.get(name) ?? positional[index] ?? (isField ? fallback.attribute('default') : fallback);
    instance.names.set(name, value ?? unknown());
  });
}

/** A class's attribute, its bases included. */
export function classAttribute(type: Class, name: string): Value | undefined {
  const own = type.names.get(name);
  if (own !== undefined) return own;
  for (const base of type.bases) {
    const found = isObject(base, 'class') ? classAttribute(base, name) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}
