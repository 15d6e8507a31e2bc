import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { marked, type Token, type Tokens } from 'marked';
import { packageRoot } from '../../src/package-root.ts';

/** A page of the project, read by a real reader of Markdown. */
export interface Page {
  /** Relative to the root of the repository. */
  readonly path: string;
  readonly tokens: readonly Token[];
}

/** Every page, those for people who work on the project included. */
export const pages: readonly Page[] = ['.', 'docs'].flatMap((directory) =>
  readdirSync(join(packageRoot, directory))
    .filter((name) => name.endsWith('.md'))
    .map((name) => readPage(join(directory, name))),
);

/** The pages for users: README in each language, and docs. */
export const userPages: readonly Page[] = pages.filter(({ path }) => /^(?:README|docs\/)/.test(path));

function readPage(path: string): Page {
  const tokens: Token[] = [];
  marked.walkTokens(marked.lexer(readFileSync(join(packageRoot, path), 'utf8')), (token) => {
    tokens.push(token);
  });
  return { path, tokens };
}

/** What stands between backticks. */
export function codeSpans({ tokens }: Page): string[] {
  return tokens.filter(({ type }) => type === 'codespan').map((token) => (token as Tokens.Codespan).text);
}

/** Lines of the fenced blocks in these languages, lines continued by a backslash joined. */
export function codeLines({ tokens }: Page, ...languages: readonly string[]): string[] {
  return tokens
    .filter((token): token is Tokens.Code => token.type === 'code')
    .filter(({ lang }) => languages.includes(lang ?? ''))
    .flatMap(({ text }) => text.replaceAll('\\\n', '').split('\n'));
}

/** The targets of links and pictures. */
export function linkTargets({ tokens }: Page): string[] {
  return tokens
    .filter((token): token is Tokens.Link | Tokens.Image => token.type === 'link' || token.type === 'image')
    .map(({ href }) => href);
}

/** The anchors of a page's headings, formed as GitHub forms them. */
export function anchors({ tokens }: Page): Set<string> {
  const found = new Set<string>();
  for (const token of tokens) {
    if (token.type !== 'heading') continue;
    const base = plainText(token as Tokens.Heading)
      .toLowerCase()
      .replace(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, '')
      .replaceAll(' ', '-');
    let anchor = base;
    for (let repeat = 1; found.has(anchor); repeat++) anchor = `${base}-${repeat}`;
    found.add(anchor);
  }
  return found;
}

function plainText({ tokens, text }: { tokens?: Token[] | undefined; text: string }): string {
  if (tokens === undefined) return text;
  return tokens.map((token) => plainText(token as Tokens.Text)).join('');
}
