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

/** A help for a terminal narrower than the 80 columns that it is written for: what is too long goes on below its own
 * beginning. Lines to be copied stay whole. */
export function fitHelp(help: string, columns: number): string {
  if (columns >= 80) return help;
  // Two columns of text need some room.
  const width = Math.max(columns, 50);
  return help
    .split('\n')
    .flatMap((line) => (line.length <= width || /^ {2}eb-hosts /.test(line) ? [line] : foldLine(line, width)))
    .join('\n');
}

function foldLine(line: string, width: number): string[] {
  // The column of the description, where there is one.
  const column = /^ *(?:\S.*? {2,})?/.exec(line)?.[0].length ?? 0;
  const [first = '', ...rest] = wrap(line.slice(column), width, ' '.repeat(column));
  return [line.slice(0, column) + first.trimStart(), ...rest];
}

/** The text without control characters: file names and values of a repository must not steer the terminal. */
export function printable(text: string): string {
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '\ufffd');
}

/** The same in one line: what the service says must not look like a line of ours. */
export function printableLine(text: string): string {
  return printable(text.replace(/[\t\n\u2028\u2029]/g, ' '));
}
