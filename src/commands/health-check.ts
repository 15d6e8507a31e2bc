import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import type { Change, Intent } from '../beanstalk/check-change.ts';
import type { Connection, Pace } from '../beanstalk/connection.ts';
import type { Environment } from '../beanstalk/environment.ts';
import type { PlannedChange } from '../beanstalk/health-check.ts';
import { refusalOf } from '../beanstalk/load-balancer.ts';
import type { Where } from '../beanstalk/where.ts';
import { type ExitStatus, interrupted, UserError, usage } from '../errors.ts';
import type { CommonOptions, Invocation, Io } from '../io.ts';
import {
  changeLines,
  checkLines,
  environmentLine,
  type HealthCheckReport,
  healthCheckDocument,
  healthLines,
} from '../output/health-check.ts';
import {
  type CodeFormat,
  codeComment,
  codeFormats,
  optionsAsCode,
  removalAsAwsCli,
} from '../output/option-code.ts';
import { progressPrinter } from '../output/progress.ts';
import { asTyped, printableLine, printJson, type Style, styleFor } from '../output/text.ts';
import { type EbOption, readEbExtensions } from '../project/ebextensions/ebextensions.ts';
import { findRoot, takeSnapshot } from '../repository/take-snapshot.ts';
import { confirm } from './confirm.ts';

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
    .addArgument(new Argument('<path>', 'for example /health/').argParser(pathOf))
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

/** More than the hook takes: a load balancer can ask for `$` and backticks, too. */
function pathOf(text: string): string {
  if (/^\/[^\s'"\\\p{Cc}]*$/u.test(text)) return text;
  throw new InvalidArgumentError('A path begins with / and holds no spaces or quotes.');
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
  const { root: directory } = findRoot(io.cwd, request.cwd);
  // The SDK comes with it: whoever only asks for help does not wait for that.
  const beanstalk = await import('../beanstalk/index.ts');
  const printer = progressPrinter(io.stderr, styleFor(io.stderr, io.env), request.quiet === true);
  try {
    const where = await beanstalk.findWhere(request, directory, io.env);
    for (const warning of where.warnings) printer.warn(warning);
    const connection = beanstalk.connect(where, io.signal, pace ?? beanstalk.usualPace, printer.retry);
    try {
      const session = { beanstalk, request, where, connection, directory, io, printer };
      return request.verb === 'show' ? await show(session) : await change(session);
    } finally {
      printer.end();
      connection.client.destroy();
    }
  } catch (error) {
    const { print, verb } = request;
    if (print === undefined || verb === 'show' || !isUnread(error, request)) throw error;
    printAssumed(beanstalk, request, print, error, io);
    return 0;
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
  const { loadBalancer, checks, environment } = view;
  const refusal = refusalOf(loadBalancer, environment.name);
  if (request.print !== undefined) {
    printer.note(environmentLine(view, where, printer.style));
    const options = beanstalk.deployedOptions(loadBalancer, checks);
    if (options.length === 0 && refusal !== undefined) throw refusal;
    io.stdout.write(optionsAsCode(request.print, targetOf(environment, where), options));
  } else if (request.json) {
    printJson(io.stdout, healthCheckDocument({ ...view, ...unchanged }));
  } else {
    const style = styleFor(io.stdout, io.env);
    io.stdout.write(environmentLine(view, where, style));
    io.stdout.write(
      refusal === undefined ? checkLines(checks, loadBalancer) : `  ${printableLine(refusal.message)}\n`,
    );
    io.stdout.write(healthLines(view.health, style));
  }
  return 0;
}

const unchanged = { changes: [], applied: false, events: [], failure: null };

async function change(session: Session): Promise<ExitStatus> {
  const { beanstalk, request, where, connection, directory, io, printer } = session;
  const { intent, print } = request;
  const onlyLook = request.dryRun === true || print !== undefined;
  const limit = beanstalk.deadlineIn(request.timeoutMs);
  const planned = await beanstalk
    .planHealthCheck(connection, intent, request.process, { onlyLook, limit })
    .catch((error: unknown) => {
      // Whoever stops it before anything was asked is told so.
      const stopped = error instanceof UserError && error.code === 'interrupted';
      throw stopped ? interrupted('interrupted: nothing was changed') : error;
    });
  const { environment, changes } = planned;
  const style = request.json ? printer.style : styleFor(io.stdout, io.env);
  const say = request.json || print !== undefined ? printer.note : (text: string) => io.stdout.write(text);
  say(environmentLine(planned, where, print === undefined ? style : printer.style));
  if (print === undefined) say(changeLines(changes, style));
  for (const remark of planned.remarks) printer.warn(asTyped(remark, io.env));
  if (print !== undefined) {
    const target = targetOf(environment, where);
    if (intent.verb === 'set') io.stdout.write(optionsAsCode(print, target, planned.options));
    else if (changes.length > 0) io.stdout.write(removalAsAwsCli(target, changes));
    else printer.note('  nothing is set, nothing to remove\n');
    return 0;
  }
  const notMade = { ...planned, applied: false, events: [], failure: null };
  const conclude = (report: HealthCheckReport, words: string, verdict = '') =>
    printOutcome(report, words, verdict, request, style, say, io);
  if (changes.length === 0) return conclude(notMade, 'nothing to do');
  const root = where.projectRoot ?? directory;
  if (intent.verb === 'set') {
    for (const line of await maskingWarning(root, planned)) printer.warn(asTyped(line, io.env));
  } else {
    for (const line of await showThrough(root, planned)) printer.note(`  ${printableLine(line)}\n`);
  }
  if (request.dryRun) return conclude(notMade, 'nothing was changed (--dry-run)');
  const question = `Change '${printableLine(environment.name)}' in ${where.region}?`;
  if (!request.yes && !(await confirm(question, io))) throw interrupted('nothing was changed');
  const manner = { wait: request.wait !== false, timeoutMs: request.timeoutMs, report: printer.report };
  const made = await beanstalk.makeHealthCheckChange(connection, planned, intent, manner);
  printer.end();
  const words = {
    failed: '',
    'nothing-to-do': 'nothing left to do: the update that was under way did it',
    accepted: 'the update was accepted and goes on',
    done: intent.verb === 'set' ? 'deployed' : 'removed',
  };
  const { diagnosis } = made;
  const next = diagnosis?.next == null ? '' : `\n  run: ${asTyped(diagnosis.next, io.env)}`;
  const verdict = diagnosis === null ? '' : `${printableLine(diagnosis.verdict)}${next}`;
  const applied = made.end === 'accepted' || made.end === 'done';
  if (request.json && verdict !== '') printer.warn(verdict);
  return conclude({ ...made, applied }, words[made.end], verdict);
}

function printOutcome(
  report: HealthCheckReport,
  words: string,
  verdict: string,
  request: HealthCheckRequest,
  style: Style,
  say: (text: string) => void,
  io: Io,
): ExitStatus {
  const { failure } = report;
  if (request.json) {
    printJson(io.stdout, healthCheckDocument(report));
    return failure?.status ?? 0;
  }
  if (words !== '') say(`  ${words}\n`);
  // Health is read together with what is deployed.
  if (report.health !== null) say(checkLines(report.checks, report.loadBalancer));
  say(healthLines(report.health, style));
  if (verdict !== '') say(`  ${verdict}\n`);
  if (failure === null) return 0;
  const hint = asTyped(printableLine(failure.hint ?? ''), io.env);
  const title = styleFor(io.stderr, io.env)('red', 'eb-hosts:');
  io.stderr.write(`${title} ${printableLine(failure.message)}\n  ${hint}\n`);
  return failure.status;
}

/** Failures that leave nothing to be read. A profile that the user names has to be there. */
function isUnread(error: unknown, { profile }: HealthCheckRequest): error is UserError {
  if (!(error instanceof UserError)) return false;
  if (error.code === 'unknown-profile') return profile === undefined;
  return (
    ['no-region', 'no-environment', 'unreachable'].includes(error.code) ||
    /^(?:no-credentials|credentials-)/.test(error.code)
  );
}

/** Code for an environment that could not be read. */
function printAssumed(
  beanstalk: Session['beanstalk'],
  request: HealthCheckRequest,
  format: CodeFormat,
  { message }: UserError,
  io: Io,
): void {
  const { options, removed } = beanstalk.assumeChange(request.intent, request.process);
  const target = {
    application: request.application ?? 'APPLICATION',
    environment: request.environment ?? 'ENVIRONMENT',
    region: request.region ?? 'REGION',
    profile: request.profile,
  };
  const why = `an application load balancer is assumed, for the environment was not read: ${printableLine(message)}`;
  const code = removed.length > 0 ? removalAsAwsCli(target, removed) : optionsAsCode(format, target, options);
  io.stdout.write(codeComment(format, why) + code);
}

function targetOf({ application, name, region }: Environment, { profile }: Where) {
  return { application, environment: name, region, profile: profile?.name };
}

/** What setting these options through the API does to the files of the repository, for good. */
async function maskingWarning(
  root: string,
  { changes, environment }: PlannedChange,
): Promise<readonly string[]> {
  const files = await optionsOfFiles(root);
  const masked = changes.flatMap((change) => {
    const file = inForce(files, change);
    return file === undefined
      ? []
      : [`${file.file}:${file.line} says ${change.option}: ${file.value}, and will not be read`];
  });
  const names = changes.map(({ option }) => option).join(', ');
  return [
    ...masked,
    `set through the API, ${names} masks what .ebextensions says of it, in this and every later deployment; ` +
      `'eb-hosts health-check unset --environment ${environment.name}' undoes it, '--print ebextensions' is the file instead`,
  ];
}

/** What will be in force once the direct settings are gone, as far as this repository tells. */
async function showThrough(root: string, { changes }: PlannedChange): Promise<readonly string[]> {
  const files = await optionsOfFiles(root);
  return changes.map((change) => {
    const file = inForce(files, change);
    return file === undefined
      ? `then ${change.option} has its default again (no .ebextensions here sets it)`
      : `then ${change.option} is ${file.value} (${file.file}:${file.line}, if that is what is deployed)`;
  });
}

/** Files apply in alphabetical order: the last one wins. */
function inForce(files: readonly EbOption[], { namespace, option }: Change): EbOption | undefined {
  return files.findLast(
    (entry) => entry.namespace === namespace && entry.option === option && entry.value !== null,
  );
}

/** A directory that cannot be read says nothing; the change does not hang on it. */
async function optionsOfFiles(root: string): Promise<readonly EbOption[]> {
  try {
    return readEbExtensions(await takeSnapshot(root)).options;
  } catch (error) {
    if (error instanceof UserError) return [];
    throw error;
  }
}
