import type { Expression } from './ast.ts';
import { parsePython } from './parse.ts';
import { dict, list, type Value } from './value.ts';

/** A JSON text as a value of Python; undefined if it is not JSON. */
export function parseJson(text: string): Value | undefined {
  try {
    return fromJson(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function fromJson(data: unknown): Value {
  if (data === null || typeof data === 'string' || typeof data === 'number' || typeof data === 'boolean')
    return data;
  if (Array.isArray(data)) return list(data.map(fromJson));
  return dict(Object.entries(data as object).map(([key, value]) => [key, fromJson(value)] as const));
}

/** What `ast.literal_eval` makes of a text; undefined if it is not a literal. */
export function parseLiteral(text: string): Value | undefined {
  const expression = parseExpression(text);
  return expression === undefined ? undefined : literalValue(expression);
}

/** Whether a text is one expression of Python. */
export function isExpression(text: string): boolean {
  return parseExpression(text) !== undefined;
}

function parseExpression(text: string): Expression | undefined {
  const { body, errorAt } = parsePython(text.trim());
  const [statement] = body;
  return errorAt === null && body.length === 1 && statement?.type === 'expression'
    ? statement.value
    : undefined;
}

function literalValue(node: Expression): Value | undefined {
  if (node.type === 'string' || node.type === 'number' || node.type === 'constant') return node.value;
  if (node.type !== 'sequence') return undefined;
  const items = node.items.map((item) => (item.star ? undefined : literalValue(item.value)));
  return items.every((item) => item !== undefined) ? list(items, node.shape) : undefined;
}
