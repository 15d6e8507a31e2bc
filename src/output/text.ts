import { styleText } from 'node:util';
import type { Io, Output } from '../io.ts';

/** Puts colour on a text, or leaves it alone. */
export type Style = (format: Parameters<typeof styleText>[0], text: string) => string;

/** No colours. */
export const plain: Style = (_format, text) => text;

/** Colours for `output`: none off a terminal, with `NO_COLOR`, or with `TERM=dumb`; `FORCE_COLOR` (not `0`) overrides the terminal test. */
export function styleFor(output: Output, env: Io['env']): Style {
  const forced = env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== '0';
  const refused = (env.NO_COLOR ?? '') !== '' || env.TERM === 'dumb';
  const coloured = !refused && (forced || output.isTTY);
  return coloured ? (format, text) => styleText(format, text, { validateStream: false }) : plain;
}

/** How results are shown to a reader. */
export interface Rendering {
  readonly style: Style;
  readonly columns: number;
  /** What stands before a file's path, as the reader sees it from the working directory: `` or `backend/`. */
  readonly prefix: string;
  readonly env: Io['env'];
}

/** How results are shown on stdout.
 * @param appRoot to which the paths of files are relative */
export function renderingFor({ stdout, env }: Io, appRoot: string): Rendering {
  const prefix = appRoot === '.' ? '' : `${appRoot}/`;
  return { style: styleFor(stdout, env), columns: stdout.columns, prefix, env };
}

/** Prints the one JSON document of a run. */
export function printJson(stdout: Output, document: unknown): void {
  stdout.write(`${JSON.stringify(document, null, 2)}\n`);
}

/** `text` in lines of at most `width` columns, broken at blanks; a longer word has a line of its own.
 * @param indent put before every line, and counted */
export function wrap(text: string, width: number, indent = ''): string[] {
  const room = Math.max(20, width - indent.length);
  const lines: string[] = [];
  for (const word of text.split(/\s+/).filter((part) => part !== '')) {
    const line = lines.pop();
    if (line === undefined) lines.push(word);
    else if (line.length + 1 + word.length <= room) lines.push(`${line} ${word}`);
    else lines.push(line, word);
  }
  return lines.map((line) => indent + line);
}

/** `text` in at most `width` columns. */
export function clip(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`;
}

/** The width of a paragraph on a terminal of so many columns. */
export function readableWidth(columns: number): number {
  return Math.min(Math.max(columns, 40), 120);
}

/** The text without control characters: file names and values of a repository must not steer the terminal. */
export function printable(text: string): string {
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '\ufffd');
}

/** The same in one line: what the service says must not look like a line of ours. */
export function printableLine(text: string): string {
  return printable(text.replace(/[\t\n\u2028\u2029]/g, ' '));
}

/** `text` with the commands of eb-hosts as whoever runs it types them: npx puts no program into anyone's PATH. npm tells the
 * programs that it starts which of its own commands runs them (npm, `lib/npm.js`). */
export function asTyped(text: string, env: Io['env']): string {
  if (env.npm_command !== 'exec') return text;
  return text.replace(
    /(?<![\w./@-]|npx )eb-hosts (?=(?:init|remove|doctor|rehearse|probe|health-check)\b|--help)/g,
    'npx eb-hosts ',
  );
}
