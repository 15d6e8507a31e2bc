import type { UserError } from '../errors.ts';
import type { Finding } from '../findings.ts';
import { admits } from '../project/ebextensions/health-options.ts';
import { gradeOf, grades } from './causes.ts';
import { explainHealth } from './explain-health.ts';
import {
  checksOf,
  type LoadBalancer,
  liveProcesses,
  loadBalancerOf,
  optionOf,
  refusalOf,
} from './load-balancer.ts';
import { type EnvironmentReport, newFinding, type Observation, type RepositoryView } from './report.ts';
import { applicationNamespace, healthcheckUrl, processPrefix, settingValue } from './settings.ts';
import { passingBy, unreadable } from './unread.ts';

/** Judges what was read of an environment. Pure: the same observation, the same report.
 * @param repository undefined where the command does not stand in one
 * @param now for the age of the platform */
export function judge(
  observation: Observation,
  repository: RepositoryView | undefined,
  now: Date,
): EnvironmentReport {
  const { environment, settings, hostsProperties, health } = observation;
  const loadBalancer = loadBalancerOf(environment, settings);
  const imds = settingValue(settings, 'aws:autoscaling:launchconfiguration', 'DisableIMDSv1');
  if (environment.status === 'Terminating') return passingBy({ environment, health });
  const explained = explainHealth(observation, loadBalancer, repository);
  const found = [
    ...explained.findings,
    ...pathFindings(observation, loadBalancer, repository),
    ...propertyFindings(observation),
    ...platformFindings(observation, now),
  ];
  return {
    environment,
    loadBalancer,
    checks: checksOf(loadBalancer, settings),
    hostsProperties,
    health,
    instances: observation.instances,
    events: observation.events,
    platform: observation.platform,
    imdsV1Disabled: imds === undefined ? null : imds === 'true',
    findings: found.map((finding) => ({ ...finding, environment: environment.name })),
    chain: explained.chain,
    next: explained.next,
  };
}

/** Judges an environment whose configuration could not be read, by what else is known of it. */
export function judgeUnread(
  observation: Observation,
  { message, hint }: Pick<UserError, 'message' | 'hint'>,
  repository: RepositoryView | undefined,
): EnvironmentReport {
  const { instances, events, platform, environment } = observation;
  const unread = unreadable(observation, message, hint);
  const { findings, chain, next } = explainHealth(observation, null, repository);
  const found = findings.map((finding) => ({ ...finding, environment: environment.name }));
  return { ...unread, instances, events, platform, findings: [...unread.findings, ...found], chain, next };
}

/** Worst first: findings that are errors, then health, then the name. */
export function worstFirst(a: EnvironmentReport, b: EnvironmentReport): number {
  const place = ({ environment: { name, application, region } }: EnvironmentReport) =>
    [name, application, region].join('\n');
  return badness(a) - badness(b) || place(a).localeCompare(place(b));
}

function badness({ findings, health }: EnvironmentReport): number {
  const severity = findings.some((finding) => finding.severity === 'error')
    ? 0
    : findings.some((finding) => finding.severity === 'warning')
      ? 1
      : 2;
  return severity * grades.length + grades.indexOf(gradeOf(health));
}

function pathFindings(
  { environment, settings }: Observation,
  loadBalancer: LoadBalancer,
  repository: RepositoryView | undefined,
): Finding[] {
  const refusal = refusalOf(loadBalancer, environment.name);
  if (refusal !== undefined) {
    return [newFinding('env-no-health-path', 'info', refusal.message, refusal.hint ?? '')];
  }
  const findings: Finding[] = [];
  const live = liveProcesses(loadBalancer, settings);
  for (const check of checksOf(loadBalancer, settings)) {
    if (!live.includes(check.process)) continue;
    if (check.matcher !== null && admits(check.matcher, 400)) {
      findings.push(
        newFinding(
          'env-matcher-admits-400',
          'warning',
          `process '${check.process}' takes ${check.matcher} for healthy: a refused host is hidden, and so is every other broken request`,
          `let the app answer the checker, then: eb-hosts health-check set ${check.path ?? '/'} --matcher 200 --environment ${environment.name}`,
        ),
      );
    }
  }
  for (const entry of repository?.healthCheckOptions ?? []) {
    const deployed = settingValue(settings, entry.namespace, entry.option) ?? '';
    const where = { file: entry.file, line: entry.line };
    if (!isRead(loadBalancer, entry.namespace, entry.option)) {
      findings.push({
        ...newFinding(
          'env-health-path-ignored',
          'warning',
          `${entry.option}: ${entry.value} is not read: '${environment.name}' has ${article(loadBalancer)}`,
          `eb-hosts health-check set ${pathIn(entry.value)} --environment ${environment.name} --print ebextensions prints the option that is`,
        ),
        ...where,
      });
    } else if (deployed !== entry.value) {
      findings.push({
        ...newFinding(
          'env-health-path-masked',
          'warning',
          `${entry.option} is ${entry.value} here and ${deployed === '' ? 'unset' : deployed} in '${environment.name}': not deployed yet, or masked by a value set through the API`,
          `eb deploy ${environment.name}; if it stays: eb-hosts health-check unset --environment ${environment.name}`,
        ),
        ...where,
      });
    }
  }
  return findings;
}

/** Whether the load balancer of this environment reads an option of `.ebextensions`. */
function isRead(loadBalancer: LoadBalancer, namespace: string, option: string): boolean {
  if (namespace === applicationNamespace && option === healthcheckUrl) return loadBalancer === 'classic';
  if (!namespace.startsWith(processPrefix)) return true;
  const isCheck = ['HealthCheckPath', 'MatcherHTTPCode'].includes(option);
  return !isCheck || optionOf(loadBalancer, 'default', 'path')?.namespace.startsWith(processPrefix) === true;
}

function article(loadBalancer: LoadBalancer): string {
  return loadBalancer === 'classic' ? 'a classic load balancer' : 'an application load balancer';
}

function pathIn(value: string): string {
  return /\/.*$/.exec(value)?.[0] ?? '/';
}

function propertyFindings({ environment, hostsProperties }: Observation): Finding[] {
  return hostsProperties.flatMap(({ name, verdict }) => {
    if (verdict === 'wildcard') {
      return [
        newFinding(
          'env-hosts-wildcard',
          'warning',
          `the property ${name} admits every host: the health check passes, and the protection is given up`,
          `list the site's own domains in it (eb setenv ${name}=…) and let the hook add the address: eb-hosts init`,
        ),
      ];
    }
    if (verdict === 'has-private-addresses') {
      return [
        newFinding(
          'env-hosts-literal-address',
          'warning',
          `the property ${name} lists private addresses: they are gone with the next instance`,
          'take them out and let the hook add the address of each instance: eb-hosts init',
        ),
      ];
    }
    if (verdict === 'hosts') return [];
    return [
      newFinding(
        'env-hosts-empty',
        'warning',
        `the property ${name} of '${environment.name}' is empty, which counts as unset`,
        `eb setenv ${name}=your.domain --environment ${environment.name}, or remove the property`,
      ),
    ];
  });
}

const year = 365 * 24 * 3_600_000;

function platformFindings({ environment, platform }: Observation, now: Date): Finding[] {
  const name = environment.platform ?? '';
  if (/Windows Server/i.test(name)) {
    return [
      newFinding(
        'env-platform-windows',
        'warning',
        `${name}: hooks of Linux do not run there`,
        'the allow-list has to be widened in the app itself',
      ),
    ];
  }
  // The first Amazon Linux reads no `.platform`: Developer Guide, platforms-linux-extend.
  if (/Amazon Linux (?!(?:2|202\d)\b)/i.test(name)) {
    return [
      newFinding(
        'env-platform-retired',
        'error',
        `${name} is retired and reads no .platform hooks`,
        'move to a platform of Amazon Linux 2023',
      ),
    ];
  }
  if (platform === null) return [];
  const age = platform.created === null ? 0 : now.getTime() - Date.parse(platform.created);
  if (/retired/i.test(platform.branchState ?? '')) {
    return [
      newFinding(
        'env-platform-retired',
        'warning',
        `the branch of ${name} is retired`,
        `eb platform select, then eb upgrade ${environment.name}`,
      ),
    ];
  }
  if (age < year) return [];
  return [
    newFinding(
      'env-platform-old',
      'info',
      `the version of ${name} is ${(age / year).toFixed(1)} years old`,
      `eb upgrade ${environment.name}`,
    ),
  ];
}
