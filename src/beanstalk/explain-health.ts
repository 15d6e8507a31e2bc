import type { Finding } from '../findings.ts';
import { failsLoadBalancer, gradeOf, refusedRequests } from './causes.ts';
import { asksByHttp, checksOf, type LoadBalancer, liveProcesses } from './load-balancer.ts';
import { newFinding, type Observation, type RepositoryView } from './report.ts';

/** Why an environment is not healthy: the chain of causes in words, and what to run next. */
export interface Explanation {
  readonly findings: readonly Finding[];
  readonly chain: readonly string[];
  readonly next: string | null;
}

const healthy: Explanation = { findings: [], chain: [], next: null };

/** Explains an environment's health from what was read of it.
 * @param loadBalancer null where it could not be read */
export function explainHealth(
  observation: Observation,
  loadBalancer: LoadBalancer | null,
  repository: RepositoryView | undefined,
): Explanation {
  const { environment, health } = observation;
  const { name } = environment;
  const refused = refusedRequests(health);
  const byHttp = loadBalancer === null || asksByHttp(loadBalancer, observation.settings);
  if (refused !== null && refused.percent >= 90 && byHttp) {
    const chain = refusedChain(observation, loadBalancer, repository);
    const next = nextStep(name, repository);
    const who = refused.checkerOnly
      ? `, and at ${refused.perMinute} requests a minute the load balancer's own check is all there is`
      : '';
    const message = `${refused.percent} % of the requests are answered 4xx${who}: the app refuses the check, most likely for its Host, the instance's private address`;
    return { findings: [newFinding('env-check-refused', 'error', message, next)], chain, next };
  }
  const grade = gradeOf(health);
  if (grade === 'pending' || grade === 'info' || grade === 'ok') return healthy;
  const status = health.status ?? health.color ?? 'unknown';
  if (grade === 'unknown') {
    const message = `its health is ${status}: ${health.causes[0] ?? 'no data of its instances'}`;
    return { ...healthy, findings: [newFinding('env-health-unknown', 'info', message, `eb health ${name}`)] };
  }
  const cause = health.causes[0] ?? 'no cause is given';
  const next = failsLoadBalancer(health) && byHttp ? nextStep(name, repository) : `eb logs ${name}`;
  const chain =
    failsLoadBalancer(health) && byHttp
      ? [`the load balancer ${asked(observation, loadBalancer)}`, `its targets do not pass: ${cause}`]
      : [cause];
  return {
    findings: [
      newFinding(
        'env-unhealthy',
        grade === 'severe' ? 'error' : 'warning',
        `its health is ${status}: ${cause}`,
        next,
      ),
    ],
    chain: [...chain, ...instanceCauses(observation), ...recentFailure(observation)],
    next,
  };
}

function refusedChain(
  observation: Observation,
  loadBalancer: LoadBalancer | null,
  repository: RepositoryView | undefined,
): string[] {
  return [
    `the load balancer ${asked(observation, loadBalancer)}, with the instance's private address as Host`,
    `the app answers 4xx: ${observation.health.causes.join(' ')}`,
    ...(loadBalancer === null ? [] : [propertyWords(observation)]),
    hookWords(repository),
    'if the log of the instance shows 404 instead of 400, it is the path that is wrong, not the host',
    ...recentFailure(observation),
  ];
}

function propertyWords({ hostsProperties }: Observation): string {
  if (hostsProperties.length === 0)
    return 'no environment property looks like a list of hosts: the list is in the code, or has another name';
  const properties = hostsProperties
    .map(({ name, verdict }) => `${name} (${verdictWords[verdict]})`)
    .join(', ');
  return `of the environment's properties these look like the list: ${properties}; no property can hold the address of every instance`;
}

const verdictWords = {
  empty: 'empty',
  wildcard: 'admits every host',
  'has-private-addresses': 'lists private addresses, which go with their instances',
  hosts: 'set',
} as const;

function asked({ settings }: Observation, loadBalancer: LoadBalancer | null): string {
  if (loadBalancer === null) return 'asks a path that could not be read';
  const live = liveProcesses(loadBalancer, settings);
  const asks = checksOf(loadBalancer, settings)
    .filter(({ process }) => live.includes(process))
    .map(({ path, matcher }) => `asks ${path ?? '/'} and takes ${matcher ?? '200'} for healthy`);
  return asks.join(', and ') || 'asks';
}

function hookWords(repository: RepositoryView | undefined): string {
  if (repository === undefined)
    return 'whether the deployed bundle holds the hook that adds the address is not known here';
  return repository.hook
    ? 'this repository holds the hook that adds the address: it is not deployed yet, not in the bundle, or it failed (/var/log/eb-hooks.log)'
    : 'no hook in this repository adds the address';
}

function nextStep(name: string, repository: RepositoryView | undefined): string {
  if (repository === undefined) return `in the app's repository: eb-hosts init, then eb deploy ${name}`;
  return repository.hook
    ? `eb-hosts doctor, then eb deploy ${name}`
    : `eb-hosts init, then eb deploy ${name}`;
}

function instanceCauses({ instances }: Observation): string[] {
  return (instances ?? [])
    .filter(({ causes }) => causes.length > 0)
    .slice(0, 3)
    .map(({ id, status, causes }) => `instance ${id} is ${status ?? 'unknown'}: ${causes[0]}`);
}

function recentFailure({ events }: Observation): string[] {
  const event = events?.findLast(({ severity }) => severity === 'ERROR' || severity === 'FATAL');
  return event === undefined
    ? []
    : [`last error (${event.date?.slice(0, 16) ?? 'no date'}): ${event.message}`];
}
