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
  const module = parsePython(text.trim());
  const [statement] = module.body;
  if (module.errorAt !== null || module.body.length !== 1 || statement?.type !== 'expression')
    return undefined;
  return literalValue(statement.value);
}

function literalValue(node: Expression): Value | undefined {
  if (node.type === 'string' || node.type === 'number' || node.type === 'constant') return node.value;
  if (node.type !== 'sequence') return undefined;
  const items = node.items.map((item) => (item.star ? undefined : literalValue(item.value)));
  return items.every((item) => item !== undefined) ? list(items, node.shape) : undefined;
}
