import { posix } from 'node:path';
import { interrupted, UserError } from '../errors.ts';
import type { FileChange } from '../hooks/plan.ts';
import type { Io } from '../io.ts';
import { writeFiles } from '../repository/write-files.ts';
import { confirm } from './confirm.ts';

interface Approval {
  readonly command: 'init' | 'remove';
  readonly yes: boolean;
  readonly json: boolean;
}

/** Whether a command may ask questions. */
export function mayAsk({ yes, json }: Omit<Approval, 'command'>, io: Io): boolean {
  return io.interactive && !yes && !json;
}

/** Asks unless `--yes` was given, then writes and deletes.
 * @param directory the absolute path of the directory the command works in
 * @param appRoot where the paths of the changes begin, relative to it
 * @throws UserError `needs-yes` off a terminal, `interrupted` if the answer is no */
export async function applyChanges(
  directory: string,
  appRoot: string,
  changes: readonly FileChange[],
  approval: Approval,
  io: Io,
): Promise<void> {
  const { command, yes } = approval;
  if (!yes && !mayAsk(approval, io)) {
    throw new UserError(
      'needs-yes',
      `${command} asks before it changes files, and this is not a terminal: nothing was changed`,
      { hint: `add --yes to change them, or --dry-run to see the plan: 'eb-hosts ${command} --yes'` },
    );
  }
  const files = changes.length === 1 ? 'this file' : `these ${changes.length} files`;
  if (!yes && !(await confirm(`${command === 'init' ? 'Write' : 'Change'} ${files}?`, io, true)))
    throw interrupted('nothing was changed');
  const writes = changes.map(({ path, after }) => ({
    path: posix.join(appRoot, path),
    text: after?.text ?? null,
    mode: after?.mode ?? (after?.executable ? 0o755 : 0o644),
  }));
  await writeFiles(directory, writes, io.signal);
}
