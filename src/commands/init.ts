import { join, posix, resolve } from 'node:path';
import { Command, Option } from 'commander';
import { type ExitStatus, interrupted, UserError } from '../errors.ts';
import type { Finding } from '../findings.ts';
import { hookPath } from '../generated-paths.ts';
import type { GivenChoices } from '../hooks/choices.ts';
import { choose, type Decision } from '../hooks/choose.ts';
import { addChoiceOptions, readChoices, readRemembered, writeChoices } from '../hooks/flags.ts';
import { type FileChange, planFiles } from '../hooks/plan.ts';
import { renderFiles } from '../hooks/render.ts';
import type { Io } from '../io.ts';
import { type InitReport, initJson, printInit, printPlan, printReading } from '../output/init.ts';
import { printJson } from '../output/json.ts';
import { packageVersion } from '../package-root.ts';
import type { Project } from '../project/project.ts';
import { describeProject, judgeProject } from '../project/read-project.ts';
import { foresee, survey } from '../project/survey.ts';
import { takeSnapshot } from '../repository/take-snapshot.ts';
import { type Write, writeFiles } from '../repository/write-files.ts';
import { confirm } from './confirm.ts';
import { readExistingFiles } from './existing-files.ts';
import type { CommonOptions, Invocation } from './invocation.ts';
import { planWiring } from './settings-wiring.ts';

/** What the command line asks of `init`. */
interface InitRequest {
  readonly choices: GivenChoices;
  readonly settings: 'print' | 'patch' | undefined;
  readonly mode: 'write' | 'dry-run' | 'check';
  readonly yes: boolean;
  readonly force: boolean;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly cwd: string;
}

interface InitOptions extends CommonOptions {
  readonly settings?: 'print' | 'patch';
  readonly dryRun?: boolean;
  readonly check?: boolean;
  readonly yes?: boolean;
  readonly force?: boolean;
}

export function initCommand({ io, end }: Invocation): Command {
  const command = addChoiceOptions(
    new Command('init').description(
      "generate the hooks that put each instance's private IP into the allow-list",
    ),
  )
    .addOption(
      new Option(
        '--settings <word>',
        'print: show the lines that make a fixed list read the variable (the default); patch: put them in place',
      ).choices(['print', 'patch']),
    )
    .addOption(new Option('--dry-run', 'print the diff, write nothing').conflicts('check'))
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
    mode: options.dryRun ? 'dry-run' : options.check ? 'check' : 'write',
    yes: options.yes === true,
    force: options.force === true,
    json: options.json === true,
    quiet: options.quiet === true,
    cwd: options.cwd ?? '.',
  };
}

async function init(request: InitRequest, io: Io): Promise<ExitStatus> {
  const directory = resolve(io.cwd, request.cwd);
  const reading = await read(directory, request);
  if (!request.json) printReading(reading.project, io, request);
  const report = await plan(directory, reading, request, io);
  const pending = report.changes.filter(({ action }) => action !== 'unchanged');
  const writes = request.mode === 'write' && !hasConflict(report) ? pending : [];
  const human = !request.json;

  if (human) await printPlan(report, io, request);
  if (writes.length > 0) {
    await approve(writes.length, request, io);
    await writeFiles(
      directory,
      writes.map((change) => toWrite(change, report.project.appRoot)),
      io.signal,
    );
  }
  const status = statusOf(report);
  if (human) printInit(report, io, { ...request, written: writes.length > 0 });
  else printJson(io.stdout, initJson(report, status === 0));
  return status;
}

interface Reading {
  readonly project: Project;
  /** What will stand in the way once the changes are written. */
  readonly judge: (changes: readonly FileChange[]) => Finding[];
}

async function read(directory: string, { choices: { framework } }: InitRequest): Promise<Reading> {
  const snapshot = await takeSnapshot(directory);
  const found = survey(snapshot, { framework });
  return {
    project: describeProject(found),
    judge: (changes) => judgeProject(foresee(found, changes, { framework })),
  };
}

async function plan(
  directory: string,
  { project, judge }: Reading,
  request: InitRequest,
  io: Io,
): Promise<InitReport> {
  const version = packageVersion();
  const { files: existing, linked } = readExistingFiles(join(directory, project.appRoot));
  const stored = readRemembered(existing.get(hookPath)?.text ?? '', hookPath);
  const decision = await decide(project, stored, request, io);
  const { delivery } = decision.choices;
  if (delivery === null) {
    throw new UserError('usage', 'what the app runs on is not known from these files', {
      hint: 'name it: --delivery systemd (no Docker), env-list (one container), dotenv (Compose) or file (ECS)',
    });
  }
  const generated = renderFiles(
    { ...decision.choices, delivery },
    {
      version,
      command: writeChoices(decision.remembered),
      pathDefinedElsewhere: decision.pathDefinedElsewhere,
    },
  ).filter(({ path }) => !linked.has(path));
  const wiring = await planWiring(directory, project, decision, request.settings);
  const changes = [...planFiles(generated, existing, { version, force: request.force }), ...wiring.changes];
  const wired = wiring.changes.length > 0;
  const remaining = decision.findings.filter(({ code }) => !(wired && code === 'settings-not-wired'));
  return {
    project,
    decision,
    changes,
    findings: [...remaining, ...wiring.findings, ...judge(changes)],
    snippet: wiring.snippet,
    mode: request.mode,
  };
}

/** The choices; on a terminal a health endpoint that the app has is proposed. */
async function decide(
  project: Project,
  stored: Parameters<typeof choose>[1],
  request: InitRequest,
  io: Io,
): Promise<Decision> {
  const wires = request.settings === 'patch';
  const decision = choose(project, stored, request.choices, wires);
  const asks = io.interactive && request.mode === 'write' && !request.yes && !request.json;
  if (decision.proposedPath === null || !asks) return decision;
  const question = `The app answers ${decision.proposedPath}. Let the load balancer check that path instead of /?`;
  if (!(await confirm(question, io))) return decision;
  return choose(project, stored, { ...request.choices, healthCheckPath: decision.proposedPath }, wires);
}

/** @throws UserError `needs-yes` off a terminal, `interrupted` if the answer is no */
async function approve(count: number, request: InitRequest, io: Io): Promise<void> {
  if (request.yes) return;
  if (!io.interactive || request.json) {
    throw new UserError(
      'needs-yes',
      'init asks before it writes, and this is not a terminal: nothing was written',
      {
        hint: "add --yes to write them, or --dry-run to see them: 'eb-hosts init --yes'",
      },
    );
  }
  if (!(await confirm(`Write ${count === 1 ? 'this file' : `these ${count} files`}?`, io))) {
    throw interrupted('nothing was written');
  }
}

function toWrite({ path, after }: FileChange, appRoot: string): Write {
  const mode = after?.mode ?? (after?.executable ? 0o755 : 0o644);
  return { path: posix.join(appRoot, path), text: after?.text ?? null, mode };
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
