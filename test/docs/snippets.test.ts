import { describe, expect, it } from 'vitest';
import { hostsDirectory, loadHostsFile } from '../../src/generated-paths.ts';
import { phpPatterns, pythonHosts, rubyHosts } from '../../src/project/wiring/code.ts';
import { codeLines, pages } from './pages.ts';

describe('the lines that docs/frameworks.md shows', () => {
  const page = pages.find(({ path }) => path === 'docs/frameworks.md');
  const shown = page === undefined ? [] : codeLines(page, 'python', 'ruby', 'php');
  const variable = { variable: 'EB_HOSTS', separator: 'comma' } as const;

  it.each([
    ['Python', pythonHosts(variable, 'os.environ')],
    ['Ruby', rubyHosts(variable)],
    ['PHP', phpPatterns(variable)],
  ])('are those that init puts in or shows: %s', (_language, code) => {
    expect(shown.filter((line) => line.includes(code))).not.toEqual([]);
  });
});

it('the container of docs/deliveries.md loads the list by the line that doctor shows', () => {
  const page = pages.find(({ path }) => path === 'docs/deliveries.md');
  const shown = page === undefined ? '{}' : codeLines(page, 'json').join('\n');
  expect(JSON.parse(shown).containerDefinitions[0].command).toEqual([
    'sh',
    '-c',
    `${loadHostsFile(hostsDirectory)}; exec gunicorn mysite.wsgi`,
  ]);
});
