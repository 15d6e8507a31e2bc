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
  /** Whether other readers of YAML 1.1 (PyYAML was tried) take it: brackets and quotes that go on with too little indentation. */
  readonly doubtful: boolean;
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
    // The parser is recursive: brackets by the thousand use up its stack.
    const reason = error instanceof RangeError ? 'it is nested too deeply' : String(error);
    return {
      value: { kind: 'scalar', line: 1, text: null },
      problem: { line: 1, column: 1, reason, doubtful: false },
    };
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
  const problem = error && {
    line: Math.max(1, at.line),
    column: Math.max(1, at.col),
    reason: error.message,
    doubtful: mayBeRead(error.message, source.slice(error.pos[0])),
  };
  const line = (node: { range?: readonly number[] | null }) =>
    Math.max(1, lines.linePos(node.range?.[0] ?? 0).line);

  // Aliases of aliases could multiply without end.
  let budget = 50_000;
  const convert = (node: unknown, fallbackLine: number, depth: number): Yaml => {
    const nothing: YamlScalar = { kind: 'scalar', line: fallbackLine, text: null };
    if (depth > 60 || budget-- <= 0) return nothing;
    if (isAlias(node)) return convert(node.resolve(document), fallbackLine, depth + 1);
    if (isMap(node)) {
      const entries = node.items.map((pair) => entry(pair, line(node), depth));
      return { kind: 'map', line: line(node), entries: merged(entries) };
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

/** Whether an error is none to PyYAML: brackets and quotes that are closed after all, with too little indentation.
 * @param rest the source from the error on */
function mayBeRead(message: string, rest: string): boolean {
  const [, bracket, quote] =
    /sufficiently indented and end with a (.)$|^Missing closing (["'])/.exec(message) ?? [];
  const closing = bracket ?? quote;
  return closing === undefined ? message.startsWith('Comments must be separated') : rest.includes(closing);
}

/** YAML 1.1's merge key: what `<<` names stands below what the mapping says itself. */
function merged(entries: readonly YamlEntry[]): YamlEntry[] {
  const own = entries.filter(({ key }) => key !== '<<');
  if (own.length === entries.length) return own;
  const sources = entries
    .filter(({ key }) => key === '<<')
    .flatMap(({ value }) => (value.kind === 'list' ? value.items : [value]));
  const inherited = sources.flatMap(entriesOf).filter(({ key }) => !own.some((entry) => entry.key === key));
  return [...inherited, ...own];
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
