import type { FaultNote } from '../test/support/faults.ts';

/** The parts of vitest's JSON report that matter here. */
export interface TestReport {
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message: string;
    readonly assertionResults: readonly TestResult[];
  }[];
}

export interface TestResult {
  readonly ancestorTitles: readonly string[];
  readonly fullName: string;
  readonly title: string;
  readonly status: string;
  readonly failureMessages?: readonly string[] | null;
  readonly meta?: { readonly faults?: readonly FaultNote[] };
}

/** What came of a layer's faults. */
export interface Outcome {
  readonly tests: number;
  /** How often something was put in the way, in passed and failed tests. */
  readonly cases: number;
  /** What failed, with the first line of the reason. */
  readonly failures: readonly string[];
  /** Full names, which give the reason. */
  readonly skipped: readonly string[];
  readonly rows: readonly Row[];
}

export interface Row {
  readonly fault: string;
  /** Where, or under which shells. */
  readonly under: readonly string[];
  readonly times: number;
  readonly happened: string;
}

/** Counts what vitest reports; rows alike in fault and outcome become one. */
export function readOutcome(report: TestReport, only = /(?:)/): Outcome {
  const failures: string[] = [];
  const skipped: string[] = [];
  const rows = new Map<string, Row>();
  let tests = 0;
  let cases = 0;
  for (const { name, status, message, assertionResults } of report.testResults) {
    if (status === 'failed' && assertionResults.length === 0) failures.push(firstLine(`${name}: ${message}`));
    for (const test of assertionResults.filter(({ fullName }) => only.test(fullName))) {
      if (test.status !== 'passed' && test.status !== 'failed') {
        skipped.push(test.fullName);
        continue;
      }
      tests++;
      const reason = firstLine(test.failureMessages?.[0] ?? 'no reason told');
      if (test.status === 'failed') failures.push(`${test.fullName}: ${reason}`);
      for (const row of rowsOf(test, placeOf(name))) {
        cases += row.times;
        const key = JSON.stringify([row.fault, row.happened]);
        const { under = [], times = 0 } = rows.get(key) ?? {};
        rows.set(key, { ...row, under: [...new Set([...under, ...row.under])], times: times + row.times });
      }
    }
  }
  return { tests, cases, failures, skipped, rows: [...rows.values()] };
}

const shell = /(?:, |^under )(dash|bash|busybox)$/;

function rowsOf({ ancestorTitles, title, status, meta }: TestResult, place: string): Row[] {
  const under = ancestorTitles
    .map((ancestor) => shell.exec(ancestor)?.[1])
    .filter((name) => name !== undefined);
  const path = [...ancestorTitles.map((ancestor) => ancestor.replace(shell, '')), title];
  const failed = status === 'failed';
  const common = { under: under.length > 0 ? under : [place] };
  const notes = (meta?.faults ?? []).filter(({ times }) => times !== 0);
  const plain = {
    ...common,
    fault: path.filter((part) => part !== '').join(': '),
    times: 1,
    happened: failed ? '**the test failed**' : 'as it says',
  };
  if (notes.length === 0) return [plain];
  return notes.map(({ fault = plain.fault, outcome, times = 1 }) => ({
    ...common,
    fault,
    times,
    happened: failed ? `${outcome}, **and the test failed**` : outcome,
  }));
}

/** What stands for the instance, or the service, in the tests of a directory. */
function placeOf(file: string): string {
  if (/\btest\/instance\//.test(file)) return 'booted instance';
  if (/\btest\/instance-emulation\//.test(file)) return 'emulated instance';
  if (/\btest\/(?:beanstalk|cli)\//.test(file)) return 'local service';
  return '/bin/sh';
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}
