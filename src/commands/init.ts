import { join, resolve } from 'node:path';
import { type ExitStatus, interrupted, UserError } from '../errors.ts';
import { choose } from '../hooks/choose.ts';
import { type FileChange, planFiles } from '../hooks/plan.ts';
import { hookPath, renderFiles } from '../hooks/render.ts';
import { parseSettingsBlock } from '../hooks/settings-block.ts';
import type { Io } from '../io.ts';
import {
  describeChanges,
  describeDecision,
  describeFiles,
  type InitReport,
  initJson,
} from '../output/init.ts';
import { printJson } from '../output/json.ts';
import { styleFor } from '../output/style.ts';
import { packageVersion } from '../package-root.ts';
import { withChanges } from '../project/overlay.ts';
import { describeProject } from '../project/read-project.ts';
import { survey } from '../project/survey.ts';
import { takeSnapshot } from '../repository/take-snapshot.ts';
import { type Write, writeFiles } from '../repository/write-files.ts';
import { confirm } from './confirm.ts';
import { readExistingFiles } from './existing-files.ts';
import { type InitRequest, readInitRequest } from './init-options.ts';

export { help } from './init-options.ts';

export async function run(argv: readonly string[], io: Io): Promise<ExitStatus> {
  const request = readInitRequest(argv);
  const directory = resolve(io.cwd, request.cwd);
  const report = await plan(directory, request);
  const pending = report.changes.filter(({ action }) => action !== 'unchanged');
  const writes = request.mode === 'write' && !hasConflict(report) ? pending : [];
  const style = styleFor(io.stdout, io.env);

  if (!request.json && !request.quiet) io.stdout.write(describeDecision(report, style));
  if (!request.json && (request.mode === 'dry-run' || writes.length > 0 || hasConflict(report))) {
    io.stdout.write(await describeChanges(report.changes, style, { whole: request.mode === 'dry-run' }));
  }
  if (writes.length > 0) {
    await approve(writes.length, request, io);
    await writeFiles(join(directory, report.project.appRoot), writes.map(toWrite), io.signal);
  }
  const status = statusOf(report);
  if (request.json) printJson(io.stdout, initJson(report, status === 0));
  else io.stdout.write(describeFiles(report.changes, writes.length > 0, style));
  return status;
}

async function plan(directory: string, request: InitRequest): Promise<InitReport> {
  const before = survey(await takeSnapshot(directory));
  const project = describeProject(before);
  const version = packageVersion();
  const { files: existing, linked } = await readExistingFiles(join(directory, project.appRoot));
  const stored = parseSettingsBlock(existing.get(hookPath)?.text ?? '', hookPath) ?? {};
  const decision = choose(project, stored, request.choices);
  const generated = renderFiles(decision.choices, {
    version,
    pathDefinedElsewhere: decision.pathDefinedElsewhere,
  }).filter(({ path }) => !linked.has(path));
  const changes = planFiles(generated, existing, { version, force: request.force });
  // What is wrong is judged by the files as they will be.
  const after = describeProject({ ...before, app: withChanges(before.app, changes) });
  return {
    project,
    decision,
    changes,
    findings: [...after.findings, ...decision.findings],
    snippet: null,
    mode: request.mode,
  };
}

/** @throws UserError `needs-yes` off a terminal, `interrupted` if the answer is no */
async function approve(count: number, request: InitRequest, io: Io): Promise<void> {
  if (request.yes) return;
  if (!io.interactive || request.json) {
    throw new UserError(
      'needs-yes',
      'init would write files, and nobody can be asked here: nothing was written',
      {
        hint: "add --yes to write them, or --dry-run to see them: 'eb-hosts init --yes'",
      },
    );
  }
  if (!(await confirm(`Write ${count === 1 ? 'this file' : `these ${count} files`}?`, io))) {
    throw interrupted('nothing was written');
  }
}

function toWrite({ path, after }: FileChange): Write {
  return { path, text: after?.text ?? null, mode: after?.executable ? 0o755 : 0o644 };
}

function hasConflict(report: InitReport): boolean {
  return report.changes.some(({ action }) => action === 'conflict');
}

/** 1 for a conflict, for drift under `--check`, and where an error remains. */
function statusOf(report: InitReport): ExitStatus {
  if (hasConflict(report)) return 1;
  const drift = report.changes.some(({ action }) => action !== 'unchanged');
  if (report.mode === 'check' && drift) return 1;
  return report.findings.some(({ severity }) => severity === 'error') ? 1 : 0;
}
