import { join, posix, resolve } from 'node:path';
import { Command } from 'commander';
import { type ExitStatus, interrupted, UserError } from '../errors.ts';
import { type FileChange, planDelete } from '../hooks/plan.ts';
import type { Io } from '../io.ts';
import { describeChanges, describeFiles } from '../output/init.ts';
import { printJson } from '../output/json.ts';
import { styleFor } from '../output/style.ts';
import { wrap } from '../output/wrap.ts';
import { packageVersion } from '../package-root.ts';
import { survey } from '../project/survey.ts';
import { takeSnapshot } from '../repository/take-snapshot.ts';
import { type Write, writeFiles } from '../repository/write-files.ts';
import { confirm } from './confirm.ts';
import { readExistingFiles } from './existing-files.ts';
import type { CommonOptions, Invocation } from './invocation.ts';
import { planUnwiring } from './settings-wiring.ts';

interface RemoveOptions extends CommonOptions {
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly force?: boolean;
}

export function removeCommand({ io, end }: Invocation): Command {
  const command = new Command('remove')
    .description('take out exactly what init wrote')
    .option('--dry-run', 'print the diff, change nothing')
    .option('-y, --yes', 'do not ask')
    .option('--force', 'delete generated files that were edited by hand, too')
    .addHelpText(
      'after',
      `
Exit status: 0 removed, or nothing to remove; 1 a file edited by hand is kept,
and nothing was changed; 2 wrong usage or an environment that does not allow the
work; 130 interrupted, or answered with no.

Examples
  eb-hosts remove --dry-run
  eb-hosts remove --yes`,
    );
  return command.action(async () => end(await remove(command.optsWithGlobals(), io)));
}

async function remove(values: RemoveOptions, io: Io): Promise<ExitStatus> {
  const directory = resolve(io.cwd, values.cwd ?? '.');
  const { whole, appRoot } = survey(await takeSnapshot(directory));
  const planning = { version: packageVersion(), force: values.force === true };
  const { files } = readExistingFiles(join(directory, appRoot.root));
  const deletions = [...files].flatMap(([path, file]) => planDelete(path, file, planning));
  const changes = [...deletions, ...(await planUnwiring(directory, whole, appRoot.root))];

  const conflict = changes.some(({ action }) => action === 'conflict');
  const writes = values.dryRun || conflict ? [] : changes;
  const style = styleFor(io.stdout, io.env);
  if (!values.json && values.dryRun) {
    io.stdout.write(await describeChanges(changes, style, { whole: true }));
  }
  if (writes.length > 0) {
    await approve(writes, values, io);
    await writeFiles(
      directory,
      writes.map((change) => toWrite(change, appRoot.root)),
      io.signal,
    );
  }
  if (values.json) {
    const listed = changes.map(({ path, action }) => ({ path, action }));
    printJson(io.stdout, { command: 'remove', ok: !conflict, appRoot: appRoot.root, files: listed });
  } else if (changes.length === 0) {
    io.stdout.write('nothing to remove\n');
  } else {
    io.stdout.write(describeFiles(changes, writes.length > 0, style));
    if (writes.length > 0 && !values.quiet)
      io.stdout.write(`\n${wrap(next, io.stdout.columns).join('\n')}\n`);
  }
  return conflict ? 1 : 0;
}

const next =
  'Next: commit this, then deploy: the app starts with its own list again, and health checks that it refuses fail again.';

async function approve(
  changes: readonly FileChange[],
  values: { yes?: boolean; json?: boolean },
  io: Io,
): Promise<void> {
  if (values.yes) return;
  if (!io.interactive || values.json) {
    throw new UserError(
      'needs-yes',
      'remove asks before it deletes, and this is not a terminal: nothing was changed',
      {
        hint: "add --yes to delete them, or --dry-run to see them: 'eb-hosts remove --yes'",
      },
    );
  }
  const style = styleFor(io.stderr, io.env);
  // What is deleted was generated; a file of the user's is shown.
  const edits = changes.filter(({ action }) => action === 'update');
  io.stderr.write(await describeChanges(edits, style, { whole: true }));
  io.stderr.write(describeFiles(changes, false, style));
  if (
    !(await confirm(`Change ${changes.length === 1 ? 'this file' : `these ${changes.length} files`}?`, io))
  ) {
    throw interrupted('nothing was changed');
  }
}

function toWrite({ path, after }: FileChange, appRoot: string): Write {
  return { path: posix.join(appRoot, path), text: after?.text ?? null, mode: after?.mode ?? 0o644 };
}
