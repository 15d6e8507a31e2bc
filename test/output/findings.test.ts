import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { Finding } from '../../src/findings.ts';
import { renderAnnotations, renderFindings } from '../../src/output/findings.ts';
import { styleFor } from '../../src/output/text.ts';

const base: Finding = {
  code: 'bundle-drops-hooks',
  severity: 'error',
  file: '.ebignore',
  line: 3,
  message: `the hook does not reach the bundle ${'and so on '.repeat(12)}`.trim(),
  fix: `add a line ${'x'.repeat(100)} to it`,
};
const findings: Finding[] = [
  { ...base, severity: 'info', code: 'nothing-to-do', file: null, line: null },
  base,
  { ...base, severity: 'warning', code: 'hooks-missing', line: null },
];

function render(columns: number, list: readonly Finding[] = findings, prefix = ''): string[] {
  const plain = styleFor({ write: () => {}, isTTY: false, columns }, {});
  return renderFindings(list, { style: plain, columns, prefix, env: {} }).split('\n');
}

describe('for people', () => {
  it('groups by severity and counts at the end', () => {
    const lines = render(80);
    expect(lines.filter((line) => /^\w+ [a-z-]+$|^\w+ [a-z-]+ \S+$/.test(line))).toEqual([
      'error bundle-drops-hooks .ebignore:3',
      'warning hooks-missing .ebignore',
      'info nothing-to-do',
    ]);
    expect(lines.at(-2)).toBe('1 error, 1 warning, 1 note');
  });

  it.each([40, 80, 120, 200])('keeps within %i columns, but for a word that is longer', (columns) => {
    const width = Math.min(columns, 120);
    const long = render(columns).filter((line) => line.length > width);
    expect(long.every((line) => /^ {2}(?:fix: )?x+$/.test(line))).toBe(true);
    // And uses the room there is.
    expect(
      Math.max(...render(columns).map((line) => (line.includes('xxx') ? 0 : line.length))),
    ).toBeGreaterThan(width - 12);
  });

  it('loses no word in wrapping', () => {
    const words = (text: string) => text.split(/\s+/).filter(Boolean).join(' ');
    expect(words(render(40).join(' '))).toContain(words(`${base.message} fix: ${base.fix}`));
  });

  it('lets no file name steer the terminal', () => {
    const text = render(80, [{ ...base, file: 'a\u001b[2Jb', message: 'x\u001b]0;y\u0007' }]).join('\n');
    expect(text).toBe(stripVTControlCharacters(text));
    expect(text).not.toContain('\u0007');
  });

  it('names places as seen from the working directory', () => {
    expect(render(80, [base], 'api/')[0]).toBe('error bundle-drops-hooks api/.ebignore:3');
  });
});

describe('for GitHub', () => {
  it('is one workflow command a finding, escaped', () => {
    const text = renderAnnotations(
      [
        { ...base, file: 'a:b,c%.sh', message: '50% of\nit', fix: 'x' },
        { ...base, severity: 'info', file: null, line: null, message: 'm', fix: 'f' },
        { ...base, severity: 'warning', line: null, message: 'm', fix: 'f' },
      ],
      'api/',
    );
    expect(text.split('\n')).toEqual([
      '::error file=api/a%3Ab%2Cc%25.sh,line=3,title=eb-hosts%3A bundle-drops-hooks::50%25 of%0Ait%0AFix: x',
      '::notice title=eb-hosts%3A bundle-drops-hooks::m%0AFix: f',
      '::warning file=api/.ebignore,title=eb-hosts%3A bundle-drops-hooks::m%0AFix: f',
      '',
    ]);
  });
});
