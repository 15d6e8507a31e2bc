import { resolve } from 'node:path';
import type { Connection, Pace } from '../beanstalk/connection.ts';
import type { MadeChange, PlannedChange } from '../beanstalk/health-check.ts';
import { refusalOf } from '../beanstalk/load-balancer.ts';
import type { Where } from '../beanstalk/where.ts';
import { type ExitStatus, interrupted, UserError } from '../errors.ts';
import type { Io } from '../io.ts';
import { commonHelp } from '../options.ts';
import { asTyped } from '../output/as-typed.ts';
import {
  changeLines,
  checkLines,
  environmentLine,
  type HealthCheckReport,
  healthCheckDocument,
  healthLines,
} from '../output/health-check.ts';
import { printJson } from '../output/json.ts';
import { optionsAsCode, removalAsAwsCli } from '../output/option-code.ts';
import { progressPrinter } from '../output/progress.ts';
import { type Style, styleFor } from '../output/style.ts';
import { printableLine } from '../output/wrap.ts';
import { confirm } from './confirm.ts';
import { type HealthCheckRequest, parseHealthCheck } from './health-check-options.ts';
import { maskingWarning, showThrough } from './health-check-remarks.ts';

export { options, verbs } from './health-check-options.ts';

export const help = `eb-hosts health-check: the path the load balancer asks for, through the Elastic
Beanstalk API
The result goes to stdout, everything else to stderr.

Usage: eb-hosts health-check show [OPTIONS]
       eb-hosts health-check set PATH [OPTIONS]
       eb-hosts health-check unset [OPTIONS]

Shows, sets or removes the option that the environment's type of load balancer
really reads. 'set' shows old and new value, asks (off a terminal it needs
--yes), waits for the environment, follows the update to its end and reads back
what is deployed. 'unset' removes the direct setting, so that .ebextensions or
the default shows through.

Which environment
  --environment NAME    default: that of the current git branch in
                        .elasticbeanstalk/config.yml
  --application NAME    default: that of config.yml
  --profile NAME        default: config.yml, AWS_EB_PROFILE, AWS_PROFILE
  --region NAME         default: config.yml, AWS_REGION, AWS_DEFAULT_REGION, the
                        profile's
  --process NAME        the process to check; default: the one that traffic
                        reaches

What to set; an option not given is not touched
  --matcher LIST        statuses that count as healthy: 200, 200,301, 200-299
  --interval S          seconds between two checks, 5 to 300
  --check-timeout S     seconds a check may take, less than the interval
  --healthy-threshold N
                        passed checks in a row that make a target healthy,
                        2 to 10
  --unhealthy-threshold N
                        failed checks in a row that make it unhealthy, 2 to 10
  --all                 with unset: remove these too, not the path alone

How
  --dry-run             show what would change, change nothing
  -y, --yes             do not ask
  --wait, --no-wait     follow the update to its end (default), or return when
                        it is accepted
  --timeout 10m         how long to wait in all: 90s, 10m; a bare number is
                        minutes
  --print FORMAT        print the same as code and change nothing:
                        ebextensions, aws-cli, cloudformation, terraform, cdk

${commonHelp}

Exit status: 0 done, or nothing to do; 1 the update failed, was rolled back or
took too long; 2 wrong usage, or an environment without such a path; 130
interrupted (an update that has begun goes on).

Examples
  eb-hosts health-check show --environment shop-prod
  eb-hosts health-check set /health/ --matcher 200 --dry-run
  eb-hosts health-check set /health/ --print terraform
`;

/** @param pace how often to look; shorter in tests */
export async function run(argv: readonly string[], io: Io, pace?: Pace): Promise<ExitStatus> {
  const request = parseHealthCheck(argv, io);
  const directory = resolve(io.cwd, request.cwd ?? '.');
  // The SDK comes with it: whoever only asks for help does not wait for that.
  const beanstalk = await import('../beanstalk/index.ts');
  const where = await beanstalk.findWhere(request, directory, io.env);
  const printer = progressPrinter(io.stderr, styleFor(io.stderr, io.env), request.quiet);
  for (const warning of where.warnings) printer.warn(warning);
  const connection = beanstalk.connect(where, io.signal, pace ?? beanstalk.usualPace, printer.retry);
  try {
    const session = { beanstalk, request, where, connection, directory, io, printer };
    return request.verb === 'show' ? await show(session) : await change(session);
  } finally {
    printer.end();
    connection.client.destroy();
  }
}

interface Session {
  readonly beanstalk: typeof import('../beanstalk/index.ts');
  readonly request: HealthCheckRequest;
  readonly where: Where;
  readonly connection: Connection;
  readonly directory: string;
  readonly io: Io;
  readonly printer: ReturnType<typeof progressPrinter>;
}

async function show({ beanstalk, request, where, connection, io, printer }: Session): Promise<ExitStatus> {
  const view = await beanstalk.showHealthCheck(connection, beanstalk.deadlineIn(request.timeoutMs));
  const report = { ...view, changes: [], applied: false, events: [], failure: null };
  const { loadBalancer, checks, environment } = view;
  const refusal = refusalOf(loadBalancer, environment.name);
  if (request.print !== undefined) {
    printer.note(environmentLine(view, where, printer.style));
    const options = beanstalk.deployedOptions(loadBalancer, checks);
    if (options.length === 0 && refusal !== undefined) throw refusal;
    io.stdout.write(optionsAsCode(request.print, targetOf(report, where), options));
  } else if (request.json) printJson(io.stdout, healthCheckDocument(report));
  else {
    const style = styleFor(io.stdout, io.env);
    io.stdout.write(environmentLine(view, where, style));
    io.stdout.write(
      refusal === undefined ? checkLines(checks, loadBalancer) : `  ${printableLine(refusal.message)}\n`,
    );
    io.stdout.write(healthLines(view.health, style));
  }
  return 0;
}

async function change(session: Session): Promise<ExitStatus> {
  const { beanstalk, request, where, connection, io, printer } = session;
  const planned = await beanstalk
    .planHealthCheck(connection, request.intent, request.process, {
      onlyLook: request.dryRun || request.print !== undefined,
      limit: beanstalk.deadlineIn(request.timeoutMs),
    })
    .catch(changingNothing);
  if (request.print !== undefined) return printCode(session, planned);
  const style = request.json ? printer.style : styleFor(io.stdout, io.env);
  const say = request.json ? printer.note : (text: string) => io.stdout.write(text);
  say(environmentLine(planned, where, style));
  say(changeLines(planned.changes, style));
  for (const remark of planned.remarks) printer.warn(asTyped(remark, io.env));
  const unchanged = { ...planned, applied: false, events: [], failure: null };
  if (planned.changes.length === 0) return conclude(session, unchanged, 'nothing to do', style, say);
  await remark(session, planned);
  if (request.dryRun) return conclude(session, unchanged, 'nothing was changed (--dry-run)', style, say);
  if (!request.yes) {
    const question = `Change '${printableLine(planned.environment.name)}' in ${where.region}?`;
    if (!(await confirm(question, io))) throw interrupted('nothing was changed');
  }
  const manner = { wait: request.wait, timeoutMs: request.timeoutMs, report: printer.report };
  const made = await beanstalk.makeHealthCheckChange(connection, planned, request.intent, manner);
  printer.end();
  const applied = made.end === 'accepted' || made.end === 'done';
  return conclude(session, { ...made, applied }, wordsFor(made, request), style, say);
}

/** Whoever stops it before anything was asked is told so. */
function changingNothing(error: unknown): never {
  const stopped = error instanceof UserError && error.code === 'interrupted';
  throw stopped ? interrupted('interrupted: nothing was changed') : error;
}

function wordsFor(made: MadeChange, { wait, verb }: HealthCheckRequest): string {
  if (made.failure !== null) return '';
  if (made.end === 'nothing-to-do') return 'nothing left to do: the update that was under way did it';
  if (!wait) return 'the update was accepted and goes on';
  return verb === 'set' ? 'deployed' : 'removed';
}

async function remark(
  { request, where, directory, printer }: Session,
  planned: PlannedChange,
): Promise<void> {
  const root = where.projectRoot ?? directory;
  if (request.verb === 'unset') {
    for (const line of await showThrough(root, planned)) printer.note(`  ${printableLine(line)}\n`);
  } else {
    for (const line of await maskingWarning(root, planned)) printer.warn(line);
  }
}

function conclude(
  { request, io }: Session,
  report: HealthCheckReport,
  words: string,
  style: Style,
  say: (text: string) => void,
): ExitStatus {
  if (request.json) printJson(io.stdout, healthCheckDocument(report));
  else {
    if (words !== '') say(`  ${words}\n`);
    // Health is read together with what is deployed.
    if (report.health !== null) say(checkLines(report.checks, report.loadBalancer));
    say(healthLines(report.health, style));
  }
  const { failure } = report;
  if (failure === null) return 0;
  if (!request.json) {
    io.stderr.write(
      `${styleFor(io.stderr, io.env)('red', 'eb-hosts:')} ${printableLine(failure.message)}\n  ${asTyped(printableLine(failure.hint ?? ''), io.env)}\n`,
    );
  }
  return failure.status;
}

function printCode({ request, where, io, printer }: Session, planned: PlannedChange): ExitStatus {
  printer.note(environmentLine(planned, where, printer.style));
  for (const remark of planned.remarks) printer.warn(asTyped(remark, io.env));
  const target = targetOf(planned, where);
  if (request.print === undefined) return 0;
  if (request.intent.verb === 'set') io.stdout.write(optionsAsCode(request.print, target, planned.options));
  else if (planned.changes.length > 0) io.stdout.write(removalAsAwsCli(target, planned.changes));
  else printer.note('  nothing is set, nothing to remove\n');
  return 0;
}

function targetOf({ environment }: Pick<HealthCheckReport, 'environment'>, { profile }: Where) {
  return {
    application: environment.application,
    environment: environment.name,
    region: environment.region,
    profile: profile?.name,
  };
}
