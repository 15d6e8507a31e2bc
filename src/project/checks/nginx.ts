/** A directive of nginx's configuration: `name args;` or `name args { block }`. */
export interface Directive {
  readonly name: string;
  readonly args: readonly string[];
  /** Undefined where it ends in `;`. */
  readonly block: readonly Directive[] | undefined;
  readonly file: string;
  /** 1-based. */
  readonly line: number;
}

interface Token {
  readonly text: string;
  readonly quoted: boolean;
  readonly line: number;
}

/** Reads nginx's block syntax: words, quotes, comments, `;` and braces (ngx_conf_file.c). Undefined where braces do not match or a
 * directive has no end, as where the file is a template.
 * @param firstLine the line of the file on which the source begins */
export function parseNginx(source: string, file: string, firstLine = 1): readonly Directive[] | undefined {
  const tokens = tokenize(source, firstLine);
  if (tokens === undefined) return undefined;
  let at = 0;
  const isSign = (token: Token | undefined, sign: string) => token?.text === sign && !token.quoted;
  const readBlock = (depth: number): Directive[] | undefined => {
    const directives: Directive[] = [];
    for (;;) {
      const first = tokens[at];
      if (first === undefined) return depth === 0 ? directives : undefined;
      if (isSign(first, '}')) {
        at++;
        return depth === 0 ? undefined : directives;
      }
      const words: Token[] = [];
      while (tokens[at] !== undefined && !['{', '}', ';'].some((sign) => isSign(tokens[at], sign))) {
        words.push(tokens[at++] as Token);
      }
      const end = tokens[at++];
      if (end === undefined || isSign(end, '}')) return undefined;
      const block = isSign(end, '{') ? readBlock(depth + 1) : undefined;
      if (isSign(end, '{') && block === undefined) return undefined;
      const [name, ...args] = words.map(({ text }) => text);
      if (name !== undefined) directives.push({ name, args, block, file, line: first.line });
    }
  };
  return readBlock(0);
}

/** Words of a file; undefined where a quote is not closed. */
function tokenize(source: string, firstLine: number): Token[] | undefined {
  const tokens: Token[] = [];
  let line = firstLine;
  // `${name}` is part of a word; a brace elsewhere ends one.
  const pattern =
    /(\s+)|(#[^\n]*)|"((?:\\[\s\S]|[^"\\])*)"|'((?:\\[\s\S]|[^'\\])*)'|([;{}])|((?:\\[\s\S]|\$\{\w*\}|[^\s;{}"'\\])(?:\\[\s\S]|\$\{\w*\}|[^\s;{}\\])*)|([\s\S])/g;
  for (const [whole, blank, comment, double, single, sign, word, bad] of source.matchAll(pattern)) {
    if (bad !== undefined) return undefined;
    const quoted = double ?? single;
    if (blank === undefined && comment === undefined) {
      tokens.push({ text: quoted ?? sign ?? word ?? '', quoted: quoted !== undefined, line });
    }
    line += whole.split('\n').length - 1;
  }
  return tokens;
}
