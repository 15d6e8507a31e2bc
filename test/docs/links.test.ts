// What the pages name is there. The rules:
// - Links lead to files, and to headings of them.
// - A path between backticks that begins with a directory of this repository (`src/…`, `test/…`) exists.
// - A flag between backticks (`--yes`, `init --yes`) is one of eb-hosts, or stands in `foreignFlags`.
// - `eb-hosts: …` between backticks is a line that a hook prints.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/package-root.ts';
import { ebHosts } from '../support/command-line.ts';
import { anchors, codeSpans, linkTargets, type Page, pages } from './pages.ts';

const foreignFlags = ['--env-file', '--provenance'];
const verbs = ['init', 'remove', 'doctor', 'rehearse', 'probe', 'health-check'];

/** The flags of each verb, by its help. */
const known = new Map<string, readonly string[]>();
beforeAll(async () => {
  for (const verb of verbs) known.set(verb, flagsIn((await ebHosts(packageRoot, [verb, '--help'])).stdout));
});

describe.each(pages.map((page) => ({ path: page.path, page })))('$path', ({ page }) => {
  it('links to what is there', () => {
    expect(linkTargets(page).filter((target) => !isThere(target, page))).toEqual([]);
  });

  it('names files, flags and lines of the hooks that exist', () => {
    const spans = codeSpans(page);
    const paths = spans.filter((span) =>
      /^(?:src|test|docs|scripts|bench|templates|\.ci|\.github)\/[\w./-]*$/.test(span),
    );
    expect(paths.filter((path) => !existsSync(join(packageRoot, path)))).toEqual([]);
    const commands = spans.filter(
      (span) => span.startsWith('--') || verbs.some((verb) => span.startsWith(`${verb} `)),
    );
    expect(commands.filter((span) => !hasKnownFlags(span))).toEqual([]);
    const printed = spans.filter((span) => span.startsWith('eb-hosts: '));
    expect(printed.filter((line) => !hookLines.some((pattern) => pattern.test(line)))).toEqual([]);
  });
});

it('the program itself advises flags that exist', () => {
  const advice = textsBelow('src', /\.ts$/).flatMap((text) => [
    ...text.matchAll(/eb-hosts ([a-z-]+(?: [^\s'"`;,()]+)+)/g),
  ]);
  const commands = advice.flatMap(([, command = '']) =>
    verbs.includes(command.split(' ')[0] ?? '') ? command : [],
  );
  expect(commands.length).toBeGreaterThan(10);
  expect(commands.filter((command) => !hasKnownFlags(command))).toEqual([]);
});

function isThere(target: string, page: Page): boolean {
  if (/^https:\/\/[^\s/]+\.[a-z]+(?:\/\S*)?$/.test(target)) return true;
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? page.path : join(dirname(page.path), path);
  if (!existsSync(join(packageRoot, file))) return false;
  if (anchor === undefined) return true;
  const linked = pages.find((candidate) => candidate.path === file);
  return linked !== undefined && anchors(linked).has(decodeURIComponent(anchor));
}

function hasKnownFlags(span: string): boolean {
  const [verb = ''] = span.split(' ');
  const allowed = known.get(verb) ?? [...known.values()].flat();
  return flagsIn(span.split(' -- ')[0] ?? '').every(
    (flag) => allowed.includes(flag) || foreignFlags.includes(flag),
  );
}

function flagsIn(text: string): string[] {
  return text.match(/--[a-z0-9][a-z0-9-]*/g) ?? [];
}

function textsBelow(directory: string, name: RegExp): string[] {
  return readdirSync(join(packageRoot, directory), { recursive: true, encoding: 'utf8' })
    .filter((path) => name.test(path))
    .map((path) => readFileSync(join(packageRoot, directory, path), 'utf8'));
}

/** A pattern for each line that the templates print; a variable or placeholder in it stands for any text. */
const hookLines = textsBelow('templates', /\.sh$/)
  .flatMap((text) => [...text.matchAll(/\b(say|fail|leave) (?:'([^']*)'|"([^"]*)")/g)])
  .map(([, call = '', literal, interpolated]) => {
    const prefix = { say: '', fail: 'failed: ', leave: 'nothing written: ' }[call];
    const parts = (literal ?? interpolated ?? '').split(/\$\w+|\$\*|@\w+@/);
    const pattern = parts.map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('.+');
    return new RegExp(`^eb-hosts: ${prefix}${pattern}$`);
  });
