import type { SyntaxNode } from '@lezer/common';
import { parser } from '@lezer/python';
import type {
  Argument,
  Block,
  Comprehension,
  ComprehensionClause,
  Expression,
  Handler,
  Item,
  Parameter,
  PythonModule,
  Range,
  Shape,
  Slice,
  Statement,
} from './ast.ts';

/** Parses a module. Never throws: what does not parse is left out, and `errorAt` says where the first error is. */
export function parsePython(text: string): PythonModule {
  try {
    const { statements, errorAt } = parseTree(text);
    return { text, body: convertStatements({ text }, statements), errorAt };
  } catch (error) {
    if (!(error instanceof RangeError)) throw error; // nested deeper than our stack
    return { text, body: [], errorAt: 0 };
  }
}

/** One expression of Python; undefined if the text is something else. */
export function parseExpression(text: string): Expression | undefined {
  const { body, errorAt } = parsePython(text.trim());
  const [statement] = body;
  return errorAt === null && body.length === 1 && statement?.type === 'expression'
    ? statement.value
    : undefined;
}

/** How often the parser may be started again behind an error of its own; it reads some hundred statements each time. */
const mostRestarts = 50;

/**
 * In a module of some hundred statements the parser reports an error where there is none, and parses the same statement when it begins with
 * it. So where everything before that statement is whole, the parser is started again from there.
 */
export function parseTree(text: string): { statements: SyntaxNode[]; errorAt: number | null } {
  const readable = withoutOddities(text);
  const found: SyntaxNode[] = [];
  let start = 0;
  for (let restarts = 0; ; restarts += 1) {
    const { statements, errorAt } = parseFrom(readable, start);
    const next = errorAt === null ? start : lineOfStatement(readable, errorAt);
    const before = next > start && restarts < mostRestarts ? parseFrom(readable.slice(0, next), start) : null;
    if (before === null || before.errorAt !== null) {
      found.push(...statements);
      return { statements: found, errorAt };
    }
    found.push(...before.statements);
    start = next;
  }
}

function parseFrom(text: string, start: number): { statements: SyntaxNode[]; errorAt: number | null } {
  // A comment stands for what is passed over, so that every character keeps its place.
  const { topNode } = parser.parse(start < 2 ? text : `#${' '.repeat(start - 2)}\n${text.slice(start)}`);
  const cursor = topNode.cursor();
  let errorAt: number | null = null;
  do if (cursor.type.isError) errorAt = cursor.from;
  while (errorAt === null && cursor.next());
  return { statements: childrenOf(topNode), errorAt };
}

/** Where the last line at or before `at` begins that can begin a statement of the module. */
function lineOfStatement(text: string, at: number): number {
  for (let line = at; line > 0; line -= 1) {
    line = text.lastIndexOf('\n', line - 1) + 1;
    if (/[A-Za-z_@]/.test(text.charAt(line))) return line;
  }
  return 0;
}

/**
 * The text as the parser's grammar wants it, every character in its place: it knows no bare `yield`, no form feed and no string that is
 * continued after a backslash and a carriage return.
 */
function withoutOddities(text: string): string {
  return text
    .replaceAll('\\\r\n', ' \\\n')
    .replace(/^([ \t]*)yield(?=[ \t]*(?:#.*)?\r?$)/gm, '$1pass ')
    .replace(/^[ \t\f]*\f/gm, (blanks) => '\n'.repeat(blanks.length))
    .replaceAll('\f', ' ');
}

interface Source {
  readonly text: string;
}

/** A node's children without comments and what the parser could not place. */
function childrenOf(node: SyntaxNode): SyntaxNode[] {
  const children: SyntaxNode[] = [];
  for (let child = node.firstChild; child !== null; child = child.nextSibling)
    if (child.name !== 'Comment' && !child.type.isError) children.push(child);
  return children;
}

const textOf = (source: Source, ...nodes: readonly (SyntaxNode | undefined)[]): string =>
  nodes.map((node) => (node === undefined ? '' : source.text.slice(node.from, node.to))).join('');

/** Splits nodes at each one called `separator`; an empty last part (a trailing comma) is dropped. */
function splitAt(nodes: readonly SyntaxNode[], separator: string): SyntaxNode[][] {
  const parts: SyntaxNode[][] = [[]];
  for (const node of nodes) {
    if (node.name === separator) parts.push([]);
    else parts.at(-1)?.push(node);
  }
  if (parts.at(-1)?.length === 0) parts.pop();
  return parts;
}

/** The children between a pair of brackets, closed or not. */
function inner(children: readonly SyntaxNode[]): SyntaxNode[] {
  const last = children.at(-1)?.name ?? '';
  return children.slice(1, ')]}'.includes(last) && last !== '' ? -1 : undefined);
}

const rangeOf = (nodes: readonly SyntaxNode[]) => ({ from: nodes[0]?.from ?? 0, to: nodes.at(-1)?.to ?? 0 });

function convertStatements(source: Source, nodes: readonly SyntaxNode[]): Statement[] {
  return nodes.flatMap((node) => {
    if (node.name === 'StatementGroup') return convertStatements(source, childrenOf(node));
    return node.name === ';' || node.name === ':' ? [] : [convertStatement(source, node)];
  });
}

function convertBlock(source: Source, node: SyntaxNode | undefined): Block {
  return node === undefined ? [] : convertStatements(source, childrenOf(node));
}

function convertStatement(source: Source, node: SyntaxNode): Statement {
  const range = { from: node.from, to: node.to };
  const children = childrenOf(node);
  const at = (name: string) => children.findIndex((child) => child.name === name);
  const bodies = () =>
    children.filter(({ name }) => name === 'Body').map((body) => convertBlock(source, body));
  switch (node.name) {
    case 'AssignStatement': {
      const typeDef = children.find(({ name }) => name === 'TypeDef');
      const parts = splitAt(
        children.filter((child) => child !== typeDef),
        'AssignOp',
      ).map((part) => convertTuple(source, part));
      return {
        ...range,
        type: 'assign',
        targets: parts.length > 1 ? parts.slice(0, -1) : parts,
        value: parts.length > 1 ? (parts.at(-1) ?? null) : null,
        annotation: typeDef === undefined ? null : convertExpression(source, childrenOf(typeDef)[1]),
      };
    }
    case 'UpdateStatement': {
      const operator = at('UpdateOp');
      return {
        ...range,
        type: 'update',
        target: convertTuple(source, children.slice(0, operator)),
        operator: textOf(source, children[operator]).slice(0, -1),
        value: convertTuple(source, children.slice(operator + 1)),
      };
    }
    case 'ExpressionStatement':
      return { ...range, type: 'expression', value: convertTuple(source, children) };
    case 'IfStatement': {
      const otherwise = children.findIndex(
        ({ name }, index) => name === 'Body' && children[index - 1]?.name === 'else',
      );
      const branches = children.flatMap((child, index) =>
        child.name === 'Body' && index !== otherwise
          ? [{ test: convertExpression(source, children[index - 1]), body: convertBlock(source, child) }]
          : [],
      );
      return { ...range, type: 'if', branches, otherwise: convertBlock(source, children[otherwise]) };
    }
    case 'ForStatement': {
      const [body = [], otherwise = []] = bodies();
      return {
        ...range,
        type: 'for',
        target: convertTuple(source, children.slice(at('for') + 1, at('in'))),
        iterable: convertTuple(source, children.slice(at('in') + 1, at('Body'))),
        body,
        otherwise,
      };
    }
    case 'WhileStatement':
      return {
        ...range,
        type: 'while',
        test: convertExpression(source, children[1]),
        body: bodies()[0] ?? [],
      };
    case 'TryStatement':
      return { ...range, type: 'try', ...convertTry(source, children) };
    case 'WithStatement': {
      const items = splitAt(children.slice(at('with') + 1, at('Body')), ',').map(([value, , name]) => ({
        value: convertExpression(source, value),
        name: name === undefined ? null : textOf(source, name),
      }));
      return { ...range, type: 'with', items, body: bodies()[0] ?? [] };
    }
    case 'FunctionDefinition':
    case 'ClassDefinition':
    case 'DecoratedStatement':
      return convertDefinition(source, node);
    case 'ImportStatement':
      return convertImport(textOf(source, node), range);
    case 'ReturnStatement':
      return {
        ...range,
        type: 'return',
        value: children.length > 1 ? convertTuple(source, children.slice(1)) : null,
      };
    case 'RaiseStatement':
      return {
        ...range,
        type: 'raise',
        value: children.length > 1 ? convertExpression(source, children[1]) : null,
      };
    case 'DeleteStatement':
      return {
        ...range,
        type: 'delete',
        targets: splitAt(children.slice(1), ',').map((part) => convertTuple(source, part)),
      };
    case 'ScopeStatement':
      return { ...range, type: 'global', names: children.slice(1).map((child) => textOf(source, child)) };
    case 'BreakStatement':
      return { ...range, type: 'break' };
    case 'ContinueStatement':
      return { ...range, type: 'continue' };
    case 'PassStatement':
    case 'AssertStatement':
    case 'PrintStatement':
      return { ...range, type: 'pass' };
    default:
      return { ...range, type: 'unsupported' };
  }
}

function convertTry(source: Source, children: readonly SyntaxNode[]) {
  const blocks: Record<string, Block> = {};
  const handlers: Handler[] = [];
  let header: SyntaxNode[] = [];
  for (const child of children) {
    if (child.name !== 'Body') {
      header.push(child);
      continue;
    }
    const [keyword, caught] = header.filter(({ name }) => name !== '*');
    const body = convertBlock(source, child);
    if (keyword?.name !== 'except') blocks[keyword?.name ?? ''] = body;
    else
      handlers.push({
        types: caught === undefined ? [] : exceptionNames(convertExpression(source, caught)),
        body,
      });
    header = [];
  }
  return { body: blocks.try ?? [], handlers, otherwise: blocks.else ?? [], finish: blocks.finally ?? [] };
}

function exceptionNames(expression: Expression): string[] {
  if (expression.type === 'name' || expression.type === 'attribute') return [expression.name];
  return expression.type === 'sequence'
    ? expression.items.flatMap(({ value }) => exceptionNames(value))
    : ['Exception'];
}

function convertDefinition(source: Source, outer: SyntaxNode): Statement {
  const decorators = childrenOf(outer)
    .filter(({ name }) => name === 'Decorator')
    .map((child) => parseExpression(textOf(source, child).slice(1)) ?? convertExpression(source, undefined));
  const node = outer.name === 'DecoratedStatement' ? (outer.lastChild ?? outer) : outer;
  const child = (name: string) => childrenOf(node).find((candidate) => candidate.name === name);
  const head = { from: outer.from, to: outer.to, name: textOf(source, child('VariableName')), decorators };
  if (node.name === 'ClassDefinition') {
    const bases = convertArguments(source, child('ArgList'));
    return { ...head, type: 'class', bases, body: convertBlock(source, child('Body')) };
  }
  if (node.name !== 'FunctionDefinition') return { from: outer.from, to: outer.to, type: 'unsupported' };
  let body: Block | undefined;
  return {
    ...head,
    type: 'function',
    params: convertParameters(source, child('ParamList')),
    // Most functions that an import brings along are never called.
    get body() {
      body ??= convertBlock(source, child('Body'));
      return body;
    },
  };
}

function convertImport(text: string, range: Range): Statement {
  const plain = text.replace(/#.*|\\\r?\n|[()]/g, ' ').trim();
  const [, dots, module = '', imported = ''] =
    /^(?:from\s+([.\s]*)([\w.]*)\s*)?import\s+(.*)$/s.exec(plain) ?? [];
  const parts = imported.split(',').map((part) => part.trim().split(/\s+as\s+/));
  const names = parts.filter(([name]) => name !== '').map(([name = '', alias = null]) => ({ name, alias }));
  if (dots === undefined) return { ...range, type: 'import', names };
  const level = dots.replace(/\s/g, '').length;
  return { ...range, type: 'import-from', level, module, names: imported === '*' ? '*' : names };
}

const shapes: Readonly<Record<string, Shape>> = {
  ArrayExpression: 'list',
  TupleExpression: 'tuple',
  SetExpression: 'set',
  ArrayComprehensionExpression: 'list',
  ComprehensionExpression: 'list',
  SetComprehensionExpression: 'set',
};

function convertExpression(source: Source, node: SyntaxNode | undefined): Expression {
  if (node === undefined) return { type: 'unsupported', from: 0, to: 0 };
  const range = { from: node.from, to: node.to };
  const children = childrenOf(node);
  const text = () => textOf(source, node);
  const at = (index: number) => convertExpression(source, children.at(index));
  switch (node.name) {
    case 'String':
      return { ...range, type: 'constant', value: decodeString(text()) };
    case 'Number':
      return { ...range, type: 'constant', value: Number(text().replaceAll('_', '')) };
    case 'Boolean':
      return { ...range, type: 'constant', value: text() === 'True' };
    case 'None':
      return { ...range, type: 'constant', value: null };
    case 'FormatString':
      return { ...range, type: 'format', parts: formatParts(source, node) };
    case 'ContinuedString': {
      const parts = children.map((child) => convertExpression(source, child));
      const texts = parts.map((part) => (part.type === 'constant' ? part.value : undefined));
      return texts.includes(undefined)
        ? { ...range, type: 'format', parts }
        : { ...range, type: 'constant', value: texts.join('') };
    }
    case 'VariableName':
      return { ...range, type: 'name', name: text() };
    case 'MemberExpression':
      return children[1]?.name === '.'
        ? { ...range, type: 'attribute', object: at(0), name: textOf(source, children[2]) }
        : {
            ...range,
            type: 'subscript',
            object: at(0),
            index: convertIndex(source, inner(children.slice(1))),
          };
    case 'CallExpression':
      return { ...range, type: 'call', callee: at(0), args: convertArguments(source, children[1]) };
    case 'ParenthesizedExpression':
    case 'AwaitExpression':
      return at(1);
    case 'ArrayExpression':
    case 'TupleExpression':
    case 'SetExpression':
      return {
        ...range,
        type: 'sequence',
        shape: shapes[node.name] ?? 'list',
        items: convertItems(source, inner(children)),
      };
    case 'DictionaryExpression': {
      const entries = splitAt(inner(children), ',').map((part) => {
        const spread = part[0]?.name === '**';
        return {
          key: spread ? null : convertExpression(source, part[0]),
          value: convertExpression(source, part[spread ? 1 : 2]),
        };
      });
      return { ...range, type: 'dictionary', entries };
    }
    case 'ArrayComprehensionExpression':
    case 'ComprehensionExpression':
    case 'SetComprehensionExpression':
    case 'DictionaryComprehensionExpression':
      return {
        ...range,
        ...convertComprehension(source, shapes[node.name] ?? 'dictionary', inner(children)),
      };
    case 'BinaryExpression': {
      if (isLogic(children[1])) return convertLogic(source, node);
      const operator = children.slice(1, -1).map((child) => textOf(source, child));
      return { ...range, type: 'binary', operator: operator.join(' '), left: at(0), right: at(-1) };
    }
    case 'UnaryExpression':
      if (children[0]?.name === 'not') return convertLogic(source, node);
      return { ...range, type: 'unary', operator: textOf(source, children[0]), operand: at(1) };
    case 'ConditionalExpression':
      return { ...range, type: 'conditional', whenTrue: at(0), test: at(2), otherwise: at(4) };
    case 'LambdaExpression': {
      const params = convertParameters(
        source,
        children.find(({ name }) => name === 'ParamList'),
      );
      return { ...range, type: 'lambda', params, body: at(-1) };
    }
    case 'NamedExpression':
      return { ...range, type: 'assignment', name: textOf(source, children[0]), value: at(2) };
    default:
      return { ...range, type: 'unsupported' };
  }
}

const isLogic = (node: SyntaxNode | undefined) => node?.name === 'and' || node?.name === 'or';

/** `and`, `or` and `not`, by the precedence that they have in Python: the parser's grammar takes `not a or b` for `not (a or b)`. */
function convertLogic(source: Source, node: SyntaxNode): Expression {
  const flat = flattenLogic(node);
  const combine = (operator: 'or' | 'and', parts: readonly LogicPart[]): Expression => {
    const at = parts.lastIndexOf(operator);
    if (at !== -1) {
      const [left, right] = [combine(operator, parts.slice(0, at)), combine(operator, parts.slice(at + 1))];
      return { from: left.from, to: right.to, type: 'binary', operator, left, right };
    }
    return operator === 'or' ? combine('and', parts) : operandOf(source, parts);
  };
  return combine('or', flat);
}

type LogicPart = SyntaxNode | 'and' | 'or' | 'not';

function operandOf(source: Source, [first, ...rest]: readonly LogicPart[]): Expression {
  if (first !== 'not') return convertExpression(source, typeof first === 'object' ? first : undefined);
  const operand = operandOf(source, rest);
  return { from: operand.from, to: operand.to, type: 'unary', operator: 'not', operand };
}

function flattenLogic(node: SyntaxNode): LogicPart[] {
  const [first, second, third] = childrenOf(node);
  if (node.name === 'UnaryExpression' && first?.name === 'not')
    return ['not', ...(second === undefined ? [] : flattenLogic(second))];
  if (node.name !== 'BinaryExpression' || first === undefined || third === undefined || !isLogic(second))
    return [node];
  return [...flattenLogic(first), second?.name === 'or' ? 'or' : 'and', ...flattenLogic(third)];
}

/** One expression, or a tuple where commas part several: what stands in an assignment or after `for … in`. */
function convertTuple(source: Source, nodes: readonly SyntaxNode[]): Expression {
  if (nodes.length === 1) return convertExpression(source, nodes[0]);
  return { ...rangeOf(nodes), type: 'sequence', shape: 'tuple', items: convertItems(source, nodes) };
}

function convertItems(source: Source, nodes: readonly SyntaxNode[]): Item[] {
  return splitAt(nodes, ',').map(([first, second]) => {
    const star = first?.name === '*';
    return { star, value: convertExpression(source, star ? second : first) };
  });
}

function convertArguments(source: Source, node: SyntaxNode | undefined): Argument[] {
  if (node === undefined) return [];
  return splitAt(inner(childrenOf(node)), ',').map((part): Argument => {
    const [first, second, third] = part;
    const plain = { name: null, star: false, doubleStar: false };
    if (part.some(({ name }) => name === 'for'))
      return { ...plain, value: { ...rangeOf(part), ...convertComprehension(source, 'list', part) } };
    if (second?.name === 'AssignOp')
      return { ...plain, name: textOf(source, first), value: convertExpression(source, third) };
    const [star, doubleStar] = [first?.name === '*', first?.name === '**'];
    return {
      ...plain,
      star,
      doubleStar,
      value: convertExpression(source, star || doubleStar ? second : first),
    };
  });
}

function convertParameters(source: Source, node: SyntaxNode | undefined): Parameter[] {
  const children =
    node === undefined ? [] : childrenOf(node).filter(({ name }) => name !== '(' && name !== ')');
  return splitAt(children, ',').flatMap((part) => {
    const kind = part[0]?.name === '*' ? 'rest' : part[0]?.name === '**' ? 'keywords' : 'plain';
    const name = part.find((child) => child.name === 'VariableName');
    const assign = part.findIndex((child) => child.name === 'AssignOp');
    const fallback = assign === -1 ? null : convertExpression(source, part[assign + 1]);
    return name === undefined ? [] : [{ name: textOf(source, name), kind, fallback }];
  });
}

function convertIndex(source: Source, nodes: readonly SyntaxNode[]): Expression | Slice {
  const colon = nodes.findIndex(({ name }) => name === ':');
  if (colon === -1) return convertTuple(source, nodes);
  const bound = (node: SyntaxNode | undefined) =>
    node === undefined || node.name === ':' ? null : convertExpression(source, node);
  return { type: 'slice', start: colon === 0 ? null : bound(nodes[0]), stop: bound(nodes[colon + 1]) };
}

function convertComprehension(
  source: Source,
  shape: Shape | 'dictionary',
  nodes: readonly SyntaxNode[],
): Comprehension {
  const start = nodes.findIndex(({ name }) => name === 'for' || name === 'async');
  const clauses = splitAt(nodes.slice(start + 1), 'for').map((part): ComprehensionClause => {
    const [head = [], ...conditions] = splitAt(part, 'if');
    const within = head.findIndex(({ name }) => name === 'in');
    return {
      target: convertTuple(source, head.slice(0, within)),
      iterable: convertExpression(source, head[within + 1]),
      conditions: conditions.map(([condition]) => convertExpression(source, condition)),
    };
  });
  const value = shape === 'dictionary' ? convertExpression(source, nodes[2]) : null;
  return { type: 'comprehension', shape, element: convertExpression(source, nodes[0]), value, clauses };
}

/** The literal pieces and the replacements of an f-string, in order. */
function formatParts(source: Source, node: SyntaxNode): Expression[] {
  const content = literalContent(textOf(source, node));
  const parts: Expression[] = [];
  let from = node.from + content.from;
  const pushText = (to: number) => {
    const piece = source.text.slice(from, to).replaceAll('{{', '{').replaceAll('}}', '}');
    if (piece !== '')
      parts.push({ type: 'constant', value: content.raw ? piece : resolveEscapes(piece), from, to });
  };
  for (const child of childrenOf(node)) {
    if (child.name !== 'FormatReplacement') continue;
    pushText(child.from);
    parts.push(convertExpression(source, childrenOf(child)[1]));
    from = child.to;
  }
  pushText(Math.max(from, node.from + content.to));
  return parts;
}

const simpleEscapes: Readonly<Record<string, string>> = {
  '\\': '\\',
  "'": "'",
  '"': '"',
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

/** The text between a literal's quotes and whether it is raw. Offsets are relative to the literal. */
function literalContent(literal: string): { from: number; to: number; raw: boolean } {
  const opening = /^([A-Za-z]*)('''|"""|'|")/.exec(literal);
  if (opening === null) return { from: 0, to: literal.length, raw: false };
  const quotes = opening[2] ?? '';
  const from = opening[0].length;
  const closed = literal.length >= from + quotes.length && literal.endsWith(quotes);
  return {
    from,
    to: closed ? literal.length - quotes.length : literal.length,
    raw: /r/i.test(opening[1] ?? ''),
  };
}

/** The value of a string literal of Python, quotes and prefix included. */
export function decodeString(literal: string): string {
  const { from, to, raw } = literalContent(literal);
  const content = literal.slice(from, to);
  return raw ? content : resolveEscapes(content);
}

/** Resolves the escapes of a Python string (language reference, section 2.4.1). An escape Python does not know stays as it is. */
function resolveEscapes(content: string): string {
  if (!content.includes('\\')) return content;
  return content.replace(
    /\\(?:\r\n|\n|\r|([0-7]{1,3})|x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|([\s\S]))/g,
    (whole, octal, x, u, long, other) => {
      if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8));
      const hex = x ?? u ?? long;
      if (hex !== undefined) {
        const point = Number.parseInt(hex, 16);
        return point <= 0x10ffff ? String.fromCodePoint(point) : whole;
      }
      if (other === undefined) return '';
      return simpleEscapes[other] ?? whole;
    },
  );
}
