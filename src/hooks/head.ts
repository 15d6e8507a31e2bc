import { createHash } from 'node:crypto';

/** What a generated file says of itself. */
export interface Head {
  readonly version: string;
  /** False if somebody changed the text below the head. */
  readonly intact: boolean;
  /** The words of the command that made the hook; empty in the other files. */
  readonly words: readonly string[];
}

const placeholder = '# @head@\n';
const madeBy = /^# Made by eb-hosts (\S+) \(sha256 ([0-9a-f]{8})\)( with)?\n/m;

/** `text` with its placeholder replaced by the version, the checksum of what stands below and the command.
 * @param words the command to remember; none in files that are made from the hook's choices */
export function writeHead(text: string, version: string, words: readonly string[] = []): string {
  const at = text.indexOf(placeholder);
  const below = text.slice(at + placeholder.length);
  const made = `# Made by eb-hosts ${version} (sha256 ${checksum(below)})`;
  const head = words.length === 0 ? [made] : [`${made} with`, ...wrapCommand(words)];
  return `${text.slice(0, at)}${head.join('\n')}\n${below}`;
}

/** The head of a file; undefined if the file is none of ours. A checkout may have changed the line ends. */
export function readHead(text: string): Head | undefined {
  const normalized = text.replaceAll('\r\n', '\n');
  const match = madeBy.exec(normalized);
  if (match?.[1] === undefined) return undefined;
  const rest = normalized.slice(match.index + match[0].length);
  const command = match[3] === undefined ? '' : (/^(?:#.*\\\n)*#.*\n/.exec(rest)?.[0] ?? '');
  return {
    version: match[1],
    intact: checksum(rest.slice(command.length)) === match[2],
    words: [...command.replaceAll(/^#|\\$/gm, '').matchAll(/'([^']*)'|([^\s']+)/g)].map(
      ([, quoted, bare]) => quoted ?? bare ?? '',
    ),
  };
}

/** Against an edit that somebody forgets, not against one that hides: whoever can write the file can write the sum. */
function checksum(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}

/** A command as it is typed: words in single quotes where the shell needs them. */
export function quoteCommand(words: readonly string[]): string {
  return words.map((word) => (/^[\w.,:/@%+-]+$/.test(word) ? word : `'${word}'`)).join(' ');
}

/** A flag and its value stay together; a line goes on with a backslash, as in a shell. */
function wrapCommand(words: readonly string[]): string[] {
  const lines: string[] = [];
  for (const part of quoteCommand(words).split(/ (?=--)/)) {
    const line = lines.pop() ?? '';
    if (line === '') lines.push(part);
    else if (line.length + part.length <= 90) lines.push(`${line} ${part}`);
    else lines.push(line, `  ${part}`);
  }
  return lines.map((line, index) => `#   ${line}${index < lines.length - 1 ? ' \\' : ''}`);
}

/** Whether version `a` is newer than version `b`, both `major.minor.patch`. */
export function isNewer(a: string, b: string): boolean {
  return a.localeCompare(b, 'en', { numeric: true }) > 0;
}
