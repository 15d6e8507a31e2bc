import { describe, expect, it } from 'vitest';
import { type EnginePlatform, parseEnvironment } from '../../src/instance/engine.ts';

const python: EnginePlatform = 'python';

describe('the variables of an environment file', () => {
  it.each<[string, EnginePlatform, string, Record<string, string>]>([
    ['a plain list', python, 'A=example.com,10.0.1.5\n', { A: 'example.com,10.0.1.5' }],
    ['no line end after the last line', python, 'A=1\nB=2', { A: '1', B: '2' }],
    ['the last of several', python, 'A=1\nA=2\n', { A: '2' }],
    ['comments, empty lines, lines without =', python, '# A=1\n; B=2\n\nnothing\nC=3\n', { C: '3' }],
    ['blanks around, kept inside', python, '  A=  x  y \t\r\n', { A: 'x  y' }],
    ['an empty value', python, 'A=\nB=""\n', { A: '', B: '' }],
    ['a hash inside a value', python, 'A=x #y\n', { A: 'x #y' }],
    ['a dollar, not expanded', python, 'B=1\nA=$B${B}\n', { B: '1', A: '$B${B}' }],
    ['a backslash outside quotes', python, 'A=a\\b\\\\c\n', { A: 'ab\\c' }],
    ['double quotes', python, 'A="[\\"a\\", \\"b\\"] \\$x \\`\\\\ \\n"\n', { A: '["a", "b"] $x `\\ \\n' }],
    ['single quotes', python, "A='a\\\"b $c'\n", { A: 'a\\"b $c' }],
    ['a quote later in the value', python, 'A=a"b"\n', { A: 'a"b"' }],
    ['values raw', 'docker', 'A="x"\nB=\'y\' # z\nC=a\\nb$D\n', { A: '"x"', B: "'y' # z", C: 'a\\nb$D' }],
    ['blanks at the end', 'docker', 'A=x \n', { A: 'x ' }],
    ['everything after the first =', 'docker', 'A==b=c\n', { A: '=b=c' }],
    ['a bare name', 'docker', 'HOME\nA=1\n', { A: '1' }],
    ['comments, blank lines, CRLF', 'docker', 'A=1\r\n \t\n  # B=2\n C=3\n', { A: '1', C: '3' }],
    ['comments', 'compose', '# A=1\nB=2 # two\nC=3#4\nD="5" # five\n', { B: '2', C: '3#4', D: '5' }],
    ['double quotes', 'compose', 'A="a \\"b\\" \\\\ \\$x # c"\nB=1\n', { A: 'a "b" \\ $x # c', B: '1' }],
    ['export', 'compose', 'export A=1\nB=2\n', { A: '1', B: '2' }],
    ['CRLF', 'compose', 'A=1\r\nB="2"\r\n', { A: '1', B: '2' }],
  ])('%s: %s', (_, platform, text, expected) => {
    expect(Object.fromEntries(parseEnvironment(text, platform))).toEqual(expected);
  });

  it.each(['example.com,.example.org,10.0.1.5', 'a.example b.example 10.0.1.5', '["a","[fe80::1]"]', 'a;b'])(
    'reads %s the same on all platforms',
    (value) => {
      for (const platform of ['python', 'docker', 'compose'] as const) {
        expect(parseEnvironment(`HOSTS=${value}\n`, platform).get('HOSTS')).toBe(value);
      }
    },
  );
});
