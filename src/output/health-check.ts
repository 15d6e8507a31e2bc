import type { Change } from '../beanstalk/check-change.ts';
import type { EnvironmentEvent, Health } from '../beanstalk/environment.ts';
import type { HealthCheckView } from '../beanstalk/health-check.ts';
import {
  isHttpTarget,
  type LoadBalancer,
  loadBalancerNames,
  type ProcessCheck,
} from '../beanstalk/load-balancer.ts';
import type { Where } from '../beanstalk/where.ts';
import type { UserError } from '../errors.ts';
import { printableLine, type Style } from './text.ts';

/** What a run of `health-check` has to tell. */
export interface HealthCheckReport extends HealthCheckView {
  readonly changes: readonly Change[];
  readonly applied: boolean;
  readonly events: readonly EnvironmentEvent[];
  readonly failure: UserError | null;
}

/** The JSON document of `health-check`. */
export function healthCheckDocument(report: HealthCheckReport): object {
  const { environment, failure } = report;
  return {
    command: 'health-check',
    ok: failure === null,
    environment: environment.name,
    application: environment.application,
    region: environment.region,
    loadBalancer: report.loadBalancer,
    settings: report.checks,
    changes: report.changes,
    applied: report.applied,
    events: report.events.map(({ date, severity, message }) => ({ date, severity, message })),
    health: report.health,
    ...(failure === null
      ? {}
      : { error: { code: failure.code, message: failure.message, hint: failure.hint } }),
  };
}

/** Which environment this is about, as whom and where: the first line of every output. */
export function environmentLine(
  { environment, loadBalancer }: Pick<HealthCheckReport, 'environment' | 'loadBalancer'>,
  { profile }: Where,
  style: Style,
): string {
  const as = profile === undefined ? '' : `, profile ${printableLine(profile.name)}`;
  const place = `application ${printableLine(environment.application)}, ${environment.region}${as}`;
  return `${style('bold', printableLine(environment.name))} (${place}): ${loadBalancerNames[loadBalancer]}, ${printableLine(environment.status)}\n`;
}

/** The health checks as deployed, one line a process. */
export function checkLines(checks: readonly ProcessCheck[], loadBalancer: LoadBalancer): string {
  return checks.map((check) => `  ${checkLine(check, loadBalancer)}\n`).join('');
}

function checkLine(check: ProcessCheck, loadBalancer: LoadBalancer): string {
  const seconds = (value: number | null) => (value === null ? undefined : `${value} s`);
  const asks = (): string => {
    if (loadBalancer === 'network') return 'a TCP connect, no path';
    if (loadBalancer === 'classic')
      return isHttpTarget(check.path) ? `GET ${check.path}, healthy is 200` : 'a TCP connect, no path';
    return `GET ${check.path ?? '/'}, healthy is ${check.matcher ?? '200 (default)'}`;
  };
  const details = [
    ['interval', seconds(check.interval)],
    ['time-out', seconds(check.timeout)],
    ['healthy after', check.healthyThreshold],
    ['unhealthy after', check.unhealthyThreshold],
  ].flatMap(([name, value]) => (value === undefined || value === null ? [] : [`${name} ${value}`]));
  return printableLine(`process ${check.process}: ${[asks(), ...details].join(', ')}`);
}

/** Old and new value of every option that changes. */
export function changeLines(changes: readonly Change[], style: Style): string {
  return changes
    .map(({ namespace, option, from, to }) => {
      const [before, after] = [from === null || from === '' ? '(unset)' : from, to ?? '(removed)'].map(
        printableLine,
      );
      return `  ${printableLine(namespace)}  ${option}: ${style('red', before ?? '')} → ${style('green', after ?? '')}\n`;
    })
    .join('');
}

/** Health in a line, its causes below. */
export function healthLines(health: Health | null, style: Style): string {
  if (health === null) return '';
  const name = health.status ?? health.color ?? 'unknown';
  const format = health.color === 'Green' ? 'green' : health.color === 'Red' ? 'red' : 'yellow';
  const causes = health.causes.map((cause) => `    ${printableLine(cause)}\n`);
  return `  health: ${style(format, printableLine(name))}\n${causes.join('')}`;
}
