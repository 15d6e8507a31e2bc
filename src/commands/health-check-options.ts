import type { Intent } from '../beanstalk/change-health-check.ts';
import type { WhereFlags } from '../beanstalk/where.ts';
import { parseDuration } from '../duration.ts';
import { checkPath } from '../hooks/validation.ts';
import type { Io } from '../io.ts';
import { commonOptions, oneOf, parseOptions, usage } from '../options.ts';
import { type CodeFormat, codeFormats } from '../output/option-code.ts';

const command = 'health-check';

const options = {
  ...commonOptions,
  environment: { type: 'string' },
  application: { type: 'string' },
  profile: { type: 'string' },
  region: { type: 'string' },
  process: { type: 'string' },
  matcher: { type: 'string' },
  interval: { type: 'string' },
  'check-timeout': { type: 'string' },
  'healthy-threshold': { type: 'string' },
  'unhealthy-threshold': { type: 'string' },
  all: { type: 'boolean' },
  'dry-run': { type: 'boolean' },
  yes: { type: 'boolean', short: 'y' },
  wait: { type: 'boolean' },
  'no-wait': { type: 'boolean' },
  timeout: { type: 'string' },
  print: { type: 'string' },
} as const;

/** A run of `health-check`, its flags understood. */
export interface HealthCheckRequest extends WhereFlags {
  readonly verb: 'show' | 'set' | 'unset';
  readonly intent: Intent;
  readonly process: string | undefined;
  readonly cwd: string | undefined;
  readonly json: boolean;
  readonly quiet: boolean;
  readonly dryRun: boolean;
  readonly yes: boolean;
  readonly wait: boolean;
  readonly timeoutMs: number;
  readonly print: CodeFormat | undefined;
}

const setFlags = [
  'matcher',
  'interval',
  'check-timeout',
  'healthy-threshold',
  'unhealthy-threshold',
] as const;

/** @throws UserError `usage` */
export function parseHealthCheck(argv: readonly string[], io: Io): HealthCheckRequest {
  const { values, positionals } = parseOptions(command, argv, options, { atMost: 2 });
  const [verb, path] = positionals;
  if (verb !== 'show' && verb !== 'set' && verb !== 'unset') {
    throw usage(
      command,
      verb === undefined
        ? 'what is to be done: show, set PATH or unset?'
        : `'${verb}' is none of show, set PATH and unset`,
    );
  }
  if (verb !== 'set' && path !== undefined) throw usage(command, `unexpected argument '${path}'`);
  for (const flag of setFlags) {
    if (verb !== 'set' && values[flag] !== undefined) throw usage(command, `--${flag} belongs to 'set'`);
  }
  if (verb !== 'unset' && values.all) throw usage(command, "--all belongs to 'unset'");
  if (values.wait && values['no-wait']) throw usage(command, '--wait and --no-wait exclude each other');
  const print = oneOf(command, '--print', values.print, codeFormats);
  if (print !== undefined && values.json) throw usage(command, '--print and --json exclude each other');
  if (print !== undefined && print !== 'aws-cli' && verb === 'unset') {
    throw usage(command, 'a removal as code is --print aws-cli; elsewhere take the lines out');
  }
  const changes = verb !== 'show' && print === undefined && !values['dry-run'];
  if (changes && !values.yes && !io.interactive) {
    throw usage(
      command,
      `'${verb}' asks before it changes anything: off a terminal give --yes, or --dry-run to look`,
    );
  }
  const timeoutMs = parseDuration(values.timeout ?? '10m');
  if (timeoutMs === undefined) {
    throw usage(command, `--timeout takes a time such as 90s, 10m or 10 (minutes), not '${values.timeout}'`);
  }
  return {
    verb,
    intent: intentOf(verb, path, values),
    environment: values.environment,
    application: values.application,
    profile: values.profile,
    region: values.region,
    process: values.process,
    cwd: values.cwd,
    json: values.json === true,
    quiet: values.quiet === true,
    dryRun: values['dry-run'] === true,
    yes: values.yes === true,
    wait: values['no-wait'] !== true,
    timeoutMs,
    print,
  };
}

function intentOf(
  verb: HealthCheckRequest['verb'],
  path: string | undefined,
  values: { readonly [flag in (typeof setFlags)[number]]?: string | undefined } & {
    readonly all?: boolean | undefined;
  },
): Intent {
  if (verb !== 'set') {
    return {
      verb: 'unset',
      parts: values.all
        ? ['path', 'matcher', 'interval', 'timeout', 'healthyThreshold', 'unhealthyThreshold']
        : ['path'],
    };
  }
  if (path === undefined) throw usage(command, "'set' needs the path, for example /health/");
  return {
    verb,
    wanted: {
      path: checkPath(path),
      matcher: values.matcher,
      interval: values.interval,
      timeout: values['check-timeout'],
      healthyThreshold: values['healthy-threshold'],
      unhealthyThreshold: values['unhealthy-threshold'],
    },
  };
}
