import { type EnvironmentReport, newFinding, type Observation } from './report.ts';

/** An environment that could not be read is a finding, not the end. */
export function unreadable(
  observed: Pick<Observation, 'environment' | 'health'>,
  reason: string,
  fix: string | null,
): EnvironmentReport {
  const { environment, health } = observed;
  const finding = newFinding(
    'env-unreadable',
    'error',
    `its configuration could not be read: ${reason}`,
    fix ?? 'run it again',
  );
  return {
    environment,
    loadBalancer: null,
    checks: [],
    hostsProperties: [],
    health,
    instances: null,
    events: null,
    platform: null,
    imdsV1Disabled: null,
    findings: [{ ...finding, environment: environment.name }],
    chain: [],
    next: null,
  };
}

/** An environment that comes or goes while it is looked at: nothing is wrong with that. */
export function passingBy(observed: Pick<Observation, 'environment' | 'health'>): EnvironmentReport {
  const { name, status } = observed.environment;
  const state = status === 'Launching' ? 'it is being created' : 'it is being terminated, or gone already';
  const finding = newFinding(
    'env-health-unknown',
    'info',
    `nothing can be said of it: ${state}`,
    `eb events ${name}`,
  );
  return { ...unreadable(observed, '', null), findings: [{ ...finding, environment: name }] };
}
