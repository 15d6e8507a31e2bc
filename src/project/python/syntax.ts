import type { SyntaxNode } from '@lezer/common';
import { parser } from '@lezer/python';
import { childrenOf } from './tree.ts';

/** The statements of a module, and where the first that does not parse has its error. */
interface Syntax {
  readonly statements: readonly SyntaxNode[];
  readonly errorAt: number | null;
}

/** How often the parser may be set going again behind an error of its own; it gets through some hundred statements each time. */
const mostRestarts = 50;

/**
 * Parses a module. In a module of some hundred statements the parser reports an error where there is none, and parses the same statement
 * when it begins with it: so where everything before that statement is whole, it is asked again from there.
 */
export function parseTree(text: string): Syntax {
  const readable = withoutOddities(text);
  const found: SyntaxNode[] = [];
  let start = 0;
  for (let restarts = 0; ; restarts += 1) {
    const { statements, errorAt } = parseFrom(readable, start);
    const next = errorAt === null ? start : lineOfStatement(readable, errorAt);
    const before = next > start && restarts < mostRestarts ? parseFrom(readable.slice(0, next), start) : null;
    if (before === null || before.errorAt !== null) {
      found.push(...statements);
      return { statements: found, errorAt };
    }
    found.push(...before.statements);
    start = next;
  }
}

function parseFrom(text: string, start: number): Syntax {
  // A comment stands for what is passed over, so that every character keeps its place.
  const { topNode } = parser.parse(start < 2 ? text : `#${' '.repeat(start - 2)}\n${text.slice(start)}`);
  return { statements: childrenOf(topNode), errorAt: firstError(topNode) };
}

/** Where the last line at or before `at` begins that can begin a statement of the module. */
function lineOfStatement(text: string, at: number): number {
  for (let line = at; line > 0; ) {
    line = text.lastIndexOf('\n', line - 1) + 1;
    if (/[A-Za-z_@]/.test(text.charAt(line))) return line;
    line -= 1;
  }
  return 0;
}

function firstError(node: SyntaxNode): number | null {
  const cursor = node.cursor();
  do {
    if (cursor.type.isError) return cursor.from;
  } while (cursor.next());
  return null;
}

/**
 * The text as the parser's grammar wants it, every character in its place. It wants a value after `yield`: where there is none, `pass` does as
 * well for us. It knows no form feed, which is a blank to Python and at the begin of a line starts the line anew; and no
 * string that goes on after a backslash and a carriage return.
 */
function withoutOddities(text: string): string {
  let readable = text.replaceAll('\\\r\n', ' \\\n');
  if (text.includes('yield'))
    readable = readable.replace(/^([ \t]*)yield(?=[ \t]*(?:#.*)?\r?$)/gm, '$1pass ');
  if (text.includes('\f'))
    readable = readable
      .replace(/^[ \t\f]*\f/gm, (blanks) => '\n'.repeat(blanks.length))
      .replaceAll('\f', ' ');
  return readable;
}
