/** Offsets into the source text, end exclusive. */
export interface Range {
  readonly from: number;
  readonly to: number;
}

export type Expression = Range &
  (
    | { readonly type: 'constant'; readonly value: string | number | boolean | null }
    | { readonly type: 'format'; readonly parts: readonly Expression[] }
    | { readonly type: 'name'; readonly name: string }
    | { readonly type: 'attribute'; readonly object: Expression; readonly name: string }
    | { readonly type: 'subscript'; readonly object: Expression; readonly index: Expression | Slice }
    | { readonly type: 'call'; readonly callee: Expression; readonly args: readonly Argument[] }
    | { readonly type: 'sequence'; readonly shape: Shape; readonly items: readonly Item[] }
    | { readonly type: 'dictionary'; readonly entries: readonly DictionaryEntry[] }
    | Comprehension
    | {
        readonly type: 'binary';
        readonly operator: string;
        readonly left: Expression;
        readonly right: Expression;
      }
    | { readonly type: 'unary'; readonly operator: string; readonly operand: Expression }
    | {
        readonly type: 'conditional';
        readonly test: Expression;
        readonly whenTrue: Expression;
        readonly otherwise: Expression;
      }
    | { readonly type: 'lambda'; readonly params: readonly Parameter[]; readonly body: Expression }
    | { readonly type: 'assignment'; readonly name: string; readonly value: Expression }
    | { readonly type: 'unsupported' }
  );

export type Shape = 'list' | 'tuple' | 'set';

export interface Slice {
  readonly type: 'slice';
  readonly start: Expression | null;
  readonly stop: Expression | null;
}

export interface Item {
  readonly star: boolean;
  readonly value: Expression;
}

/** `name` is null for a positional argument; `star` is for `*x`, `doubleStar` for `**x`. */
export interface Argument extends Item {
  readonly name: string | null;
  readonly doubleStar: boolean;
}

/** A null key is `**value`. */
export interface DictionaryEntry {
  readonly key: Expression | null;
  readonly value: Expression;
}

export interface Comprehension {
  readonly type: 'comprehension';
  readonly shape: Shape | 'dictionary';
  readonly element: Expression;
  /** The value of a dictionary comprehension, whose key is `element`. */
  readonly value: Expression | null;
  readonly clauses: readonly ComprehensionClause[];
}

export interface ComprehensionClause {
  readonly target: Expression;
  readonly iterable: Expression;
  readonly conditions: readonly Expression[];
}

export interface Parameter {
  readonly name: string;
  readonly kind: 'plain' | 'rest' | 'keywords';
  readonly fallback: Expression | null;
}

export type Statement = Range &
  (
    | {
        readonly type: 'assign';
        readonly targets: readonly Expression[];
        /** Null for a bare annotation, `x: int`. */
        readonly value: Expression | null;
        readonly annotation: Expression | null;
      }
    | {
        readonly type: 'update';
        readonly target: Expression;
        readonly operator: string;
        readonly value: Expression;
      }
    | { readonly type: 'expression'; readonly value: Expression }
    | { readonly type: 'if'; readonly branches: readonly Branch[]; readonly otherwise: Block }
    | {
        readonly type: 'for';
        readonly target: Expression;
        readonly iterable: Expression;
        readonly body: Block;
        readonly otherwise: Block;
      }
    | { readonly type: 'while'; readonly test: Expression; readonly body: Block }
    | {
        readonly type: 'try';
        readonly body: Block;
        readonly handlers: readonly Handler[];
        readonly otherwise: Block;
        readonly finish: Block;
      }
    | {
        readonly type: 'with';
        readonly items: readonly { readonly value: Expression; readonly name: string | null }[];
        readonly body: Block;
      }
    | {
        readonly type: 'function';
        readonly name: string;
        readonly params: readonly Parameter[];
        readonly body: Block;
        readonly decorators: readonly Expression[];
      }
    | {
        readonly type: 'class';
        readonly name: string;
        readonly bases: readonly Argument[];
        readonly body: Block;
        readonly decorators: readonly Expression[];
      }
    | { readonly type: 'import'; readonly names: readonly ImportedName[] }
    | {
        readonly type: 'import-from';
        /** The number of leading dots. */
        readonly level: number;
        readonly module: string;
        readonly names: readonly ImportedName[] | '*';
      }
    | { readonly type: 'return'; readonly value: Expression | null }
    | { readonly type: 'raise'; readonly value: Expression | null }
    | { readonly type: 'delete'; readonly targets: readonly Expression[] }
    | { readonly type: 'global'; readonly names: readonly string[] }
    | { readonly type: 'break' | 'continue' | 'pass' | 'unsupported' }
  );

export type Block = readonly Statement[];

export interface Branch {
  readonly test: Expression;
  readonly body: Block;
}

export interface Handler {
  /** Names of the exceptions it catches, without their modules; empty for a bare `except`. */
  readonly types: readonly string[];
  readonly body: Block;
}

export interface ImportedName {
  readonly name: string;
  readonly alias: string | null;
}

/** A module's text and what it parses to. */
export interface PythonModule {
  readonly text: string;
  readonly body: Block;
  /** Offset of the first syntax error; null if there is none. */
  readonly errorAt: number | null;
}
