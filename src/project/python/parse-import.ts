import type { SyntaxNode } from '@lezer/common';
import type { ImportedName, Statement } from './ast.ts';
import { type Source, splitAt, textOf } from './tree.ts';

/** `import …` and `from … import …`. */
export function convertImport(
  source: Source,
  range: { from: number; to: number },
  children: SyntaxNode[],
): Statement {
  const at = children.findIndex((child) => child.name === 'import');
  const rest = children.slice(at + 1).filter((child) => child.name !== '(' && child.name !== ')');
  if (children[0]?.name !== 'from') return { ...range, type: 'import', names: importedNames(source, rest) };
  const origin = children.slice(1, at);
  const firstName = origin.findIndex((child) => child.name === 'VariableName');
  const dots = (firstName === -1 ? origin : origin.slice(0, firstName))
    .map((dot) => textOf(source, dot))
    .join('');
  const module = (firstName === -1 ? [] : origin.slice(firstName))
    .map((part) => textOf(source, part))
    .join('');
  const names = rest[0]?.name === '*' ? '*' : importedNames(source, rest);
  return { ...range, type: 'import-from', level: dots.length, module, names };
}

function importedNames(source: Source, nodes: readonly SyntaxNode[]): ImportedName[] {
  return splitAt(nodes, ',').map((part) => {
    const as = part.findIndex((node) => node.name === 'as');
    const name = (as === -1 ? part : part.slice(0, as)).map((node) => textOf(source, node)).join('');
    return { name, alias: as === -1 ? null : textOf(source, part[as + 1]) };
  });
}
