import { join } from 'node:path';
import { Command, Option } from 'commander';
import { type ExitStatus, UserError } from '../errors.ts';
import type { Finding } from '../findings.ts';
import { hookPath } from '../generated-paths.ts';
import {
  addChoiceOptions,
  type Delivery,
  deliveries,
  type GivenChoices,
  readChoices,
  readHosts,
  readPath,
  writeChoices,
} from '../hooks/choices.ts';
import { choose, type Decision } from '../hooks/choose.ts';
import type { CommonOptions, Invocation, Io } from '../io.ts';
import { propertyNamespace } from '../option-namespaces.ts';
import { type InitReport, initJson, renderDiffs, renderNext, renderPlan } from '../output/init.ts';
import { renderProject } from '../output/project.ts';
import { printJson, type Rendering, renderingFor, wrap } from '../output/text.ts';
import { nothingToDo } from '../project/checks/nothing-to-do.ts';
import { optionValue } from '../project/ebextensions/option-settings.ts';
import { resolveDelivery } from '../project/platform/platform.ts';
import type { Project } from '../project/project.ts';
import { describeProject, judgeProject } from '../project/read-project.ts';
import { type Survey, survey, surveyAfterChanges } from '../project/survey.ts';
import { findRoot, takeSnapshot } from '../repository/take-snapshot.ts';
import { applyChanges, ask, mayAsk, select } from './confirm.ts';
import {
  type Installation,
  planGenerated,
  planWiring,
  readInstallation,
  recallChoices,
} from './installation.ts';

interface InitOptions extends CommonOptions {
  /** `auto`: the platform decides anew, whatever the head of the hook remembers. */
  readonly delivery?: Delivery | 'auto';
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
  return command.action(async () => end(await init(readChoices(command), command.optsWithGlobals(), io)));
}

async function init(flags: GivenChoices, options: InitOptions, io: Io): Promise<ExitStatus> {
  const { root, movedFrom } = findRoot(io.cwd, options.cwd);
  const app = await readApp(root, flags, options);
  const { found, project, remembered } = app;
  const rendering = renderingFor(io, project.appRoot);
  const print = (text: string) => {
    if (options.json !== true) io.stdout.write(text);
  };
  if (movedFrom !== null)
    print(`in ${root}, the root of what is deployed (--cwd . works in ${movedFrom})\n\n`);
  const reason = options.force ? null : nothingToDo(found);
  if (reason !== null) {
    const sentence = `nothing to do: ${reason}; --force writes the hooks all the same`;
    print(`${wrap(sentence, rendering.columns).join('\n')}\n`);
    const findings = judgeProject(found).filter(({ severity }) => severity === 'info');
    const report = { project, choices: null, property: null, changes: [], proposed: null, findings };
    if (options.json) printJson(io.stdout, initJson(report, true));
    return 0;
  }
  if (!options.quiet) print(`${renderProject(project, rendering)}\n`);

  const mode = options.dryRun ? 'dry-run' : options.check ? 'check' : 'write';
  const asks = mode === 'write' && mayAsk(options, io);
  const delivery = flags.delivery ?? remembered?.delivery ?? (await settleDelivery(found, asks, io));
  const known = { ...flags, delivery };
  const asked = asks && remembered === null;
  const given = asked ? await askChoices(project, known, io) : known;
  const { report, decision } = plan(root, app, given, options);
  const { changes, findings } = report;
  const pending = changes.filter(({ action }) => action !== 'unchanged');
  const conflict = pending.some(({ action }) => action === 'conflict');
  const writes = mode === 'write' && !conflict ? pending : [];

  print(renderReport(report, writes.length > 0, options, rendering));
  if (writes.length > 0) await applyChanges('init', root, project.appRoot, writes, options, io);
  const drift = mode === 'check' && pending.length > 0;
  const status = conflict || drift || findings.some(({ severity }) => severity === 'error') ? 1 : 0;
  if (options.json) printJson(io.stdout, initJson(report, status === 0));
  const outcome = {
    mode,
    git: found.whole.git !== null,
    directory: movedFrom === null ? null : root,
    command: asked ? [...writeChoices(decision.remembered), '--yes'] : null,
  } as const;
  if (!options.quiet) print(renderNext(report, outcome, rendering));
  return status;
}

/** What is known before anything is chosen. */
interface App {
  readonly found: Survey;
  readonly project: Project;
  readonly installation: Installation;
  /** The choices in the head of the hook; null without a hook. */
  readonly remembered: GivenChoices | null;
}

async function readApp(root: string, flags: GivenChoices, { delivery }: InitOptions): Promise<App> {
  const snapshot = await takeSnapshot(root);
  const first = survey(snapshot, { framework: flags.framework });
  const installation = readInstallation(join(root, first.appRoot.root));
  const head = recallChoices(installation);
  const remembered = head !== null && delivery === 'auto' ? { ...head, delivery: undefined } : head;
  const framework = flags.framework ?? remembered?.framework;
  const found = framework === flags.framework ? first : survey(snapshot, { framework });
  return { found, project: describeProject(found), installation, remembered };
}

const platformsByDelivery: Readonly<Record<Delivery, string>> = {
  systemd: 'Python, Node.js, Ruby, Go, Java SE or .NET',
  'env-list': 'Docker, one container',
  dotenv: 'Docker with docker-compose.yml',
  file: 'ECS-managed Docker',
};

/** The delivery where the repository does not tell the platform; undefined where it does.
 * @throws UserError `usage` where no question may be asked */
async function settleDelivery({ platform }: Survey, asks: boolean, io: Io): Promise<Delivery | undefined> {
  const resolved = resolveDelivery(platform);
  if (resolved !== null && (resolved.delivery === null || resolved.ambiguousWith === null)) return undefined;
  const likely = resolved?.delivery ?? 'systemd';
  const options = [likely, ...deliveries.filter((delivery) => delivery !== likely)].map((value) => ({
    value,
    label: platformsByDelivery[value],
    hint: `--delivery ${value}`,
  }));
  if (asks) return select('Which platform does the environment run?', options, io);
  const what =
    resolved === null ? 'is not known' : `may be ${platform.platform} or ${resolved.ambiguousWith}`;
  const message = `the platform of the environment ${what}: name it with --delivery`;
  const hint = options.map((option) => `${option.hint} (${option.label})`).join(', ');
  throw new UserError('usage', message, { hint });
}

/** Asks for what a first run cannot know: the site's hosts, and the path that the load balancer is to ask for. */
async function askChoices(project: Project, given: GivenChoices, io: Io): Promise<GivenChoices> {
  const { choices, proposedPath, findings } = choose(project, {}, given);
  let { hosts } = given;
  const lacksHosts = findings.some(
    ({ code, severity }) => code === 'no-default-hosts' && severity !== 'info',
  );
  if (hosts === undefined && lacksHosts) {
    const example = `example.com, www.example.com (used where ${choices.variable} is not set)`;
    const answer = readHosts(await ask('Which hosts does the site have?', example, readHosts, io));
    hosts = answer.length > 0 ? answer : undefined;
  }
  if (proposedPath === null) return { ...given, hosts };
  const answer = await select(
    'Which path does the load balancer ask for?',
    [
      { value: 'found', label: proposedPath, hint: 'a health endpoint of the app' },
      { value: 'keep', label: 'leave it as it is', hint: '/ unless it is set outside the bundle' },
      { value: 'other', label: 'another path' },
    ],
    io,
  );
  if (answer === 'keep') return { ...given, hosts };
  const path = answer === 'found' ? proposedPath : await ask('Which one?', '/health/', readPath, io);
  return { ...given, hosts, healthCheckPath: path };
}

const uncommitted: ReadonlySet<string> = new Set(['hooks-uncommitted', 'settings-uncommitted']);

function plan(
  root: string,
  { found, project, installation, remembered }: App,
  given: GivenChoices,
  { settings, force, dryRun }: InitOptions,
): { report: InitReport; decision: Decision } {
  const decision = choose(project, remembered ?? {}, given);
  const { choices } = decision;
  const wiring = planWiring(root, found, decision, { variable: given.variable, settings });
  const changes = [
    ...planGenerated(installation, decision, force === true),
    ...(wiring.change === null ? [] : [wiring.change]),
  ];
  const after = surveyAfterChanges(found, changes, { framework: decision.remembered.framework });
  // What is not written yet cannot be committed.
  const isTold = ({ code }: Finding) => dryRun !== true || !uncommitted.has(code);
  const findings = [
    ...(wiring.change === null ? wiring.findings : []),
    ...decision.findings,
    ...judgeProject(after),
  ].filter(isTold);
  const property =
    optionValue(found.ebextensions.options, propertyNamespace, choices.variable)?.value ?? null;
  return { report: { project, choices, property, changes, proposed: wiring.proposed, findings }, decision };
}

/** @param writes whether the files are written: the last lines of such a run say what to commit */
function renderReport(
  report: InitReport,
  writes: boolean,
  { quiet, diff }: InitOptions,
  rendering: Rendering,
): string {
  const { changes, proposed } = report;
  const findings = report.findings.filter(
    ({ code, severity }) => (!writes || !uncommitted.has(code)) && (!quiet || severity === 'error'),
  );
  const choices = quiet ? null : report.choices;
  const shown = changes.filter(({ action }) => diff || action === 'conflict');
  const diffs = renderDiffs([...shown, ...(proposed === null ? [] : [proposed])], rendering.style);
  return `${renderPlan({ ...report, choices, findings }, rendering)}${diffs === '' ? '' : `\n${diffs}`}`;
}
