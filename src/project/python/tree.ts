import type { SyntaxNode } from '@lezer/common';

/** The text a syntax tree was made of. */
export interface Source {
  readonly text: string;
}

/** A node's children without comments and what the parser could not place. */
export function childrenOf(node: SyntaxNode): SyntaxNode[] {
  const children: SyntaxNode[] = [];
  for (let child = node.firstChild; child !== null; child = child.nextSibling) {
    if (child.name !== 'Comment' && !child.type.isError) children.push(child);
  }
  return children;
}

/** A node's text; empty for a node that is missing. */
export function textOf(source: Source, node: SyntaxNode | undefined): string {
  return node === undefined ? '' : source.text.slice(node.from, node.to);
}

/** Splits `nodes` at each node called `separator`; an empty last part (a trailing comma) is dropped. */
export function splitAt(nodes: readonly SyntaxNode[], separator: string): SyntaxNode[][] {
  const parts: SyntaxNode[][] = [[]];
  for (const node of nodes) {
    if (node.name === separator) parts.push([]);
    else parts.at(-1)?.push(node);
  }
  if (parts.at(-1)?.length === 0) parts.pop();
  return parts;
}

/** The children between a pair of brackets, closed or not. */
export function inner(children: readonly SyntaxNode[]): SyntaxNode[] {
  const last = children.at(-1)?.name;
  return children.slice(1, last === ')' || last === ']' || last === '}' ? -1 : undefined);
}
