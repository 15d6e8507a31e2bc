import fc from 'fast-check';
import { expect, it } from 'vitest';
import { maskEnvironment } from '../../src/output/rehearse.ts';

const names = ['A', 'B', 'KEY', 'DATABASE_URL', 'HOSTS_SECRET'];

it.each([
  ['a value', 'DATABASE_URL=postgres://secret\n', 'DATABASE_URL=(hidden)\n'],
  ['all but the variable', 'A=secret\nHOSTS=a,b\nB=secret', 'A=(hidden)\nHOSTS=a,b\nB=(hidden)'],
  [
    'a value over lines',
    'KEY="-----BEGIN\nsecret\nJBSWY3DP==\n"\nHOSTS=a\n',
    'KEY=(hidden)\n(hidden)\n(hidden)\n(hidden)\nHOSTS=a\n',
  ],
  ['an export', 'export A=secret\n', 'A=(hidden)\n'],
  ['a name that begins like the variable', 'HOSTS_SECRET=x\n', 'HOSTS_SECRET=(hidden)\n'],
  ['comments, and not what the program wrote', '# made by hand\nHOSTS=a\n\n', '# made by hand\nHOSTS=a\n\n'],
])('hides %s', (_, text, expected) => {
  expect(maskEnvironment(text, 'HOSTS', names)).toBe(expected);
});

it('never shows any part of another value', () => {
  const secret = fc.stringMatching(/^sEcret[a-z=+/ "'\\]*$/);
  fc.assert(
    fc.property(fc.array(secret), fc.constantFrom('\n', '\r\n', '='), (parts, separator) => {
      const shown = maskEnvironment(`A=${parts.join(separator)}\nHOSTS=a\n`, 'HOSTS', names);
      expect(shown).not.toContain('sEcret');
      expect(shown).toContain('HOSTS=a');
    }),
  );
});
