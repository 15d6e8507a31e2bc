import * as clack from '@clack/prompts';
import { interrupted } from '../errors.ts';
import type { Io } from '../io.ts';

/** Asks a yes-or-no question on the terminal.
 * @param initialValue what Enter means
 * @throws UserError `interrupted` on Ctrl-C, and at the end of the input */
export function confirm(message: string, io: Io, initialValue = false): Promise<boolean> {
  return answer(io, (world) => clack.confirm({ ...world, message, initialValue }));
}

/** Asks for one of several answers; Enter is the first. */
export async function select<T extends string>(
  message: string,
  options: readonly { value: T; label: string; hint?: string }[],
  io: Io,
): Promise<T> {
  const all = [...options];
  return (await answer(io, (world) => clack.select<string>({ ...world, message, options: all }))) as T;
}

/** Asks for a line of text until `check` takes it. */
export function ask(
  message: string,
  { placeholder, check }: { placeholder: string; check: (text: string) => unknown },
  io: Io,
): Promise<string> {
  const validate = (text: string | undefined) => {
    try {
      check(text ?? '');
      return undefined;
    } catch (error) {
      return error instanceof Error ? error : String(error);
    }
  };
  return answer(io, (world) => clack.text({ ...world, message, placeholder, validate, defaultValue: '' }));
}

interface World {
  readonly output: NodeJS.WriteStream;
  readonly signal: AbortSignal;
}

async function answer<T>(
  io: Io,
  prompt: (world: World) => Promise<T | typeof clack.CANCEL_SYMBOL>,
): Promise<T> {
  // A pseudo-terminal without a size reports 0 columns.
  if (!process.stderr.columns) Object.assign(process.stderr, { columns: 80, rows: 24 });
  // The prompt itself waits for ever after Ctrl-D.
  const ended = new AbortController();
  const onKey = (_: string, key: { ctrl?: boolean; name?: string }) => {
    if (key.ctrl && key.name === 'd') ended.abort();
  };
  process.stdin.on('keypress', onKey).once('end', () => ended.abort());
  // Results alone go to stdout.
  const given = await prompt({ output: process.stderr, signal: AbortSignal.any([io.signal, ended.signal]) });
  process.stdin.off('keypress', onKey);
  if (given === clack.CANCEL_SYMBOL) throw interrupted('interrupted: nothing was changed');
  return given as T;
}
