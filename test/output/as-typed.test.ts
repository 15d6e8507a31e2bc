import { expect, it } from 'vitest';
import { asTyped } from '../../src/output/text.ts';
import { ebHosts } from '../support/command-line.ts';

const npx = { npm_command: 'exec' };

it.each([
  ['eb-hosts init', 'npx eb-hosts init'],
  [
    "eb-hosts init ('eb-hosts init --dry-run' shows the difference)",
    "npx eb-hosts init ('npx eb-hosts init --dry-run' shows the difference)",
  ],
  ["see 'eb-hosts --help'", "see 'npx eb-hosts --help'"],
])('names the commands as npx takes them: %s', (text, typed) => {
  expect(asTyped(text, npx)).toBe(typed);
  expect(asTyped(typed, npx), 'once').toBe(typed);
  expect(asTyped(text, { npm_command: 'run-script' })).toBe(text);
  expect(asTyped(text, {})).toBe(text);
});

it.each([
  'let the app read /var/lib/eb-hosts/hosts.env',
  'use that version: npx eb-hosts@latest',
  'node_modules/.bin/eb-hosts init',
  'leave the list to the hook of eb-hosts, and remove this line',
])('leaves alone what is no command to type: %s', (text) => {
  expect(asTyped(text, npx)).toBe(text);
});

it('knows every command', async () => {
  const { stdout } = await ebHosts(process.cwd(), ['--help']);
  const commands = [...stdout.matchAll(/^ {2}([a-z][a-z-]+) /gm)].flatMap(([, name = '']) =>
    name === 'help' ? [] : name,
  );
  expect(commands).toContain('health-check');
  for (const command of commands) expect(asTyped(`eb-hosts ${command}`, npx)).toBe(`npx eb-hosts ${command}`);
});
