import { join } from 'node:path';
import { Command } from 'commander';
import type { ExitStatus } from '../errors.ts';
import { planDelete } from '../hooks/plan.ts';
import type { Io } from '../io.ts';
import { renderDiffs, renderFiles } from '../output/init.ts';
import { printJson } from '../output/json.ts';
import { styleFor } from '../output/style.ts';
import { packageVersion } from '../package-root.ts';
import { survey } from '../project/survey.ts';
import { findRoot, takeSnapshot } from '../repository/take-snapshot.ts';
import { applyChanges } from './apply-changes.ts';
import { readExistingFiles } from './installation.ts';
import type { CommonOptions, Invocation } from './invocation.ts';
import { planUnwiring } from './settings-wiring.ts';

interface RemoveOptions extends CommonOptions {
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly force?: boolean;
}

export function removeCommand({ io, end }: Invocation): Command {
  const command = new Command('remove')
    .option('--dry-run', 'print the plan, change nothing')
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
  const { root } = findRoot(io.cwd, values.cwd);
  const { whole, appRoot } = survey(await takeSnapshot(root));
  const planning = { version: packageVersion(), force: values.force === true };
  const { files } = readExistingFiles(join(root, appRoot.root));
  const deletions = [...files].flatMap(([path, file]) => planDelete(path, file, planning));
  const edits = planUnwiring(root, whole, appRoot.root);
  const changes = [...deletions, ...edits];
  const conflict = changes.some(({ action }) => action === 'conflict');
  const writes = values.dryRun || conflict ? [] : changes;
  const json = values.json === true;

  if (!json && changes.length === 0) io.stdout.write('nothing to remove\n');
  else if (!json) {
    const style = styleFor(io.stdout, io.env);
    const prefix = appRoot.root === '.' ? '' : `${appRoot.root}/`;
    io.stdout.write(renderFiles(changes, style, io.stdout.columns, prefix));
    // What is deleted was generated; a file of the user's is shown.
    if (edits.length > 0 && writes.length === 0) io.stdout.write(`\n${renderDiffs(edits, style)}`);
  }
  if (writes.length > 0)
    await applyChanges(root, appRoot.root, writes, { command: 'remove', yes: values.yes === true, json }, io);
  if (json) {
    const listed = changes.map(({ path, action }) => ({ path, action }));
    printJson(io.stdout, { command: 'remove', ok: !conflict, appRoot: appRoot.root, files: listed });
  } else if (writes.length > 0 && !values.quiet) {
    io.stdout.write('\nnext: commit this and deploy; the app then starts with its own list again\n');
  }
  return conflict ? 1 : 0;
}
