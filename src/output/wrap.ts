/** `text` in lines of at most `width` columns, broken at blanks; a longer word has a line of its own.
 * @param indent put before every line, and counted */
export function wrap(text: string, width: number, indent = ''): string[] {
  const room = Math.max(20, width - indent.length);
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/).filter((part) => part !== '')) {
    if (line === '') line = word;
    else if (line.length + 1 + word.length <= room) line += ` ${word}`;
    else {
      lines.push(indent + line);
      line = word;
    }
  }
  if (line !== '') lines.push(indent + line);
  return lines;
}

/** The text without control characters: file names and values of a repository must not steer the terminal. */
export function printable(text: string): string {
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '\ufffd');
}

/** The same in one line: what the service says must not look like a line of ours. */
export function printableLine(text: string): string {
  return printable(text.replace(/[\t\n\u2028\u2029]/g, ' '));
}

/** `text` in at most `width` columns. */
export function clip(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`;
}

/** The width of a paragraph on a terminal of so many columns. */
export function readableWidth(columns: number): number {
  return Math.min(Math.max(columns, 40), 120);
}
