import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, type Pair, parseDocument } from 'yaml';

/** A YAML (or JSON) value with the line it stands on, 1-based. Scalars keep the text they were written as. */
export type Yaml = YamlScalar | YamlMap | YamlList;

export interface YamlScalar {
  readonly kind: 'scalar';
  readonly line: number;
  /** As written, without quotes; null for YAML's null. */
  readonly text: string | null;
}

export interface YamlMap {
  readonly kind: 'map';
  readonly line: number;
  readonly entries: readonly YamlEntry[];
}

export interface YamlEntry {
  readonly key: string;
  readonly line: number;
  readonly value: Yaml;
}

export interface YamlList {
  readonly kind: 'list';
  readonly line: number;
  readonly items: readonly Yaml[];
}

export interface YamlProblem {
  readonly line: number;
  readonly column: number;
  /** One sentence, without a position. */
  readonly reason: string;
}

export interface YamlReading {
  readonly value: Yaml;
  readonly problem: YamlProblem | undefined;
}

/** Reads YAML 1.1 or JSON (of a stream, the first document) as far as it goes: `value` is what could be read, `problem`
 * the first thing that could not. Never throws. */
export function readYaml(source: string): YamlReading {
  try {
    return parse(source);
  } catch (error) {
    // Brackets nested thousands deep exhaust the parser's stack.
    const problem = { line: 1, column: 1, reason: error instanceof Error ? error.message : String(error) };
    return { value: { kind: 'scalar', line: 1, text: null }, problem };
  }
}

function parse(source: string): YamlReading {
  const lines = new LineCounter();
  const document = parseDocument(source, {
    version: '1.1',
    uniqueKeys: false,
    lineCounter: lines,
    prettyErrors: false,
    logLevel: 'silent',
  });
  const [error] = document.errors;
  const at = lines.linePos(Math.min(error?.pos[0] ?? 0, source.length));
  const problem = error && { line: Math.max(1, at.line), column: Math.max(1, at.col), reason: error.message };
  const line = (node: { range?: readonly number[] | null }) =>
    Math.max(1, lines.linePos(node.range?.[0] ?? 0).line);

  const convert = (node: unknown, fallbackLine: number, depth: number): Yaml => {
    const nothing: YamlScalar = { kind: 'scalar', line: fallbackLine, text: null };
    if (depth > 60) return nothing;
    // One step only: aliases of aliases could multiply without end.
    if (isAlias(node)) {
      const target = node.resolve(document);
      return target !== undefined && isScalar(target) ? convert(target, fallbackLine, depth + 1) : nothing;
    }
    if (isMap(node)) {
      const entries = node.items.map((pair) => entry(pair, line(node), depth));
      return { kind: 'map', line: line(node), entries };
    }
    if (isSeq(node)) {
      return {
        kind: 'list',
        line: line(node),
        items: node.items.map((item) => convert(item, line(node), depth + 1)),
      };
    }
    if (isScalar(node))
      return { kind: 'scalar', line: node.range ? line(node) : fallbackLine, text: scalarText(node) };
    return nothing;
  };
  const entry = (pair: Pair<unknown, unknown>, mapLine: number, depth: number): YamlEntry => {
    const key = isScalar(pair.key) ? pair.key : undefined;
    const keyLine = key?.range ? line(key) : mapLine;
    return {
      key: key?.source ?? String(key?.value ?? ''),
      line: keyLine,
      value: convert(pair.value, keyLine, depth + 1),
    };
  };
  return { value: convert(document.contents, 1, 0), problem };
}

function scalarText(node: Node & { value?: unknown; source?: string }): string | null {
  if (node.value === null || node.value === undefined) return null;
  return typeof node.value === 'string' ? node.value : (node.source ?? String(node.value));
}

/** The last entry of that key, which is the one YAML readers keep. */
export function member(value: Yaml | undefined, key: string): Yaml | undefined {
  if (value?.kind !== 'map') return undefined;
  return value.entries.findLast((entry) => entry.key === key)?.value;
}

/** The value below a chain of keys. */
export function at(value: Yaml | undefined, ...keys: readonly string[]): Yaml | undefined {
  return keys.reduce<Yaml | undefined>((inner, key) => member(inner, key), value);
}

/** A scalar's text; undefined for null, mappings and lists. */
export function textOf(value: Yaml | undefined): string | undefined {
  return value?.kind === 'scalar' && value.text !== null ? value.text : undefined;
}

export const entriesOf = (value: Yaml | undefined): readonly YamlEntry[] =>
  value?.kind === 'map' ? value.entries : [];

export const itemsOf = (value: Yaml | undefined): readonly Yaml[] =>
  value?.kind === 'list' ? value.items : [];
