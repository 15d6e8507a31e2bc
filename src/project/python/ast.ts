/** Offsets into the source text, end exclusive. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

type Node<Type extends string, Fields = object> = Range & { readonly type: Type } & Readonly<Fields>;

export type Expression =
  | Node<'constant', { value: string | number | boolean | null }>
  | Node<'format', { parts: readonly Expression[] }>
  | Node<'name', { name: string }>
  | Node<'attribute', { object: Expression; name: string }>
  | Node<'subscript', { object: Expression; index: Expression | Slice }>
  | Node<'call', { callee: Expression; args: readonly Argument[] }>
  | Node<'sequence', { shape: Shape; items: readonly Item[] }>
  | Node<'dictionary', { entries: readonly DictionaryEntry[] }>
  | (Range & Comprehension)
  | Node<'binary', { operator: string; left: Expression; right: Expression }>
  | Node<'unary', { operator: string; operand: Expression }>
  | Node<'conditional', { test: Expression; whenTrue: Expression; otherwise: Expression }>
  | Node<'lambda', { params: readonly Parameter[]; body: Expression }>
  | Node<'assignment', { name: string; value: Expression }>
  | Node<'unsupported'>;

export type Shape = 'list' | 'tuple' | 'set';
export type Slice = Readonly<{ type: 'slice'; start: Expression | null; stop: Expression | null }>;
export type Item = Readonly<{ star: boolean; value: Expression }>;

/** `name` is null for a positional argument; `star` is for `*x`, `doubleStar` for `**x`. */
export type Argument = Item & Readonly<{ name: string | null; doubleStar: boolean }>;

/** A null key is `**value`. */
export type DictionaryEntry = Readonly<{ key: Expression | null; value: Expression }>;

export interface Comprehension {
  readonly type: 'comprehension';
  readonly shape: Shape | 'dictionary';
  readonly element: Expression;
  /** The value of a dictionary comprehension, whose key is `element`. */
  readonly value: Expression | null;
  readonly clauses: readonly ComprehensionClause[];
}

export type ComprehensionClause = Readonly<{
  target: Expression;
  iterable: Expression;
  conditions: readonly Expression[];
}>;

export type Parameter = Readonly<{
  name: string;
  kind: 'plain' | 'rest' | 'keywords';
  fallback: Expression | null;
}>;

type Definition = { name: string; body: Block; decorators: readonly Expression[] };
type Try = { body: Block; handlers: readonly Handler[]; otherwise: Block; finish: Block };

export type Statement =
  /** The value is null for a bare annotation, `x: int`. */
  | Node<
      'assign',
      { targets: readonly Expression[]; value: Expression | null; annotation: Expression | null }
    >
  | Node<'update', { target: Expression; operator: string; value: Expression }>
  | Node<'expression', { value: Expression }>
  | Node<'if', { branches: readonly Branch[]; otherwise: Block }>
  | Node<'for', { target: Expression; iterable: Expression; body: Block; otherwise: Block }>
  | Node<'while', { test: Expression; body: Block }>
  | Node<'try', Try>
  | Node<'with', { items: readonly { value: Expression; name: string | null }[]; body: Block }>
  | Node<'function', Definition & { params: readonly Parameter[] }>
  | Node<'class', Definition & { bases: readonly Argument[] }>
  | Node<'import', { names: readonly ImportedName[] }>
  /** `level` is the number of leading dots. */
  | Node<'import-from', { level: number; module: string; names: readonly ImportedName[] | '*' }>
  | Node<'return' | 'raise', { value: Expression | null }>
  | Node<'delete', { targets: readonly Expression[] }>
  | Node<'global', { names: readonly string[] }>
  | Node<'break' | 'continue' | 'pass' | 'unsupported'>;

export type Block = readonly Statement[];
export type Branch = Readonly<{ test: Expression; body: Block }>;
/** The names of the exceptions it catches, without their modules; empty for a bare `except`. */
export type Handler = Readonly<{ types: readonly string[]; body: Block }>;
export type ImportedName = Readonly<{ name: string; alias: string | null }>;

/** A module's text and what it parses to. */
export interface PythonModule {
  readonly text: string;
  readonly body: Block;
  /** Offset of the first syntax error; null if there is none. */
  readonly errorAt: number | null;
}
