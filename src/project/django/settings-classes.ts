import type { Block, Expression, Statement } from '../python/ast.ts';

type ClassStatement = Statement & { readonly type: 'class' };

/** Whether a class's attributes become settings as they stand, as far as its module tells. */
export function isConfiguration(owner: ClassStatement, text: string, body: Block): boolean {
  // A model or a dataclass makes fields of its attributes, and refuses lines that read them.
  return importsConfigurations(text) && owner.decorators.length === 0 && !isModel(owner, classesIn(body));
}

export function importsConfigurations(text: string): boolean {
  return /^\s*(?:from|import)\s+configurations\b/m.test(text);
}

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

/** @param known the classes of the module; one that is left out is not looked into */
function isModel({ bases }: ClassStatement, known: readonly ClassStatement[]): boolean {
  return bases.some(({ value }) => {
    const base = lastName(value);
    if (/^Base(?:Settings|Model)$/.test(base)) return true;
    const others = known.filter(({ name }) => name !== base);
    return known.some((one) => one.name === base && isModel(one, others));
  });
}

function lastName(value: Expression): string {
  return value.type === 'name' || value.type === 'attribute' ? value.name : '';
}
