import { resolve } from 'node:path';
import { Argument, Command, Option } from 'commander';
import type { Intent, MadeChange, PlannedChange } from '../beanstalk/change-health-check.ts';
import type { Connection, Pace } from '../beanstalk/connection.ts';
import type { Where } from '../beanstalk/where.ts';
import { type ExitStatus, interrupted, UserError, usage } from '../errors.ts';
import { healthCheckPath } from '../hooks/flags.ts';
import type { Io } from '../io.ts';
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
import { type CodeFormat, codeFormats, optionsAsCode, removalAsAwsCli } from '../output/option-code.ts';
import { progressPrinter } from '../output/progress.ts';
import { type Style, styleFor } from '../output/style.ts';
import { printableLine } from '../output/wrap.ts';
import { confirm } from './confirm.ts';
import { maskingWarning, showThrough } from './health-check-remarks.ts';
import type { CommonOptions, Invocation } from './invocation.ts';

interface HealthCheckOptions extends CommonOptions {
  readonly environment?: string;
  readonly application?: string;
  readonly profile?: string;
  readonly region?: string;
  readonly process?: string;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
  readonly wait?: boolean;
  readonly timeout: string;
  readonly print?: CodeFormat;
}

interface SetOptions extends HealthCheckOptions {
  readonly matcher?: string;
  readonly interval?: string;
  readonly checkTimeout?: string;
  readonly healthyThreshold?: string;
  readonly unhealthyThreshold?: string;
}

interface HealthCheckRequest extends HealthCheckOptions {
  readonly verb: 'show' | 'set' | 'unset';
  readonly intent: Intent;
  readonly timeoutMs: number;
}

/** @param pace how often to look; shorter in tests */
export function healthCheckCommand({ io, end }: Invocation, pace?: Pace): Command {
  const command = new Command('health-check')
    .description('show, set or unset the path of the health check through the Elastic Beanstalk API')
    .option('--environment <name>', 'default: that of the current git branch in .elasticbeanstalk/config.yml')
    .option('--application <name>', 'default: that of config.yml')
    .option('--profile <name>', 'default: config.yml, AWS_EB_PROFILE, AWS_PROFILE')
    .option('--region <name>', "default: config.yml, AWS_REGION, AWS_DEFAULT_REGION, the profile's")
    .option('--process <name>', 'the process to check (default: the one that traffic reaches)')
    .option('--dry-run', 'show what would change, change nothing')
    .option('-y, --yes', 'do not ask')
    .option('--wait', 'follow the update to its end (the default)')
    .option('--no-wait', 'return when the update is accepted')
    .option('--timeout <time>', 'how long to wait in all: 90s, 10m; a bare number is minutes', '10m')
    .addOption(
      new Option('--print <format>', 'print the same as code and change nothing').choices(codeFormats),
    )
    .addHelpText(
      'after',
      `
Shows, sets or removes the option that the environment's type of load balancer
really reads. 'set' shows old and new value, asks (off a terminal it needs
--yes), waits for the environment, follows the update to its end and reads back
what is deployed. 'unset' removes the direct setting, so that .ebextensions or
the default shows through.

Exit status: 0 done, or nothing to do; 1 the update failed, was rolled back or
took too long; 2 wrong usage, or an environment without such a path; 130
interrupted (an update that has begun goes on).

Examples
  eb-hosts health-check show --environment shop-prod
  eb-hosts health-check set /health/ --matcher 200 --dry-run
  eb-hosts health-check set /health/ --print terraform`,
    );
  const run = async (verb: HealthCheckRequest['verb'], intent: Intent, options: HealthCheckOptions) =>
    end(await healthCheck(readRequest(verb, intent, options, io), io, pace));

  const show = command
    .command('show')
    .description('the path, what else the load balancer checks, and the health');
  show.action(() => run('show', { verb: 'unset', parts: ['path'] }, show.optsWithGlobals()));

  const set = command
    .command('set')
    .description('set the path; what is not given is not touched')
    .addArgument(new Argument('<path>', 'for example /health/').argParser(healthCheckPath))
    .option('--matcher <list>', 'statuses that count as healthy: 200, 200,301, 200-299')
    .option('--interval <seconds>', 'between two checks, 5 to 300')
    .option('--check-timeout <seconds>', 'that a check may take, less than the interval')
    .option('--healthy-threshold <n>', 'passed checks in a row that make a target healthy, 2 to 10')
    .option('--unhealthy-threshold <n>', 'failed checks in a row that make it unhealthy, 2 to 10');
  set.action((path: string) => run('set', setting(path, set.optsWithGlobals()), set.optsWithGlobals()));

  const unset = command
    .command('unset')
    .description('remove the path that was set directly')
    .option('--all', 'remove matcher, interval, time-out and thresholds too');
  unset.action(() => run('unset', removing(unset.opts().all === true), unset.optsWithGlobals()));
  return command;
}

function setting(path: string, options: SetOptions): Intent {
  return {
    verb: 'set',
    wanted: {
      path,
      matcher: options.matcher,
      interval: wholeNumber(options.interval),
      timeout: wholeNumber(options.checkTimeout),
      healthyThreshold: wholeNumber(options.healthyThreshold),
      unhealthyThreshold: wholeNumber(options.unhealthyThreshold),
    },
  };
}

/** `010` is 10; what is not a number stays as it is, to be refused. */
function wholeNumber(text: string | undefined): string | undefined {
  return text?.replace(/^0+(?=\d{1,4}$)/, '');
}

function removing(all: boolean): Intent {
  const parts = ['path', 'matcher', 'interval', 'timeout', 'healthyThreshold', 'unhealthyThreshold'] as const;
  return { verb: 'unset', parts: all ? parts : ['path'] };
}

/** @throws UserError `usage` */
function readRequest(
  verb: HealthCheckRequest['verb'],
  intent: Intent,
  options: HealthCheckOptions,
  io: Io,
): HealthCheckRequest {
  const { print } = options;
  if (print !== undefined && options.json) throw usage('--print and --json cannot be used together');
  if (print !== undefined && print !== 'aws-cli' && verb === 'unset') {
    throw usage('a removal as code is --print aws-cli; elsewhere take the lines out');
  }
  const timeoutMs = parseDuration(options.timeout);
  if (timeoutMs === undefined) {
    throw usage(`--timeout takes a time such as 90s, 10m or 10 (minutes), not '${options.timeout}'`);
  }
  const changes = verb !== 'show' && print === undefined && !options.dryRun;
  if (changes && !options.yes && !io.interactive) {
    throw usage(`'${verb}' asks before it changes anything: off a terminal give --yes, or --dry-run to look`);
  }
  return { ...options, verb, intent, timeoutMs };
}

/** A time as `--timeout` takes it: `90s`, `10m`, `1h`; a bare number is minutes, as in the EB CLI.
 * @returns milliseconds; undefined for anything else, and for nothing at all */
function parseDuration(text: string): number | undefined {
  const [, number, unit = 'm'] = /^(\d{1,6}(?:\.\d{1,3})?)([smh])?$/.exec(text) ?? [];
  const milliseconds =
    Number(number ?? Number.NaN) * (unit === 's' ? 1_000 : unit === 'm' ? 60_000 : 3_600_000);
  // Longer than a day is a slip; and a timer cannot hold more than 24 days.
  return milliseconds >= 1 && milliseconds <= 86_400_000 ? milliseconds : undefined;
}

async function healthCheck(request: HealthCheckRequest, io: Io, pace?: Pace): Promise<ExitStatus> {
  const directory = resolve(io.cwd, request.cwd ?? '.');
  // The SDK comes with it: whoever only asks for help does not wait for that.
  const beanstalk = await import('../beanstalk/health-check.ts');
  const where = await beanstalk.findWhere(request, directory, io.env);
  const printer = progressPrinter(io.stderr, styleFor(io.stderr, io.env), request.quiet === true);
  for (const warning of where.warnings) printer.warn(warning);
  const connection = beanstalk.connect(where, io.signal, pace ?? beanstalk.usualPace, printer.retry);
  try {
    const session = { beanstalk, request, where, connection, directory, io, printer };
    return request.verb === 'show' ? await show(session) : await change(session);
  } finally {
    printer.end();
    connection.close();
  }
}

interface Session {
  readonly beanstalk: typeof import('../beanstalk/health-check.ts');
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
  const refusal = beanstalk.refusalOf(loadBalancer, environment.name);
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
      onlyLook: request.dryRun === true || request.print !== undefined,
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
  const manner = { wait: request.wait !== false, timeoutMs: request.timeoutMs, report: printer.report };
  const made = await beanstalk.makeHealthCheckChange(connection, planned, request.intent, manner);
  printer.end();
  return conclude(session, made, wordsFor(made, request), style, say);
}

/** Whoever stops it before anything was asked is told so. */
function changingNothing(error: unknown): never {
  const stopped = error instanceof UserError && error.code === 'interrupted';
  throw stopped ? interrupted('interrupted: nothing was changed') : error;
}

function wordsFor(made: MadeChange, { wait, verb }: HealthCheckRequest): string {
  if (made.failure !== null) return '';
  if (made.changes.length === 0) return 'nothing left to do: the update that was under way did it';
  if (wait === false) return 'the update was accepted and goes on';
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
