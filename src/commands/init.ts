import { join } from 'node:path';
import type { ExitStatus } from '../errors.ts';
import type { Finding } from '../findings.ts';
import { defaultChoices, type GivenChoices } from '../hooks/choices.ts';
import { choose } from '../hooks/choose.ts';
import type { Io } from '../io.ts';
import { propertyNamespace } from '../option-namespaces.ts';
import type { Rendering } from '../output/findings.ts';
import {
  type InitReport,
  initJson,
  renderDiffs,
  renderNext,
  renderPlan,
  renderQuietPlan,
} from '../output/init.ts';
import { printJson } from '../output/json.ts';
import { renderProject } from '../output/project.ts';
import { styleFor } from '../output/style.ts';
import { wrap } from '../output/wrap.ts';
import { nothingToDo } from '../project/checks/nothing-to-do.ts';
import { optionValue } from '../project/ebextensions/option-settings.ts';
import { describeProject, judgeProject } from '../project/read-project.ts';
import { foresee, type Survey, survey } from '../project/survey.ts';
import { findRoot, takeSnapshot } from '../repository/take-snapshot.ts';
import { applyChanges, mayAsk } from './apply-changes.ts';
import { type InitRequest, readInitRequest } from './init-options.ts';
import { askChoices, askDelivery } from './init-questions.ts';
import { type Installation, planGenerated, readInstallation } from './installation.ts';
import { planWiring } from './settings-wiring.ts';

export { help, options } from './init-options.ts';

export async function run(argv: readonly string[], io: Io): Promise<ExitStatus> {
  const request = readInitRequest(argv);
  const { root, movedFrom } = findRoot(io.cwd, request.cwd);
  const found = survey(await takeSnapshot(root), { framework: request.framework });
  if (movedFrom !== null && !request.json) io.stdout.write(describeRoot(root, movedFrom));
  const reason = request.force ? null : nothingToDo(found);
  if (reason !== null) return reportNothing(reason, found, request, io);

  const installation = readInstallation(join(root, found.appRoot.root));
  if (!request.json && !request.quiet) printFound(found, io);
  const given = await settle(found, installation, request, io);
  const report = plan(root, found, installation, given, request);
  const pending = report.changes.filter(({ action }) => action !== 'unchanged');
  const conflict = pending.some(({ action }) => action === 'conflict');
  const writes = request.mode === 'write' && !conflict ? pending : [];

  if (!request.json) printPlan(report, request, io);
  if (writes.length > 0)
    await applyChanges(root, report.project.appRoot, writes, { command: 'init', ...request }, io);
  const drift = request.mode === 'check' && pending.length > 0;
  const status = conflict || drift || report.findings.some(({ severity }) => severity === 'error') ? 1 : 0;
  if (request.json) printJson(io.stdout, initJson(report, status === 0));
  else if (!request.quiet) printNext(report, found, writes.length > 0, request, io);
  return status;
}

function describeRoot(root: string, movedFrom: string): string {
  return `in ${root}, the root of what is deployed (--cwd . works in ${movedFrom})\n\n`;
}

function reportNothing(reason: string, found: Survey, { json }: InitRequest, io: Io): ExitStatus {
  const project = describeProject(found);
  const findings = judgeProject(found).filter(({ severity }) => severity === 'info');
  const report = { project, choices: null, property: null, changes: [], proposed: null, findings };
  if (json) printJson(io.stdout, initJson(report, true));
  else
    io.stdout.write(
      `${wrap(`nothing to do: ${reason}; --force writes the hooks all the same`, io.stdout.columns).join('\n')}\n`,
    );
  return 0;
}

/** The choices of this run: those that were given, and on a terminal those that were asked for. */
async function settle(
  found: Survey,
  { remembered }: Installation,
  request: InitRequest,
  io: Io,
): Promise<GivenChoices> {
  const asks = request.mode === 'write' && mayAsk(request, io);
  const known = request.choices.delivery ?? remembered?.delivery;
  const delivery = known ?? (await askDelivery(found, asks, io));
  const given = { ...request.choices, delivery };
  return asks && remembered === null ? askChoices(describeProject(found), given, io) : given;
}

function plan(
  root: string,
  found: Survey,
  installation: Installation,
  given: GivenChoices,
  { settings, force, framework, mode }: InitRequest,
): InitReport {
  const project = describeProject(found);
  const decision = choose(project, installation.remembered ?? {}, given, true);
  const choices = { ...decision.choices, delivery: decision.choices.delivery ?? defaultChoices.delivery };
  const isNamed = given.variable !== undefined;
  const wiring = planWiring(root, found, decision, { isNamed, settings });
  const changes = [...planGenerated(installation, decision, force), ...wiring.changes];
  const after = foresee(found, changes, { framework });
  // What is not written yet cannot be committed.
  const isTold = ({ code }: Finding) => mode !== 'dry-run' || !uncommitted.has(code);
  const findings = [
    ...wiring.findings,
    ...decision.findings.filter(({ code }) => code !== 'settings-not-wired'),
    ...judgeProject(after),
  ].filter(isTold);
  return {
    project,
    choices,
    property: propertyOf(found, choices.variable),
    changes,
    proposed: wiring.proposed,
    findings,
  };
}

const uncommitted: ReadonlySet<string> = new Set(['hooks-uncommitted', 'settings-uncommitted']);

function propertyOf({ ebextensions }: Survey, variable: string): string | null {
  return optionValue(ebextensions.options, propertyNamespace, variable)?.value ?? null;
}

function printFound(found: Survey, io: Io): void {
  io.stdout.write(
    `${renderProject(describeProject(found), styleFor(io.stdout, io.env), io.stdout.columns)}\n`,
  );
}

function printPlan(report: InitReport, request: InitRequest, io: Io): void {
  const rendering = renderingFor(report, io);
  const { style } = rendering;
  // The last line of a run that writes says what to commit.
  const findings = report.findings.filter(({ code }) => !uncommitted.has(code));
  const told = { ...report, findings };
  io.stdout.write(request.quiet ? renderQuietPlan(told, rendering) : renderPlan(told, rendering));
  const { changes, proposed } = report;
  const shown = changes.filter(({ action }) => request.diff || action === 'conflict');
  const diffs = renderDiffs([...shown, ...(proposed === null ? [] : [proposed])], style);
  if (diffs !== '') io.stdout.write(`\n${diffs}`);
}

function printNext(report: InitReport, found: Survey, written: boolean, { mode }: InitRequest, io: Io): void {
  const next = renderNext(report, { written, mode, git: found.whole.git !== null }, renderingFor(report, io));
  if (next !== '') io.stdout.write(`\n${next}`);
}

function renderingFor({ project }: InitReport, io: Io): Rendering {
  const prefix = project.appRoot === '.' ? '' : `${project.appRoot}/`;
  return { style: styleFor(io.stdout, io.env), columns: io.stdout.columns, prefix, env: io.env };
}
