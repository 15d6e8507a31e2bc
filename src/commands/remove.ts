import { join } from 'node:path';
import { Command } from 'commander';
import type { ExitStatus } from '../errors.ts';
import { planFiles } from '../hooks/plan.ts';
import type { CommonOptions, Invocation, Io } from '../io.ts';
import { renderChanges, renderDiffs } from '../output/init.ts';
import { printJson, renderingFor } from '../output/text.ts';
import { survey } from '../project/survey.ts';
import { findRoot, takeSnapshot } from '../repository/take-snapshot.ts';
import { applyChanges } from './confirm.ts';
import { planUnwiring, readInstallation } from './installation.ts';

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

async function remove(options: RemoveOptions, io: Io): Promise<ExitStatus> {
  const { root } = findRoot(io.cwd, options.cwd);
  const { whole, appRoot } = survey(await takeSnapshot(root));
  const { files } = readInstallation(join(root, appRoot.root));
  const deletions = planFiles([], files, options.force === true);
  const edits = planUnwiring(root, whole, appRoot.root);
  const changes = [...deletions, ...edits];
  const conflict = changes.some(({ action }) => action === 'conflict');
  const writes = options.dryRun || conflict ? [] : changes;
  const print = (text: string) => {
    if (options.json !== true) io.stdout.write(text);
  };

  const rendering = renderingFor(io, appRoot.root);
  print(changes.length === 0 ? 'nothing to remove\n' : renderChanges(changes, rendering));
  // What is deleted was generated; a file of the user's is shown.
  if (edits.length > 0 && writes.length === 0) print(`\n${renderDiffs(edits, rendering.style)}`);
  if (writes.length > 0) await applyChanges('remove', root, appRoot.root, writes, options, io);
  if (options.json) {
    const listed = changes.map(({ path, action }) => ({ path, action }));
    printJson(io.stdout, { command: 'remove', ok: !conflict, appRoot: appRoot.root, files: listed });
  }
  if (writes.length > 0 && !options.quiet)
    print('\nnext: commit this and deploy; the app then starts with its own list again\n');
  return conflict ? 1 : 0;
}
