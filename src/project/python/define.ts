import type { Statement } from './ast.ts';
import { configurationValue } from './configurations.ts';
import { evaluate, evaluateArguments } from './evaluate.ts';
import { executeBlock } from './execute.ts';
import type { Run } from './run.ts';
import { type Callable, type Class, type Decorator, isObject, type Scope } from './value.ts';

/** What a `def` binds. */
export function defineFunction(
  run: Run,
  statement: Statement & { type: 'function' },
  scope: Scope,
): Callable {
  const decorators = statement.decorators.map((node): Decorator => {
    const value = evaluate(run, scope, node.type === 'call' ? node.callee : node);
    const args =
      node.type === 'call' ? evaluateArguments(run, scope, node.args) : { positional: [], named: new Map() };
    return { path: isObject(value, 'external') ? value.path : null, args };
  });
  const { name, params } = statement;
  return {
    kind: 'function',
    name,
    params,
    get body() {
      return statement.body;
    },
    scope,
    self: undefined,
    decorators,
  };
}

/** What a `class` binds, its body executed. */
export function defineClass(run: Run, statement: Statement & { type: 'class' }, scope: Scope): Class {
  const { positional: bases } = evaluateArguments(run, scope, statement.bases);
  const inner: Scope = { ...scope, kind: 'class', names: new Map(), parent: scope, declared: new Set() };
  executeBlock(run, statement.body, inner, true);
  for (const [name, value] of inner.names) inner.names.set(name, configurationValue(run, name, value));
  const annotations = statement.body.flatMap((member) => {
    const target = member.type === 'assign' && member.annotation !== null ? member.targets[0] : undefined;
    if (member.type !== 'assign' || member.annotation === null || target?.type !== 'name') return [];
    return [{ name: target.name, annotation: member.annotation }];
  });
  return { kind: 'class', name: statement.name, bases, names: inner.names, annotations, scope: inner };
}
