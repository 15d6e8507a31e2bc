import type { Block, Expression, Statement } from './ast.ts';
import { defineClass, defineFunction } from './define.ts';
import { bind, evaluate, isTrue } from './evaluate.ts';
import { catches, raised } from './exceptions.ts';
import { importFrom, importNames } from './import.ts';
import { addValues, extendInPlace } from './operators.ts';
import { type Completion, type Run, spend } from './run.ts';
import { truth } from './truth.ts';
import {
  external,
  isObject,
  itemsOf,
  native,
  PythonRaise,
  type Scope,
  unknown,
  type Value,
} from './value.ts';

/** Statements that hold others; the rest count as one step of a module. */
const compound = new Set<Statement['type']>(['if', 'for', 'while', 'try', 'with', 'class', 'function']);

/** Executes statements in order.
 * @param recover whether a statement that raises is passed over, as a module's reader has to, or ends the block
 * @throws PythonRaise what a statement raises, without `recover` */
export function executeBlock(run: Run, block: Block, scope: Scope, recover: boolean): Completion {
  for (const statement of block) {
    spend(run);
    const completion = recover ? recovering(run, statement, scope) : execute(run, statement, scope, false);
    if (!compound.has(statement.type) && scope.kind !== 'function') {
      const importing = statement.type === 'import-from' || statement.type === 'import';
      run.afterStatement(scope, { file: scope.file, from: statement.from, to: statement.to }, importing);
    }
    if (completion !== undefined) return completion;
  }
  return undefined;
}

function recovering(run: Run, statement: Statement, scope: Scope): Completion {
  try {
    return execute(run, statement, scope, true);
  } catch (error) {
    if (!(error instanceof PythonRaise)) throw error;
    run.failures.push({ file: scope.file, from: statement.from, to: statement.to });
    if (statement.type === 'import-from' && statement.names === '*') run.missed.add(statement.module);
    if (statement.type === 'assign') {
      for (const name of statement.targets.flatMap(namesIn)) scope.names.set(name, unknown(['raised']));
    }
    return undefined;
  }
}

/** The plain names an assignment binds; evaluating more of a target could raise again. */
function namesIn(target: Expression): string[] {
  if (target.type === 'name') return [target.name];
  return target.type === 'sequence' ? target.items.flatMap((item) => namesIn(item.value)) : [];
}

function execute(run: Run, statement: Statement, scope: Scope, recover: boolean): Completion {
  const block = (body: Block) => executeBlock(run, body, scope, recover);
  switch (statement.type) {
    case 'assign': {
      if (statement.value === null) return undefined;
      const value = evaluate(run, scope, statement.value);
      for (const target of statement.targets) bind(run, scope, target, value);
      return undefined;
    }
    case 'update': {
      const left = evaluate(run, scope, statement.target);
      const right = evaluate(run, scope, statement.value);
      const extended = statement.operator === '+' ? extendInPlace(left, right) : undefined;
      if (extended === undefined)
        bind(run, scope, statement.target, addValues(statement.operator, left, right));
      return undefined;
    }
    case 'expression':
      evaluate(run, scope, statement.value);
      return undefined;
    case 'if': {
      const branch = statement.branches.find(({ test }) => isTrue(run, scope, test));
      return block(branch?.body ?? statement.otherwise);
    }
    case 'for':
      return executeFor(run, statement, scope, recover);
    case 'while':
      return executeWhile(run, statement, scope, recover);
    case 'try':
      return executeTry(run, statement, scope, recover);
    case 'with':
      return executeWith(run, statement, scope, recover);
    case 'function':
      scope.names.set(statement.name, defineFunction(run, statement, scope));
      return undefined;
    case 'class':
      scope.names.set(statement.name, defineClass(run, statement, scope));
      return undefined;
    case 'import':
      importNames(run, statement.names, scope);
      return undefined;
    case 'import-from':
      importFrom(run, statement, scope);
      return undefined;
    case 'return':
      return {
        type: 'return',
        value: statement.value === null ? null : evaluate(run, scope, statement.value),
      };
    case 'raise':
      throw raised(run, statement, scope);
    case 'delete':
      for (const target of statement.targets) if (target.type === 'name') scope.names.delete(target.name);
      return undefined;
    case 'global':
      for (const name of statement.names) scope.declared.add(name);
      return undefined;
    case 'break':
    case 'continue':
      return { type: statement.type };
    default:
      return undefined;
  }
}

function executeFor(
  run: Run,
  statement: Statement & { type: 'for' },
  scope: Scope,
  recover: boolean,
): Completion {
  for (const item of itemsOf(evaluate(run, scope, statement.iterable))) {
    bind(run, scope, statement.target, item);
    const completion = executeBlock(run, statement.body, scope, recover);
    if (completion?.type === 'break') return undefined;
    if (completion?.type === 'return') return completion;
  }
  return executeBlock(run, statement.otherwise, scope, recover);
}

function executeWhile(
  run: Run,
  statement: Statement & { type: 'while' },
  scope: Scope,
  recover: boolean,
): Completion {
  for (;;) {
    spend(run);
    const holds = truth(evaluate(run, scope, statement.test));
    if (holds === false) return undefined;
    const completion = executeBlock(run, statement.body, scope, recover);
    if (completion?.type === 'return') return completion;
    if (holds === undefined || completion?.type === 'break') return undefined;
  }
}

function executeTry(
  run: Run,
  statement: Statement & { type: 'try' },
  scope: Scope,
  recover: boolean,
): Completion {
  let completion: Completion;
  try {
    completion = executeBlock(run, statement.body, scope, false);
    completion ??= executeBlock(run, statement.otherwise, scope, recover);
  } catch (error) {
    const handler =
      error instanceof PythonRaise ? statement.handlers.find((one) => catches(one, error)) : undefined;
    if (!(error instanceof PythonRaise) || handler === undefined) throw error;
    if (handler.name !== null) {
      const type = error.type;
      scope.names.set(
        handler.name,
        native(
          'exception',
          () => unknown(),
          (name) => (name === 'type' ? type : undefined),
        ),
      );
    }
    completion = executeBlock(run, handler.body, scope, recover);
  } finally {
    // A return in `finally` would win in Python; settings do not do that.
    executeBlock(run, statement.finish, scope, recover);
  }
  return completion;
}

function executeWith(
  run: Run,
  statement: Statement & { type: 'with' },
  scope: Scope,
  recover: boolean,
): Completion {
  const contexts = statement.items.flatMap(({ value, name }) => {
    const context = evaluate(run, scope, value);
    if (name !== null) scope.names.set(name, context);
    return isObject(context, 'native') ? [context] : [];
  });
  const suppresses = contexts.some(({ type }) => type === 'contextlib.suppress');
  try {
    return executeBlock(run, statement.body, scope, recover && !suppresses);
  } catch (error) {
    if (!suppresses || !(error instanceof PythonRaise)) throw error;
    return undefined;
  } finally {
    for (const exit of contexts.flatMap((context) => context.attribute('__exit__') ?? []))
      run.call(scope, exit, []);
  }
}

/** The scope a module's statements run in. */
export function moduleScope(file: string): Scope {
  const names = new Map<string, Value>([
    ['__file__', external('__file__')],
    ['__name__', external('__name__')],
  ]);
  return { names, parent: null, kind: 'module', file, globals: names, declared: new Set() };
}
