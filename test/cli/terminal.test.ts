import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { packageRoot } from '../../src/package-root.ts';
import { describeWith } from '../support/needs.ts';
import { scratchDirectory } from '../support/scratch.ts';

const program = join(packageRoot, 'dist', 'bin.js');
const commands = ['init', 'doctor', 'rehearse', 'probe', 'health-check', 'remove', 'completion'];

/** What a terminal of this width shows of a run. */
function shown(argv: readonly string[], columns: number, env: Readonly<Record<string, string>> = {}): string {
  const words = [process.execPath, program, ...argv].map((word) => `'${word}'`).join(' ');
  return execFileSync('script', ['-qc', `stty cols ${columns}; ${words}`, '/dev/null'], {
    cwd: scratchDirectory(),
    encoding: 'utf8',
    env: { PATH: process.env.PATH, HOME: '/nonexistent', TERM: 'xterm', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  }).replaceAll('\r', '');
}

describeWith(['script'], 'a terminal', () => {
  it.each(['', ...commands])('shows the help of eb-hosts %s whole, whatever its width', (command) => {
    const argv = command === '' ? ['--help'] : [command, '--help'];
    const written = shown(argv, 80);
    const words = (text: string) => text.split(/\s+/);
    expect(shown(argv, 200)).toBe(written);
    for (const columns of [60, 80]) {
      const text = shown(argv, columns);
      expect(words(text)).toEqual(words(written));
      // A word or a command line that is longer stays whole, to be copied.
      const prose = text.split('\n').filter((line) => !/^ {2}eb-hosts /.test(line) && /\S\s+\S/.test(line));
      for (const line of prose) expect(line.length, line).toBeLessThanOrEqual(columns);
    }
    expect(written).not.toContain('\u001b');
  });

  it.each([
    [{}, true],
    [{ NO_COLOR: '1' }, false],
    [{ TERM: 'dumb' }, false],
    [{ NO_COLOR: '1', FORCE_COLOR: '1' }, false],
  ])('is written to in colour with %j: %j', (env, coloured) => {
    for (const argv of [['inti'], ['init', '--role', 'x'], ['doctor'], ['probe', 'http://127.0.0.1:1/']]) {
      expect(shown(argv, 80, env).includes('\u001b'), argv.join(' ')).toBe(coloured);
    }
  });
});
