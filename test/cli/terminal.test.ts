import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { packageRoot } from '../../src/package-root.ts';
import { djangoProject } from '../support/command-line.ts';
import { describeWith } from '../support/needs.ts';
import { scratchDirectory } from '../support/scratch.ts';

const program = join(packageRoot, 'dist', 'bin.js');

/** What a terminal shows of a run. */
function shown(argv: readonly string[], env: Readonly<Record<string, string>> = {}): string {
  const words = [process.execPath, program, ...argv].map((word) => `'${word}'`).join(' ');
  return execFileSync('script', ['-qc', words, '/dev/null'], {
    cwd: scratchDirectory(),
    encoding: 'utf8',
    env: { PATH: process.env.PATH, HOME: '/nonexistent', TERM: 'xterm', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  }).replaceAll('\r', '');
}

/** What a run shows that is answered by one of `keys` at each question. */
async function answered(cwd: string, argv: readonly string[], keys: readonly string[]): Promise<string> {
  const words = [process.execPath, program, ...argv].map((word) => `'${word}'`).join(' ');
  const child = spawn('script', ['-qec', words, '/dev/null'], {
    cwd,
    env: { PATH: process.env.PATH, HOME: '/nonexistent', TERM: 'xterm', NO_COLOR: '1' },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const left = [...keys];
  let text = '';
  child.stdout.on('data', (chunk) => {
    text += chunk;
    while (left.length > 0 && text.split('○ Yes').length - 1 > keys.length - left.length) {
      child.stdin.write(left.shift());
    }
  });
  await new Promise((done) => child.on('close', done));
  return text;
}

describeWith(['script'], 'a terminal', () => {
  it('shows what init read before it asks, and what it would write before it asks for that', async () => {
    const cwd = scratchDirectory();
    for (const [path, text] of Object.entries(djangoProject)) {
      mkdirSync(dirname(join(cwd, path)), { recursive: true });
      writeFileSync(join(cwd, path), text);
    }
    const text = await answered(cwd, ['init'], ['y\r', 'y\r']);
    const order = [
      'settings mysite/settings.py',
      'The app answers /health/',
      "HEALTH_CHECK_PATH='/health/'",
      'Write ',
    ];
    const places = order.map((words) => text.indexOf(words));
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(places[0]).toBeGreaterThan(-1);
    expect(text).toContain('created .ebextensions/eb-hosts.config');
  });

  it.each([
    [{}, true],
    [{ NO_COLOR: '1' }, false],
    [{ TERM: 'dumb' }, false],
    [{ NO_COLOR: '1', FORCE_COLOR: '1' }, false],
  ])('is written to in colour with %j: %j', (env, coloured) => {
    for (const argv of [['inti'], ['init', '--role', 'x'], ['doctor'], ['probe', 'http://127.0.0.1:1/']]) {
      expect(shown(argv, env).includes('\u001b'), argv.join(' ')).toBe(coloured);
    }
  });
});
