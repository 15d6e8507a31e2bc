import type {
  Argument,
  Block,
  Comprehension,
  ComprehensionClause,
  Expression,
  Handler,
  Parameter,
  Slice,
  Statement,
} from './ast.ts';
import { configurationValue, pydanticFields } from './environment.ts';
import { changeOf, compute, externalAttribute, itemOf, libraryCall, methodOf } from './library.ts';

import {
  type Arguments,
  type Callable,
  type Class,
  classAttribute,
  dependent,
  dict,
  external,
  force,
  isObject,
  isProductionName,
  itemsOf,
  lift,
  lineageOf,
  list,
  type Module,
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
      return orLater(run, scope, (at) => evaluateComprehension(run, at, node));
    case 'binary':
      if (node.operator === 'or' || node.operator === 'and') {
        const isOr = node.operator === 'or';
        return orLater(run, scope, (at) => {
          const left = evaluate(run, at, node.left);
          const holds = decide(run, at, node.left, isOr || isLikely(node.left), left);
          return holds === isOr ? left : evaluate(run, at, node.right);
        });
      }
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
      return orLater(run, scope, (at) =>
        evaluate(run, at, decide(run, at, node.test) ? node.whenTrue : node.otherwise),
      );
    case 'lambda':
      return makeFunction(node, scope, []);
    case 'assignment': {
      const result = value(node.value);
      scope.names.set(node.name, result);
      return result;
    }
    default:
      return unknown();
  }
}

function makeFunction(
  node: { readonly params: readonly Parameter[]; readonly body: Block | Expression },
  scope: Scope,
  decorators: Callable['decorators'],
): Callable {
  const { params } = node;
  // The body of a function is converted when it is first called.
  return { kind: 'function', params, scope, self: undefined, decorators, body: () => node.body };
}

/** Thrown during the pass where a decision depends on a variable, or on a condition of which nothing is known. */
export class Undecided extends Error {
  override readonly name = 'Undecided';
  readonly variable: string;
  constructor(variable: string) {
    super(variable);
    this.variable = variable;
  }
}

/** Works something out; where that depends on a variable, when the variable is known, with the names as they are now. */
function orLater(run: Run, scope: Scope, work: (scope: Scope) => Value): Value {
  try {
    return work(scope);
  } catch (error) {
    if (!(error instanceof Undecided)) throw error;
    const around = copyScope(scope);
    return dependent(run, error.variable, () => work(around));
  }
}

/** The truth of a condition. Where nothing is known of it, what it most likely is in production, or the other way where that is asked for.
 * @throws Undecided during the pass, where it depends on a variable or nothing is known of it */
function decide(
  run: Run,
  scope: Scope,
  test: Expression,
  preferred = isLikely(test),
  value: Value = evaluate(run, scope, test),
): boolean {
  const known = truth(value);
  if (known !== undefined) return known;
  const key = isObject(value, 'dependent') ? value.variable : `?${scope.file}:${test.from}`;
  if (run.known === null) throw new Undecided(key);
  run.seen.add(key);
  return (run.known.get(key) === undefined) === preferred;
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
      return known.names.get(name) ?? run.importModule(name, 1, known.path) ?? nameIn(known, name);
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

/** A name of a module that was not executed keeps its dotted path. */
function nameIn({ isSkipped, path }: Module, name: string): Value {
  return isSkipped
    ? external(`${path.replace(/(\/__init__)?\.py$/, '').replaceAll('/', '.')}.${name}`)
    : unknown();
}

function memberOf(run: Run, object: Extract<Value, { kind: 'instance' | 'class' }>, name: string): Value {
  const own = object.kind === 'instance' ? object.names.get(name) : undefined;
  const type = object.kind === 'instance' ? object.class : object;
  const shared = own ?? classAttribute(type, name);
  if (shared === undefined) return unknown();
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
  return orLater(run, callee.scope, (around) => {
    const scope: Scope = {
      ...around,
      names: new Map(),
      parent: around,
      kind: 'function',
      declared: new Set(),
    };
    bindParameters(run, callee, args, scope);
    const body = callee.body();
    if (!isBlock(body)) return evaluate(run, scope, body);
    const { sketching } = run;
    run.depth += 4;
    run.sketching = 0;
    try {
      const completion = executeBlock(run, body, scope, false);
      return completion?.type === 'return' ? completion.value : null;
    } finally {
      run.depth -= 4;
      run.sketching = sketching;
    }
  });
}

function bindParameters(run: Run, callee: Callable, args: Arguments, { names }: Scope): void {
  const positional = callee.self === undefined ? [...args.positional] : [callee.self, ...args.positional];
  const named = new Map(args.named);
  for (const { name, kind, fallback } of callee.params) {
    if (kind === 'rest') names.set(name, list(positional.splice(0), 'tuple'));
    else if (kind === 'keywords') names.set(name, dict(named));
    else {
      const given = named.get(name) ?? positional.shift();
      named.delete(name);
      names.set(name, given ?? (fallback === null ? unknown() : evaluate(run, callee.scope, fallback)));
    }
  }
}

/** Whether a function's body is statements; that of a lambda is an expression. */
export function isBlock(body: Block | Expression): body is Block {
  return Array.isArray(body);
}

function instantiate(run: Run, type: Class, args: Arguments, scope: Scope): Value {
  const lineage = lineageOf(type);
  const bases = lineage.flatMap((one) =>
    one.bases.flatMap((base) => (isObject(base, 'external') ? [base.path] : [])),
  );
  // A member of an Enum stands for its value.
  if (bases.some((path) => /Enum$|Choices$/.test(path))) return args.positional[0] ?? unknown();
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
    for (const item of itemsNow(evaluate(run, around, clause.iterable))) {
      bind(run, inner, clause.target, item);
      // An unknown item is kept: dropping it would hide where the list comes from.
      const isKept = clause.conditions.every((test) => {
        const value = evaluate(run, inner, test);
        return isObject(value, 'dependent') ? decide(run, inner, test, true, value) : truth(value) !== false;
      });
      if (isKept) loop(others, inner);
    }
  };
  loop(node.clauses, scope);
  return node.shape === 'dictionary' ? dict(entries) : list(results, node.shape);
}

/** @throws Undecided where the items depend on a variable */
function itemsNow(value: Value): readonly Value[] {
  if (isObject(value, 'dependent')) throw new Undecided(value.variable);
  return itemsOf(value);
}

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
  { object: container, from, to }: Expression & { type: 'subscript' },
  at: Expression | Slice,
  value: Value,
): void {
  const object = evaluate(run, scope, container);
  const change = (changed: Value) => bind(run, scope, container, changed, false);
  if (at.type === 'slice') {
    change(at.start === null && at.stop === null ? value : unknownFrom(object, value));
    return;
  }
  const index = evaluate(run, scope, at);
  if (isObject(object, 'external') && object.path === 'os.environ') run.environ.set(String(index), value);
  else if (isObject(object, 'external'))
    run.observe(`${object.path}[]`, plain(index, value), { file: scope.file, from, to });
  else if (isObject(object, 'module') && typeof index !== 'string') run.missed.add('globals');
  else if (isObject(object, 'module'))
    setName(run, { ...scope, names: object.names, kind: 'module' }, String(index), value, true);
  else if (isObject(object, 'dict'))
    change({ ...object, entries: new Map([...object.entries, [index, value]]) });
  else if (isObject(object, 'list') && typeof index === 'number')
    change(list(object.items.with(index, value), object.shape));
}

/** How a block ended: by falling through, or by a statement that leaves it. */
type Completion =
  | undefined
  | { readonly type: 'return'; readonly value: Value }
  | { readonly type: 'break' | 'continue' };

const compound = new Set<Statement['type']>(['if', 'for', 'while', 'try', 'with', 'class', 'function']);

/** Executes statements in order.
 * @param recover whether a statement that raises is passed over, as a module's reader has to, or ends the block
 * @throws PythonRaise what a statement raises, without `recover` */
export function executeBlock(run: Run, block: Block, scope: Scope, recover: boolean): Completion {
  for (const statement of block) {
    spend(run);
    const isCompound = compound.has(statement.type);
    if (scope.kind !== 'function' && !isCompound)
      run.place = { file: scope.file, from: statement.from, to: statement.to };
    let completion: Completion;
    try {
      completion = recover ? recovering(run, statement, scope) : execute(run, statement, scope, false);
    } catch (error) {
      // Within a function the whole call is left until the variable is known.
      const isLeft = error instanceof Undecided && scope.kind !== 'function' && statement.type !== 'if';
      if (!isLeft || !isCompound) throw error;
      replayLater(run, statement, scope, error.variable);
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
    if (statement.type === 'assign')
      for (const name of statement.targets.flatMap(namesIn))
        setName(run, scope, name, unknown(['raised']), true);
    return undefined;
  }
}

/** A statement that depends on a variable: what it binds is worked out by executing it when the variable is known. */
function replayLater(run: Run, statement: Statement, scope: Scope, variable: string): void {
  const around = copyScope(scope);
  const place = { file: scope.file, from: statement.from, to: statement.to };
  run.sketching += 1;
  const way = goWay(run, scope, () => execute(run, statement, scope, true));
  run.sketching -= 1;
  run.place = place;
  for (const [name, value] of way.names.get(scope.names) ?? []) {
    if (value === scope.names.get(name)) continue;
    const later = dependent(run, variable, () => {
      const inner = copyScope(around);
      execute(run, statement, inner, false);
      return bound(inner.names.get(name), name);
    });
    setName(run, scope, name, later, false);
  }
}

/** @throws PythonRaise NameError for a name that is not bound */
function bound(value: Value | undefined, name: string): Value {
  if (value === undefined) throw new PythonRaise('NameError', name);
  return value;
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
    case 'while':
      // Once: settings wait for something in a loop, if they have one at all.
      return truth(evaluate(run, scope, statement.test)) === false
        ? undefined
        : afterLoop(block(statement.body));
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
      scope.names.set(statement.name, makeFunction(statement, scope, decorators));
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
  readonly leaves: boolean;
  readonly names: ReadonlyMap<Map<string, Value>, ReadonlyMap<string, Value>>;
}

/** Goes one way and takes its changes back. */
function goWay(run: Run, scope: Scope, work: () => Completion): Way {
  const maps = new Set([run.environ, run.collected, scope.globals]);
  for (let at: Scope | null = scope; at !== null; at = at.parent) maps.add(at.names);
  for (const value of scope.names.values()) if (isObject(value, 'instance')) maps.add(value.names);
  const copies = () => new Map([...maps].map((map) => [map, new Map(map)] as const));
  const before = copies();
  let leaves: boolean;
  try {
    leaves = work() !== undefined;
    return { leaves, names: copies() };
  } catch (error) {
    if (!(error instanceof PythonRaise)) throw error;
    return { leaves: true, names: copies() };
  } finally {
    for (const [map, entries] of before) {
      map.clear();
      for (const [name, value] of entries) map.set(name, value);
    }
  }
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
  const otherwise = () => executeIf(run, statement, at + 1, scope, block);
  try {
    if (decide(run, scope, branch.test)) return block(branch.body);
  } catch (error) {
    if (!(error instanceof Undecided)) throw error;
    joinWays(run, scope, branch.test, error, () => block(branch.body), otherwise);
    return undefined;
  }
  return otherwise();
}

/** Goes both ways: every name they change is the one of the way that the condition takes when it is known.
 * @throws Undecided where a way leaves the block */
function joinWays(
  run: Run,
  scope: Scope,
  test: Expression,
  undecided: Undecided,
  whenTrue: () => Completion,
  otherwise: () => Completion,
): void {
  const around = copyScope(scope);
  const [one, other] = [goWay(run, scope, whenTrue), goWay(run, scope, otherwise)];
  if ((one.leaves || other.leaves) && run.sketching === 0) throw undecided;
  const condition = dependent(run, undecided.variable, () => decide(run, around, test));
  for (const [map, entries] of one.names) {
    const others = other.names.get(map);
    for (const name of new Set([...entries.keys(), ...(others?.keys() ?? [])])) {
      const [a, b] = [entries.get(name), others?.get(name)];
      if (a !== undefined && a === b) map.set(name, a);
      if (a === b) continue;
      map.set(
        name,
        dependent(run, undecided.variable, () => bound(force(run, condition) === true ? a : b, name)),
      );
    }
  }
}

function afterLoop(completion: Completion): Completion {
  return completion?.type === 'return' ? completion : undefined;
}

function executeFor(
  run: Run,
  statement: Statement & { type: 'for' },
  scope: Scope,
  recover: boolean,
): Completion {
  const iterable = evaluate(run, scope, statement.iterable);
  const isOpen = run.sketching > 0 && isObject(iterable, 'dependent');
  for (const item of isOpen ? [unknown()] : itemsNow(iterable)) {
    bind(run, scope, statement.target, item);
    const completion = executeBlock(run, statement.body, scope, recover);
    if (completion?.type === 'break') return undefined;
    if (completion?.type === 'return') return completion;
  }
  return executeBlock(run, statement.otherwise, scope, recover);
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
  const { handlers, finish } = statement;
  if (run.sketching > 0) {
    for (const body of [statement.body, ...handlers.map((handler) => handler.body), finish])
      block(body, true);
    return undefined;
  }
  const before = new Map(scope.names);
  let completion: Completion;
  try {
    completion = block(statement.body, false) ?? block(statement.otherwise);
  } catch (error) {
    const handler = error instanceof PythonRaise && handlers.find((one) => catches(one, error));
    if (!handler) throw error;
    completion = block(handler.body);
    block(finish);
    return completion;
  }
  // A value that depends on a variable may raise when that is known.
  const values = [...scope.names].flatMap(([name, value]) => (before.get(name) === value ? [] : [value]));
  if (completion?.type === 'return') values.push(completion.value);
  const open = values.find((value) => isObject(value, 'dependent'));
  if (run.known === null && handlers.length > 0 && isObject(open, 'dependent')) {
    scope.names.clear();
    for (const [name, value] of before) scope.names.set(name, value);
    throw new Undecided(open.variable);
  }
  return block(finish) ?? completion;
}

function executeWith(
  run: Run,
  { items, body }: Statement & { type: 'with' },
  scope: Scope,
  recover: boolean,
): Completion {
  const contexts = items.map(({ value, name }) => {
    const context = evaluate(run, scope, value);
    if (name !== null) scope.names.set(name, context);
    return context;
  });
  const completion = executeBlock(run, body, scope, recover);
  const exits = contexts.flatMap((context) =>
    isObject(context, 'native') ? context.attribute('__exit__') : [],
  );
  for (const exit of exits) if (exit !== undefined) callValue(run, exit, noArguments, scope);
  return completion;
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
    const outside = module?.isSkipped ? nameIn(module, own) : externalAttribute(run, name, own);
    scope.names.set(alias ?? own, value ?? outside);
  }
}

/** Modules that projects keep out of the repository on purpose. */
function isKeptOut(name: string): boolean {
  return /(^|\.)(local|dev|my|private|secret)_?(settings|secrets|config|conf|keys?)?$|(^|\.)(settings|config)_(local|dev|secret)$/i.test(
    name,
  );
}
