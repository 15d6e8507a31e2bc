import { TestRunner } from 'vitest';
import type { HookRun } from './hook.ts';

/** What a test has put in the way, and what came of it: a line of the reliability report (docs/reliability.md). */
export interface FaultNote {
  /** In words; the test's title where none is given. */
  readonly fault?: string;
  /** What happened, as it was seen. */
  readonly outcome: string;
  /** How often; once where it is not said. */
  readonly times?: number;
}

declare module 'vitest' {
  interface TaskMeta {
    faults?: FaultNote[];
  }
}

/** Notes a fault with the running test; a test that runs beside others (`concurrent`) has to hand itself over. */
export function noteFault(note: FaultNote, task = TestRunner.getCurrentTest()): void {
  if (task !== undefined) task.meta.faults = [...(task.meta.faults ?? []), note];
}

/** Notes what a run of the hook did to the file that stood there before. */
export function noteHookRun(
  fault: string | undefined,
  run: HookRun,
  [before, after]: readonly [string | undefined, string | undefined],
  task = TestRunner.getCurrentTest(),
): void {
  noteFault({ ...(fault === undefined ? {} : { fault }), outcome: outcomeOf(run, before, after) }, task);
}

/** In words: how the run ended, which file stands there now, and the line that says why where it is not the new one. */
function outcomeOf({ status, stdout, stderr }: HookRun, before?: string, after?: string): string {
  const file = fileInWords(before, after);
  const said = (stderr !== '' || file === 'new file' ? stderr : stdout).match(/(?<=^eb-hosts: ).*$/gm) ?? [];
  // What leaves a file as it is says so at last; any other reason comes first.
  const line = said.at(stderr === '' && file === 'old file' ? -1 : 0);
  let course = '';
  if (status !== 0) course = 'refused, ';
  else if (/the deployment goes on/.test(stderr)) course = 'deployment goes on, ';
  return `${course}${file}${line === undefined ? '' : `: \`${withoutPlace(line)}\``}`;
}

function fileInWords(before: string | undefined, after: string | undefined): string {
  if (after === before) return after === undefined ? 'nothing written' : 'old file';
  return after === undefined ? 'old file taken away' : 'new file';
}

/** Scratch directories, and the address of this machine, are other ones in the next run. */
function withoutPlace(line: string): string {
  return line
    .replace(/\/[\w./-]*\/eb-hosts-instance-\w+(?=\/)/g, '')
    .replace(/taking \S+ from/, 'taking its address from');
}
