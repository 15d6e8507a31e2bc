import type { EnvironmentReport } from '../beanstalk/diagnosis.ts';
import { loadBalancerNames } from '../beanstalk/load-balancer.ts';
import { printableLine, type Style, wrap } from './text.ts';

/** An environment in the JSON of `doctor`. */
export function environmentDocument(report: EnvironmentReport): object {
  const { environment, events } = report;
  return {
    name: environment.name,
    application: environment.application,
    region: environment.region,
    platform: environment.platform ?? null,
    loadBalancer: report.loadBalancer,
    health: report.health,
    status: environment.status,
    settings: report.checks,
    properties: report.hostsProperties,
    instances: report.instances,
    events: events?.map(({ date, severity, message }) => ({ date, severity, message })) ?? null,
    deployedVersion: report.version,
    imdsV1Disabled: report.imdsV1Disabled,
    verdict: report.verdict,
    chain: report.chain,
    next: report.next,
    unread: report.unread,
  };
}

/** One environment for people, on one screen: the verdict, what to run, the evidence, what could not be read. */
export function renderEnvironment(report: EnvironmentReport, style: Style, columns: number): string {
  const { environment, loadBalancer, next, unread } = report;
  const width = Math.min(columns, 120);
  const list = (title: string, items: readonly string[]) => {
    const lines = items.flatMap((item) =>
      wrap(printableLine(item), width, '      ').map((line, index) =>
        index > 0 ? line : line.replace('      ', '    - '),
      ),
    );
    return lines.length === 0 ? [] : [`  ${title}:`, ...lines];
  };
  const kind = loadBalancer === null ? 'not readable' : loadBalancerNames[loadBalancer];
  const place = `application ${environment.application}, ${environment.region}`;
  const lines = [
    printableLine(`${environment.name} (${place}): ${kind}, ${environment.status}`),
    ...wrap(printableLine(report.verdict), width, '  ').map((line) => style('bold', line)),
    ...(next === null ? [] : [style('bold', `  run: ${printableLine(next)}`)]),
    ...list('evidence', report.chain),
    ...list('not read', unread),
  ];
  return `${lines.join('\n')}\n\n`;
}

/** Many environments as a table, in the order given. */
export function renderTable(reports: readonly EnvironmentReport[], style: Style): string {
  const rows = reports.map(({ environment, health, loadBalancer, findings }) => {
    const worst = (['error', 'warning', 'info'] as const)
      .map((level) => findings.find(({ severity }) => severity === level))
      .find((finding) => finding !== undefined);
    return [
      health.status ?? health.color ?? 'unknown',
      environment.name,
      environment.application,
      environment.region,
      loadBalancer ?? '?',
      worst?.code ?? '',
    ].map(printableLine);
  });
  const head = ['health', 'environment', 'application', 'region', 'load balancer', 'finding'];
  const widths = head.map((title, column) =>
    rows.reduce((width, row) => Math.max(width, row[column]?.length ?? 0), title.length),
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  const isAffected = ({ findings }: EnvironmentReport) =>
    findings.some(({ severity }) => severity !== 'info');
  const noun = reports.length === 1 ? 'environment' : 'environments';
  const count = `${reports.length} ${noun}, ${reports.filter(isAffected).length} affected`;
  return `${[style('bold', line(head)), ...rows.map(line), count].join('\n')}\n`;
}
