import { interrupted } from '../errors.ts';
import type { Io } from '../io.ts';

/** Asks a yes-or-no question on the terminal; the default is no.
 * @throws UserError `interrupted` on Ctrl-C */
export async function confirm(question: string, io: Io): Promise<boolean> {
  const prompts = await import('@clack/prompts');
  const answer = await prompts.confirm({
    message: question,
    initialValue: false,
    output: process.stderr,
    signal: io.signal,
  });
  if (prompts.isCancel(answer)) throw interrupted();
  return answer;
}
