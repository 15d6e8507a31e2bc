import type { SyntaxNode } from '@lezer/common';
import type { Block, Branch, Expression, Range } from './ast.ts';
import { convertExpression } from './expression.ts';
import { childrenOf, type Source, textOf } from './tree.ts';

interface Branches {
  readonly branches: readonly Branch[];
  readonly otherwise: Block;
}

/** Converts the body of a clause. */
type ConvertBody = (node: SyntaxNode | undefined) => Block;

export function convertIf(source: Source, children: readonly SyntaxNode[], blockOf: ConvertBody): Branches {
  const branches: Branch[] = [];
  let otherwise: Block = [];
  children.forEach((child, index) => {
    if (child.name !== 'Body') return;
    const before = children[index - 1];
    if (before?.name === 'else') otherwise = blockOf(child);
    else branches.push({ test: convertExpression(source, before), body: blockOf(child) });
  });
  return { branches, otherwise };
}

/**
 * A `match` statement as the branches of an `if`: literals, names of constants and alternatives are compared, a bare name is bound. Whether
 * another pattern fits cannot be known. */
export function convertMatch(
  source: Source,
  children: readonly SyntaxNode[],
  blockOf: ConvertBody,
): Branches {
  const subject = convertExpression(source, children[1]);
  const clauses = children.flatMap((child) => (child.name === 'MatchBody' ? childrenOf(child) : []));
  const branches = clauses.flatMap((clause): Branch[] => {
    if (clause.name !== 'MatchClause') return [];
    const parts = childrenOf(clause);
    const guard = parts.find(({ name }) => name === 'Guard');
    const fits = fitsPattern(source, subject, parts[1]);
    const test = guard === undefined ? fits : both(fits, convertExpression(source, childrenOf(guard)[1]));
    return [{ test, body: blockOf(parts.find(({ name }) => name === 'Body')) }];
  });
  return { branches, otherwise: [] };
}

function fitsPattern(source: Source, subject: Expression, node: SyntaxNode | undefined): Expression {
  const range: Range = { from: node?.from ?? 0, to: node?.to ?? 0 };
  const children = node === undefined ? [] : childrenOf(node);
  const always: Expression = { ...range, type: 'constant', value: true };
  switch (node?.name) {
    case 'LiteralPattern':
      return { ...range, type: 'binary', operator: '==', left: subject, right: literal(source, node) };
    case 'AttributePattern':
      return { ...range, type: 'binary', operator: '==', left: subject, right: attribute(source, children) };
    case 'OrPattern':
      return children
        .filter(({ name }) => name !== 'LogicOp')
        .map((child) => fitsPattern(source, subject, child))
        .reduce((left, right) => ({ ...range, type: 'binary', operator: 'or', left, right }));
    case 'CapturePattern': {
      const name = textOf(source, node);
      if (name === '_') return always;
      return {
        ...range,
        type: 'binary',
        operator: 'or',
        left: { ...range, type: 'assignment', name, value: subject },
        right: always,
      };
    }
    default:
      return { ...range, type: 'unsupported' };
  }
}

function literal(source: Source, node: SyntaxNode): Expression {
  const [first, second] = childrenOf(node);
  if (second === undefined) return convertExpression(source, first);
  const range = { from: node.from, to: node.to };
  return {
    ...range,
    type: 'unary',
    operator: textOf(source, first),
    operand: convertExpression(source, second),
  };
}

/** `Stage.PRODUCTION`, `settings.modes.LIVE`. */
function attribute(source: Source, nodes: readonly SyntaxNode[]): Expression {
  const [first, ...others] = nodes.filter(({ name }) => name !== '.');
  return others.reduce<Expression>(
    (object, node) => ({
      from: object.from,
      to: node.to,
      type: 'attribute',
      object,
      name: textOf(source, node),
    }),
    convertExpression(source, first),
  );
}

function both(left: Expression, right: Expression): Expression {
  return { from: left.from, to: right.to, type: 'binary', operator: 'and', left, right };
}
