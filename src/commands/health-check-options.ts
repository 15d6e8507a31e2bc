import type { Intent } from '../beanstalk/change-health-check.ts';
import type { WhereFlags } from '../beanstalk/where.ts';
import { parseDuration } from '../duration.ts';
import { healthCheckPath as checkPath } from '../hooks/flags.ts';
import type { Io } from '../io.ts';
import { didYouMean } from '../nearest.ts';
import { commonOptions, type Option, type OptionTable, parseOptions, usage } from '../options.ts';
import { type CodeFormat, codeFormats } from '../output/option-code.ts';

const command = 'health-check';

/** What can be done, each with the argument that it needs. */
export const verbs = { show: null, set: 'PATH', unset: null } as const;
type Verb = keyof typeof verbs;

export const options = {
  ...commonOptions,
  environment: { type: 'string' },
  application: { type: 'string' },
  profile: { type: 'string' },
  region: { type: 'string' },
  process: { type: 'string' },
  matcher: { type: 'string', verb: 'set' },
  interval: { type: 'string', verb: 'set' },
  'check-timeout': { type: 'string', verb: 'set' },
  'healthy-threshold': { type: 'string', verb: 'set' },
  'unhealthy-threshold': { type: 'string', verb: 'set' },
  all: { type: 'boolean', verb: 'unset' },
  'dry-run': { type: 'boolean' },
  yes: { type: 'boolean', short: 'y' },
  wait: { type: 'boolean' },
  'no-wait': { type: 'boolean' },
  timeout: { type: 'string' },
  print: { type: 'string', values: codeFormats },
} as const satisfies OptionTable;

/** A run of `health-check`, its flags understood. */
export interface HealthCheckRequest extends WhereFlags {
  readonly verb: Verb;
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

/** @throws UserError `usage` */
export function parseHealthCheck(argv: readonly string[], io: Io): HealthCheckRequest {
  const { values, positionals } = parseOptions(command, argv, options, { atMost: 2 });
  const verb = readVerb(positionals[0]);
  const path = positionals[1];
  if (verbs[verb] === null && path !== undefined) throw usage(command, `unexpected argument '${path}'`);
  for (const [flag, { verb: owner }] of Object.entries<Option>(options)) {
    if (owner !== undefined && owner !== verb && flag in values) {
      throw usage(command, `--${flag} belongs to '${owner}'`);
    }
  }
  if (values.wait && values['no-wait']) throw usage(command, '--wait and --no-wait cannot be used together');
  const { print } = values;
  if (print !== undefined && values.json) throw usage(command, '--print and --json cannot be used together');
  if (print !== undefined && print !== 'aws-cli' && verb === 'unset') {
    throw usage(command, 'a removal as code is --print aws-cli; elsewhere take the lines out');
  }
  const timeoutMs = parseDuration(values.timeout ?? '10m');
  if (timeoutMs === undefined) {
    throw usage(command, `--timeout takes a time such as 90s, 10m or 10 (minutes), not '${values.timeout}'`);
  }
  const intent = intentOf(verb, path, values);
  // Last: what is wrong with a command is worth knowing before whether it may run.
  const changes = verb !== 'show' && print === undefined && !values['dry-run'];
  if (changes && !values.yes && !io.interactive) {
    throw usage(
      command,
      `'${verb}' asks before it changes anything: off a terminal give --yes, or --dry-run to look`,
    );
  }
  return {
    verb,
    intent,
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

type Values = ReturnType<typeof parseOptions<typeof options>>['values'];

function readVerb(word: string | undefined): Verb {
  if (word === undefined) throw usage(command, 'say what to do: show, set PATH or unset');
  if (Object.hasOwn(verbs, word)) return word as Verb;
  const known = didYouMean(word, Object.keys(verbs));
  throw usage(command, `'${word}' is none of show, set PATH and unset${known}`);
}

function intentOf(verb: Verb, path: string | undefined, values: Values): Intent {
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
      interval: wholeNumber(values.interval),
      timeout: wholeNumber(values['check-timeout']),
      healthyThreshold: wholeNumber(values['healthy-threshold']),
      unhealthyThreshold: wholeNumber(values['unhealthy-threshold']),
    },
  };
}

/** `010` is 10; what is no number stays as it is, to be refused. */
function wholeNumber(text: string | undefined): string | undefined {
  return text?.replace(/^0+(?=\d{1,4}$)/, '');
}
