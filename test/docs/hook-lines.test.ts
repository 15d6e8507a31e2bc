import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Tokens } from 'marked';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/package-root.ts';
import { pages, tableColumn } from './pages.ts';

/** A line that a hook may print: what stands in the template, and a pattern for the line itself. */
interface Message {
  readonly source: string;
  readonly pattern: RegExp;
}

const template = (name: string) => readFileSync(join(packageRoot, 'templates', name), 'utf8');

/** What the functions put before their message, by the file that defines them. */
const prefixes = {
  'predeploy.sh': { say: 'eb-hosts: ', warn: 'eb-hosts: warning: ', fail: 'eb-hosts: failed: ' },
  'verify.sh': { say: 'eb-hosts: ', warn: 'eb-hosts: warning: ', fail: 'eb-hosts: ' },
  'parts/address.sh': { say: 'eb-hosts: ', warn: 'eb-hosts: warning: ', fail: 'eb-hosts: failed: ' },
} as const;

const calls = Object.entries(prefixes).flatMap(([name, prefix]) =>
  [...template(name).matchAll(/\b(say|warn|fail) "((?:[^"\\]|\\.)*)"/g)].map(
    ([, call, text]) => prefix[call as keyof typeof prefix] + unescaped(text ?? ''),
  ),
);

/** What `$(meaning)` says of each status. */
const meanings = [...template('verify.sh').matchAll(/\) echo (?:"((?:[^"\\]|\\.)*)"|'([^']*)')/g)].map(
  ([, double, single]) => (double === undefined ? (single ?? '') : unescaped(double)),
);

const messages: readonly Message[] = [
  ...calls.flatMap((text) =>
    text.includes('$(meaning)') ? meanings.map((meaning) => text.replace('$(meaning)', meaning)) : [text],
  ),
  // The one line that is printed by no function: a failure nobody foresaw.
  ...[...template('predeploy.sh').matchAll(/printf '(eb-hosts: failed: [^'%]+)%s\\n'/g)].map(
    ([, text]) => `${text}$status`,
  ),
].map((source) => ({ source, pattern: patternOf(source) }));

/** Undoes the escapes of a double-quoted string, `$` excepted, which is kept apart from an expansion. */
function unescaped(text: string): string {
  return text.replace(/\\\$/g, '\u0000').replace(/\\(["\\`])/g, '$1');
}

/** Each expansion stands for some text. */
function patternOf(text: string): RegExp {
  const literal = text
    .split(/\$\{(?:[^{}]|\{[^{}]*\})*\}|\$\([^)]*\)|\$[A-Za-z_0-9*#@]+/)
    .map((part) => part.replaceAll('\u0000', '$').replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${literal.join('.+')}$`);
}

describe('the lines of the hooks in docs/troubleshooting.md', () => {
  const page = pages.find(({ path }) => path === 'docs/troubleshooting.md');
  const lines = (page === undefined ? [] : tableColumn(page, 'line in `/var/log/eb-hooks.log`')).flatMap(
    ({ tokens }) =>
      tokens.filter(({ type }) => type === 'codespan').map((token) => (token as Tokens.Codespan).text),
  );

  it('are found in the templates at all', () => {
    expect(calls.length).toBeGreaterThan(50);
    expect(meanings.length).toBeGreaterThan(5);
  });

  it.each(messages)('explain: $source', ({ pattern }) => {
    expect(lines.filter((line) => pattern.test(line))).not.toEqual([]);
  });

  it('are all printed by a template', () => {
    expect(lines.filter((line) => !messages.some(({ pattern }) => pattern.test(line)))).toEqual([]);
  });
});
