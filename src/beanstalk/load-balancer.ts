import { UserError } from '../errors.ts';
import {
  applicationNamespace,
  classicHealthNamespace,
  environmentNamespace,
  listenerPrefix,
  listenerRulePrefix,
  processOf,
  processPrefix,
} from '../option-namespaces.ts';
import { type Environment, healthcheckUrl, type Setting, settingValue } from './environment.ts';

/** How a load balancer is called in a sentence. */
export const loadBalancerNames = {
  application: 'application load balancer',
  shared: 'shared application load balancer',
  classic: 'classic load balancer',
  network: 'network load balancer',
  'single-instance': 'single instance',
  worker: 'worker',
  cluster: 'Beanstalk Cluster (EKS)',
};

/** What checks the health of an environment's instances. */
export type LoadBalancer = keyof typeof loadBalancerNames;

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

/** Source: Developer Guide, command-options-general, `aws:elasticbeanstalk:environment:process:default`. */
const processOptions: Record<CheckPart, string> = {
  path: 'HealthCheckPath',
  matcher: 'MatcherHTTPCode',
  interval: 'HealthCheckInterval',
  timeout: 'HealthCheckTimeout',
  healthyThreshold: 'HealthyThresholdCount',
  unhealthyThreshold: 'UnhealthyThresholdCount',
};

/** A classic load balancer takes 200 and nothing else. Source: the same, `aws:elb:healthcheck`. */
const classicOptions: Partial<Record<CheckPart, string>> = {
  path: healthcheckUrl,
  interval: 'Interval',
  timeout: 'Timeout',
  healthyThreshold: 'HealthyThreshold',
  unhealthyThreshold: 'UnhealthyThreshold',
};

export const checkParts = Object.keys(processOptions) as readonly CheckPart[];

/** Which load balancer an environment has. The API's default type is classic, where none is named.
 * Source: Developer Guide, command-options-general, `aws:elasticbeanstalk:environment`.
 * @throws UserError `no-health-check-path` for a type that is not known */
export function loadBalancerOf(
  { tier }: Pick<Environment, 'tier'>,
  settings: readonly Setting[],
): LoadBalancer {
  if (tier !== 'web') return tier;
  const read = (option: string) => settingValue(settings, environmentNamespace, option);
  if (read('EnvironmentType') === 'SingleInstance') return 'single-instance';
  const type = read('LoadBalancerType')?.toLowerCase() || 'classic';
  if (type === 'application') return read('LoadBalancerIsShared') === 'true' ? 'shared' : 'application';
  if (type === 'classic' || type === 'network') return type;
  // Its health check may stand in other options than those that are known here.
  throw new UserError('no-health-check-path', `a load balancer of type '${type}' is not known to eb-hosts`, {
    hint: 'look whether a newer eb-hosts knows it',
  });
}

/** Why the health-check path of such an environment cannot be set, and what to do instead. */
const refusals: Partial<Record<LoadBalancer, readonly [string, string]>> = {
  network: [
    'has a network load balancer: it usually checks by a TCP connect, and Elastic Beanstalk has no option for a path there',
    'a TCP check is not refused for a Host; for an HTTP check create an environment with an application load balancer (the type cannot change)',
  ],
  'single-instance': [
    'is a single instance without a load balancer: nothing asks for a path',
    "for a health check make it load-balanced (EnvironmentType LoadBalanced in 'eb config'); else there is nothing to do",
  ],
  worker: [
    'is a worker environment without a load balancer: nothing asks for a path',
    "its daemon posts to the app on localhost: allow 'localhost' (aws:elasticbeanstalk:sqsd HttpPath is the path)",
  ],
  cluster: [
    "is a Beanstalk Cluster (EKS): it has no platform hooks and no option for the health check's path; its target group asks for / with the pod's IP as Host (likely)",
    'let a middleware of the app answer the path / for requests of ELB-HealthChecker before anything looks at the Host',
  ],
};

/** @returns undefined for an environment whose path can be set */
export function refusalOf(loadBalancer: LoadBalancer, name: string): UserError | undefined {
  const [reason, hint] = refusals[loadBalancer] ?? [];
  if (reason === undefined) return undefined;
  return new UserError('no-health-check-path', `'${name}' ${reason}`, { hint });
}

/** Where a part of a health check stands, by load balancer. An application load balancer does not read
 * `Application Healthcheck URL` (cloudposse/terraform-aws-elastic-beanstalk-environment#12), a classic one reads nothing
 * of the process. */
export function optionOf(
  loadBalancer: LoadBalancer,
  process: string,
  part: CheckPart,
): { namespace: string; option: string } | undefined {
  if (loadBalancer === 'classic') {
    const option = classicOptions[part];
    const namespace = part === 'path' ? applicationNamespace : classicHealthNamespace;
    return option === undefined ? undefined : { namespace, option };
  }
  const isHttp = part === 'path' || part === 'matcher';
  if (refusals[loadBalancer] !== undefined && (loadBalancer !== 'network' || isHttp)) return undefined;
  return { namespace: `${processPrefix}${process}`, option: processOptions[part] };
}

/** The processes of an environment, `default` first. A classic load balancer knows one. */
export function processesOf(loadBalancer: LoadBalancer, settings: readonly Setting[]): readonly string[] {
  if (refusals[loadBalancer] !== undefined && loadBalancer !== 'network') return [];
  if (loadBalancer === 'classic') return ['default'];
  const others = new Set(settings.flatMap(({ namespace }) => processOf(namespace) ?? []));
  others.delete('default');
  return ['default', ...[...others].sort()];
}

/** The processes that traffic reaches: those that an enabled listener or one of its rules names, else `default`. */
export function liveProcesses(loadBalancer: LoadBalancer, settings: readonly Setting[]): readonly string[] {
  if (loadBalancer === 'classic') return ['default'];
  const live = new Set<string>();
  const listeners = settings
    .map(({ namespace }) => namespace)
    .filter((name) => name.startsWith(listenerPrefix));
  for (const listener of new Set(listeners)) {
    if (settingValue(settings, listener, 'ListenerEnabled') === 'false') continue;
    live.add(settingValue(settings, listener, 'DefaultProcess') || 'default');
    for (const rule of (settingValue(settings, listener, 'Rules') ?? '').split(',')) {
      const name = rule.trim();
      // `default` is the listener's own rule.
      if (name !== '' && name !== 'default')
        live.add(settingValue(settings, `${listenerRulePrefix}${name}`, 'Process') || 'default');
    }
  }
  return live.size === 0 ? ['default'] : [...live].sort();
}

/** The health checks as deployed, one for each process. */
export function checksOf(loadBalancer: LoadBalancer, settings: readonly Setting[]): readonly ProcessCheck[] {
  return processesOf(loadBalancer, settings).map((process) => {
    const text = (part: CheckPart) => {
      const place = optionOf(loadBalancer, process, part);
      return (place && settingValue(settings, place.namespace, place.option)) || null;
    };
    const number = (part: CheckPart) => (/^\d+$/.test(text(part) ?? '') ? Number(text(part)) : null);
    // What a classic load balancer asks where the option for it is unset.
    const target =
      loadBalancer === 'classic' ? settingValue(settings, classicHealthNamespace, 'Target') : undefined;
    return {
      process,
      path: text('path') ?? (isHttpTarget(target) ? target : null),
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
  return loadBalancer === 'application' || loadBalancer === 'shared' || loadBalancer === 'cluster';
}

/** `/health`, `HTTPS:443/health`; a classic load balancer may also be told `TCP:80`, or nothing. */
export function isHttpTarget(target: string | null | undefined): target is string {
  return /^(?:\/|https?:)/i.test(target ?? '');
}
