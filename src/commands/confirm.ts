import { posix } from 'node:path';
import * as clack from '@clack/prompts';
import { interrupted, UserError } from '../errors.ts';
import type { FileChange } from '../hooks/plan.ts';
import type { Io } from '../io.ts';
import { writeFiles } from '../repository/write-files.ts';

// Ctrl-D ends a question as Ctrl-C does.
clack.updateSettings({ aliases: { '\u0004': 'cancel' } });

/** Asks a yes-or-no question on the terminal.
 * @param initialValue what Enter means
 * @throws UserError `interrupted` on Ctrl-C and Ctrl-D */
export function confirm(message: string, io: Io, initialValue = false): Promise<boolean> {
  return answered(clack.confirm({ ...terminal(io), message, initialValue }));
}

/** Asks for one of several answers; Enter is the first. */
export async function select<T extends string>(
  message: string,
  options: readonly { value: T; label: string; hint?: string }[],
  io: Io,
): Promise<T> {
  const all = [...options];
  return (await answered(clack.select<string>({ ...terminal(io), message, options: all }))) as T;
}

/** Asks for a line of text until `check` takes it; it throws what is wrong. */
export function ask(
  message: string,
  placeholder: string,
  check: (text: string) => unknown,
  io: Io,
): Promise<string> {
  const validate = (text = '') => {
    try {
      check(text);
      return undefined;
    } catch (error) {
      return error instanceof Error ? error : String(error);
    }
  };
  return answered(clack.text({ ...terminal(io), message, placeholder, validate, defaultValue: '' }));
}

/** Results alone go to stdout. */
function terminal({ signal }: Io) {
  // A pseudo-terminal without a size reports 0 columns.
  if (!process.stderr.columns) Object.assign(process.stderr, { columns: 80, rows: 24 });
  return { output: process.stderr, signal };
}

async function answered<T>(prompt: Promise<T | typeof clack.CANCEL_SYMBOL>): Promise<T> {
  const answer = await prompt;
  if (answer === clack.CANCEL_SYMBOL) throw interrupted('interrupted: nothing was changed');
  return answer as T;
}

interface Approval {
  readonly yes?: boolean;
  readonly json?: boolean;
}

/** Whether a command may ask questions. */
export function mayAsk({ yes, json }: Approval, io: Io): boolean {
  return io.interactive && !yes && !json;
}

/** Asks unless `--yes` was given, then writes and deletes.
 * @param directory the absolute path of the directory the command works in
 * @param appRoot where the paths of the changes begin, relative to it
 * @throws UserError `needs-yes` off a terminal, `interrupted` if the answer is no */
export async function applyChanges(
  command: 'init' | 'remove',
  directory: string,
  appRoot: string,
  changes: readonly FileChange[],
  approval: Approval,
  io: Io,
): Promise<void> {
  if (!approval.yes && !mayAsk(approval, io)) {
    const message = `${command} asks before it changes files, and this is not a terminal: nothing was changed`;
    const hint = `add --yes to change them, or --dry-run to see the plan: 'eb-hosts ${command} --yes'`;
    throw new UserError('needs-yes', message, { hint });
  }
  const files = changes.length === 1 ? 'this file' : `these ${changes.length} files`;
  const question = `${command === 'init' ? 'Write' : 'Change'} ${files}?`;
  if (!approval.yes && !(await confirm(question, io, true))) throw interrupted('nothing was changed');
  const writes = changes.map(({ path, after }) => ({
    path: posix.join(appRoot, path),
    text: after?.text ?? null,
    mode: after?.mode ?? 0,
  }));
  await writeFiles(directory, writes, io.signal);
}
