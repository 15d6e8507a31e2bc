import { describe, expect, it } from 'vitest';
import {
  parseComposeDotenv,
  parseDockerEnvFile,
  parseSystemdEnvironment,
} from '../../src/instance/environment.ts';

const plain = (variables: ReadonlyMap<string, string>) => Object.fromEntries(variables);

describe('an EnvironmentFile of systemd', () => {
  it.each<[string, string, Record<string, string>]>([
    ['a plain list', 'A=example.com,10.0.1.5\n', { A: 'example.com,10.0.1.5' }],
    ['no line end after the last line', 'A=1\nB=2', { A: '1', B: '2' }],
    ['the last of several', 'A=1\nA=2\n', { A: '2' }],
    ['comments, empty lines, lines without =', '# A=1\n; B=2\n\nnothing\nC=3\n', { C: '3' }],
    ['blanks around, kept inside', '  A =  x  y \t\r\n', { A: 'x  y' }],
    ['an empty value', 'A=\nB=""\n', { A: '', B: '' }],
    ['a hash inside a value', 'A=x #y\n', { A: 'x #y' }],
    ['a dollar, not expanded', 'B=1\nA=$B${B}\n', { B: '1', A: '$B${B}' }],
    ['a backslash outside quotes', 'A=a\\b\\\\c\n', { A: 'ab\\c' }],
    ['double quotes', 'A="[\\"a\\", \\"b\\"] \\$x \\`\\\\ \\n"\n', { A: '["a", "b"] $x `\\ \\n' }],
    ['single quotes', "A='a\\\"b $c'\n", { A: 'a\\"b $c' }],
    ['a quote later in the value', 'A=a"b"\n', { A: 'a"b"' }],
    ['names no environment takes', '1A=x\nA-B=y\nexport C=z\nD=1\n', { D: '1' }],
    ['CRLF', 'A=1\r\nB=2\r\n', { A: '1', B: '2' }],
  ])('reads %s', (_, text, expected) => {
    expect(plain(parseSystemdEnvironment(text))).toEqual(expected);
  });
});

describe('an env file of docker', () => {
  it.each<[string, string, Record<string, string>]>([
    [
      'values raw, quotes and all',
      'A="x"\nB=\'y\' # z\nC=a\\nb$D\n',
      { A: '"x"', B: "'y' # z", C: 'a\\nb$D' },
    ],
    ['blanks at the end', 'A=x \n', { A: 'x ' }],
    ['everything after the first =', 'A==b=c\n', { A: '=b=c' }],
    ['the last of several', 'A=1\nA=2\n', { A: '2' }],
    ['a bare name', 'HOME\nA=1\n', { A: '1' }],
    ['comments, blank lines, CRLF', 'A=1\r\n \t\n  # B=2\n C=3\n', { A: '1', C: '3' }],
  ])('reads %s', (_, text, expected) => {
    expect(plain(parseDockerEnvFile(text))).toEqual(expected);
  });

  it.each(['=x\n', 'A B=1\n', 'export A=1\n'])('refuses %j, as docker does', (text) => {
    expect(() => parseDockerEnvFile(text)).toThrow('docker refuses the env file');
  });
});

describe('a .env file of Compose', () => {
  it.each<[string, string, Record<string, string>]>([
    ['a plain list', 'A=example.com,10.0.1.5\nB=1', { A: 'example.com,10.0.1.5', B: '1' }],
    ['comments', '# A=1\nB=2 # two\nC=3#4\n', { B: '2', C: '3#4' }],
    ['double quotes', 'A="a \\"b\\" \\\\ \\t\\$x # c"\nB=1\n', { A: 'a "b" \\ \t$x # c', B: '1' }],
    ['single quotes', "A='a $B \\\\n'\nC=1\n", { A: 'a $B \\\\n', C: '1' }],
    ['export, a colon, blanks', 'export A=1\nB: 2\n C = 3 \n', { A: '1', B: '2', C: '3' }],
    ['bare names', 'H\nN\nA=1\n', { A: '1' }],
    ['the last of several', 'A=1\nA=2\n', { A: '2' }],
    ['CRLF', 'A=1\r\nB="2"\r\n', { A: '1', B: '2' }],
    ['an empty value', 'A=\nB=""\nC=1\n', { A: '', B: '', C: '1' }],
  ])('reads %s', (_, text, expected) => {
    expect(plain(parseComposeDotenv(text))).toEqual(expected);
  });
});

describe.each([
  ['systemd', parseSystemdEnvironment],
  ['docker', parseDockerEnvFile],
  ['compose', parseComposeDotenv],
] as const)('a plain list of hosts under %s', (_, parse) => {
  it.each(['example.com,.example.org,10.0.1.5', 'a.example b.example 10.0.1.5', '["a","[fe80::1]"]', 'a;b'])(
    'reads %s the same',
    (value) => {
      expect(parse(`HOSTS=${value}\n`).get('HOSTS')).toBe(value);
    },
  );
});
