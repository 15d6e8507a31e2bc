import { join, posix, resolve } from 'node:path';
import { type ExitStatus, interrupted, UserError } from '../errors.ts';
import { type FileChange, planDelete } from '../hooks/plan.ts';
import type { Io } from '../io.ts';
import { commonHelp, commonOptions, type OptionTable, parseOptions } from '../options.ts';
import { describeChanges, describeFiles } from '../output/init.ts';
import { printJson } from '../output/json.ts';
import { styleFor } from '../output/style.ts';
import { wrap } from '../output/wrap.ts';
import { packageVersion } from '../package-root.ts';
import { survey } from '../project/survey.ts';
import { takeSnapshot } from '../repository/take-snapshot.ts';
import type { Write } from '../repository/write-files.ts';
import { confirm } from './confirm.ts';
import { readExistingFiles } from './existing-files.ts';
import { planUnwiring } from './settings-wiring.ts';

export const help = `eb-hosts remove: take out exactly what init wrote
Results go to stdout, everything else to stderr.

Usage: eb-hosts remove [OPTIONS]

Deletes the generated files, and takes what init spliced into the settings out
again. With the next deployment the app starts without the list.

Options
  --dry-run     print the diff, change nothing
  -y, --yes     do not ask
  --force       delete generated files that were edited by hand, too

${commonHelp}

Exit status: 0 removed, or nothing to remove; 1 a file edited by hand is kept,
and nothing was changed; 2 wrong usage or an environment that does not allow the
work; 130 interrupted, or answered with no.

Examples
  eb-hosts remove --dry-run
  eb-hosts remove --yes
`;

export const options = {
  ...commonOptions,
  'dry-run': { type: 'boolean' },
  yes: { type: 'boolean', short: 'y' },
  force: { type: 'boolean' },
} as const satisfies OptionTable;

export async function run(argv: readonly string[], io: Io): Promise<ExitStatus> {
  const { values } = parseOptions('remove', argv, options);
  const directory = resolve(io.cwd, values.cwd ?? '.');
  const { whole, appRoot } = survey(await takeSnapshot(directory));
  const planning = { version: packageVersion(), force: values.force === true };
  const { files } = readExistingFiles(join(directory, appRoot.root));
  const deletions = [...files].flatMap(([path, file]) => planDelete(path, file, planning));
  const changes = [...deletions, ...planUnwiring(directory, whole, appRoot.root)];

  const conflict = changes.some(({ action }) => action === 'conflict');
  const writes = values['dry-run'] || conflict ? [] : changes;
  const style = styleFor(io.stdout, io.env);
  if (!values.json && values['dry-run']) {
    io.stdout.write(await describeChanges(changes, style, { whole: true }));
  }
  if (writes.length > 0) {
    await approve(writes, values, io);
    const { writeFiles } = await import('../repository/write-files.ts');
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
