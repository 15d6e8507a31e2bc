import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/package-root.ts';
import { ebHosts } from '../support/command-line.ts';
import { anchors, codeLines, codeSpans, linkTargets, type Page, pages } from './pages.ts';

describe.each(pages.map((page) => ({ path: page.path, page })))('$path', ({ page }) => {
  it('links to what is there', () => {
    expect(linkTargets(page).filter((target) => !isThere(target, page))).toEqual([]);
  });

  it('names files of the repository that exist', () => {
    const named = codeSpans(page).filter((span) =>
      /^(?:src|test|docs|scripts|bench|templates|\.ci|\.github)\/[\w./-]*$/.test(span),
    );
    expect(named.filter((path) => !existsSync(join(packageRoot, path)))).toEqual([]);
  });
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

describe('ARCHITECTURE.md', () => {
  it('shows a tree of directories and files that exist', () => {
    const page = pages.find(({ path }) => path === 'ARCHITECTURE.md');
    const paths = page === undefined ? [] : treePaths(codeLines(page, ''));
    expect(paths.length).toBeGreaterThan(20);
    expect(paths.filter((path) => !existsSync(join(packageRoot, path)))).toEqual([]);
  });
});

/** The paths of an indented tree: `names  what they are`, names below a directory two columns further in. */
function treePaths(lines: readonly string[]): string[] {
  const parents: string[] = [];
  const paths: string[] = [];
  for (const line of lines) {
    const [, indentation = '', names = ''] = /^( *)(\S.*?)(?: {2,}.*)?$/.exec(line) ?? [];
    const depth = indentation.length / 2;
    const inside = parents.slice(0, depth).join('');
    const listed = names.split(/[ ,]+/);
    if (!listed.every((name) => /^[\w./-]*[./][\w./-]*$/.test(name))) continue;
    paths.push(...listed.map((name) => inside + name));
    parents.splice(depth, Infinity, listed[0] ?? '');
  }
  return paths;
}

describe('flags of eb-hosts in the pages', () => {
  const verbs = ['init', 'remove', 'doctor', 'rehearse', 'probe', 'health-check'];
  const known = new Map<string, Set<string>>();

  beforeAll(async () => {
    for (const verb of verbs) {
      const { stdout } = await ebHosts(packageRoot, [verb, '--help']);
      known.set(verb, new Set(flagsIn(stdout)));
    }
  });

  /** Of other programs, where a span names the flag alone. */
  const others = new Set(['--env-file', '--provenance']);

  it.each(pages)('$path', (page) => {
    const unknown = codeSpans(page).filter((span) => {
      const verb = verbs.find((word) => span.startsWith(`${word} `));
      if (verb === undefined && !span.startsWith('--')) return false;
      const allowed = verb === undefined ? [...known.values()] : [known.get(verb) ?? new Set()];
      return flagsIn(span.split(' -- ')[0] ?? '').some(
        (flag) => !others.has(flag) && !allowed.some((flags) => flags.has(flag)),
      );
    });
    expect(unknown).toEqual([]);
  });

  it('and in what the program itself advises', () => {
    const advice = sources.flatMap((text) => [...text.matchAll(/eb-hosts ([a-z-]+)((?: [^\s'"`;,()]+)+)/g)]);
    expect(advice.length).toBeGreaterThan(20);
    const commands = advice.filter(
      ([, verb = '', rest = '']) => verbs.includes(verb) || rest.startsWith(' --'),
    );
    const unknown = commands.filter(([, verb = '', rest = '']) =>
      flagsIn(rest.split(' -- ')[0] ?? '').some((flag) => !known.get(verb)?.has(flag)),
    );
    expect(unknown.map(([text]) => text)).toEqual([]);
  });
});

const sources = ['src', 'templates'].flatMap((directory) =>
  readdirSync(join(packageRoot, directory), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.(?:ts|sh)$/.test(name))
    .map((name) => readFileSync(join(packageRoot, directory, name), 'utf8')),
);

function flagsIn(text: string): string[] {
  return text.match(/--[a-z0-9][a-z0-9-]*/g) ?? [];
}
