import type { Health } from '../beanstalk/environment.ts';
import { loadBalancerNames } from '../beanstalk/load-balancer.ts';
import type { EnvironmentReport } from '../beanstalk/report.ts';
import { checkLines, healthLines } from './health-check.ts';
import type { Style } from './style.ts';
import { printableLine, wrap } from './wrap.ts';

/** An environment in the JSON of `doctor`. */
export function environmentDocument(report: EnvironmentReport): object {
  const { environment, loadBalancer, health, checks, hostsProperties, instances, events, platform } = report;
  return {
    name: environment.name,
    application: environment.application,
    region: environment.region,
    platform: environment.platform ?? null,
    loadBalancer,
    health,
    status: environment.status,
    settings: checks,
    properties: hostsProperties,
    instances,
    events: events?.map(({ date, severity, message }) => ({ date, severity, message })) ?? null,
    platformVersion: platform,
    imdsV1Disabled: report.imdsV1Disabled,
    chain: report.chain,
    next: report.next,
  };
}

/** One environment in full, for people. */
export function renderEnvironment(report: EnvironmentReport, style: Style, columns: number): string {
  const { environment, loadBalancer, hostsProperties, platform } = report;
  const kind = loadBalancer === null ? 'not readable' : loadBalancerNames[loadBalancer];
  const made = platform?.created == null ? '' : `, made ${platform.created.slice(0, 10)}`;
  const branch = platform?.branchState == null ? '' : `, branch ${platform.branchState}`;
  const facts = [
    `platform: ${environment.platform ?? 'unknown'}${made}${branch}`,
    `properties with hosts: ${hostsProperties.map(({ name, verdict }) => `${name} (${verdict})`).join(', ') || 'none'}`,
    ...(report.imdsV1Disabled === null ? [] : [`IMDSv1: ${report.imdsV1Disabled ? 'off' : 'on'}`]),
    ...(report.instances === null ? [] : [`instances: ${countByStatus(report) || 'none'}`]),
  ];
  const head = `${style('bold', printableLine(environment.name))} (application ${printableLine(environment.application)}, ${environment.region}): ${kind}, ${printableLine(environment.status)}\n`;
  const body = loadBalancer === null ? '' : checkLines(report.checks, loadBalancer);
  const health = healthLines(report.health, style);
  return `${head}${body}${health}${facts.map((fact) => `  ${printableLine(fact)}\n`).join('')}${renderEvents(report)}${renderChain(report, style, columns)}\n`;
}

function countByStatus({ instances }: EnvironmentReport): string {
  const counts = new Map<string, number>();
  for (const { status } of instances ?? [])
    counts.set(status ?? 'Unknown', (counts.get(status ?? 'Unknown') ?? 0) + 1);
  return [...counts].map(([status, count]) => `${count} ${status}`).join(', ');
}

const eventsShown = 5;

function renderEvents({ events }: EnvironmentReport): string {
  if (events === null || events.length === 0) return '';
  const lines = events
    .slice(-eventsShown)
    .map(({ date, severity, message }) =>
      printableLine(`    ${date?.slice(0, 16) ?? ''} ${severity} ${message}`),
    );
  return `  warnings and errors of late:\n${lines.map((line) => `${line}\n`).join('')}`;
}

function renderChain({ chain, next }: EnvironmentReport, style: Style, columns: number): string {
  const steps = chain.flatMap((step, index) =>
    wrap(printableLine(`${index + 1}. ${step}`), Math.min(columns, 120), '    '),
  );
  const why = steps.length === 0 ? '' : `  why:\n${steps.map((line) => `${line}\n`).join('')}`;
  return `${why}${next === null ? '' : `  next: ${style('bold', printableLine(next))}\n`}`;
}

/** Many environments as a table, in the order given. */
export function renderTable(reports: readonly EnvironmentReport[], style: Style): string {
  const rows = reports.map((report) =>
    [
      healthName(report.health),
      report.environment.name,
      report.environment.application,
      report.environment.region,
      report.loadBalancer ?? '?',
      worstCode(report),
    ].map(printableLine),
  );
  const head = ['health', 'environment', 'application', 'region', 'load balancer', 'finding'];
  const widths = head.map((title, column) =>
    rows.reduce((width, row) => Math.max(width, row[column]?.length ?? 0), title.length),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  const affected = reports.filter(({ findings }) =>
    findings.some(({ severity }) => severity !== 'info'),
  ).length;
  const count = `${reports.length} ${reports.length === 1 ? 'environment' : 'environments'}, ${affected} affected`;
  return `${[style('bold', line(head)), ...rows.map(line), count].join('\n')}\n`;
}

function healthName({ status, color }: Health): string {
  return status ?? color ?? 'unknown';
}

function worstCode({ findings }: EnvironmentReport): string {
  const worst =
    findings.find(({ severity }) => severity === 'error') ??
    findings.find(({ severity }) => severity === 'warning');
  return worst?.code ?? '';
}
