const simpleEscapes: Readonly<Record<string, string>> = {
  '\\': '\\',
  "'": "'",
  '"': '"',
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

/** The text between a literal's quotes and whether it is raw. Offsets are relative to the literal. */
export function literalContent(literal: string): { from: number; to: number; raw: boolean } {
  const opening = /^([A-Za-z]*)('''|"""|'|")/.exec(literal);
  if (opening === null) return { from: 0, to: literal.length, raw: false };
  const quotes = opening[2] ?? '';
  const from = opening[0].length;
  const closed = literal.length >= from + quotes.length && literal.endsWith(quotes);
  return {
    from,
    to: closed ? literal.length - quotes.length : literal.length,
    raw: /r/i.test(opening[1] ?? ''),
  };
}

/** The value of a string literal of Python, quotes and prefix included. */
export function decodeString(literal: string): string {
  const { from, to, raw } = literalContent(literal);
  const content = literal.slice(from, to);
  return raw ? content : resolveEscapes(content);
}

/** Resolves the escapes of a Python string (language reference, section 2.4.1). An escape Python does not know stays as it is. */
export function resolveEscapes(content: string): string {
  if (!content.includes('\\')) return content;
  return content.replace(
    /\\(?:\r\n|\n|\r|([0-7]{1,3})|x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|([\s\S]))/g,
    (whole, octal, x, u, long, other) => {
      if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8));
      const hex = x ?? u ?? long;
      if (hex !== undefined) {
        const point = Number.parseInt(hex, 16);
        return point <= 0x10ffff ? String.fromCodePoint(point) : whole;
      }
      if (other === undefined) return '';
      return simpleEscapes[other] ?? whole;
    },
  );
}

/** `text` as a string literal of Python, in double quotes. */
export function encodeString(text: string): string {
  const escaped = text.replace(/[\\"]/g, '\\$&').replace(/[\x00-\x1f\x7f]/g, (control) => {
    return `\\x${control.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
  return `"${escaped}"`;
}
