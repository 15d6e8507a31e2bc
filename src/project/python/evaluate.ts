import { configurationValue, pydanticFields } from './environment.ts';
import { changeOf, compute, externalAttribute, itemOf, libraryCall, methodOf } from './library.ts';
import {
  assignmentOf,
  type Clause,
  childOf,
  clausesOf,
  definitionOf,
  elementsOf,
  formatParts,
  importOf,
  insideOf,
  literalOf,
  loopOf,
  type Node,
  nameOf,
  nodeOf,
  nothing,
  parametersOf,
  parseExpression,
  shapeOf,
  splitAt,
  tupleOf,
} from './parse.ts';
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
  type Place,
  PythonRaise,
  plain,
  type Run,
  type Scope,
  spend,
  toText,
  truth,
  type Unknown,
  unknown,
  unknownFrom,
  type Value,
} from './value.ts';

const maxDepth = 160;

/** Evaluates an expression. What cannot be known becomes an unknown value that remembers where it comes from.
 * @throws PythonRaise where the program itself would raise */
export function evaluate(run: Run, scope: Scope, node: Node): Value {
  spend(run);
  if (run.depth > maxDepth) return unknown();
  run.depth += 1;
  try {
    return force(run, evaluateNode(run, scope, node));
  } finally {
    run.depth -= 1;
  }
}

function evaluateNode(run: Run, scope: Scope, node: Node): Value {
  const value = (expression: Node) => evaluate(run, scope, expression);
  const child = (index: number) => node.children.at(index) ?? nothing;
  switch (node.name) {
    case 'FormatString':
    case 'ContinuedString': {
      const pieces = node.name === 'FormatString' ? formatParts(node) : node.children;
      const parts = pieces.map((piece) => (typeof piece === 'string' ? piece : value(piece)));
      return lift(run, parts, (known) => {
        const texts = known.map((part) => toText(run, part));
        return texts.includes(undefined) ? unknownFrom(...known) : texts.join('');
      });
    }
    case 'VariableName':
      return lookup(scope, node.text);
    case 'MemberExpression':
      return child(1).name === '.'
        ? attributeOf(run, value(child(0)), child(2).text)
        : evaluateItem(run, scope, node);
    case 'CallExpression':
      return evaluateCall(run, scope, node);
    case 'ArrayExpression':
    case 'TupleExpression':
    case 'SetExpression':
      return evaluateSequence(run, scope, node);
    case 'DictionaryExpression':
      return evaluateDictionary(run, scope, node);
    case 'ArrayComprehensionExpression':
    case 'ComprehensionExpression':
    case 'SetComprehensionExpression':
      return orLater(run, scope, () => evaluateComprehension(run, scope, node));
    case 'BinaryExpression': {
      const operator = operatorOf(node);
      if (operator !== 'or' && operator !== 'and')
        return lift(run, [value(child(0)), value(child(-1))], ([left, right]) =>
          compute(run, operator, left, right),
        );
      const isOr = operator === 'or';
      return orLater(run, scope, () => {
        const left = value(child(0));
        const holds = decide(run, scope, child(0), isOr || isLikely(child(0)), left);
        return holds === isOr ? left : value(child(-1));
      });
    }
    case 'UnaryExpression':
      return lift(run, [value(child(1))], ([operand]) => {
        const operator = child(0).text;
        if (operator !== 'not') return typeof operand === 'number' && operator === '-' ? -operand : operand;
        const known = truth(operand);
        return known === undefined ? unknownFrom(operand) : !known;
      });
    case 'ConditionalExpression':
      return orLater(run, scope, () => value(decide(run, scope, child(2)) ? child(0) : child(4)));
    case 'LambdaExpression':
      return { kind: 'function', node, scope, self: undefined, decorators: [] };
    case 'NamedExpression': {
      const result = value(child(2));
      scope.names.set(child(0).text, result);
      return result;
    }
    default: {
      const literal = literalOf(node);
      return literal === undefined ? unknown() : literal;
    }
  }
}

function operatorOf({ children }: Node): string {
  return children
    .slice(1, -1)
    .map(({ text }) => text)
    .join(' ');
}

function evaluateSequence(run: Run, scope: Scope, node: Node): Value {
  const shape = shapeOf(node) ?? 'list';
  let before = list([], shape) as Value;
  for (const { star, value } of elementsOf(node)) {
    const item = evaluate(run, scope, value);
    if (!star && isObject(before, 'list')) before = list([...before.items, item], shape);
    else
      before = lift(run, [before, star ? item : list([item])], ([left, right]) =>
        list([...itemsOf(left), ...itemsOf(right)], shape),
      );
  }
  return before;
}

function evaluateDictionary(run: Run, scope: Scope, node: Node): Value {
  const known = new Map<Value, Value>();
  let rest: Unknown | null = null;
  for (const [first = nothing, second = nothing, third = nothing] of splitAt(insideOf(node), ',')) {
    const item = evaluate(run, scope, first.name === '**' ? second : third);
    if (first.name !== '**') known.set(evaluate(run, scope, first), item);
    else {
      for (const [key, inner] of isObject(item, 'dict') ? item.entries : []) known.set(key, inner);
      if (!isObject(item, 'dict') || item.rest !== null) rest = unknownFrom(rest ?? undefined, item);
    }
  }
  return dict(known, rest);
}

/** What stands in the brackets of `object[…]`; undefined for a slice. */
function indexOf(node: Node): Node | undefined {
  const nodes = insideOf(node).slice(1);
  return nodes.some(({ name }) => name === ':') ? undefined : tupleOf(nodes);
}

function evaluateItem(run: Run, scope: Scope, node: Node): Value {
  const object = evaluate(run, scope, node.children[0] ?? nothing);
  const index = indexOf(node);
  return lift(run, [object, index === undefined ? null : evaluate(run, scope, index)], ([of, at]) =>
    index === undefined ? unknownFrom(of) : itemOf(run, of, at),
  );
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

/** The names that a piece of the program may read or change, with their values at one moment. */
type State = ReadonlyMap<Map<string, Value>, ReadonlyMap<string, Value>>;

function stateOf(run: Run, scope: Scope): State {
  const maps = new Set([run.environ, run.collected, scope.globals]);
  for (let at: Scope | null = scope; at !== null; at = at.parent) maps.add(at.names);
  for (const value of scope.names.values()) if (isObject(value, 'instance')) maps.add(value.names);
  return new Map([...maps].map((map) => [map, new Map(map)] as const));
}

/** Works with the names as they were at a moment, and takes its changes back. */
function within<T>(state: State, work: () => T): T {
  const now: State = new Map([...state.keys()].map((map) => [map, new Map(map)]));
  restore(state);
  try {
    return work();
  } finally {
    restore(now);
  }
}

function restore(state: State): void {
  for (const [map, entries] of state) {
    map.clear();
    for (const [name, value] of entries) map.set(name, value);
  }
}

/** Works something out; where that depends on a variable, when the variable is known, with the names as they are now. */
function orLater(run: Run, scope: Scope, work: () => Value): Value {
  const before = run.known === null ? stateOf(run, scope) : null;
  try {
    return work();
  } catch (error) {
    if (!(error instanceof Undecided) || before === null) throw error;
    return dependent(run, error.variable, () => within(before, work));
  }
}

/** The truth of a condition. Where nothing is known of it, what it most likely is in production, or the other way where that is asked for.
 * @throws Undecided during the pass, where it depends on a variable or nothing is known of it */
function decide(
  run: Run,
  scope: Scope,
  test: Node,
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
function isLikely(test: Node): boolean {
  const [first = nothing, second = nothing] = test.children;
  if (test.name === 'UnaryExpression' && first.name === 'not') return !isLikely(second);
  if (test.name === 'CallExpression') return isLikely(first);
  if (test.name === 'BinaryExpression')
    return operatorOf(test) !== '==' || !test.children.some(namesDevelopment);
  return !namesDevelopment(test);
}

/** Whether it is called like a machine of a developer, or asks for a variable that is. */
function namesDevelopment(node: Node): boolean {
  const argument = node.name === 'CallExpression' ? node.children[1]?.children[1] : undefined;
  const name = nameOf(node) ?? (argument?.name === 'String' ? argument.text : '');
  return /debug|dev|local|test|docker/i.test(name);
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
  if (own !== undefined || !isObject(shared, 'function')) return shared ?? unknown();
  const paths = shared.decorators.map(({ path }) => path);
  if (paths.includes('classmethod')) return { ...shared, self: type };
  if (paths.includes('staticmethod') || object.kind === 'class') return shared;
  const bound = { ...shared, self: object };
  return paths.some((path) => /(^|\.)(cached_)?property$/.test(path))
    ? callFunction(run, bound, noArguments)
    : bound;
}

function evaluateCall(run: Run, scope: Scope, node: Node): Value {
  const [callee = nothing, list = nothing] = node.children;
  const args = evaluateArguments(run, scope, list);
  const change = callee.name === 'MemberExpression' ? changeOf(nameOf(callee) ?? '') : undefined;
  const [container = nothing] = callee.children;
  const object = change === undefined ? null : evaluate(run, scope, container);
  if (
    change === undefined ||
    !(isObject(object, 'list') || isObject(object, 'dict') || isObject(object, 'dependent'))
  )
    return callValue(run, evaluate(run, scope, callee), args, scope, node);
  const changed = lift(run, [object, ...args.positional], ([known = null, ...positional]) =>
    change(known, { ...args, positional }),
  );
  bind(run, scope, container, changed, false);
  return null;
}

function evaluateArguments(run: Run, scope: Scope, list: Node): Arguments {
  const positional: Value[] = [];
  const named = new Map<string, Value>();
  for (const part of splitAt(insideOf(list), ',')) {
    const [first = nothing, second = nothing, third = nothing] = part;
    if (part.some(({ name }) => name === 'for'))
      positional.push(evaluate(run, scope, nodeOf('ComprehensionExpression', part)));
    else if (second.name === 'AssignOp') named.set(first.text, evaluate(run, scope, third));
    else if (first.name === '*') positional.push(...itemsOf(evaluate(run, scope, second)));
    else if (first.name === '**') {
      const value = evaluate(run, scope, second);
      for (const [key, entry] of isObject(value, 'dict') ? value.entries : [])
        if (typeof key === 'string') named.set(key, entry);
    } else positional.push(evaluate(run, scope, first));
  }
  return { positional, named };
}

/** Calls whatever can be called; what cannot be followed gives an unknown value. */
export function callValue(run: Run, callee: Value, args: Arguments, scope: Scope, node?: Node): Value {
  return lift(run, [callee], ([known]) => {
    if (isObject(known, 'function')) return callFunction(run, known, args);
    const place = { file: scope.file, from: node?.from ?? 0, to: node?.to ?? 0 };
    if (isObject(known, 'class')) {
      run.options.observe?.(run, 'class', { ...args, positional: [known, ...args.positional] }, place);
      return instantiate(run, known, args, scope);
    }
    if (isObject(known, 'instance'))
      return callValue(run, attributeOf(run, known, '__call__'), args, scope, node);
    if (isObject(known, 'native')) {
      run.options.observe?.(run, known.type, args, place);
      return known.call(args);
    }
    if (isObject(known, 'external')) {
      run.options.observe?.(run, known.path, args, place);
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
  const scope = innerScope(callee.scope, 'function');
  bindParameters(run, callee, args, scope);
  const { sketching } = run;
  run.depth += 4;
  run.sketching = false;
  try {
    return orLater(run, scope, () => {
      if (callee.node.name === 'LambdaExpression')
        return evaluate(run, scope, callee.node.children.at(-1) ?? nothing);
      const completion = executeBlock(run, clausesOf(callee.node)[0]?.body ?? [], scope, false);
      return completion?.type === 'return' ? completion.value : null;
    });
  } finally {
    run.depth -= 4;
    run.sketching = sketching;
  }
}

function innerScope(around: Scope, kind: 'function' | 'class'): Scope {
  return { ...around, kind, names: new Map(), parent: around, declared: new Set() };
}

function bindParameters(run: Run, callee: Callable, args: Arguments, { names }: Scope): void {
  const positional = callee.self === undefined ? [...args.positional] : [callee.self, ...args.positional];
  for (const { name, star, fallback } of parametersOf(callee.node)) {
    const given = star ? list(positional.splice(0), 'tuple') : (args.named.get(name) ?? positional.shift());
    names.set(name, given ?? (fallback === undefined ? unknown() : evaluate(run, callee.scope, fallback)));
  }
}

function instantiate(run: Run, type: Class, args: Arguments, scope: Scope): Value {
  const bases = lineageOf(type).flatMap((one) =>
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
  const instance = { kind: 'instance', class: type, names: new Map<string, Value>() } as const;
  const fields = pydanticFields(run, type, args);
  for (const [name, value] of fields ?? []) instance.names.set(name, value);
  const initializer = fields === null ? classAttribute(type, '__init__') : undefined;
  if (isObject(initializer, 'function')) callFunction(run, { ...initializer, self: instance }, args);
  // Without a method of the project's the arguments fill fields, as in a dataclass.
  else if (fields === null && args.positional.length + args.named.size > 0)
    for (const { name } of type.annotations) instance.names.set(name, unknown());
  return instance;
}

function evaluateComprehension(run: Run, scope: Scope, node: Node): Value {
  const [[element = nothing] = [], ...clauses] = splitAt(insideOf(node), 'for');
  const inner = innerScope(scope, 'function');
  const results: Value[] = [];
  // The outermost iterable belongs to the scope around: in a class body it sees the class's names.
  const loop = ([clause, ...others]: readonly Node[][], around: Scope): void => {
    if (clause === undefined) {
      results.push(evaluate(run, inner, element));
      return;
    }
    const [head = [], ...conditions] = splitAt(clause, 'if');
    const { target, iterable } = loopOf(head);
    for (const item of itemsNow(evaluate(run, around, iterable))) {
      bind(run, inner, target, item);
      // An unknown item is kept: dropping it would hide where the list comes from.
      const isKept = conditions.every(([test = nothing]) => {
        const value = evaluate(run, inner, test);
        return isObject(value, 'dependent') ? decide(run, inner, test, true, value) : truth(value) !== false;
      });
      if (isKept) loop(others, inner);
    }
  };
  loop(clauses, scope);
  return list(results, shapeOf(node));
}

/** @throws Undecided where the items depend on a variable */
function itemsNow(value: Value): readonly Value[] {
  if (isObject(value, 'dependent')) throw new Undecided(value.variable);
  return itemsOf(value);
}

/** Assigns to a name, an attribute, an item or a tuple of those.
 * @param binding whether it is an assignment, and no change of what is there */
function bind(run: Run, scope: Scope, target: Node, value: Value, binding = true): void {
  const [container = nothing, sign] = target.children;
  if (target.name === 'VariableName') {
    // Production runs with DEBUG off, whatever a developer left in the file.
    const isDebug = target.text === 'DEBUG' && scope.kind !== 'function';
    setName(run, scope, target.text, isDebug ? unknown([], 'off') : value, binding);
  } else if (target.name === 'TupleExpression' || target.name === 'ArrayExpression') {
    elementsOf(target).forEach(({ star, value: inner }, index) => {
      const part = lift(run, [value], ([known]) =>
        isObject(known, 'list') && !star ? (known.items[index] ?? unknown()) : unknownFrom(known),
      );
      bind(run, scope, inner, part);
    });
  } else if (target.name === 'MemberExpression' && sign?.name !== '.') bindItem(run, scope, target, value);
  else if (target.name === 'MemberExpression') {
    const object = evaluate(run, scope, container);
    const name = nameOf(target) ?? '';
    if (isObject(object, 'native')) object.assign(name, value);
    else if (isObject(object, 'instance') || isObject(object, 'module') || isObject(object, 'class'))
      object.names.set(name, value);
  }
}

function setName(run: Run, scope: Scope, name: string, value: Value, binding: boolean): void {
  const isGlobal = scope.declared.has(name);
  (isGlobal ? scope.globals : scope.names).set(name, value);
  if (run.known === null && (isGlobal || scope.kind !== 'function'))
    run.options.onBind?.(run.place, name, value, scope, binding);
}

function bindItem(run: Run, scope: Scope, target: Node, value: Value): void {
  const container = target.children[0] ?? nothing;
  const object = evaluate(run, scope, container);
  const at = indexOf(target);
  const index = at === undefined ? null : evaluate(run, scope, at);
  const change = (changed: Value) => bind(run, scope, container, changed, false);
  if (isObject(object, 'external') && object.path === 'os.environ') run.environ.set(String(index), value);
  else if (isObject(object, 'external') && /^(globals|locals)\(\)$/.test(object.path))
    run.missed.add('globals');
  else if (isObject(object, 'external'))
    run.options.observe?.(run, `${object.path}[]`, plain(index, value), placeOf(target, scope));
  else if (isObject(object, 'dict') && at !== undefined)
    change(dict([...object.entries, [index, value]], object.rest));
  else if (isObject(object, 'list') || isObject(object, 'dependent')) change(unknownFrom(object, value));
}

function placeOf({ from, to }: Node, { file }: Scope): Place {
  return { file, from, to };
}

/** How a block ended: by falling through, or by a statement that leaves it. */
type Completion =
  | undefined
  | { readonly type: 'return'; readonly value: Value }
  | { readonly type: 'break' | 'continue' };

const compound = /^(If|For|While|Try|With)Statement$|^(Class|Function)Definition$|^DecoratedStatement$/;

/** Executes statements in order.
 * @param recover whether a statement that raises is passed over, as a module's reader has to, or ends the block
 * @throws PythonRaise what a statement raises, without `recover` */
export function executeBlock(run: Run, block: readonly Node[], scope: Scope, recover: boolean): Completion {
  let left: Completion;
  for (const statement of block) {
    spend(run);
    const isCompound = compound.test(statement.name);
    if (scope.kind !== 'function' && !isCompound) run.place = placeOf(statement, scope);
    const completion = isCompound
      ? orReplayed(run, statement, scope, recover)
      : executeOrPassOver(run, statement, scope, recover);
    if (completion !== undefined && !run.sketching) return completion;
    left ??= completion;
  }
  return left;
}

/** Executes a compound statement. Where it depends on a variable, what it binds is worked out by executing it when the variable is known. */
function orReplayed(run: Run, statement: Node, scope: Scope, recover: boolean): Completion {
  const before = stateOf(run, scope);
  const execution = () => executeOrPassOver(run, statement, scope, recover);
  try {
    return execution();
  } catch (error) {
    if (!(error instanceof Undecided)) throw error;
    const { variable } = error;
    restore(before);
    const sketch = sketchOf(run, scope, before, execution);
    // In a function the whole call is left until the variable is known.
    if (sketch === undefined) throw error;
    let replayed: { known: Run['known']; after: State } | null = null;
    const replay = () => {
      if (replayed === null || replayed.known !== run.known)
        replayed = {
          known: run.known,
          after: within(before, () => {
            execution();
            return stateOf(run, scope);
          }),
        };
      return replayed.after;
    };
    run.place = placeOf(statement, scope);
    for (const [map, names] of before) {
      for (const [name, value] of sketch.get(map) ?? []) {
        if (value === names.get(name)) continue;
        const later = dependent(run, variable, () => bound(replay().get(map)?.get(name), name));
        // What the branches of a condition bind was told of while they were gone through.
        if (map === scope.names && statement.name !== 'IfStatement') setName(run, scope, name, later, false);
        else map.set(name, later);
      }
    }
    return undefined;
  }
}

/** The names as a statement may leave them, whichever way it goes; undefined where a way leaves the block. */
function sketchOf(run: Run, scope: Scope, before: State, execution: () => Completion): State | undefined {
  const { sketching } = run;
  run.sketching = true;
  try {
    return within(before, () => (execution() === undefined ? stateOf(run, scope) : undefined));
  } catch (error) {
    if (!(error instanceof PythonRaise)) throw error;
    return undefined;
  } finally {
    run.sketching = sketching;
  }
}

function executeOrPassOver(run: Run, statement: Node, scope: Scope, recover: boolean): Completion {
  try {
    return execute(run, statement, scope, recover);
  } catch (error) {
    if (!recover || !(error instanceof PythonRaise)) throw error;
    run.failures.push(placeOf(statement, scope));
    if (statement.name === 'ImportStatement') {
      const { names, module } = importOf(statement);
      if (names[0]?.name === '*') run.missed.add(module);
    }
    if (statement.name === 'AssignStatement')
      for (const name of assignmentOf(statement).targets.flatMap(namesIn))
        setName(run, scope, name, unknown(['raised']), true);
    return undefined;
  }
}

/** @throws PythonRaise NameError for a name that is not bound */
function bound(value: Value | undefined, name: string): Value {
  if (value === undefined) throw new PythonRaise('NameError', name);
  return value;
}

/** The plain names a target binds. */
function namesIn(target: Node): string[] {
  if (target.name === 'VariableName') return [target.text];
  return shapeOf(target) === undefined ? [] : elementsOf(target).flatMap(({ value }) => namesIn(value));
}

function execute(run: Run, statement: Node, scope: Scope, recover: boolean): Completion {
  const block = (body: readonly Node[]) => executeBlock(run, body, scope, recover);
  const { children } = statement;
  switch (statement.name) {
    case 'AssignStatement': {
      const { targets, value: assigned } = assignmentOf(statement);
      if (assigned === undefined) return undefined;
      const value = evaluate(run, scope, assigned);
      for (const target of targets) bind(run, scope, target, value);
      return undefined;
    }
    case 'UpdateStatement': {
      const at = children.findIndex(({ name }) => name === 'UpdateOp');
      const operator = children[at]?.text.slice(0, -1) ?? '';
      const [target, added] = [tupleOf(children.slice(0, at)), tupleOf(children.slice(at + 1))];
      const parts = [evaluate(run, scope, target), evaluate(run, scope, added)] as const;
      const value = lift(run, parts, ([left, right]) => {
        // `list += …` takes whatever can be walked, `list + …` only a list.
        if (operator !== '+' || !isObject(left, 'list') || left.shape !== 'list')
          return compute(run, operator, left, right);
        return list([...left.items, ...itemsOf(right)]);
      });
      bind(run, scope, target, value, false);
      return undefined;
    }
    case 'ExpressionStatement':
      evaluate(run, scope, tupleOf(children));
      return undefined;
    case 'IfStatement':
      return executeIf(run, clausesOf(statement), scope, block);
    case 'ForStatement':
      return executeFor(run, statement, scope, block);
    case 'WhileStatement': {
      // Once: settings wait for something in a loop, if they have one at all.
      const { head: [test = nothing] = [], body = [] } = clausesOf(statement)[0] ?? {};
      if (truth(evaluate(run, scope, test)) === false) return undefined;
      const completion = block(body);
      return completion?.type === 'return' ? completion : undefined;
    }
    case 'TryStatement':
      return executeTry(run, statement, scope, recover);
    case 'WithStatement':
      return executeWith(run, statement, scope, block);
    case 'FunctionDefinition':
    case 'ClassDefinition':
    case 'DecoratedStatement':
      define(run, statement, scope);
      return undefined;
    case 'ImportStatement':
      executeImport(run, statement, scope);
      return undefined;
    case 'ReturnStatement':
      return {
        type: 'return',
        value: children.length > 1 ? evaluate(run, scope, tupleOf(children.slice(1))) : null,
      };
    case 'RaiseStatement': {
      const raised = children[1] ?? nothing;
      const named = raised.name === 'CallExpression' ? raised.children[0] : raised;
      throw new PythonRaise(nameOf(named ?? nothing) ?? 'Exception');
    }
    case 'ScopeStatement':
      for (const { text } of children.slice(1)) scope.declared.add(text);
      return undefined;
    case 'BreakStatement':
      return { type: 'break' };
    case 'ContinueStatement':
      return { type: 'continue' };
    case 'DeleteStatement':
    case 'PassStatement':
    case 'AssertStatement':
    case 'PrintStatement':
      return undefined;
    default:
      if (scope.kind !== 'function') run.missed.add('statement'); // what it binds cannot be known
      return undefined;
  }
}

function define(run: Run, statement: Node, scope: Scope): void {
  const node = definitionOf(statement);
  const name = childOf(node, 'VariableName')?.text ?? '';
  if (node.name === 'ClassDefinition') scope.names.set(name, defineClass(run, node, scope));
  else if (node.name !== 'FunctionDefinition') run.missed.add('statement');
  if (node.name !== 'FunctionDefinition') return;
  const decorators = statement.children
    .filter((child) => child.name === 'Decorator')
    .map(({ text }) => {
      const expression = parseExpression(text.slice(1)) ?? nothing;
      const [callee = nothing, list = nothing] =
        expression.name === 'CallExpression' ? expression.children : [expression];
      const value = evaluate(run, scope, callee);
      const args = evaluateArguments(run, scope, list);
      return { path: isObject(value, 'external') ? value.path : '', args };
    });
  scope.names.set(name, { kind: 'function', node, scope, self: undefined, decorators });
}

function executeIf(
  run: Run,
  [clause, ...others]: readonly Clause[],
  scope: Scope,
  block: (body: readonly Node[]) => Completion,
): Completion {
  if (clause === undefined) return undefined;
  const [test = nothing] = clause.head;
  const otherwise = () => executeIf(run, others, scope, block);
  if (clause.keyword === 'else') return block(clause.body);
  if (!run.sketching) return decide(run, scope, test) ? block(clause.body) : otherwise();
  const left = block(clause.body);
  return otherwise() ?? left;
}

function executeFor(
  run: Run,
  statement: Node,
  scope: Scope,
  block: (body: readonly Node[]) => Completion,
): Completion {
  const [loop, otherwise] = clausesOf(statement);
  const { target, iterable } = loopOf(loop?.head ?? []);
  const items = evaluate(run, scope, iterable);
  const isOpen = run.sketching && isObject(items, 'dependent');
  for (const item of isOpen ? [unknown()] : itemsNow(items)) {
    bind(run, scope, target, item);
    const completion = block(loop?.body ?? []);
    if (completion?.type === 'break') return undefined;
    if (completion?.type === 'return') return completion;
  }
  return block(otherwise?.body ?? []);
}

/** The classes above an exception's own that programs catch it by. */
const parents: Readonly<Record<string, readonly string[]>> = {
  KeyError: ['LookupError'],
  IndexError: ['LookupError'],
  JSONDecodeError: ['ValueError'],
  EnvError: ['ValueError', 'EnvValidationError', 'EnvironError'],
  ImportError: ['ModuleNotFoundError'],
};

/** Whether an `except` catches an exception, by the names of its class and of the classes above it. */
function catches({ head }: Clause, { type }: PythonRaise): boolean {
  const caught = head.find(({ name }) => name !== '*');
  if (caught === undefined) return true;
  const types = shapeOf(caught) === 'tuple' ? elementsOf(caught).map(({ value }) => value) : [caught];
  const names = [type, ...(parents[type] ?? []), 'Exception', 'BaseException'];
  return types.some((one) => names.includes(nameOf(one) ?? 'Exception'));
}

function executeTry(run: Run, statement: Node, scope: Scope, recover: boolean): Completion {
  const clauses = clausesOf(statement);
  const block = (body: readonly Node[], passOver = recover) => executeBlock(run, body, scope, passOver);
  const bodyOf = (keyword: string) => clauses.find((clause) => clause.keyword === keyword)?.body ?? [];
  const handlers = clauses.filter(({ keyword }) => keyword === 'except');
  if (run.sketching) {
    const completions = clauses.map(({ body }) => block(body));
    return completions.find((completion) => completion !== undefined);
  }
  const before = new Map(scope.names);
  let completion: Completion;
  try {
    completion = block(bodyOf('try'), false) ?? block(bodyOf('else'));
  } catch (error) {
    const handler = error instanceof PythonRaise && handlers.find((one) => catches(one, error));
    if (!handler) throw error;
    completion = block(handler.body);
    block(bodyOf('finally'));
    return completion;
  }
  // A value that depends on a variable may raise when that is known.
  const values = [...scope.names].flatMap(([name, value]) => (before.get(name) === value ? [] : [value]));
  if (completion?.type === 'return') values.push(completion.value);
  const open = values.find((value) => isObject(value, 'dependent'));
  if (run.known === null && handlers.length > 0 && isObject(open, 'dependent'))
    throw new Undecided(open.variable);
  return block(bodyOf('finally')) ?? completion;
}

function executeWith(
  run: Run,
  statement: Node,
  scope: Scope,
  block: (body: readonly Node[]) => Completion,
): Completion {
  const { head = [], body = [] } = clausesOf(statement)[0] ?? {};
  const contexts = splitAt(head, ',').map(([value = nothing, , name]) => {
    const context = evaluate(run, scope, value);
    if (name !== undefined) scope.names.set(name.text, context);
    return context;
  });
  const completion = block(body);
  for (const context of contexts) {
    const exit = isObject(context, 'native') ? context.attribute('__exit__') : undefined;
    if (exit !== undefined) callValue(run, exit, noArguments, scope);
  }
  return completion;
}

function defineClass(run: Run, node: Node, scope: Scope): Class {
  const { positional: bases } = evaluateArguments(run, scope, childOf(node, 'ArgList') ?? nothing);
  const inner = innerScope(scope, 'class');
  const [{ body } = { body: [] }] = clausesOf(node);
  executeBlock(run, body, inner, true);
  for (const [name, value] of inner.names) inner.names.set(name, configurationValue(run, name, value));
  const annotations = body.flatMap((member) => {
    const [target, type] = member.children;
    const annotation = type?.name === 'TypeDef' ? type.children[1] : undefined;
    return target?.name !== 'VariableName' || annotation === undefined
      ? []
      : [{ name: target.text, annotation }];
  });
  return { kind: 'class', bases, names: inner.names, annotations, scope: inner };
}

/** Imports of both forms, relative ones included.
 * @throws PythonRaise ImportError where a module of the project is not in the repository */
function executeImport(run: Run, statement: Node, scope: Scope): void {
  const { level, names, module: name } = importOf(statement);
  if (level === null) {
    for (const { name, alias } of names) importModule(run, name, alias, scope);
    return;
  }
  const module = run.importModule(name, level, scope.file);
  if (names[0]?.name === '*') {
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

/** `import name` and `import name as alias`. */
function importModule(run: Run, name: string, alias: string | undefined, scope: Scope): void {
  const top = name.split('.')[0] ?? name;
  const wanted = alias === undefined ? top : name;
  const module = run.importModule(wanted, 0, scope.file);
  if (module === undefined && isKeptOut(name)) throw new PythonRaise('ImportError', name);
  if (wanted !== name) run.importModule(name, 0, scope.file);
  scope.names.set(alias ?? top, module ?? external(wanted));
}

/** Modules that projects keep out of the repository on purpose. */
function isKeptOut(name: string): boolean {
  return /(^|\.)(local|dev|my|private|secret)_?(settings|secrets|config|conf|keys?)?$|(^|\.)(settings|config)_(local|dev|secret)$/i.test(
    name,
  );
}
