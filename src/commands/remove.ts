import { join, resolve } from 'node:path';
import { type ExitStatus, interrupted, UserError } from '../errors.ts';
import { type FileChange, planDelete } from '../hooks/plan.ts';
import type { Io } from '../io.ts';
import { commonHelp, commonOptions, parseOptions } from '../options.ts';
import { describeChanges, describeFiles } from '../output/init.ts';
import { printJson } from '../output/json.ts';
import { styleFor } from '../output/style.ts';
import { packageVersion } from '../package-root.ts';
import { readProject } from '../project/read-project.ts';
import { takeSnapshot } from '../repository/take-snapshot.ts';
import { writeFiles } from '../repository/write-files.ts';
import { confirm } from './confirm.ts';
import { readExistingFiles } from './existing-files.ts';

export const help = `eb-hosts remove: take out exactly what init wrote
Results go to stdout, everything else to stderr.

Usage: eb-hosts remove [OPTIONS]

  --dry-run   print the diff, delete nothing
  --yes, -y   do not ask
  --force     delete generated files that were edited by hand, too

The next deployment runs without the hooks: the first start of the app drops the list on each instance.

${commonHelp}

Examples
  eb-hosts remove --dry-run
  eb-hosts remove --yes
`;

const options = {
  ...commonOptions,
  'dry-run': { type: 'boolean' },
  yes: { type: 'boolean', short: 'y' },
  force: { type: 'boolean' },
} as const;

export async function run(argv: readonly string[], io: Io): Promise<ExitStatus> {
  const { values } = parseOptions('remove', argv, options);
  const directory = resolve(io.cwd, values.cwd ?? '.');
  const { appRoot } = readProject(await takeSnapshot(directory));
  const root = join(directory, appRoot);
  const planning = { version: packageVersion(), force: values.force === true };
  const { files } = await readExistingFiles(root);
  const changes = [...files].flatMap(([path, file]) => planDelete(path, file, planning));

  const conflict = changes.some(({ action }) => action === 'conflict');
  const deletions = values['dry-run'] || conflict ? [] : changes;
  const style = styleFor(io.stdout, io.env);
  if (!values.json && values['dry-run']) {
    io.stdout.write(await describeChanges(changes, style, { whole: true }));
  }
  if (deletions.length > 0) {
    await approve(deletions, values, io);
    await writeFiles(root, deletions.map(toDeletion), io.signal);
  }
  if (values.json) {
    const listed = changes.map(({ path, action }) => ({ path, action }));
    printJson(io.stdout, { command: 'remove', ok: !conflict, appRoot, files: listed });
  } else if (changes.length === 0) {
    io.stdout.write('nothing to remove\n');
  } else {
    io.stdout.write(describeFiles(changes, deletions.length > 0, style));
  }
  return conflict ? 1 : 0;
}

async function approve(
  deletions: readonly FileChange[],
  values: { yes?: boolean; json?: boolean },
  io: Io,
): Promise<void> {
  if (values.yes) return;
  if (!io.interactive || values.json) {
    throw new UserError(
      'needs-yes',
      'remove would delete files, and nobody can be asked here: nothing was deleted',
      {
        hint: "add --yes to delete them, or --dry-run to see them: 'eb-hosts remove --yes'",
      },
    );
  }
  io.stderr.write(`${deletions.map(({ path }) => `- ${path}`).join('\n')}\n`);
  if (!(await confirm('Delete these files?', io))) throw interrupted('nothing was deleted');
}

function toDeletion({ path }: FileChange) {
  return { path, text: null, mode: 0 };
}
