import type { Handler, Statement } from './ast.ts';
import { evaluateArguments, lookup } from './evaluate.ts';
import type { Run } from './run.ts';
import { isObject, PythonRaise, type Scope } from './value.ts';

/** The exception that a `raise` statement raises. */
export function raised(run: Run, statement: Statement & { type: 'raise' }, scope: Scope): PythonRaise {
  const node = statement.value;
  const named = node?.type === 'call' ? node.callee : node;
  if (named?.type !== 'name' && named?.type !== 'attribute') return new PythonRaise('Exception');
  if (named.type === 'name') {
    const value = lookup(scope, named.name);
    if (isObject(value, 'native') && value.type === 'exception')
      return new PythonRaise(String(value.attribute('type')));
  }
  if (node?.type === 'call') evaluateArguments(run, scope, node.args);
  return new PythonRaise(named.name);
}

const parents: Readonly<Record<string, readonly string[]>> = {
  KeyError: ['LookupError'],
  IndexError: ['LookupError'],
  JSONDecodeError: ['ValueError'],
  UndefinedValueError: ['Exception'],
  EnvError: ['ValueError', 'EnvValidationError', 'EnvironError'],
  ImportError: ['ModuleNotFoundError'],
  SettingsError: ['ValueError'],
};

/** Whether a handler catches an exception, by the names of its class and of the classes above it. */
export function catches(handler: Handler, error: PythonRaise): boolean {
  if (handler.types.length === 0) return true;
  const names = new Set([
    error.type,
    ...(parents[error.type] ?? []),
    'Exception',
    'BaseException',
    'StandardError',
  ]);
  return handler.types.some((type) => names.has(type));
}
