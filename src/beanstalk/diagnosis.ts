import type { UserError } from '../errors.ts';
import type { FindingCode } from '../finding-codes.ts';
import { type Finding, finding, nowhere, type Place, type Severity } from '../findings.ts';
import { matches, parseMatcher } from '../matcher.ts';
import { applicationNamespace, processPrefix } from '../option-namespaces.ts';
import {
  type Configuration,
  type DeployedVersion,
  type Environment,
  type EnvironmentEvent,
  gradeOf,
  grades,
  type Health,
  type HostsProperty,
  healthcheckUrl,
  type InstanceHealth,
  settingValue,
} from './environment.ts';
import { isGone } from './errors.ts';
import {
  asksByHttp,
  checksOf,
  type LoadBalancer,
  liveProcesses,
  loadBalancerNames,
  loadBalancerOf,
  type ProcessCheck,
  refusalOf,
} from './load-balancer.ts';

/** What was read of an environment; null where it was not asked for, or could not be read. */
export interface Observation {
  readonly environment: Environment;
  readonly configuration: Configuration | null;
  readonly health: Health;
  readonly instances: readonly InstanceHealth[] | null;
  /** The newest of severity WARN and above, oldest first. */
  readonly events: readonly EnvironmentEvent[] | null;
  readonly version: DeployedVersion | null;
  /** What could not be read, and why. */
  readonly unread: readonly string[];
  /** Why the configuration could not be read. */
  readonly error: UserError | null;
}

/** What of the repository bears on an environment; undefined where there is no repository. */
export interface RepositoryView {
  readonly options: readonly {
    readonly file: string;
    readonly line: number;
    readonly namespace: string;
    readonly option: string;
    readonly value: string;
  }[];
  /** The path of the predeploy hook of eb-hosts, if it is there. */
  readonly hook: string | null;
  /** The variable that the app's list reads, where that is known. */
  readonly list: string | null;
  /** When a file was last committed, ISO 8601; null if it never was. */
  readonly committed: ReadonlyMap<string, string | null>;
}

/** An environment and everything found in it. */
export interface EnvironmentReport extends Omit<Observation, 'configuration' | 'error'> {
  /** Null where its configuration could not be read. */
  readonly loadBalancer: LoadBalancer | null;
  readonly checks: readonly ProcessCheck[];
  readonly hostsProperties: readonly HostsProperty[];
  readonly imdsV1Disabled: boolean | null;
  readonly findings: readonly Finding[];
  /** What is wrong and how sure that is, in a sentence. */
  readonly verdict: string;
  /** The evidence, in sentences. */
  readonly chain: readonly string[];
  /** The command to run next; null where nothing is to be done. */
  readonly next: string | null;
}

type Verdict = Pick<EnvironmentReport, 'verdict' | 'next' | 'findings'>;

/** Judges what was read of an environment. Pure: the same observation, the same report. */
export function diagnose(observation: Observation, repository?: RepositoryView): EnvironmentReport {
  const { configuration, error, ...read } = observation;
  const { environment } = observation;
  const settings = configuration?.settings ?? [];
  const loadBalancer =
    environment.tier !== 'web' ? environment.tier : configuration && loadBalancerOf(environment, settings);
  const imds = settingValue(settings, 'aws:autoscaling:launchconfiguration', 'DisableIMDSv1');
  const report = {
    ...read,
    loadBalancer,
    checks: loadBalancer === null ? [] : checksOf(loadBalancer, settings),
    hostsProperties: configuration?.hostsProperties ?? [],
    imdsV1Disabled: imds === undefined ? null : imds === 'true',
    chain: [],
  };
  const inEnvironment = (findings: readonly Finding[]) =>
    findings.map((one) => ({ ...one, environment: environment.name }));
  const passing = passingState(observation);
  if (passing !== undefined) return { ...report, ...passing, findings: inEnvironment(passing.findings) };
  const verdict = verdictOf(observation, loadBalancer, repository);
  const findings = [
    ...(error === null ? [] : [unreadable(error)]),
    ...verdict.findings,
    ...pathFindings(observation, loadBalancer, repository),
    ...propertyFindings(observation),
    ...platformFindings(environment),
  ];
  const chain = evidence(observation, loadBalancer, repository);
  return { ...report, ...verdict, chain, findings: inEnvironment(findings) };
}

/** Worst first: findings that are errors, then health, then the name. */
export function worstFirst(a: EnvironmentReport, b: EnvironmentReport): number {
  const place = ({ environment: { name, application, region } }: EnvironmentReport) =>
    [name, application, region].join('\n');
  return badness(a) - badness(b) || place(a).localeCompare(place(b));
}

function badness({ findings, health }: EnvironmentReport): number {
  const has = (level: Severity) => findings.some(({ severity }) => severity === level);
  const worst = has('error') ? 0 : has('warning') ? 1 : 2;
  return worst * grades.length + grades.indexOf(gradeOf(health));
}

/** A verdict that is a finding, too. */
function found(severity: Severity, code: FindingCode, verdict: string, next: string): Verdict {
  return { verdict, next, findings: [newFinding(severity, code, verdict, next)] };
}

/** An environment that comes or goes while it is looked at: nothing is wrong with that. */
function passingState({ environment, error }: Observation): Verdict | undefined {
  const { name, status } = environment;
  const made = status === 'Launching' && error?.code === 'no-configuration';
  if (!made && status !== 'Terminating' && !isGone(error)) return undefined;
  const state = made ? 'it is being created' : 'it is being terminated, or gone already';
  return found('info', 'env-health-unknown', `nothing can be said of it: ${state}`, `eb events ${name}`);
}

function unreadable({ message, hint }: UserError): Finding {
  return newFinding(
    'error',
    'env-unreadable',
    `its configuration could not be read: ${message}`,
    hint ?? 'run it again',
  );
}

function verdictOf(
  observation: Observation,
  loadBalancer: LoadBalancer | null,
  repository: RepositoryView | undefined,
): Verdict {
  const { environment, health, configuration } = observation;
  const grade = gradeOf(health);
  const causes = health.causes.join(' ');
  const status = health.status ?? health.color ?? 'unknown';
  const byHttp = loadBalancer === null || asksByHttp(loadBalancer, configuration?.settings ?? []);
  const refused = refusedRequests(causes);
  const next = nextStep(observation, repository);
  if (byHttp && refused !== null && refused.percent >= 90) {
    const share = `${refused.percent} % of the requests are answered 4xx`;
    const open = configuration?.hostsProperties.find(({ verdict }) => verdict === 'wildcard');
    if (open !== undefined) {
      const verdict = `${share}, and ${open.name} admits every host: likely the path that is asked for answers 4xx, not the host list`;
      return found('error', 'env-unhealthy', verdict, `eb logs ${environment.name}`);
    }
    // So few requests are the load balancer's own checks and nothing else.
    const alone = refused.perMinute !== null && refused.perMinute > 0 && refused.perMinute <= 30;
    const who = alone ? `, and at ${refused.perMinute} a minute they are the load balancer's own check` : '';
    const host = environment.tier === 'cluster' ? "the pod's IP" : "the instance's private IP";
    const list = repository?.list ?? configuration?.hostsProperties[0]?.name ?? null;
    const verdict = `the app refuses the health check, ${alone ? 'very likely' : 'likely'} for its Host, ${host}, which is not in ${list ?? 'its host list'}: ${share}${who}`;
    // A program reads from these which list refuses which Host.
    const finding = { ...newFinding('error', 'env-check-refused', verdict, next), list, host };
    return { verdict, next, findings: [finding] };
  }
  if (grade === 'ok' || grade === 'info' || grade === 'pending') {
    const passes = byHttp ? 'the health check passes' : 'nothing asks the app for a path';
    return { verdict: `${passes}: its health is ${status}`, next: null, findings: [] };
  }
  if (grade === 'unknown') {
    const verdict = `its health is ${status}: ${health.causes[0] ?? 'no data of its instances'}`;
    return found('info', 'env-health-unknown', verdict, `eb health ${environment.name}`);
  }
  const severity = grade === 'severe' ? 'error' : 'warning';
  const cause = health.causes[0] ?? 'no cause is given';
  const failsCheck =
    /ELB (?:health|processes)[^.]*(?:failing|not available|not healthy)|target group[^.]*unhealthy/i.test(
      causes,
    );
  return failsCheck && byHttp
    ? found(
        severity,
        'env-unhealthy',
        `its health is ${status}, the targets fail the health check (for the Host, a redirect or the path is not told): ${cause}`,
        next,
      )
    : found(
        severity,
        'env-unhealthy',
        `its health is ${status}, and nothing points to the host list: ${cause}`,
        `eb logs ${environment.name}`,
      );
}

/** Recognises `100.0 % of the requests are erroring with HTTP 4xx. Insufficient request rate (6.0 requests/min) to
 * determine application health.` The texts are prose, matched loosely; the blank before `%` is real. */
function refusedRequests(text: string): { percent: number; perMinute: number | null } | null {
  const share =
    /([\d.]+)\s*%\s+of\s+the\s+requests\s+(?:to\s+the\s+ELB\s+)?are\s+(?:erroring|failing)[^.]*?4xx/i.exec(
      text,
    );
  const rate = /\(?([\d.]+)\s*requests?\s*\/\s*min/i.exec(text)?.[1];
  return share === null
    ? null
    : { percent: Number(share[1]), perMinute: rate === undefined ? null : Number(rate) };
}

/** Platforms without a `web.service` of Linux, for which `init` writes no hook. */
const withoutHook = /Tomcat|PHP|Windows Server/i;

function nextStep({ environment, version }: Observation, repository: RepositoryView | undefined): string {
  const { name, platform = '' } = environment;
  if (environment.tier === 'cluster')
    return 'let a middleware answer the path of the health check before anything looks at the Host';
  if (withoutHook.test(platform))
    return 'no hook can help on this platform: let a filter or middleware answer the path of the health check before anything looks at the Host';
  if (repository === undefined) return `in the app's repository: eb-hosts init, then eb deploy ${name}`;
  const { hook } = repository;
  if (hook === null) return `eb-hosts init, then eb deploy ${name}`;
  const committed = repository.committed.get(hook);
  if (committed === null) return `git add .platform, git commit, then eb deploy ${name}`;
  if (isOlder(version, committed)) return `eb deploy ${name}`;
  if (committed !== undefined && version?.created != null)
    return `eb logs ${name} (eb-hooks.log has what the hook said)`;
  return `eb-hosts doctor, then eb deploy ${name}`;
}

function isOlder(version: DeployedVersion | null, committed: string | null | undefined): boolean {
  return version?.created != null && committed != null && Date.parse(version.created) < Date.parse(committed);
}

const propertyWords: Record<HostsProperty['verdict'], string> = {
  empty: 'empty',
  wildcard: 'admits every host',
  'has-private-addresses': 'lists private addresses, which go with their instances',
  hosts: 'set',
  secret: 'kept as a secret, its value is not read',
};

function evidence(
  observation: Observation,
  loadBalancer: LoadBalancer | null,
  repository: RepositoryView | undefined,
): readonly string[] {
  const { environment, configuration, health, instances, events, version } = observation;
  const settings = configuration?.settings ?? [];
  const lines: string[] = [];
  if (loadBalancer === 'cluster') lines.push(String(refusalOf(loadBalancer, environment.name)?.message));
  else if (loadBalancer !== null) {
    const live = liveProcesses(loadBalancer, settings);
    const asks = checksOf(loadBalancer, settings)
      .filter(({ process }) => live.includes(process) && asksByHttp(loadBalancer, settings))
      .map(({ path, matcher }) => `${path ?? '/'} and takes ${matcher ?? '200'} for healthy`);
    const asked = asks.length === 0 ? 'no path is asked for' : `asks ${asks.join(', and ')}`;
    lines.push(`${loadBalancerNames[loadBalancer]}: ${asked}`);
  }
  lines.push(`health: ${[health.status ?? health.color ?? 'unknown', ...health.causes].join('; ')}`);
  if (instances !== null) {
    const statuses = instances.map(({ status }) => status ?? 'Unknown');
    const counts = [...new Set(statuses)].map(
      (one) => `${statuses.filter((other) => other === one).length} ${one}`,
    );
    lines.push(`instances: ${counts.join(', ') || 'none'}`);
    for (const { id, causes } of instances.filter((one) => one.causes.length > 0).slice(0, 3))
      lines.push(`instance ${id}: ${causes[0]}`);
  }
  if (configuration !== null) {
    const properties = configuration.hostsProperties.map(
      ({ name, verdict }) => `${name} is ${propertyWords[verdict]}`,
    );
    const list = repository?.list ?? 'ALLOWED_HOSTS';
    lines.push(`environment properties: ${properties.join(', ') || `${list} is not set`}`);
  }
  if (repository !== undefined) lines.push(hookWords(version, repository));
  const failure = events?.findLast(({ severity }) => severity === 'ERROR' || severity === 'FATAL');
  if (failure !== undefined)
    lines.push(`last error (${failure.date?.slice(0, 16) ?? 'no date'}): ${failure.message}`);
  return lines;
}

function hookWords(version: DeployedVersion | null, { hook, committed }: RepositoryView): string {
  if (hook === null) return 'hook: no hook in this repository adds the address';
  const date = committed.get(hook);
  const deployed =
    version === null
      ? ''
      : `, deployed is version ${version.label}${version.created === null ? '' : ` of ${version.created.slice(0, 16)}`}`;
  if (date === null) return `hook: ${hook} is in this repository, and not committed${deployed}`;
  const commit = date === undefined ? '' : `, committed ${new Date(date).toISOString().slice(0, 16)}`;
  const verdict =
    version?.created == null || date === undefined
      ? ''
      : isOlder(version, date)
        ? ': the hook is not in it'
        : ': the hook should be in it';
  return `hook: ${hook} is in this repository${commit}${deployed}${verdict}`;
}

function pathFindings(
  { environment: { name }, configuration, version }: Observation,
  loadBalancer: LoadBalancer | null,
  repository: RepositoryView | undefined,
): Finding[] {
  if (loadBalancer === null) return [];
  const refusal = refusalOf(loadBalancer, name);
  if (refusal !== undefined) {
    const code = loadBalancer === 'cluster' ? 'env-cluster' : 'env-no-health-path';
    return [newFinding('info', code, refusal.message, refusal.hint ?? '')];
  }
  const settings = configuration?.settings ?? [];
  const live = liveProcesses(loadBalancer, settings);
  const hiding = checksOf(loadBalancer, settings)
    .filter(
      ({ process, matcher }) => live.includes(process) && matches(parseMatcher(matcher ?? '') ?? [], 400),
    )
    .map(({ process, matcher, path }) =>
      newFinding(
        'warning',
        'env-matcher-admits-400',
        `process '${process}' takes ${matcher} for healthy: a refused Host is hidden, and so is every other broken request`,
        `let the app answer the checker, then: eb-hosts health-check set ${path ?? '/'} --matcher 200 --environment ${name}`,
      ),
    );
  const differing = (repository?.options ?? []).flatMap(({ file, line, namespace, option, value }) => {
    // An application load balancer reads the process, a classic one its own options.
    const classic = loadBalancer === 'classic';
    const isRead =
      namespace === applicationNamespace && option === healthcheckUrl
        ? classic
        : !(
            classic &&
            namespace.startsWith(processPrefix) &&
            /^(?:HealthCheckPath|MatcherHTTPCode)$/.test(option)
          );
    const place = { file, line };
    if (!isRead) {
      const message = `${option}: ${value} is not read: '${name}' has ${classic ? 'a classic' : 'an application'} load balancer`;
      const fix = `eb-hosts health-check set ${/\/.*$/.exec(value)?.[0] ?? '/'} --environment ${name} --print ebextensions prints the option that is`;
      return [newFinding('warning', 'env-health-path-ignored', message, fix, place)];
    }
    const deployed = settingValue(settings, namespace, option) || 'unset';
    if (deployed === value) return [];
    const committed = repository?.committed.get(file);
    const isDeployed = version?.created != null && committed != null && !isOlder(version, committed);
    const reason = isDeployed
      ? 'the deployed version is newer than this line, so a value set through the API masks it (likely)'
      : isOlder(version, committed) || committed === null
        ? 'this line is not deployed yet'
        : 'not deployed yet, or masked by a value set through the API';
    const unset = `eb-hosts health-check unset --environment ${name}`;
    const fix = isDeployed ? unset : `eb deploy ${name}; if it stays: ${unset}`;
    const message = `${option} is ${value} here and ${deployed} in '${name}': ${reason}`;
    return [newFinding('warning', 'env-health-path-masked', message, fix, place)];
  });
  return [...hiding, ...differing];
}

/** What is wrong with a property that looks like a list of hosts, and what to do. */
const propertyProblems: Partial<
  Record<HostsProperty['verdict'], readonly [code: FindingCode, problem: string, fix: string]>
> = {
  wildcard: [
    'env-hosts-wildcard',
    'admits every host: the health check passes, and the protection is given up',
    "list the site's own domains in it and let the hook add the address: eb-hosts init",
  ],
  'has-private-addresses': [
    'env-hosts-literal-address',
    'lists private addresses: they are gone with the next instance',
    'take them out and let the hook add the address of each instance: eb-hosts init',
  ],
  empty: [
    'env-hosts-empty',
    'is empty, which counts as unset',
    'set it to your domain, or remove the property',
  ],
};

function propertyFindings({ configuration }: Observation): Finding[] {
  return (configuration?.hostsProperties ?? []).flatMap(({ name, verdict }) => {
    const [code, problem, fix] = propertyProblems[verdict] ?? [];
    if (code === undefined || fix === undefined) return [];
    return newFinding('warning', code, `the property ${name} ${problem}`, fix);
  });
}

function platformFindings({ platform = '' }: Environment): Finding[] {
  if (/Windows Server/i.test(platform)) {
    const message = `${platform}: hooks of Linux do not run there`;
    return [
      newFinding(
        'warning',
        'env-platform-windows',
        message,
        'the allow-list has to be widened in the app itself',
      ),
    ];
  }
  // The first Amazon Linux reads no `.platform`: Developer Guide, platforms-linux-extend.
  if (!/Amazon Linux (?!(?:2|202\d)\b)/i.test(platform)) return [];
  const message = `${platform} is retired and reads no .platform hooks`;
  return [newFinding('error', 'env-platform-retired', message, 'move to a platform of Amazon Linux 2023')];
}

function newFinding(
  severity: Severity,
  code: FindingCode,
  message: string,
  fix: string,
  place: Place = nowhere,
): Finding {
  return finding(severity, code, place, message, fix);
}
