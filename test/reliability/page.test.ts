import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { layers } from '../../reliability/layers.ts';
import { readOutcome, type TestResult } from '../../reliability/outcome.ts';
import { renderPage } from '../../reliability/page.ts';

const test = (result: Partial<TestResult>): TestResult => ({
  ancestorTitles: ['the hook, dash'],
  title: 'a fault',
  fullName: `${(result.ancestorTitles ?? ['the hook, dash']).join(' ')} ${result.title ?? 'a fault'}`,
  status: 'passed',
  ...result,
});

const report = (...assertionResults: TestResult[]) => ({
  testResults: [{ name: '/repo/test/hook/a.test.ts', status: 'passed', message: '', assertionResults }],
});

const noted = (outcome: string, times?: number) => ({
  faults: [{ fault: 'full disk', outcome, ...(times === undefined ? {} : { times }) }],
});

const page = (...results: TestResult[]) =>
  renderPage(
    [
      {
        layer: { title: 'File system', about: 'About.', files: [] },
        outcome: readOutcome(report(...results)),
        seconds: 3,
        command: 'npx vitest run',
      },
    ],
    { date: '2026-01-01', machine: 'a machine', versions: { node: '20' }, trial: false },
  );

describe('what came of the faults', () => {
  it('adds up what is alike, under every shell, and keeps apart what is not', () => {
    const { rows, cases, tests } = readOutcome(
      report(
        test({ meta: noted('old file', 5) }),
        test({ ancestorTitles: ['the hook, bash'], meta: noted('old file', 2) }),
        test({ ancestorTitles: ['the hook', 'under busybox'], meta: noted('new file') }),
      ),
    );
    expect(rows).toEqual([
      { fault: 'full disk', under: ['dash', 'bash'], times: 7, happened: 'old file' },
      { fault: 'full disk', under: ['busybox'], times: 1, happened: 'new file' },
    ]);
    expect({ cases, tests }).toEqual({ cases: 8, tests: 3 });
  });

  it('is the title where a test notes nothing, and no row where it happened never', () => {
    const { rows } = readOutcome(report(test({}), test({ meta: noted('half a file', 0) })));
    expect(rows).toEqual([{ fault: 'the hook: a fault', under: ['dash'], times: 2, happened: 'as it says' }]);
  });

  it('leaves out the tests of a file that belong to no layer, and counts a skipped one as skipped', () => {
    const { tests, skipped } = readOutcome(
      report(
        test({}),
        test({ title: 'other' }),
        test({ title: 'a fault (skipped: needs root)', status: 'skipped' }),
      ),
      /a fault/,
    );
    expect(tests).toBe(1);
    expect(skipped).toEqual(['the hook, dash a fault (skipped: needs root)']);
  });
});

describe('the page', () => {
  it('says that nothing was lost only where every test passed', () => {
    expect(page(test({ meta: noted('old file') }))).toContain('nothing was lost');
    const failed = page(
      test({ meta: noted('old file') }),
      test({
        status: 'failed',
        failureMessages: ['expected 1 to be 0\n    at somewhere'],
        meta: noted('half a file'),
      }),
    );
    expect(failed).not.toContain('nothing was lost');
    expect(failed).toContain('- the hook, dash a fault: expected 1 to be 0\n');
    expect(failed).toContain('| full disk | dash | 1 | half a file, **and the test failed** |');
  });

  it('counts a file that did not even load as a failure', () => {
    const broken = { name: 'a.test.ts', status: 'failed', message: 'no such module', assertionResults: [] };
    expect(readOutcome({ testResults: [broken] }).failures).toEqual(['a.test.ts: no such module']);
  });

  it('names what was skipped, with the reason', () => {
    expect(page(test({ title: 'x (skipped: needs root)', status: 'skipped' }))).toContain('needs root');
  });
});

it('every layer names test files that exist', () => {
  for (const { files } of layers) for (const file of files) expect(existsSync(file), file).toBe(true);
});
