import { confirm as ask, isCancel } from '@clack/prompts';
import { interrupted } from '../errors.ts';
import type { Io } from '../io.ts';

/** Asks a yes-or-no question on the terminal; the default is no.
 * @throws UserError `interrupted` on Ctrl-C, and at the end of the input */
export async function confirm(question: string, io: Io): Promise<boolean> {
  // A pseudo-terminal without a size reports 0 columns.
  if (!process.stderr.columns) Object.assign(process.stderr, { columns: 80, rows: 24 });
  // The prompt itself waits for ever after Ctrl-D.
  const ended = new AbortController();
  const onKey = (_: string, key: { ctrl?: boolean; name?: string }) => {
    if (key.ctrl && key.name === 'd') ended.abort();
  };
  process.stdin.on('keypress', onKey).once('end', () => ended.abort());
  const answer = await ask({
    message: question,
    initialValue: false,
    output: process.stderr,
    signal: AbortSignal.any([io.signal, ended.signal]),
  });
  process.stdin.off('keypress', onKey);
  if (isCancel(answer)) throw interrupted('interrupted: nothing was changed');
  return answer;
}
