import { join } from 'node:path';
import { Command, Option } from 'commander';
import type { ExitStatus } from '../errors.ts';
import type { Finding } from '../findings.ts';
import { hookPath } from '../generated-paths.ts';
import { defaultChoices, type GivenChoices } from '../hooks/choices.ts';
import { choose } from '../hooks/choose.ts';
import { addChoiceOptions, readChoices, writeChoices } from '../hooks/flags.ts';
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
import { type Survey, survey, surveyAfterChanges } from '../project/survey.ts';
import { findRoot, takeSnapshot } from '../repository/take-snapshot.ts';
import { applyChanges, mayAsk } from './apply-changes.ts';
import { askChoices, askDelivery } from './init-questions.ts';
import { type Installation, planGenerated, readInstallation } from './installation.ts';
import type { CommonOptions, Invocation } from './invocation.ts';
import { planWiring } from './settings-wiring.ts';

/** What the command line asks of `init`. */
interface InitRequest {
  readonly choices: GivenChoices;
  readonly settings: 'print' | 'patch' | undefined;
  /** `--delivery auto`: the platform decides anew, whatever the head of the hook remembers. */
  readonly forgetDelivery: boolean;
  readonly mode: 'write' | 'dry-run' | 'check';
  readonly diff: boolean;
  readonly yes: boolean;
  readonly force: boolean;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly cwd: string | undefined;
}

interface InitOptions extends CommonOptions {
  readonly delivery?: string;
  readonly settings?: 'print' | 'patch';
  readonly dryRun?: boolean;
  readonly diff?: boolean;
  readonly check?: boolean;
  readonly yes?: boolean;
  readonly force?: boolean;
}

export function initCommand({ io, end }: Invocation): Command {
  const command = addChoiceOptions(new Command('init'))
    .addOption(
      new Option(
        '--settings <word>',
        'patch: make a fixed list read the variable (the default where that is safe); print: only show the change',
      ).choices(['print', 'patch']),
    )
    .addOption(new Option('--dry-run', 'print the plan, write nothing').conflicts('check'))
    .option('--diff', 'print the changes as diffs, too')
    .option('--check', 'write nothing, exit 1 if something would change')
    .option('-y, --yes', 'do not ask')
    .option('--force', 'overwrite generated files that were edited by hand')
    .addHelpText(
      'after',
      `
Reads the project, shows what it would write, asks, and writes. Run it again to
upgrade: the choices are kept in ${hookPath}.

Exit status: 0 written, or nothing to write; 1 an error remains, a file is in
the way, or with --check something would change; 2 wrong usage or an environment
that does not allow the work; 130 interrupted, or answered with no.

Examples
  eb-hosts init --dry-run
  eb-hosts init --yes --health-check-path /health/
  eb-hosts init --var DJANGO_ALLOWED_HOSTS --separator space --hosts example.com`,
    );
  return command.action(async () =>
    end(await init(requestOf(readChoices(command), command.optsWithGlobals()), io)),
  );
}

function requestOf(choices: GivenChoices, options: InitOptions): InitRequest {
  return {
    choices,
    settings: options.settings,
    forgetDelivery: options.delivery === 'auto',
    mode: options.dryRun ? 'dry-run' : options.check ? 'check' : 'write',
    diff: options.diff === true,
    yes: options.yes === true,
    force: options.force === true,
    json: options.json === true,
    quiet: options.quiet === true,
    cwd: options.cwd,
  };
}

async function init(request: InitRequest, io: Io): Promise<ExitStatus> {
  const { root, movedFrom } = findRoot(io.cwd, request.cwd);
  const snapshot = await takeSnapshot(root);
  const first = survey(snapshot, { framework: request.choices.framework });
  const installed = readInstallation(join(root, first.appRoot.root));
  const { remembered } = installed;
  const installation =
    request.forgetDelivery && remembered !== null
      ? { ...installed, remembered: { ...remembered, delivery: undefined } }
      : installed;
  const framework = request.choices.framework ?? installation.remembered?.framework;
  const found = framework === request.choices.framework ? first : survey(snapshot, { framework });
  if (movedFrom !== null && !request.json) io.stdout.write(describeRoot(root, movedFrom));
  const reason = request.force ? null : nothingToDo(found);
  if (reason !== null) return reportNothing(reason, found, request, io);

  if (!request.json && !request.quiet) printFound(found, io);
  const given = await settle(found, installation, request, io);
  const report = plan(root, found, installation, given, request);
  const pending = report.changes.filter(({ action }) => action !== 'unchanged');
  const conflict = pending.some(({ action }) => action === 'conflict');
  const writes = request.mode === 'write' && !conflict ? pending : [];

  if (!request.json) printPlan(report, writes.length > 0, request, io);
  if (writes.length > 0)
    await applyChanges(root, report.project.appRoot, writes, { command: 'init', ...request }, io);
  const drift = request.mode === 'check' && pending.length > 0;
  const status = conflict || drift || report.findings.some(({ severity }) => severity === 'error') ? 1 : 0;
  if (request.json) printJson(io.stdout, initJson(report, status === 0));
  else if (!request.quiet) {
    const directory = movedFrom === null ? null : root;
    const git = found.whole.git !== null;
    const outcome = {
      mode: request.mode,
      written: writes.length > 0,
      git,
      directory,
      asked: mayAsk(request, io),
    };
    const next = renderNext(report, outcome, renderingFor(report, io));
    if (next !== '') io.stdout.write(`\n${next}`);
  }
  return status;
}

function describeRoot(root: string, movedFrom: string): string {
  return `in ${root}, the root of what is deployed (--cwd . works in ${movedFrom})\n\n`;
}

function reportNothing(reason: string, found: Survey, { json }: InitRequest, io: Io): ExitStatus {
  const project = describeProject(found);
  const findings = judgeProject(found).filter(({ severity }) => severity === 'info');
  const report = {
    project,
    choices: null,
    command: [],
    property: null,
    changes: [],
    proposed: null,
    findings,
  };
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
  { settings, force, mode }: InitRequest,
): InitReport {
  const project = describeProject(found);
  const decision = choose(project, installation.remembered ?? {}, given, true);
  const choices = { ...decision.choices, delivery: decision.choices.delivery ?? defaultChoices.delivery };
  const isNamed = given.variable !== undefined;
  const wiring = planWiring(root, found, decision, { isNamed, settings });
  const changes = [...planGenerated(installation, decision, force), ...wiring.changes];
  const after = surveyAfterChanges(found, changes, { framework: decision.remembered.framework });
  // What is not written yet cannot be committed.
  const isTold = ({ code }: Finding) => mode !== 'dry-run' || !uncommitted.has(code);
  const findings = [
    ...(wiring.changes.length > 0 ? [] : wiring.findings),
    ...decision.findings.filter(({ code }) => code !== 'settings-not-wired'),
    ...judgeProject(after),
  ].filter(isTold);
  return {
    project,
    choices,
    command: writeChoices(decision.remembered),
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

function printPlan(report: InitReport, writes: boolean, request: InitRequest, io: Io): void {
  const rendering = renderingFor(report, io);
  const { style } = rendering;
  // The last line of a run that writes says what to commit.
  const findings = report.findings.filter(({ code }) => !writes || !uncommitted.has(code));
  const told = { ...report, findings };
  io.stdout.write(request.quiet ? renderQuietPlan(told, rendering) : renderPlan(told, rendering));
  const { changes, proposed } = report;
  const shown = changes.filter(({ action }) => request.diff || action === 'conflict');
  const diffs = renderDiffs([...shown, ...(proposed === null ? [] : [proposed])], style);
  if (diffs !== '') io.stdout.write(`\n${diffs}`);
}

function renderingFor({ project }: InitReport, io: Io): Rendering {
  const prefix = project.appRoot === '.' ? '' : `${project.appRoot}/`;
  return { style: styleFor(io.stdout, io.env), columns: io.stdout.columns, prefix, env: io.env };
}
