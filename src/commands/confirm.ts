import * as clack from '@clack/prompts';
import { interrupted } from '../errors.ts';
import type { Io } from '../io.ts';

/** Asks a yes-or-no question on the terminal; Enter is yes.
 * @throws UserError `interrupted` on Ctrl-C */
export async function confirm(question: string, io: Io, initialValue = true): Promise<boolean> {
  return answered(await clack.confirm({ ...world(io), message: question, initialValue }));
}

/** Asks for one of several answers; Enter is the first. */
export async function select<T extends string>(
  question: string,
  options: readonly { value: T; label: string; hint?: string }[],
  io: Io,
): Promise<T> {
  return answered(
    await clack.select<string>({ ...world(io), message: question, options: [...options] }),
  ) as T;
}

/** Asks for a line of text; Enter is the default. The answer is asked for again until `check` throws no error. */
export async function ask(
  question: string,
  options: { placeholder?: string; check: (answer: string) => unknown },
  io: Io,
): Promise<string> {
  const validate = (answer: string | undefined) => {
    try {
      options.check(answer ?? '');
      return undefined;
    } catch (error) {
      return error instanceof Error ? error : String(error);
    }
  };
  const { placeholder = '' } = options;
  return answered(
    await clack.text({ ...world(io), message: question, placeholder, validate, defaultValue: '' }),
  );
}

function world({ signal }: Io) {
  // A pseudo-terminal without a size reports 0 columns.
  if (!process.stderr.columns) Object.assign(process.stderr, { columns: 80, rows: 24 });
  // Results alone go to stdout.
  return { output: process.stderr, signal };
}

function answered<T>(answer: T | typeof clack.CANCEL_SYMBOL): T {
  if (answer === clack.CANCEL_SYMBOL) throw interrupted('interrupted: nothing was changed');
  return answer as T;
}
