import { interrupted } from '../errors.ts';
import type { Io } from '../io.ts';

/** Asks a yes-or-no question on the terminal; the default is no.
 * @throws UserError `interrupted` on Ctrl-C, and at the end of the input */
export async function confirm(question: string, io: Io): Promise<boolean> {
  const { createInterface } = await import('node:readline/promises');
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const stopped = new AbortController();
  // Without a listener readline swallows Ctrl-C, and at the end of the input the answer never comes.
  terminal.on('SIGINT', () => stopped.abort());
  terminal.on('close', () => stopped.abort());
  const signal = AbortSignal.any([io.signal, stopped.signal]);
  try {
    return /^y(?:es)?$/i.test((await terminal.question(`${question} [y/N] `, { signal })).trim());
  } catch (error) {
    if (!signal.aborted) throw error;
    io.stderr.write('\n');
    throw interrupted('interrupted: nothing was changed');
  } finally {
    terminal.close();
  }
}
