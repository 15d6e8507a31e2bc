import type { SyntaxNode } from '@lezer/common';
import { parser } from '@lezer/python';

/**
 * A node of the syntax tree, called as the parser's grammar calls it: without comments and what did not parse, and without parentheses or
 * `await` around an expression.
 */
export interface Node {
  readonly name: string;
  /** Offsets into the module's text, end exclusive. */
  readonly from: number;
  readonly to: number;
  readonly text: string;
  readonly children: readonly Node[];
}

/** A module's text and its statements. */
export interface PythonModule {
  readonly text: string;
  readonly body: readonly Node[];
  /** Offset of the first syntax error; null if there is none. */
  readonly errorAt: number | null;
}

/** How often the parser may be started again behind an error of its own; it reads some hundred statements each time. */
const mostRestarts = 50;

/** Parses a module. Never throws: what does not parse is left out. */
export function parsePython(text: string): PythonModule {
  const { statements, errorAt } = parseTree(text);
  return { text, body: flatStatements(statements.map((node) => toNode(text, node))), errorAt };
}

/**
 * The parser's own nodes of a module's statements.
 *
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
    if (before === null || before.errorAt !== null) return { statements: [...found, ...statements], errorAt };
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

/** One expression of Python; undefined if the text is something else. */
export function parseExpression(text: string): Node | undefined {
  const { body, errorAt } = parsePython(text.trim());
  const isOne = errorAt === null && body.length === 1 && body[0]?.name === 'ExpressionStatement';
  return isOne ? tupleOf(body[0]?.children ?? []) : undefined;
}

function childrenOf(node: SyntaxNode): SyntaxNode[] {
  const children: SyntaxNode[] = [];
  for (let child = node.firstChild; child !== null; child = child.nextSibling)
    if (child.name !== 'Comment' && !child.type.isError) children.push(child);
  return children;
}

function toNode(source: string, node: SyntaxNode): Node {
  const isAround = node.name === 'ParenthesizedExpression' || node.name === 'AwaitExpression';
  const inside = isAround ? childrenOf(node)[1] : undefined;
  if (inside !== undefined) return toNode(source, inside);
  if (isLogic(node)) return regroup(flattenLogic(source, node));
  let children: readonly Node[] | undefined;
  return {
    name: node.name,
    from: node.from,
    to: node.to,
    get text() {
      return source.slice(node.from, node.to);
    },
    get children() {
      children ??= childrenOf(node).map((child) => toNode(source, child));
      return children;
    },
  };
}

/** A node that is made of others. */
export function nodeOf(name: string, children: readonly Node[]): Node {
  return { name, from: children[0]?.from ?? 0, to: children.at(-1)?.to ?? 0, text: '', children };
}

/** What stands for a part that is not there. */
export const nothing = nodeOf('', []);

function isLogic(node: SyntaxNode): boolean {
  const [first, second] = childrenOf(node);
  if (node.name === 'UnaryExpression') return first?.name === 'not';
  return node.name === 'BinaryExpression' && (second?.name === 'and' || second?.name === 'or');
}

function flattenLogic(source: string, node: SyntaxNode): Node[] {
  if (!isLogic(node)) return [toNode(source, node)];
  return childrenOf(node).flatMap((child) => flattenLogic(source, child));
}

/** `and`, `or` and `not` by the precedence that they have in Python: the parser's grammar takes `not a or b` for `not (a or b)`. */
function regroup(parts: readonly Node[]): Node {
  for (const operator of ['or', 'and']) {
    const at = parts.findLastIndex(({ name }) => name === operator);
    const sign = parts[at];
    if (sign !== undefined)
      return nodeOf('BinaryExpression', [regroup(parts.slice(0, at)), sign, regroup(parts.slice(at + 1))]);
  }
  const [first = nothing, ...rest] = parts;
  return first.name === 'not' ? nodeOf('UnaryExpression', [first, regroup(rest)]) : first;
}

// ---- parts of a node

/** The first child of that name. */
export function childOf(node: Node, name: string): Node | undefined {
  return node.children.find((child) => child.name === name);
}

/** Splits nodes at each one called `separator`; an empty last part (a trailing comma) is dropped. */
export function splitAt(nodes: readonly Node[], separator: string): Node[][] {
  const parts: Node[][] = [[]];
  for (const node of nodes) {
    if (node.name === separator) parts.push([]);
    else parts.at(-1)?.push(node);
  }
  if (parts.at(-1)?.length === 0) parts.pop();
  return parts;
}

/** The children of a node between its brackets. */
export function insideOf({ children }: Node): Node[] {
  return children.filter(({ name }) => !/^[([{}\])]$/.test(name));
}

/** One expression, or a tuple where commas part several: what stands in an assignment or after `for … in`. */
export function tupleOf(nodes: readonly Node[]): Node {
  return nodes.length === 1 && nodes[0] !== undefined ? nodes[0] : nodeOf('TupleExpression', nodes);
}

/** The elements of a list, tuple or set; `star` is for `*x`. */
export function elementsOf(node: Node): { star: boolean; value: Node }[] {
  return splitAt(insideOf(node), ',').map(([first = nothing, second = nothing]) =>
    first.name === '*' ? { star: true, value: second } : { star: false, value: first },
  );
}

export type Shape = 'list' | 'tuple' | 'set';

/** What an expression in brackets makes; undefined for any other. */
export function shapeOf({ name }: Node): Shape | undefined {
  if (/^(Array|Comprehension)/.test(name)) return 'list';
  return name.startsWith('Tuple') ? 'tuple' : name.startsWith('Set') ? 'set' : undefined;
}

/** The name of a variable or an attribute: `b` of `b` and of `a.b`. */
export function nameOf(node: Node): string | undefined {
  if (node.name === 'VariableName') return node.text;
  return node.name === 'MemberExpression' ? childOf(node, 'PropertyName')?.text : undefined;
}

/** The statements of a body. */
function flatStatements(nodes: readonly Node[]): Node[] {
  return nodes.flatMap((node) => {
    if (node.name === 'StatementGroup') return flatStatements(node.children);
    return node.name === ';' || node.name === ':' ? [] : [node];
  });
}

/** A keyword of a compound statement, what stands between it and its body, and the body: `if x: …`, `except Y: …`, `else: …`. */
export interface Clause {
  readonly keyword: string;
  readonly head: readonly Node[];
  readonly body: readonly Node[];
}

export function clausesOf(statement: Node): Clause[] {
  const clauses: Clause[] = [];
  let head: Node[] = [];
  for (const child of statement.children) {
    if (child.name === 'Body') {
      const [keyword = nothing, ...rest] = head;
      clauses.push({ keyword: keyword.name, head: rest, body: flatStatements(child.children) });
      head = [];
    } else if (child.name !== 'async') head.push(child);
  }
  return clauses;
}

/** What `target in iterable` says. */
export function loopOf(nodes: readonly Node[]): { target: Node; iterable: Node } {
  const within = nodes.findIndex(({ name }) => name === 'in');
  return { target: tupleOf(nodes.slice(0, within)), iterable: tupleOf(nodes.slice(within + 1)) };
}

/** The function or class of a statement, whether decorated or not. */
export function definitionOf(statement: Node): Node {
  return statement.name === 'DecoratedStatement' ? (statement.children.at(-1) ?? nothing) : statement;
}

/** The targets and the value of an assignment; no value for a bare annotation, `x: int`. */
export function assignmentOf({ children }: Node): { targets: Node[]; value: Node | undefined } {
  const parts = splitAt(
    children.filter(({ name }) => name !== 'TypeDef'),
    'AssignOp',
  ).map(tupleOf);
  const value = parts.length > 1 ? parts.pop() : undefined;
  return { targets: parts, value };
}

/** The parameters of a function or lambda; `star` is for `*rest` and `**rest`. */
export function parametersOf(node: Node): { name: string; star: boolean; fallback: Node | undefined }[] {
  const parts = splitAt(insideOf(childOf(node, 'ParamList') ?? nothing), ',');
  return parts.flatMap((part) => {
    const name = part.find((child) => child.name === 'VariableName')?.text;
    const [, fallback = []] = splitAt(part, 'AssignOp');
    const star = part[0]?.name.startsWith('*') === true;
    return name === undefined ? [] : [{ name, star, fallback: fallback[0] }];
  });
}

/** An import: `level` is the number of leading dots, and null for `import a.b`, which has no module. */
export function importOf({ text }: Node) {
  const plain = text.replace(/#.*|\\\r?\n|[()]/g, ' ').trim();
  const [, dots, module = '', imported = ''] =
    /^(?:from\s+([.\s]*)([\w.]*)\s*)?import\s+(.*)$/s.exec(plain) ?? [];
  const parts = imported.split(',').map((part) => part.trim().split(/\s+as\s+/));
  const names = parts.flatMap(([name = '', alias]) => (name === '' ? [] : [{ name, alias }]));
  return { level: dots === undefined ? null : dots.replace(/\s/g, '').length, module, names };
}

// ---- literals

/** The value of a literal; undefined for any other expression. */
export function literalOf({ name, text }: Node): string | number | boolean | null | undefined {
  if (name === 'String') return decodeString(text);
  if (name === 'Number') return Number(text.replaceAll('_', ''));
  if (name === 'Boolean') return text === 'True';
  return name === 'None' ? null : undefined;
}

/** The prefix and the quotes that a string begins with. */
const opening = /^([A-Za-z]*)('{3}|"{3}|'|")/;

/** The literal pieces and the replacements of an f-string, in order. */
export function formatParts({ text, from: start, children }: Node): (string | Node)[] {
  const [opened, prefix = '', quotes = ''] = opening.exec(text) ?? [''];
  let from = opened.length;
  const pieceTo = (to: number) => {
    const piece = text.slice(from, to).replaceAll('{{', '{').replaceAll('}}', '}');
    return resolveEscapes(piece, prefix);
  };
  const parts = children.flatMap((child) => {
    if (child.name !== 'FormatReplacement') return [];
    const piece = pieceTo(child.from - start);
    from = child.to - start;
    return [piece, child.children[1] ?? nothing];
  });
  return [...parts, pieceTo(text.length - quotes.length)];
}

/** The value of a string literal of Python, quotes and prefix included. */
export function decodeString(literal: string): string {
  const [opened, prefix = '', quotes = ''] = opening.exec(literal) ?? [''];
  return resolveEscapes(literal.slice(opened.length, literal.length - quotes.length), prefix);
}

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

/** Resolves the escapes that settings use, unless the prefix says that the string is raw; another one stays as it is. */
function resolveEscapes(content: string, prefix: string): string {
  if (/r/i.test(prefix)) return content;
  return content
    .replace(/\\\r?\n/g, '')
    .replace(/\\([\\'"nrt])/g, (_, escaped: string) => escapes[escaped] ?? escaped);
}
