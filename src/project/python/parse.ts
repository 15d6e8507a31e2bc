import type { SyntaxNode } from '@lezer/common';
import type { Block, Expression, Handler, PythonModule, Range, Statement } from './ast.ts';
import { convertArguments, convertExpression, convertParameters, convertTuple } from './expression.ts';
import { convertIf, convertMatch } from './parse-branches.ts';
import { convertImport } from './parse-import.ts';
import { parseTree } from './syntax.ts';
import { childrenOf, type Source, splitAt, textOf } from './tree.ts';

/** Parses a module. Never throws: what does not parse is left out, and `errorAt` says where the first error is. */
export function parsePython(text: string): PythonModule {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error; // nested deeper than our stack
    return { text, body: [], errorAt: 0 };
  }
}

function parse(text: string): PythonModule {
  const { statements, errorAt } = parseTree(text);
  return { text, body: convertStatements({ text }, statements), errorAt };
}

function convertStatements(source: Source, nodes: readonly SyntaxNode[]): Statement[] {
  return nodes.flatMap((node) =>
    node.name === 'StatementGroup'
      ? convertStatements(source, childrenOf(node))
      : node.name === ';' || node.name === ':'
        ? []
        : [convertStatement(source, node)],
  );
}

function blockOf(source: Source, node: SyntaxNode | undefined): Block {
  return node === undefined ? [] : convertStatements(source, childrenOf(node));
}

function convertStatement(source: Source, node: SyntaxNode): Statement {
  const range = { from: node.from, to: node.to };
  const children = childrenOf(node);
  const bodies = children.filter((child) => child.name === 'Body').map((body) => blockOf(source, body));
  switch (node.name) {
    case 'AssignStatement':
      return convertAssign(source, range, children);
    case 'UpdateStatement': {
      const at = children.findIndex((child) => child.name === 'UpdateOp');
      return {
        ...range,
        type: 'update',
        target: convertTuple(source, children.slice(0, at)),
        operator: textOf(source, children[at]).slice(0, -1),
        value: convertTuple(source, children.slice(at + 1)),
      };
    }
    case 'ExpressionStatement':
      return { ...range, type: 'expression', value: convertTuple(source, children) };
    case 'IfStatement':
      return { ...range, type: 'if', ...convertIf(source, children, (body) => blockOf(source, body)) };
    case 'MatchStatement':
      return { ...range, type: 'if', ...convertMatch(source, children, (body) => blockOf(source, body)) };
    case 'ForStatement': {
      const within = children.findIndex((child) => child.name === 'in');
      const body = children.findIndex((child) => child.name === 'Body');
      const start = children.findIndex((child) => child.name === 'for') + 1;
      return {
        ...range,
        type: 'for',
        target: convertTuple(source, children.slice(start, within)),
        iterable: convertTuple(source, children.slice(within + 1, body)),
        body: bodies[0] ?? [],
        otherwise: bodies[1] ?? [],
      };
    }
    case 'WhileStatement':
      return { ...range, type: 'while', test: convertExpression(source, children[1]), body: bodies[0] ?? [] };
    case 'TryStatement':
      return { ...range, type: 'try', ...convertTry(source, children) };
    case 'WithStatement': {
      const body = children.findIndex((child) => child.name === 'Body');
      const start = children.findIndex((child) => child.name === 'with') + 1;
      const items = splitAt(children.slice(start, body), ',').map(([value, , name]) => ({
        value: convertExpression(source, value),
        name: name === undefined ? null : textOf(source, name),
      }));
      return { ...range, type: 'with', items, body: bodies[0] ?? [] };
    }
    case 'FunctionDefinition':
    case 'ClassDefinition':
      return convertDefinition(source, range, node, []);
    case 'DecoratedStatement': {
      const decorators = children
        .filter((child) => child.name === 'Decorator')
        .map((child) => convertDecorator(source, child));
      const definition = children.at(-1);
      return definition === undefined
        ? { ...range, type: 'unsupported' }
        : convertDefinition(source, range, definition, decorators);
    }
    case 'ImportStatement':
      return convertImport(source, range, children);
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
        targets: splitAt(children.slice(1), ',').map((part) => convertExpression(source, part[0])),
      };
    case 'BreakStatement':
      return { ...range, type: 'break' };
    case 'ContinueStatement':
      return { ...range, type: 'continue' };
    case 'ScopeStatement':
      return { ...range, type: 'global', names: children.slice(1).map((child) => textOf(source, child)) };
    case 'PassStatement':
    case 'AssertStatement':
    case 'PrintStatement':
      return { ...range, type: 'pass' };
    default:
      return { ...range, type: 'unsupported' };
  }
}

function convertAssign(source: Source, range: Range, children: SyntaxNode[]): Statement {
  const typeDef = children.find((child) => child.name === 'TypeDef');
  const annotation = typeDef === undefined ? null : convertExpression(source, childrenOf(typeDef)[1]);
  const parts = splitAt(
    children.filter((child) => child !== typeDef),
    'AssignOp',
  ).map((part) => convertTuple(source, part));
  const value = parts.length > 1 ? (parts.at(-1) ?? null) : null;
  return {
    ...range,
    type: 'assign',
    targets: value === null ? parts : parts.slice(0, -1),
    value,
    annotation,
  };
}

function convertTry(source: Source, children: readonly SyntaxNode[]) {
  let body: Block = [];
  let otherwise: Block = [];
  let finish: Block = [];
  const handlers: Handler[] = [];
  let header: SyntaxNode[] = [];
  for (const child of children) {
    if (child.name !== 'Body') {
      header.push(child);
      continue;
    }
    const block = blockOf(source, child);
    const [keyword, ...rest] = header.filter((node) => node.name !== '*');
    if (keyword?.name === 'except') handlers.push({ ...convertHandlerHead(source, rest), body: block });
    else if (keyword?.name === 'else') otherwise = block;
    else if (keyword?.name === 'finally') finish = block;
    else body = block;
    header = [];
  }
  return { body, handlers, otherwise, finish };
}

function convertHandlerHead(source: Source, nodes: readonly SyntaxNode[]) {
  const caught = nodes[0] === undefined ? [] : exceptionNames(convertExpression(source, nodes[0]));
  return { types: caught, name: nodes[2] === undefined ? null : textOf(source, nodes[2]) };
}

function exceptionNames(expression: Expression): string[] {
  if (expression.type === 'name') return [expression.name];
  if (expression.type === 'attribute') return [expression.name];
  if (expression.type === 'sequence') return expression.items.flatMap((item) => exceptionNames(item.value));
  return ['Exception'];
}

function convertDecorator(source: Source, node: SyntaxNode): Expression {
  const children = childrenOf(node).slice(1);
  const args = children.find((child) => child.name === 'ArgList');
  const names = children.filter((child) => child.name === 'VariableName' || child.name === 'PropertyName');
  const range = { from: node.from, to: node.to };
  const callee = names
    .slice(1)
    .reduce<Expression>(
      (object, name) => ({ ...range, type: 'attribute', object, name: textOf(source, name) }),
      { ...range, type: 'name', name: textOf(source, names[0]) },
    );
  return args === undefined
    ? callee
    : { ...range, type: 'call', callee, args: convertArguments(source, args) };
}

function convertDefinition(
  source: Source,
  range: Range,
  node: SyntaxNode,
  decorators: readonly Expression[],
): Statement {
  const children = childrenOf(node);
  const child = (name: string) => children.find((candidate) => candidate.name === name);
  const name = textOf(source, child('VariableName'));
  if (node.name === 'ClassDefinition') {
    const bases = convertArguments(source, child('ArgList'));
    return { ...range, type: 'class', name, bases, body: blockOf(source, child('Body')), decorators };
  }
  if (node.name !== 'FunctionDefinition') return { ...range, type: 'unsupported' };
  let body: Block | undefined;
  return {
    ...range,
    type: 'function',
    name,
    params: convertParameters(source, child('ParamList')),
    // Most functions that an import brings along are never called.
    get body() {
      body ??= functionBody(source, child('Body'));
      return body;
    },
    decorators,
  };
}

function functionBody(source: Source, node: SyntaxNode | undefined): Block {
  try {
    return blockOf(source, node);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error; // nested deeper than our stack
    return [];
  }
}
