import type { Block, Statement } from '../python/ast.ts';

type ClassStatement = Statement & { readonly type: 'class' };

/** All classes, those within others included. */
export function classesIn(body: Block): ClassStatement[] {
  return body.flatMap((statement) => {
    const inner = blocksOf(statement).flatMap(classesIn);
    return statement.type === 'class' ? [statement, ...inner] : inner;
  });
}

function blocksOf(statement: Statement): readonly Block[] {
  switch (statement.type) {
    case 'if':
      return [...statement.branches.map(({ body }) => body), statement.otherwise];
    case 'try':
      return [
        statement.body,
        ...statement.handlers.map(({ body }) => body),
        statement.otherwise,
        statement.finish,
      ];
    case 'class':
    case 'with':
      return [statement.body];
    default:
      return [];
  }
}
