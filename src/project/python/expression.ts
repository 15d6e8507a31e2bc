import type { SyntaxNode } from '@lezer/common';
import type {
  Argument,
  ComprehensionClause,
  DictionaryEntry,
  Expression,
  Item,
  Parameter,
  Shape,
  Slice,
} from './ast.ts';
import { decodeNumber, decodeString, literalContent, resolveEscapes } from './literals.ts';
import { childrenOf, inner, type Source, splitAt, textOf } from './tree.ts';

const shapes: Readonly<Record<string, Shape>> = {
  ArrayExpression: 'list',
  TupleExpression: 'tuple',
  SetExpression: 'set',
};

const comprehensions: Readonly<Record<string, Shape>> = {
  ArrayComprehensionExpression: 'list',
  ComprehensionExpression: 'list',
  SetComprehensionExpression: 'set',
};

/** Turns a node of the syntax tree into our own shape of it. What has none is `unsupported`. */
export function convertExpression(source: Source, node: SyntaxNode | undefined): Expression {
  if (node === undefined) return { type: 'unsupported', from: 0, to: 0 };
  const range = { from: node.from, to: node.to };
  const children = childrenOf(node);
  const [first] = children;
  const at = (index: number) => convertExpression(source, children[index]);
  switch (node.name) {
    case 'String':
      return { ...range, type: 'string', value: decodeString(textOf(source, node)) };
    case 'FormatString':
      return { ...range, type: 'format', parts: formatParts(source, node) };
    case 'ContinuedString':
      return joinStrings(
        range,
        children.map((child) => convertExpression(source, child)),
      );
    case 'Number':
      return { ...range, type: 'number', value: decodeNumber(textOf(source, node)) };
    case 'Boolean':
      return { ...range, type: 'constant', value: textOf(source, node) === 'True' };
    case 'None':
      return { ...range, type: 'constant', value: null };
    case 'VariableName':
      return { ...range, type: 'name', name: textOf(source, node) };
    case 'MemberExpression':
      return convertMember(source, range, children);
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
        items: convertItems(source, children.slice(1, -1)),
      };
    case 'DictionaryExpression':
      return { ...range, type: 'dictionary', entries: convertEntries(source, children.slice(1, -1)) };
    case 'ArrayComprehensionExpression':
    case 'ComprehensionExpression':
    case 'SetComprehensionExpression':
    case 'DictionaryComprehensionExpression':
      return convertComprehension(source, range, comprehensions[node.name] ?? 'dictionary', inner(children));
    case 'BinaryExpression':
      return {
        ...range,
        type: 'binary',
        operator: children
          .slice(1, -1)
          .map((child) => textOf(source, child))
          .join(' '),
        left: at(0),
        right: convertExpression(source, children.at(-1)),
      };
    case 'UnaryExpression':
      return { ...range, type: 'unary', operator: textOf(source, first), operand: at(1) };
    case 'ConditionalExpression':
      return { ...range, type: 'conditional', whenTrue: at(0), test: at(2), otherwise: at(4) };
    case 'LambdaExpression':
      return {
        ...range,
        type: 'lambda',
        params: convertParameters(
          source,
          children.find((child) => child.name === 'ParamList'),
        ),
        body: convertExpression(source, children.at(-1)),
      };
    case 'NamedExpression':
      return { ...range, type: 'assignment', name: textOf(source, first), value: at(2) };
    default:
      return { ...range, type: 'unsupported' };
  }
}

/** One expression, or a tuple where commas part several: what stands in an assignment or after `for … in`. */
export function convertTuple(source: Source, nodes: readonly SyntaxNode[]): Expression {
  const first = nodes[0];
  if (nodes.length === 1 && first !== undefined) return convertExpression(source, first);
  const range = { from: first?.from ?? 0, to: nodes.at(-1)?.to ?? 0 };
  return { ...range, type: 'sequence', shape: 'tuple', items: convertItems(source, nodes) };
}

/** The arguments of a call or the bases of a class, parentheses included in `node`. */
export function convertArguments(source: Source, node: SyntaxNode | undefined): Argument[] {
  if (node === undefined) return [];
  return splitAt(inner(childrenOf(node)), ',').flatMap((part) => {
    const [first, second] = part;
    if (first === undefined) return [];
    if (part.some((child) => child.name === 'for')) return [generatorArgument(source, part)];
    if (first.name === '*' || first.name === '**') {
      const doubleStar = first.name === '**';
      return [{ name: null, star: !doubleStar, doubleStar, value: convertExpression(source, second) }];
    }
    const name = second?.name === 'AssignOp' && textOf(source, second) === '=' ? textOf(source, first) : null;
    const value = second?.name === 'AssignOp' ? part[2] : first;
    return [{ name, star: false, doubleStar: false, value: convertExpression(source, value) }];
  });
}

export function convertParameters(source: Source, node: SyntaxNode | undefined): Parameter[] {
  if (node === undefined) return [];
  const children = childrenOf(node).filter((child) => child.name !== '(' && child.name !== ')');
  return splitAt(children, ',').flatMap((part) => {
    const kind = part[0]?.name === '*' ? 'rest' : part[0]?.name === '**' ? 'keywords' : 'plain';
    const name = part.find((child) => child.name === 'VariableName');
    const assign = part.findIndex((child) => child.name === 'AssignOp');
    if (name === undefined) return [];
    const fallback = assign === -1 ? null : convertExpression(source, part[assign + 1]);
    return [{ name: textOf(source, name), kind, fallback }];
  });
}

function generatorArgument(source: Source, part: readonly SyntaxNode[]): Argument {
  const range = { from: part[0]?.from ?? 0, to: part.at(-1)?.to ?? 0 };
  const value = convertComprehension(source, range, 'list', part);
  return { name: null, star: false, doubleStar: false, value };
}

function convertMember(
  source: Source,
  range: { from: number; to: number },
  children: SyntaxNode[],
): Expression {
  const object = convertExpression(source, children[0]);
  if (children[1]?.name === '.') {
    return { ...range, type: 'attribute', object, name: textOf(source, children[2]) };
  }
  return { ...range, type: 'subscript', object, index: convertIndex(source, inner(children.slice(1))) };
}

function convertIndex(source: Source, nodes: readonly SyntaxNode[]): Expression | Slice {
  const colon = nodes.findIndex((node) => node.name === ':');
  if (colon === -1) return convertTuple(source, nodes);
  const bound = (node: SyntaxNode | undefined) =>
    node === undefined || node.name === ':' ? null : convertExpression(source, node);
  return { type: 'slice', start: colon === 0 ? null : bound(nodes[0]), stop: bound(nodes[colon + 1]) };
}

function convertItems(source: Source, nodes: readonly SyntaxNode[]): Item[] {
  return splitAt(nodes, ',').flatMap(([first, second]) => {
    if (first === undefined) return [];
    const star = first.name === '*';
    return [{ star, value: convertExpression(source, star ? second : first) }];
  });
}

function convertEntries(source: Source, nodes: readonly SyntaxNode[]): DictionaryEntry[] {
  return splitAt(nodes, ',').map((part) => {
    const spread = part[0]?.name === '**';
    return {
      key: spread ? null : convertExpression(source, part[0]),
      value: convertExpression(source, spread ? part[1] : part[2]),
    };
  });
}

function convertComprehension(
  source: Source,
  range: { from: number; to: number },
  shape: Shape | 'dictionary',
  nodes: readonly SyntaxNode[],
): Expression {
  const start = nodes.findIndex((node) => node.name === 'for' || node.name === 'async');
  const clauses: ComprehensionClause[] = [];
  for (const part of splitAt(nodes.slice(start + 1), 'for')) {
    const [head = [], ...conditions] = splitAt(part, 'if');
    const within = head.findIndex((node) => node.name === 'in');
    clauses.push({
      target: convertTuple(source, head.slice(0, within)),
      iterable: convertExpression(source, head[within + 1]),
      conditions: conditions.map((condition) => convertExpression(source, condition[0])),
    });
  }
  const element = convertExpression(source, nodes[0]);
  const value = shape === 'dictionary' ? convertExpression(source, nodes[2]) : null;
  return { ...range, type: 'comprehension', shape, element, value, clauses };
}

function joinStrings(range: { from: number; to: number }, parts: readonly Expression[]): Expression {
  if (!parts.every((part) => part.type === 'string')) return { ...range, type: 'format', parts };
  return { ...range, type: 'string', value: parts.map((part) => part.value).join('') };
}

/** The literal pieces and the replacements of an f-string, in order. */
function formatParts(source: Source, node: SyntaxNode): Expression[] {
  const literal = textOf(source, node);
  const content = literalContent(literal);
  const parts: Expression[] = [];
  const end = node.from + content.to;
  let from = node.from + content.from;
  const pushText = (to: number) => {
    const piece = source.text.slice(from, to).replaceAll('{{', '{').replaceAll('}}', '}');
    if (piece !== '')
      parts.push({ type: 'string', value: content.raw ? piece : resolveEscapes(piece), from, to });
  };
  for (const child of childrenOf(node)) {
    if (child.name !== 'FormatReplacement') continue;
    pushText(child.from);
    parts.push(convertExpression(source, childrenOf(child)[1]));
    from = child.to;
  }
  pushText(Math.max(from, end));
  return parts;
}
