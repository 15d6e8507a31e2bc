import { describe, expect, it } from 'vitest';
import { hostsDirectory, loadHostsFile } from '../../src/generated-paths.ts';
import { hostsSnippet } from '../../src/project/django/settings-snippet.ts';
import { codeLines, pages } from './pages.ts';

describe('the lines that docs/frameworks.md shows', () => {
  const page = pages.find(({ path }) => path === 'docs/frameworks.md');
  const shown = page === undefined ? [] : codeLines(page, 'python', 'ruby', 'php');

  it.each(['django', 'flask', 'starlette', 'rails', 'symfony', 'laravel'] as const)(
    'are those that --settings print shows: %s',
    (framework) => {
      const choices = { variable: 'EB_HOSTS', separator: 'comma', role: 'extra-hosts', hosts: [] } as const;
      const printed = hostsSnippet(framework, choices)
        .split('\n')
        .filter((line) => line !== '' && !/^(?:import|from) /.test(line));
      expect(printed.length).toBeGreaterThan(0);
      expect(shown).toEqual(expect.arrayContaining(printed));
    },
  );
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
