import { UserError } from '../errors.ts';
import type { Environment } from './environment.ts';
import {
  applicationNamespace,
  classicNamespace,
  environmentNamespace,
  healthcheckUrl,
  listenerPrefix,
  processPrefix,
  rulePrefix,
  type Setting,
  settingValue,
} from './settings.ts';

/** What checks the health of an environment's instances. */
export type LoadBalancer = 'application' | 'shared' | 'classic' | 'network' | 'single-instance' | 'worker';

/** The health check of one process, as deployed; null where the option is unset. */
export interface ProcessCheck {
  readonly process: string;
  readonly path: string | null;
  readonly matcher: string | null;
  readonly interval: number | null;
  readonly timeout: number | null;
  readonly healthyThreshold: number | null;
  readonly unhealthyThreshold: number | null;
}

/** The parts of a health check that can be set. */
export type CheckPart = Exclude<keyof ProcessCheck, 'process'>;
export const checkParts: readonly CheckPart[] = [
  'path',
  'matcher',
  'interval',
  'timeout',
  'healthyThreshold',
  'unhealthyThreshold',
];

/** Which load balancer an environment has. The API's default type is classic, where none is named.
 * Source: Elastic Beanstalk Developer Guide, command-options-general, `aws:elasticbeanstalk:environment`.
 * @throws UserError `no-health-check-path` for a type of the future */
export function loadBalancerOf(
  environment: Pick<Environment, 'worker'>,
  settings: readonly Setting[],
): LoadBalancer {
  if (environment.worker) return 'worker';
  const read = (option: string) => settingValue(settings, environmentNamespace, option);
  if (read('EnvironmentType') === 'SingleInstance') return 'single-instance';
  const type = given(read('LoadBalancerType')?.toLowerCase()) ?? 'classic';
  if (type === 'application') return read('LoadBalancerIsShared') === 'true' ? 'shared' : 'application';
  if (type === 'classic' || type === 'network') return type;
  // Its health check may stand in other options than those that are known here.
  throw new UserError('no-health-check-path', `a load balancer of type '${type}' is not known to eb-hosts`, {
    hint: 'look whether a newer eb-hosts knows it',
  });
}

/** How a load balancer is called in a sentence. */
export const loadBalancerNames: Record<LoadBalancer, string> = {
  application: 'application load balancer',
  shared: 'shared application load balancer',
  classic: 'classic load balancer',
  network: 'network load balancer',
  'single-instance': 'single instance',
  worker: 'worker',
};

/** Why the health-check path of such an environment cannot be set, and what to do instead; undefined where it can. */
export function refusalOf(loadBalancer: LoadBalancer, name: string): UserError | undefined {
  const refuse = (reason: string, hint: string) =>
    new UserError('no-health-check-path', `'${name}' ${reason}`, { hint });
  switch (loadBalancer) {
    case 'network':
      return refuse(
        'has a network load balancer: Elastic Beanstalk lets it check by a TCP connect only, there is no path to set',
        'nothing is refused by the allow-list there; for an HTTP check create an environment with an application load balancer (the type cannot change)',
      );
    case 'single-instance':
      return refuse(
        'is a single instance without a load balancer: nothing asks for a path',
        "for a health check make it load-balanced (EnvironmentType LoadBalanced in 'eb config'); else there is nothing to do",
      );
    case 'worker':
      return refuse(
        'is a worker environment without a load balancer: nothing asks for a path',
        "its daemon posts to the app on localhost: allow 'localhost' (aws:elasticbeanstalk:sqsd HttpPath is the path)",
      );
    default:
      return undefined;
  }
}

/** Where each part of a health check stands, by load balancer.
 * Source: facts of command-options-general; an application load balancer does not read `Application Healthcheck URL`
 * (cloudposse/terraform-aws-elastic-beanstalk-environment#12), a classic one reads nothing of the process. */
export function optionOf(
  loadBalancer: LoadBalancer,
  process: string,
  part: CheckPart,
): { namespace: string; option: string } | undefined {
  if (loadBalancer === 'single-instance' || loadBalancer === 'worker') return undefined;
  if (loadBalancer === 'classic') {
    const option = classicOptions[part];
    if (option === undefined) return undefined;
    return { namespace: part === 'path' ? applicationNamespace : classicNamespace, option };
  }
  if (loadBalancer === 'network' && (part === 'path' || part === 'matcher')) return undefined;
  return { namespace: `${processPrefix}${process}`, option: processOptions[part] };
}

const processOptions: Record<CheckPart, string> = {
  path: 'HealthCheckPath',
  matcher: 'MatcherHTTPCode',
  interval: 'HealthCheckInterval',
  timeout: 'HealthCheckTimeout',
  healthyThreshold: 'HealthyThresholdCount',
  unhealthyThreshold: 'UnhealthyThresholdCount',
};

/** A classic load balancer takes 200 and nothing else. */
const classicOptions: Partial<Record<CheckPart, string>> = {
  path: healthcheckUrl,
  interval: 'Interval',
  timeout: 'Timeout',
  healthyThreshold: 'HealthyThreshold',
  unhealthyThreshold: 'UnhealthyThreshold',
};

/** The processes of an environment, `default` first. A classic load balancer knows one. */
export function processesOf(loadBalancer: LoadBalancer, settings: readonly Setting[]): readonly string[] {
  if (loadBalancer === 'single-instance' || loadBalancer === 'worker') return [];
  if (loadBalancer === 'classic') return ['default'];
  const named = settings
    .map(({ namespace }) => namespace)
    .filter((namespace) => namespace.startsWith(processPrefix));
  const others = new Set(named.map((namespace) => namespace.slice(processPrefix.length)));
  others.delete('default');
  return ['default', ...[...others].sort()];
}

/** The processes that traffic reaches: those that an enabled listener or one of its rules names, else `default`. */
export function liveProcesses(loadBalancer: LoadBalancer, settings: readonly Setting[]): readonly string[] {
  if (loadBalancer === 'classic') return ['default'];
  const live = new Set<string>();
  const listeners = new Set(
    settings.map(({ namespace }) => namespace).filter((namespace) => namespace.startsWith(listenerPrefix)),
  );
  for (const listener of listeners) {
    if (settingValue(settings, listener, 'ListenerEnabled') === 'false') continue;
    live.add(given(settingValue(settings, listener, 'DefaultProcess')) ?? 'default');
    for (const rule of (settingValue(settings, listener, 'Rules') ?? '').split(',')) {
      const name = rule.trim();
      // `default` is the listener's own rule.
      if (name === '' || name === 'default') continue;
      live.add(given(settingValue(settings, `${rulePrefix}${name}`, 'Process')) ?? 'default');
    }
  }
  return live.size === 0 ? ['default'] : [...live].sort();
}

/** The health checks as deployed, one a process. */
export function checksOf(loadBalancer: LoadBalancer, settings: readonly Setting[]): readonly ProcessCheck[] {
  return processesOf(loadBalancer, settings).map((process) => {
    const text = (part: CheckPart) => {
      const place = optionOf(loadBalancer, process, part);
      return place === undefined
        ? null
        : (given(settingValue(settings, place.namespace, place.option)) ?? null);
    };
    const number = (part: CheckPart) => {
      const value = text(part);
      return value === null || !/^\d+$/.test(value) ? null : Number(value);
    };
    return {
      process,
      path: text('path') ?? (loadBalancer === 'classic' ? deprecatedTarget(settings) : null),
      matcher: text('matcher'),
      interval: number('interval'),
      timeout: number('timeout'),
      healthyThreshold: number('healthyThreshold'),
      unhealthyThreshold: number('unhealthyThreshold'),
    };
  });
}

/** Whether a load balancer's check is an HTTP request, and can be refused for its Host. */
export function asksByHttp(loadBalancer: LoadBalancer, settings: readonly Setting[]): boolean {
  if (loadBalancer === 'classic')
    return checksOf(loadBalancer, settings).some(({ path }) => isHttpTarget(path));
  return loadBalancer === 'application' || loadBalancer === 'shared';
}

/** `/health`, `HTTPS:443/health`; a classic load balancer may also be told `TCP:80`, or nothing. */
export function isHttpTarget(target: string | null | undefined): target is string {
  return /^(?:\/|https?:)/i.test(target ?? '');
}

/** What a classic load balancer asks where the option for it is unset. */
function deprecatedTarget(settings: readonly Setting[]): string | null {
  const target = settingValue(settings, classicNamespace, 'Target');
  return isHttpTarget(target) ? target : null;
}

function given(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}
