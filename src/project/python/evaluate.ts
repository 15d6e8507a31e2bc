import type {
  Argument,
  Block,
  Comprehension,
  ComprehensionClause,
  Expression,
  Handler,
  Slice,
  Statement,
} from './ast.ts';
import { configurationValue, pydanticFields } from './environment.ts';
import { changeOf, compute, externalAttribute, itemOf, libraryCall, methodOf } from './library.ts';

import {
  type Arguments,
  type Callable,
  type Class,
  choose,
  classAttribute,
  dependent,
  dict,
  equal,
  external,
  force,
  isObject,
  isProductionName,
  itemsOf,
  lift,
  lineageOf,
  list,
  native,
  noArguments,
  originsOf,
  PythonRaise,
  plain,
  type Run,
  type Scope,
  spend,
  toText,
  truth,
  unknown,
  unknownFrom,
  type Value,
} from './value.ts';

const maxDepth = 160;

/** Evaluates an expression. What cannot be known becomes an unknown value that remembers where it comes from.
 * @throws PythonRaise where the program itself would raise */
export function evaluate(run: Run, scope: Scope, node: Expression): Value {
  spend(run);
  if (run.depth > maxDepth) return unknown();
  run.depth += 1;
  try {
    return force(run, evaluateNode(run, scope, node));
  } finally {
    run.depth -= 1;
  }
}

function evaluateNode(run: Run, scope: Scope, node: Expression): Value {
  const value = (expression: Expression) => evaluate(run, scope, expression);
  switch (node.type) {
    case 'constant':
      return node.value;
    case 'format':
      return lift(run, node.parts.map(value), (parts) => {
        const texts = parts.map((part) => toText(run, part));
        return texts.includes(undefined) ? unknownFrom(...parts) : texts.join('');
      });
    case 'name':
      return lookup(scope, node.name);
    case 'attribute':
      return attributeOf(run, value(node.object), node.name);
    case 'subscript': {
      const { index } = node;
      const object = value(node.object);
      if (index.type !== 'slice') return lift(run, [object, value(index)], ([of, at]) => itemOf(run, of, at));
      const [start, stop] = [index.start, index.stop].map((bound) => (bound === null ? null : value(bound)));
      return lift(run, [object, start ?? null, stop ?? null], ([of, from, to]) => sliceOf(of, from, to));
    }
    case 'call':
      return evaluateCall(run, scope, node);
    case 'sequence':
      return node.items.reduce<Value>(
        (before, item) => {
          const added = item.star ? value(item.value) : list([value(item.value)], node.shape);
          if (!item.star && isObject(before, 'list'))
            return list([...before.items, ...itemsOf(added)], node.shape);
          return lift(run, [before, added], ([left, right]) =>
            list([...itemsOf(left), ...itemsOf(right)], node.shape),
          );
        },
        list([], node.shape),
      );
    case 'dictionary': {
      const known = new Map<Value, Value>();
      let [environment, rest] = [false, dict().rest];
      for (const entry of node.entries) {
        const item = value(entry.value);
        if (entry.key !== null) known.set(value(entry.key), item);
        else if (isObject(item, 'external') && item.path === 'os.environ') environment = true;
        else if (isObject(item, 'dict')) {
          for (const [key, inner] of item.entries) known.set(key, inner);
          environment ||= item.environment;
          rest = item.rest ?? rest;
        } else rest = unknownFrom(rest ?? undefined, item);
      }
      return { kind: 'dict', entries: known, environment, rest };
    }
    case 'comprehension':
      return evaluateComprehension(run, scope, node);
    case 'binary':
      if (node.operator === 'or' || node.operator === 'and') return evaluateLogic(run, scope, node);
      return lift(run, [value(node.left), value(node.right)], ([left, right]) =>
        compute(run, node.operator, left, right),
      );
    case 'unary':
      return lift(run, [value(node.operand)], ([operand]) => {
        if (node.operator !== 'not')
          return typeof operand === 'number' && node.operator === '-' ? -operand : operand;
        const known = truth(operand);
        return known === undefined ? unknownFrom(operand) : !known;
      });
    case 'conditional':
      return chooseBy(
        run,
        scope,
        node.test,
        () => value(node.whenTrue),
        () => value(node.otherwise),
      );
    case 'lambda':
      return {
        kind: 'function',
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

/** Evaluates now, and gives or raises later. */
function attempt(work: () => Value): () => Value {
  try {
    const value = work();
    return () => value;
  } catch (error) {
    if (!(error instanceof PythonRaise)) throw error;
    return () => {
      throw error;
    };
  }
}

function branchAt(scope: Scope, test: Expression, preferred = isLikely(test)) {
  return { key: `?${scope.file}:${test.from}`, preferred };
}

/** One of two expressions by a test; both where the test depends on a variable or nothing is known of it. */
function chooseBy(
  run: Run,
  scope: Scope,
  test: Expression,
  whenTrue: () => Value,
  otherwise: () => Value,
): Value {
  const condition = evaluate(run, scope, test);
  const known = truth(condition);
  if (known !== undefined) return known ? whenTrue() : otherwise();
  return choose(run, condition, branchAt(scope, test), attempt(whenTrue), attempt(otherwise));
}

function evaluateLogic(run: Run, scope: Scope, node: Expression & { type: 'binary' }): Value {
  const isOr = node.operator === 'or';
  const left = evaluate(run, scope, node.left);
  const right = () => evaluate(run, scope, node.right);
  const known = truth(left);
  if (known !== undefined) return known === isOr ? left : right();
  const later = attempt(right);
  const at = branchAt(scope, node.left, isOr || isLikely(node.left));
  return choose(run, left, at, isOr ? () => left : later, isOr ? later : () => left);
}

/** Whether an unknown condition rather holds in production, by its names. */
function isLikely(test: Expression): boolean {
  if (test.type === 'unary' && test.operator === 'not') return !isLikely(test.operand);
  if (test.type === 'call') return isLikely(test.callee);
  if (test.type === 'binary')
    return test.operator !== '==' || ![test.left, test.right].some(namesDevelopment);
  return !namesDevelopment(test);
}

const development = /debug|dev|local|test|docker/i;

/** Whether it is called like a machine of a developer, or asks for a variable that is. */
function namesDevelopment(expression: Expression): boolean {
  if (expression.type === 'name' || expression.type === 'attribute') return development.test(expression.name);
  const first = expression.type === 'call' ? expression.args[0]?.value : undefined;
  return first?.type === 'constant' && development.test(`${first.value}`);
}

function lookup(scope: Scope, name: string): Value {
  for (let at: Scope | null = scope; at !== null; at = at.parent) {
    const found = at.names.get(name);
    if (found !== undefined && (at === scope || at.kind !== 'class')) return found;
  }
  return scope.globals.get(name) ?? external(name);
}

/** `object.name`.
 * @throws PythonRaise AttributeError where Python would, e.g. on None */
export function attributeOf(run: Run, object: Value, name: string): Value {
  return lift(run, [object], ([known]) => {
    if (isObject(known, 'module'))
      return known.names.get(name) ?? run.importModule(name, 1, known.path) ?? unknown();
    if (isObject(known, 'external')) return externalAttribute(run, known.path, name);
    if (isObject(known, 'native')) return known.attribute(name) ?? unknown();
    if (isObject(known, 'unknown')) {
      if (known.assumed !== 'stage' || !/^(starts|ends)with$/.test(name)) return known;
      return native(name, ({ positional: [part] }) => typeof part === 'string' && isProductionName(part));
    }
    if (isObject(known, 'instance') || isObject(known, 'class')) return memberOf(run, known, name);
    return methodOf(run, known, name);
  });
}

function memberOf(run: Run, object: Extract<Value, { kind: 'instance' | 'class' }>, name: string): Value {
  const own = object.kind === 'instance' ? object.names.get(name) : undefined;
  const type = object.kind === 'instance' ? object.class : object;
  const shared = own ?? classAttribute(type, name);
  if (shared === undefined) {
    if (name !== 'as_view') return unknown();
    return native(name, () =>
      native(
        'view',
        () => unknown(),
        (part) => (part === 'class' ? type : undefined),
      ),
    );
  }
  if (own !== undefined || !isObject(shared, 'function')) return shared;
  const paths = shared.decorators.map(({ path }) => path);
  if (paths.includes('classmethod')) return { ...shared, self: type };
  if (paths.includes('staticmethod') || object.kind === 'class') return shared;
  const bound = { ...shared, self: object };
  return paths.some((path) => /(^|\.)(cached_)?property$/.test(path))
    ? callFunction(run, bound, noArguments)
    : bound;
}

function sliceOf(object: Value, start: Value, stop: Value): Value {
  const bound = (value: Value) => (typeof value === 'number' ? value : undefined);
  if ([start, stop].some((value) => isObject(value, 'unknown'))) return unknownFrom(object, start, stop);
  if (typeof object === 'string') return object.slice(bound(start), bound(stop));
  return isObject(object, 'list')
    ? list(object.items.slice(bound(start), bound(stop)), object.shape)
    : unknownFrom(object);
}

function evaluateCall(run: Run, scope: Scope, node: Expression & { type: 'call' }): Value {
  const args = evaluateArguments(run, scope, node.args);
  const { callee } = node;
  if (callee.type === 'attribute') {
    const object = evaluate(run, scope, callee.object);
    const change = changeOf(callee.name);
    const isContainer = (value: Value) =>
      isObject(value, 'list') || isObject(value, 'dict') || isObject(value, 'module');
    if (change !== undefined && (isContainer(object) || isObject(object, 'dependent'))) {
      const changed = ([known = null, ...positional]: readonly Value[]) =>
        isContainer(known) ? change(run, known, { ...args, positional }) : { left: known, result: unknown() };
      const parts = [object, ...args.positional];
      const after = lift(run, parts, (known) => changed(known).left);
      bind(run, scope, callee.object, after, false);
      return lift(run, parts, (known) => changed(known).result);
    }
    if (callee.object.type === 'call' && isObject(object, 'external') && object.path === 'super')
      return unknown();
  }
  return callValue(run, evaluate(run, scope, callee), args, scope, node);
}

function evaluateArguments(run: Run, scope: Scope, nodes: readonly Argument[]): Arguments {
  const positional: Value[] = [];
  const named = new Map<string, Value>();
  for (const node of nodes) {
    const value = evaluate(run, scope, node.value);
    if (node.star) positional.push(...itemsOf(value));
    else if (!node.doubleStar) node.name === null ? positional.push(value) : named.set(node.name, value);
    else if (isObject(value, 'dict'))
      for (const [key, entry] of value.entries) if (typeof key === 'string') named.set(key, entry);
  }
  return { positional, named };
}

/** Calls whatever can be called; what cannot be followed gives an unknown value. */
export function callValue(run: Run, callee: Value, args: Arguments, scope: Scope, node?: Expression): Value {
  return lift(run, [callee], ([known]) => {
    if (isObject(known, 'function')) return callFunction(run, known, args);
    const place = { file: scope.file, from: node?.from ?? 0, to: node?.to ?? 0 };
    if (isObject(known, 'class')) {
      run.observe('class', { ...args, positional: [known, ...args.positional] }, place);
      return instantiate(run, known, args, scope);
    }
    if (isObject(known, 'instance'))
      return callValue(run, attributeOf(run, known, '__call__'), args, scope, node);
    if (isObject(known, 'native')) {
      run.observe(known.type, args, place);
      return known.call(args);
    }
    if (isObject(known, 'external')) {
      run.observe(known.path, args, place);
      return libraryCall(run, known.path, args, scope);
    }
    if (isObject(known, 'unknown') && known.origins.size > 0) return known;
    return unknown(
      originsOf(list([...args.positional, ...args.named.values()])),
      isObject(known, 'unknown') ? known.assumed : null,
    );
  });
}

/** Calls a function of the project: its body runs where it is called.
 * @throws PythonRaise what the function raises */
export function callFunction(run: Run, callee: Callable, args: Arguments): Value {
  if (run.depth > maxDepth) return unknown();
  const scope: Scope = {
    ...callee.scope,
    names: new Map(),
    parent: callee.scope,
    kind: 'function',
    declared: new Set(),
  };
  const positional = callee.self === undefined ? [...args.positional] : [callee.self, ...args.positional];
  const named = new Map(args.named);
  for (const { name, kind, fallback } of callee.params) {
    if (kind === 'rest') scope.names.set(name, list(positional.splice(0), 'tuple'));
    else if (kind === 'keywords') scope.names.set(name, dict(named));
    else {
      const given = named.get(name) ?? positional.shift();
      named.delete(name);
      scope.names.set(name, given ?? (fallback === null ? unknown() : evaluate(run, callee.scope, fallback)));
    }
  }
  if (!isBlock(callee.body)) return evaluate(run, scope, callee.body);
  run.depth += 4;
  try {
    return outcomeOf(executeBlock(run, callee.body, scope, false))();
  } finally {
    run.depth -= 4;
  }
}

/** Whether a function's body is statements; that of a lambda is an expression. */
function isBlock(body: Callable['body']): body is Block {
  return Array.isArray(body);
}

function instantiate(run: Run, type: Class, args: Arguments, scope: Scope): Value {
  const lineage = lineageOf(type);
  const bases = lineage.flatMap((one) =>
    one.bases.flatMap((base) => (isObject(base, 'external') ? [base.path] : [])),
  );
  if (bases.some((path) => /Enum$|Choices$/.test(path))) return enumMember(run, type, args);
  const library = bases.find((path) => /(^|\.)(FileAware)?Env$/.test(path));
  if (library !== undefined) {
    const made = libraryCall(run, library, args, scope);
    const prefix = classAttribute(type, 'prefix');
    if (isObject(made, 'native') && prefix !== undefined) made.assign('prefix', prefix);
    return made;
  }
  const names = new Map<string, Value>();
  const instance = { kind: 'instance', class: type, names } as const;
  const fields = pydanticFields(run, type, args);
  const initializer = classAttribute(type, '__init__');
  for (const [name, value] of fields ?? []) names.set(name, value);
  if (fields !== null) return instance;
  if (initializer === undefined) fillFields(lineage, names, args);
  const method = initializer ?? classAttribute(type, '__post_init__');
  if (isObject(method, 'function'))
    callFunction(run, { ...method, self: instance }, initializer === undefined ? noArguments : args);
  return instance;
}

/** `Stage('prod')` is the member with that value, and a member stands for its value. */
function enumMember(run: Run, type: Class, { positional: [value = null] }: Arguments): Value {
  return lift(run, [value], ([known]) => {
    if (isObject(known, 'unknown') || [...type.names.values()].some((member) => equal(member, known)))
      return known;
    throw new PythonRaise('ValueError', 'no such member');
  });
}

/** The annotated names of a dataclass, a NamedTuple or a model, in order: what is given, else the default. */
function fillFields(
  lineage: readonly Class[],
  names: Map<string, Value>,
  { positional, named }: Arguments,
): void {
  const fields = lineage
    .toReversed()
    .flatMap((type) => type.annotations.map(({ name }) => [name, type.names.get(name)] as const));
  for (const [index, [name, fallback]] of fields.entries()) {
    const field =
      isObject(fallback, 'native') && fallback.type === 'field' ? fallback.attribute('default') : fallback;
    names.set(name, named.get(name) ?? positional[index] ?? field ?? unknown());
  }
}

function evaluateComprehension(run: Run, scope: Scope, node: Comprehension): Value {
  const [first, ...others] = node.clauses;
  if (first === undefined) return unknown();
  const around = copyScope(scope);
  // The outermost iterable belongs to the scope around: in a class body it sees the class's names.
  return lift(run, [evaluate(run, scope, first.iterable)], ([iterable]) => {
    const inner: Scope = {
      ...around,
      kind: 'function',
      names: new Map(),
      parent: around,
      declared: new Set(),
    };
    let results: Value = list([]);
    const add = (more: Value) => {
      results = lift(run, [results, more], ([left, right]) => list([...itemsOf(left), ...itemsOf(right)]));
    };
    const loop = (
      items: readonly Value[],
      clause: ComprehensionClause,
      rest: readonly ComprehensionClause[],
    ): void => {
      for (const item of items) {
        bind(run, inner, clause.target, item);
        // An unknown item is kept: dropping it would hide where the list comes from.
        const conditions = clause.conditions.map((test) => evaluate(run, inner, test));
        if (conditions.some((condition) => truth(condition) === false)) continue;
        const [next, ...further] = rest;
        if (next !== undefined) loop(itemsOf(evaluate(run, inner, next.iterable)), next, further);
        else {
          const element = evaluate(run, inner, node.element);
          const value = node.value === null ? element : list([element, evaluate(run, inner, node.value)]);
          const open = conditions.filter((condition) => isObject(condition, 'dependent'));
          add(
            open.length === 0
              ? list([value])
              : lift(run, open, (known) => list(known.every((one) => truth(one) !== false) ? [value] : [])),
          );
        }
      }
    };
    loop(itemsOf(iterable), first, others);
    if (node.shape !== 'dictionary')
      return lift(run, [results], ([items]) => list(itemsOf(items), shapeOf(node)));
    return dict(
      itemsOf(results).map((pair) => {
        const [key = null, entry = null] = itemsOf(pair);
        return [key, entry];
      }),
    );
  });
}

const shapeOf = ({ shape }: Comprehension) => (shape === 'dictionary' ? 'list' : shape);

/** A scope with names of its own, so that what is worked out later sees them as they are now. */
function copyScope(scope: Scope): Scope {
  const names = new Map(scope.names);
  const parent = scope.parent === null ? null : copyScope(scope.parent);
  return {
    ...scope,
    names,
    parent,
    globals: scope.names === scope.globals ? names : (parent?.globals ?? new Map(scope.globals)),
  };
}

/** Assigns to a name, an attribute, an item or a tuple of those.
 * @param binding whether it is an assignment, and no change of what is there */
function bind(run: Run, scope: Scope, target: Expression, value: Value, binding = true): void {
  if (target.type === 'name') {
    // Production runs with DEBUG off, whatever a developer left in the file.
    const isDebug = target.name === 'DEBUG' && scope.kind !== 'function';
    setName(run, scope, target.name, isDebug ? unknown([], 'off') : value, binding);
  } else if (target.type === 'sequence') {
    target.items.forEach((item, index) => {
      const part = lift(run, [value], ([known]) => {
        if (isObject(known, 'unknown')) return known;
        return item.star ? list(itemsOf(known).slice(index)) : (itemsOf(known)[index] ?? unknown());
      });
      bind(run, scope, item.value, part);
    });
  } else if (target.type === 'attribute') {
    const object = evaluate(run, scope, target.object);
    if (isObject(object, 'native')) object.assign(target.name, value);
    else if (isObject(object, 'instance') || isObject(object, 'module') || isObject(object, 'class'))
      object.names.set(target.name, value);
  } else if (target.type === 'subscript') bindItem(run, scope, target, target.index, value);
}

function setName(run: Run, scope: Scope, name: string, value: Value, binding: boolean): void {
  const isGlobal = scope.declared.has(name);
  (isGlobal ? scope.globals : scope.names).set(name, value);
  if (isGlobal || scope.kind !== 'function') run.onBind(name, value, scope, binding);
}

function bindItem(
  run: Run,
  scope: Scope,
  target: Expression & { type: 'subscript' },
  at: Expression | Slice,
  value: Value,
): void {
  const object = evaluate(run, scope, target.object);
  if (at.type === 'slice') {
    const isWhole = at.start === null && at.stop === null;
    bind(run, scope, target.object, isWhole ? value : unknownFrom(object, value), false);
    return;
  }
  const index = evaluate(run, scope, at);
  if (isObject(object, 'external')) {
    if (object.path === 'os.environ' && typeof index === 'string') run.environ.set(index, value);
    else
      run.observe(`${object.path}[]`, plain(index, value), {
        ...run.place,
        file: scope.file,
        from: target.from,
        to: target.to,
      });
  } else if (isObject(object, 'module')) {
    if (typeof index === 'string')
      setName(run, { ...scope, names: object.names, kind: 'module' }, index, value, true);
    else run.missed.add('globals');
  } else if (isObject(object, 'dict')) {
    bind(
      run,
      scope,
      target.object,
      { ...object, entries: new Map([...object.entries, [index, value]]) },
      false,
    );
  } else if (isObject(object, 'list') && typeof index === 'number') {
    bind(run, scope, target.object, list(object.items.with(index, value), object.shape), false);
  }
}

/** How a block ended. `split`: it left under a condition only; the function gives the whole from how the rest ends. */
type Completion =
  | undefined
  | Leave
  | { readonly type: 'split'; readonly join: (rest: Completion) => Completion };
type Leave =
  | { readonly type: 'return'; readonly value: Value }
  | { readonly type: 'raise'; readonly error: PythonRaise }
  | { readonly type: 'break' | 'continue' };

/** Thrown where `break` or `continue` depends on a variable: the loop is then worked out when the variable is known. */
class OpenLoop extends Error {
  override readonly name = 'OpenLoop';
  readonly variable: string;
  constructor(variable: string) {
    super(variable);
    this.variable = variable;
  }
}

/** What a function gives that ended like this. */
function outcomeOf(completion: Completion): () => Value {
  if (completion?.type === 'split') return outcomeOf(completion.join({ type: 'return', value: null }));
  if (completion?.type === 'raise')
    return () => {
      throw completion.error;
    };
  return () => (completion?.type === 'return' ? completion.value : null);
}

const compound = new Set<Statement['type']>(['if', 'for', 'while', 'try', 'with', 'class', 'function']);

/** Executes statements in order.
 * @param recover whether a statement that raises is passed over, as a module's reader has to, or ends the block
 * @throws PythonRaise what a statement raises, without `recover` */
export function executeBlock(run: Run, block: Block, scope: Scope, recover: boolean): Completion {
  for (const [index, statement] of block.entries()) {
    spend(run);
    if (scope.kind !== 'function' && !compound.has(statement.type))
      run.place = { file: scope.file, from: statement.from, to: statement.to };
    const completion = recover ? recovering(run, statement, scope) : execute(run, statement, scope, false);
    if (completion === undefined) continue;
    if (completion.type !== 'split') return completion;
    return completion.join(ending(() => executeBlock(run, block.slice(index + 1), scope, recover)));
  }
  return undefined;
}

/** How some work ends, an exception of the program included. */
function ending(work: () => Completion): Completion {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof PythonRaise)) throw error;
    return { type: 'raise', error };
  }
}

function leave(completion: Completion): Completion {
  if (completion?.type === 'raise') throw completion.error;
  return completion;
}

function recovering(run: Run, statement: Statement, scope: Scope): Completion {
  const completion = ending(() => execute(run, statement, scope, true));
  if (completion?.type !== 'raise') return completion;
  run.failures.push({ file: scope.file, from: statement.from, to: statement.to });
  if (statement.type === 'import-from' && statement.names === '*') run.missed.add(statement.module);
  if (statement.type === 'assign')
    for (const name of statement.targets.flatMap(namesIn))
      setName(run, scope, name, unknown(['raised']), true);
  return undefined;
}

/** The plain names a target binds. */
function namesIn(target: Expression): string[] {
  if (target.type === 'name') return [target.name];
  return target.type === 'sequence' ? target.items.flatMap(({ value }) => namesIn(value)) : [];
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
      const parts = [evaluate(run, scope, statement.target), evaluate(run, scope, statement.value)] as const;
      const value = lift(run, parts, ([left, right]) => {
        // `list += …` takes whatever can be walked, `list + …` only a list.
        if (statement.operator !== '+' || !isObject(left, 'list') || left.shape !== 'list')
          return compute(run, statement.operator, left, right);
        return list([...left.items, ...itemsOf(right)]);
      });
      bind(run, scope, statement.target, value, false);
      return undefined;
    }
    case 'expression':
      evaluate(run, scope, statement.value);
      return undefined;
    case 'if':
      return executeIf(run, statement, 0, scope, block);
    case 'for':
      return executeFor(run, statement, scope, recover);
    case 'while': {
      for (let turns = 0; turns < 20; turns += 1) {
        const holds = truth(evaluate(run, scope, statement.test));
        if (holds === false) return undefined;
        const completion = block(statement.body);
        if (completion?.type === 'return') return completion;
        if (holds === undefined || completion?.type === 'break') return undefined;
      }
      return undefined;
    }
    case 'try':
      return executeTry(run, statement, scope, recover);
    case 'with':
      return executeWith(run, statement, scope, recover);
    case 'function': {
      const decorators = statement.decorators.map((node) => {
        const value = evaluate(run, scope, node.type === 'call' ? node.callee : node);
        const args = node.type === 'call' ? evaluateArguments(run, scope, node.args) : noArguments;
        return { path: isObject(value, 'external') ? value.path : '', args };
      });
      const { name, params, body } = statement;
      scope.names.set(name, { kind: 'function', params, body, scope, self: undefined, decorators });
      return undefined;
    }
    case 'class':
      scope.names.set(statement.name, defineClass(run, statement, scope));
      return undefined;
    case 'import':
      for (const { name, alias } of statement.names) {
        const top = name.split('.')[0] ?? name;
        const wanted = alias === null ? top : name;
        const module = run.importModule(wanted, 0, scope.file);
        if (module === undefined && isKeptOut(name)) throw new PythonRaise('ImportError', name);
        if (wanted !== name) run.importModule(name, 0, scope.file);
        scope.names.set(alias ?? top, module ?? external(wanted));
      }
      return undefined;
    case 'import-from':
      importFrom(run, statement, scope);
      return undefined;
    case 'return':
      return {
        type: 'return',
        value: statement.value === null ? null : evaluate(run, scope, statement.value),
      };
    case 'raise': {
      const named = statement.value?.type === 'call' ? statement.value.callee : statement.value;
      throw new PythonRaise(named?.type === 'name' || named?.type === 'attribute' ? named.name : 'Exception');
    }
    case 'delete':
      for (const target of statement.targets) for (const name of namesIn(target)) scope.names.delete(name);
      return undefined;
    case 'global':
      for (const name of statement.names) scope.declared.add(name);
      return undefined;
    case 'break':
    case 'continue':
      return { type: statement.type };
    case 'unsupported':
      if (scope.kind !== 'function') run.missed.add('statement'); // what it binds cannot be known
      return undefined;
    default:
      return undefined;
  }
}

/** How one way of a program ended, and the names it left behind. */
interface Way {
  readonly completion: Completion;
  readonly names: ReadonlyMap<Map<string, Value>, ReadonlyMap<string, Value>>;
}

/** Goes one way and takes its changes back. */
function goWay(run: Run, scope: Scope, work: () => Completion): Way {
  const maps = new Set([run.environ, run.collected, scope.globals]);
  for (let at: Scope | null = scope; at !== null; at = at.parent) maps.add(at.names);
  for (const value of scope.names.values()) if (isObject(value, 'instance')) maps.add(value.names);
  const before = new Map([...maps].map((map) => [map, new Map(map)] as const));
  const completion = ending(work);
  const names = new Map([...maps].map((map) => [map, new Map(map)] as const));
  restore(before);
  return { completion, names };
}

function restore(names: Way['names']): void {
  for (const [map, entries] of names) {
    map.clear();
    for (const [name, value] of entries) map.set(name, value);
  }
}

/** Joins two ways: every name, and the value that is returned, is the one of the way that `pick` picks. */
function joinWays(one: Way, other: Way, pick: (one: () => Value, other: () => Value) => Value): Completion {
  const isOpen = ({ completion }: Way) => completion === undefined || completion.type === 'split';
  const joined = (rest: Completion): Completion => {
    const [a, b] = [one, other].map(({ completion }) => {
      if (completion === undefined) return rest;
      return completion.type === 'split' ? completion.join(rest) : completion;
    });
    if (a === undefined && b === undefined) return undefined;
    if (a === undefined || b === undefined || a.type === 'split' || b.type === 'split')
      return { type: 'split', join: joined };
    const jumps = [a, b].some(({ type }) => type === 'break' || type === 'continue');
    if (jumps && a.type === b.type) return a;
    const value = pick(outcomeOf(a), outcomeOf(b));
    if (jumps && isObject(value, 'dependent')) throw new OpenLoop(value.variable);
    return { type: 'return', value };
  };
  if (isOpen(one) !== isOpen(other)) restore((isOpen(one) ? one : other).names);
  else {
    for (const [map, entries] of one.names) {
      for (const name of new Set([...entries.keys(), ...(other.names.get(map)?.keys() ?? [])])) {
        const [a, b] = [entries.get(name), other.names.get(map)?.get(name)];
        if (a === b) continue;
        map.set(name, pick(given(a, name), given(b, name)));
      }
    }
    const [a, b] = [one.completion, other.completion];
    if (a?.type === 'raise' && b?.type === 'raise') throw a.error;
  }
  return joined(undefined);
}

function given(value: Value | undefined, name: string): () => Value {
  return () => {
    if (value === undefined) throw new PythonRaise('NameError', name);
    return value;
  };
}

function executeIf(
  run: Run,
  statement: Statement & { type: 'if' },
  at: number,
  scope: Scope,
  block: (body: Block) => Completion,
): Completion {
  const branch = statement.branches[at];
  if (branch === undefined) return block(statement.otherwise);
  const condition = evaluate(run, scope, branch.test);
  const known = truth(condition);
  const otherwise = () => executeIf(run, statement, at + 1, scope, block);
  if (known !== undefined) return known ? block(branch.body) : otherwise();
  const one = goWay(run, scope, () => block(branch.body));
  const other = goWay(run, scope, otherwise);
  const place = branchAt(scope, branch.test);
  return leave(joinWays(one, other, (a, b) => choose(run, condition, place, a, b)));
}

function executeFor(
  run: Run,
  statement: Statement & { type: 'for' },
  scope: Scope,
  recover: boolean,
): Completion {
  const iterable = evaluate(run, scope, statement.iterable);
  if (isObject(iterable, 'dependent')) return loopLater(run, statement, scope, iterable.variable);
  const turn = (items: readonly Value[]): Completion => {
    const [item, ...others] = items;
    if (item === undefined) return executeBlock(run, statement.otherwise, scope, recover);
    bind(run, scope, statement.target, item);
    const completion = executeBlock(run, statement.body, scope, recover);
    if (completion?.type === 'break') return undefined;
    if (completion?.type === 'split') return completion.join(ending(() => turn(others)));
    return completion?.type === 'return' ? completion : turn(others);
  };
  const before = new Map([scope.names, scope.globals].map((map) => [map, new Map(map)] as const));
  try {
    return turn(itemsOf(iterable));
  } catch (error) {
    if (!(error instanceof OpenLoop)) throw error;
    restore(before);
    return loopLater(run, statement, scope, error.variable);
  }
}

/** A loop whose turns depend on a variable: what it binds is worked out by running it when the variable is known. */
function loopLater(
  run: Run,
  statement: Statement & { type: 'for' },
  scope: Scope,
  variable: string,
): Completion {
  const around = copyScope(scope);
  const outcome = () => {
    const inner = copyScope(around);
    return { completion: ending(() => executeFor(run, statement, inner, false)), names: inner.names };
  };
  for (const name of boundIn([statement])) {
    const value = dependent(run, variable, () => {
      const { completion, names } = outcome();
      if (completion?.type === 'raise') throw completion.error;
      return given(names.get(name), name)();
    });
    setName(run, scope, name, value, false);
  }
  if (!/"type":"return"/.test(JSON.stringify(statement.body))) return undefined;
  return {
    type: 'split',
    join: (rest) => ({
      type: 'return',
      value: dependent(run, variable, () => outcomeOf(outcome().completion ?? rest)()),
    }),
  };
}

/** The names that statements bind or change. */
function boundIn(block: Block): string[] {
  const names = block.flatMap((statement): string[] => {
    switch (statement.type) {
      case 'assign':
        return statement.targets.flatMap(namesIn);
      case 'update':
        return namesIn(statement.target);
      case 'expression': {
        const callee = statement.value.type === 'call' ? statement.value.callee : undefined;
        return callee?.type === 'attribute' && changeOf(callee.name) !== undefined
          ? namesIn(callee.object)
          : [];
      }
      case 'if':
        return boundIn([...statement.branches.flatMap(({ body }) => body), ...statement.otherwise]);
      case 'for':
        return [...namesIn(statement.target), ...boundIn(statement.body)];
      case 'try':
        return boundIn([
          ...statement.body,
          ...statement.handlers.flatMap(({ body }) => body),
          ...statement.otherwise,
        ]);
      case 'with':
      case 'while':
        return boundIn(statement.body);
      default:
        return [];
    }
  });
  return [...new Set(names)];
}

const parents: Readonly<Record<string, readonly string[]>> = {
  KeyError: ['LookupError'],
  IndexError: ['LookupError'],
  JSONDecodeError: ['ValueError'],
  EnvError: ['ValueError', 'EnvValidationError', 'EnvironError'],
  ImportError: ['ModuleNotFoundError'],
  SettingsError: ['ValueError'],
};

/** Whether a handler catches an exception, by the names of its class and of the classes above it. */
function catches({ types }: Handler, { type }: PythonRaise): boolean {
  const names = [type, ...(parents[type] ?? []), 'Exception', 'BaseException'];
  return types.length === 0 || types.some((one) => names.includes(one));
}

function executeTry(
  run: Run,
  statement: Statement & { type: 'try' },
  scope: Scope,
  recover: boolean,
): Completion {
  const block = (body: Block, passOver = recover) => executeBlock(run, body, scope, passOver);
  const before = new Map(scope.names);
  const body = goWay(run, scope, () => block(statement.body, false) ?? block(statement.otherwise));
  const completion = (): Completion => {
    const ended = body.completion;
    if (ended?.type === 'raise') {
      const handler = statement.handlers.find((one) => catches(one, ended.error));
      restore(body.names);
      if (handler === undefined) throw ended.error;
      return block(handler.body);
    }
    const changed = [...(body.names.get(scope.names) ?? [])].flatMap(([name, value]) =>
      before.get(name) === value ? [] : [value],
    );
    const open = [...changed, ...(ended === undefined ? [] : [outcomeOf(ended)()])].filter((value) =>
      isObject(value, 'dependent'),
    );
    let joined: Way = body;
    for (const handler of open.length === 0 ? [] : statement.handlers) {
      const caught = goWay(run, scope, () => block(handler.body));
      const fails = open.map((value) => failing(run, value, handler));
      const way = joined;
      joined = goWay(run, scope, () =>
        joinWays(way, caught, (a, b) => lift(run, fails, (flags) => (flags.includes(true) ? b() : a()))),
      );
    }
    restore(joined.names);
    return leave(joined.completion);
  };
  try {
    return completion();
  } finally {
    block(statement.finish);
  }
}

/** Whether working a value out raises what a handler catches. */
function failing(run: Run, value: Value, handler: Handler): Value {
  if (!isObject(value, 'dependent')) return false;
  return dependent(run, value.variable, () => {
    try {
      return failing(run, value.resolve(), handler);
    } catch (error) {
      if (error instanceof PythonRaise && catches(handler, error)) return true;
      throw error;
    }
  });
}

function executeWith(
  run: Run,
  statement: Statement & { type: 'with' },
  scope: Scope,
  recover: boolean,
): Completion {
  const contexts = statement.items.map(({ value, name }) => {
    const context = evaluate(run, scope, value);
    if (name !== null) scope.names.set(name, context);
    return context;
  });
  const { from, to, body } = statement;
  if (contexts.some((context) => isObject(context, 'native') && context.type === 'contextlib.suppress')) {
    const handlers = [{ types: [], body: [] }];
    return executeTry(
      run,
      { type: 'try', from, to, body, handlers, otherwise: [], finish: [] },
      scope,
      recover,
    );
  }
  try {
    return executeBlock(run, body, scope, recover);
  } finally {
    for (const context of contexts)
      if (isObject(context, 'native'))
        callValue(run, context.attribute('__exit__') ?? null, noArguments, scope);
  }
}

function defineClass(run: Run, statement: Statement & { type: 'class' }, scope: Scope): Class {
  const { positional: bases } = evaluateArguments(run, scope, statement.bases);
  const inner: Scope = { ...scope, kind: 'class', names: new Map(), parent: scope, declared: new Set() };
  executeBlock(run, statement.body, inner, true);
  for (const [name, value] of inner.names) inner.names.set(name, configurationValue(run, name, value));
  const annotations = statement.body.flatMap((member) => {
    const target = member.type === 'assign' ? member.targets[0] : undefined;
    if (member.type !== 'assign' || member.annotation === null || target?.type !== 'name') return [];
    return [{ name: target.name, annotation: member.annotation }];
  });
  return { kind: 'class', bases, names: inner.names, annotations, scope: inner };
}

/** `from module import …`, relative imports included.
 * @throws PythonRaise ImportError where a module of the project is not in the repository */
function importFrom(
  run: Run,
  { level, names, module: name }: Statement & { type: 'import-from' },
  scope: Scope,
): void {
  const module = run.importModule(name, level, scope.file);
  if (names === '*') {
    if (module === undefined) throw new PythonRaise('ImportError', name);
    for (const [own, value] of module.names) if (!own.startsWith('_')) scope.names.set(own, value);
    return;
  }
  for (const { name: own, alias } of names) {
    // A package without __init__.py has modules all the same.
    const inner = name === '' ? own : `${name}.${own}`;
    const value = module?.names.get(own) ?? run.importModule(inner, level, scope.file);
    if (value === undefined && module === undefined && (level > 0 || isKeptOut(name)))
      throw new PythonRaise('ImportError', name);
    scope.names.set(alias ?? own, value ?? externalAttribute(run, name, own));
  }
}

/** Modules that projects keep out of the repository on purpose. */
function isKeptOut(name: string): boolean {
  return /(^|\.)(local|dev|my|private|secret)_?(settings|secrets|config|conf|keys?)?$|(^|\.)(settings|config)_(local|dev|secret)$/i.test(
    name,
  );
}
