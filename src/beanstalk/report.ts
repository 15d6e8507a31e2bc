import type { Finding, Severity } from '../findings.ts';
import type { HealthCheckOption } from '../project/project.ts';
import type {
  Environment,
  EnvironmentEvent,
  Health,
  InstanceHealth,
  PlatformVersion,
} from './environment.ts';
import type { LoadBalancer, ProcessCheck } from './load-balancer.ts';
import type { HostsProperty, Setting } from './settings.ts';

/** What was read of an environment; null where it was not asked for, or could not be read. */
export interface Observation {
  readonly environment: Environment;
  readonly settings: readonly Setting[];
  readonly hostsProperties: readonly HostsProperty[];
  readonly health: Health;
  readonly instances: readonly InstanceHealth[] | null;
  /** The newest of severity WARN and above, oldest first. */
  readonly events: readonly EnvironmentEvent[] | null;
  readonly platform: PlatformVersion | null;
}

/** What of the repository bears on an environment; undefined where there is no repository. */
export interface RepositoryView {
  readonly healthCheckOptions: readonly HealthCheckOption[];
  /** Whether the predeploy hook of eb-hosts is there. */
  readonly hook: boolean;
}

/** An environment and everything found in it. */
export interface EnvironmentReport {
  readonly environment: Environment;
  /** Null where its configuration could not be read. */
  readonly loadBalancer: LoadBalancer | null;
  readonly checks: readonly ProcessCheck[];
  readonly hostsProperties: readonly HostsProperty[];
  readonly health: Health;
  readonly instances: readonly InstanceHealth[] | null;
  readonly events: readonly EnvironmentEvent[] | null;
  readonly platform: PlatformVersion | null;
  readonly imdsV1Disabled: boolean | null;
  readonly findings: readonly Finding[];
  /** The causes, one after the other, in words; empty for a healthy environment. */
  readonly chain: readonly string[];
  /** The command to run next; null where nothing is to be done. */
  readonly next: string | null;
}

/** A finding that no file is to blame for. */
export function newFinding(code: Finding['code'], severity: Severity, message: string, fix: string): Finding {
  return { code, severity, file: null, line: null, message, fix };
}
