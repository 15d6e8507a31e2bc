import { expect, test } from 'vitest';
import { progressPrinter } from '../../src/output/progress.ts';

const plain = (_: unknown, text: string) => text;
const event = {
  date: '2026-05-31T10:11:12.000Z',
  severity: 'INFO',
  message: 'starting',
  requestId: undefined,
};

function printTo(isTTY: boolean, quiet = false): string {
  let written = '';
  const stderr = {
    write: (text: string) => {
      written += text;
    },
    isTTY,
    columns: 24,
  };
  const printer = progressPrinter(stderr, plain, quiet);
  printer.report({ kind: 'status', status: 'Updating' });
  printer.report({ kind: 'event', event });
  printer.count(7, 'environments read');
  printer.warn('odd');
  printer.end();
  return written;
}

test('off a terminal everything is a line', () => {
  expect(printTo(false)).toBe('the environment is Updating, waiting\n10:11:12 INFO starting\nwarning: odd\n');
});

test('on a terminal the last line turns, is written over, and never wraps', () => {
  const clear = '\r\x1b[K';
  const lines = [
    '⠋ the environment is Up',
    '⠋ 10:11:12 INFO startin',
    '⠋ 7 environments read',
    'warning: odd\n',
  ];
  expect(printTo(true)).toBe(lines.join(clear));
});

test('quiet is quiet', () => {
  expect(printTo(true, true)).toBe('');
});
