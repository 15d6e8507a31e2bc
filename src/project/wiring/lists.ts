import type { HostsSetting } from '../project.ts';
import { parseTree } from '../python/parse.ts';
import { phpPatterns, pythonHosts, rubyHosts, type WiredVariable } from './code.ts';

/** Flask's `TRUSTED_HOSTS = […]` and the `allowed_hosts=[…]` of Starlette's middleware: one more element. */
export function wirePythonApp(text: string, { line }: HostsSetting, variable: WiredVariable): string | null {
  const list = findList(
    text,
    line,
    /(?:\bTRUSTED_HOSTS(?:["']\])?|\ballowed_hosts)(?:\s*:[^=\n]+)?\s*=\s*(?=\[)/,
    '#',
  );
  if (list === null) return null;
  const needed = variable.separator === 'json' ? ['json', 'os'] : ['os'];
  const edited = addImports(text, addElement(text, list, `*${pythonHosts(variable, 'os.environ')}`), needed);
  return edited === null || parseTree(edited).errorAt !== null ? null : edited;
}

/** The same text with `import NAME` before the first import, for each name that no import of the module brings. */
function addImports(text: string, edited: string, names: readonly string[]): string | null {
  const missing = names.filter(
    (name) => !new RegExp(`^import (?:[\\w., ]+, )?${name}\\b(?! as)`, 'm').test(text),
  );
  const { statements } = parseTree(text);
  const first = statements.find(
    (node) => node.name === 'ImportStatement' && !text.startsWith('from __future__', node.from),
  );
  if (first === undefined) return missing.length === 0 ? edited : null;
  const lines = missing.map((name) => `import ${name}\n`).join('');
  return edited.slice(0, first.from) + lines + edited.slice(first.from);
}

/** Laravel 11 and later: `$middleware->trustHosts(at: […])`; before that the list that `hosts()` of the middleware returns. */
export function wireLaravel(
  text: string,
  { file, line }: HostsSetting,
  variable: WiredVariable,
): string | null {
  const head = file.endsWith('TrustHosts.php') ? /\breturn\s*(?=\[)/ : /->trustHosts\(\s*(?:at:\s*)?(?=\[)/;
  const list = findList(text, line, head, '//');
  return list === null ? null : addElement(text, list, `...${phpPatterns(variable)}`);
}

/** Rails: a statement below the one that makes or changes `config.hosts`, in the same branch of the same file. */
export function wireRails(text: string, { line }: HostsSetting, variable: WiredVariable): string | null {
  const start = offsetOfLine(text, line);
  const head = /^([ \t]*)((?:\w+\.)*config\.hosts)\b[^\n]*/.exec(text.slice(start));
  const end = head === null ? null : endOfRubyStatement(text, start);
  if (head === null || end === null) return null;
  return `${text.slice(0, end)}\n${head[1]}${head[2]}.concat(${rubyHosts(variable)})${text.slice(end)}`;
}

function endOfRubyStatement(text: string, start: number): number | null {
  for (let end = start; end < text.length; ) {
    const scanned = scan(text, end, '#', '\n');
    if (scanned === null) return null;
    const statement = text.slice(start, scanned.codeEnd);
    // A block or a here-document goes on in ways that brackets do not tell.
    if (/\bdo\b|<<[~-]?["']?[A-Z]/.test(statement)) return null;
    const goesOn = /(?:[,\\+|&=.]|<<)$/.test(statement) || /^\s*&?\./.test(text.slice(scanned.at));
    if (!goesOn) return scanned.at;
    end = scanned.at + 1;
  }
  return null;
}

interface List {
  /** Of the opening bracket. */
  readonly from: number;
  /** Of the closing one. */
  readonly at: number;
  /** Behind the last character before it that is code. */
  readonly codeEnd: number;
}

/** The first list that stands behind `head`, at most a few lines below `line`. */
function findList(text: string, line: number, head: RegExp, comment: '#' | '//'): List | null {
  const start = offsetOfLine(text, line);
  const near = text.slice(start).split('\n').slice(0, 12).join('\n');
  const match = head.exec(near);
  if (match === null) return null;
  const from = start + match.index + match[0].length;
  const scanned = scan(text, from + 1, comment, ']');
  return scanned === null ? null : { from, ...scanned };
}

/** Where `end` stands that belongs to no string, comment or bracket after `start`, and where the code before it ends. */
function scan(
  text: string,
  start: number,
  comment: '#' | '//',
  end: string,
): { at: number; codeEnd: number } | null {
  let depth = 0;
  let codeEnd = start;
  const tokens = /\\[\s\S]|"(?:\\[\s\S]|[^"\\])*"|'(?:\\[\s\S]|[^'\\])*'|\/\*[\s\S]*?\*\/|\/\/|#|\S|\n/g;
  tokens.lastIndex = start;
  for (let token = tokens.exec(text); token !== null; token = tokens.exec(text)) {
    const [word] = token;
    if (depth === 0 && word === end) return { at: token.index, codeEnd };
    if (word === comment || word.startsWith('/*')) {
      if (word === comment) tokens.lastIndex = text.indexOf('\n', token.index);
      if (tokens.lastIndex === 0) return null;
      continue;
    }
    if ('([{'.includes(word)) depth += 1;
    if (')]}'.includes(word)) depth -= 1;
    if (depth < 0) return null;
    if (word !== '\n') codeEnd = token.index + word.length;
  }
  return null;
}

/** A list over several lines gets a line more. */
function addElement(text: string, { from, at, codeEnd }: List, element: string): string {
  const isEmpty = codeEnd === from + 1;
  const comma = isEmpty || text[codeEnd - 1] === ',' ? '' : ',';
  const lineEnd = text.indexOf('\n', codeEnd);
  if (isEmpty || lineEnd === -1 || lineEnd > at)
    return `${text.slice(0, codeEnd)}${comma}${isEmpty ? '' : ' '}${element}${text.slice(codeEnd)}`;
  const lastLine = text.slice(0, codeEnd).lastIndexOf('\n') + 1;
  const indent = /^[ \t]*/.exec(text.slice(lastLine))?.[0] ?? '';
  return `${text.slice(0, codeEnd)}${comma}${text.slice(codeEnd, lineEnd)}\n${indent}${element},${text.slice(lineEnd)}`;
}

function offsetOfLine(text: string, line: number): number {
  return (
    text
      .split('\n')
      .slice(0, line - 1)
      .join('\n').length + (line > 1 ? 1 : 0)
  );
}
