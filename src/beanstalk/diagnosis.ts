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
  type Setting,
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
  /** Whether the app's list admits every host. */
  readonly isOpen: boolean;
  /** The variable that the app's list reads, where that is known. */
  readonly list: string | null;
  /** When a file was last committed, ISO 8601; null if it never was, undefined where that is not known. */
  readonly committed: ReadonlyMap<string, string | null | undefined>;
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

/** An observation with what everything below asks of it. */
interface Case extends Observation {
  readonly name: string;
  readonly settings: readonly Setting[];
  readonly hostsProperties: readonly HostsProperty[];
  readonly loadBalancer: LoadBalancer | null;
  /** Checks of the processes that traffic reaches. */
  readonly liveChecks: readonly ProcessCheck[];
  /** Whether the check may be an HTTP request, which can be refused for its Host. */
  readonly byHttp: boolean;
  readonly repository: RepositoryView | undefined;
}

/** Judges what was read of an environment. Pure: the same observation, the same report. */
export function diagnose(observation: Observation, repository?: RepositoryView): EnvironmentReport {
  const { configuration, error, ...read } = observation;
  const { environment } = observation;
  const { settings, hostsProperties } = configuration ?? { settings: [], hostsProperties: [] };
  const loadBalancer =
    environment.tier !== 'web' ? environment.tier : configuration && loadBalancerOf(environment, settings);
  const checks = loadBalancer === null ? [] : checksOf(loadBalancer, settings);
  const live = loadBalancer === null ? [] : liveProcesses(loadBalancer, settings);
  const one: Case = {
    ...observation,
    name: environment.name,
    settings,
    hostsProperties,
    loadBalancer,
    liveChecks: checks.filter(({ process }) => live.includes(process)),
    byHttp: loadBalancer === null || asksByHttp(loadBalancer, settings),
    repository,
  };
  const passing = passingState(one);
  const verdict = passing ?? verdictOf(one);
  const others =
    passing === undefined
      ? [
          ...pathFindings(one),
          ...repositoryFindings(one),
          ...propertyFindings(one),
          ...platformFindings(environment),
        ]
      : [];
  const unreadable =
    error === null || passing !== undefined
      ? []
      : [
          newFinding(
            'error',
            'env-unreadable',
            `its configuration could not be read: ${error.message}`,
            error.hint,
          ),
        ];
  const imds = settingValue(settings, 'aws:autoscaling:launchconfiguration', 'DisableIMDSv1');
  return {
    ...read,
    loadBalancer,
    checks,
    hostsProperties,
    imdsV1Disabled: imds === undefined ? null : imds === 'true',
    ...verdict,
    chain: passing === undefined ? evidence(one) : [],
    findings: [...unreadable, ...verdict.findings, ...others].map((finding) => ({
      ...finding,
      environment: environment.name,
    })),
  };
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
function passingState({ name, environment: { status }, error }: Case): Verdict | undefined {
  const made = status === 'Launching' && error?.code === 'no-configuration';
  if (!made && status !== 'Terminating' && !isGone(error)) return undefined;
  const state = made ? 'it is being created' : 'it is being terminated, or gone already';
  return found('info', 'env-health-unknown', `nothing can be said of it: ${state}`, `eb events ${name}`);
}

function verdictOf(one: Case): Verdict {
  const { name, environment, health, byHttp, hostsProperties, repository } = one;
  const grade = gradeOf(health);
  const causes = health.causes.join(' ');
  const state = `its health is ${health.status ?? health.color ?? 'unknown'}`;
  const cause = health.causes[0] ?? 'no cause is given';
  const refused = refusedRequests(causes);
  if (byHttp && refused !== null && refused.percent >= 90) {
    const share = `${refused.percent} % of the requests are answered 4xx`;
    const open = hostsProperties.find(({ verdict }) => verdict === 'wildcard')?.name;
    if (open !== undefined || repository?.isOpen) {
      const verdict = `${share}, and ${open ?? "the app's list"} admits every host: likely the path that is asked for answers 4xx, not the host list`;
      return found('error', 'env-unhealthy', verdict, `eb logs ${name}`);
    }
    // So few requests are the load balancer's own checks and nothing else.
    const alone = refused.perMinute !== null && refused.perMinute > 0 && refused.perMinute <= 30;
    const who = alone ? `, and at ${refused.perMinute} a minute they are the load balancer's own check` : '';
    const host = environment.tier === 'cluster' ? "the pod's IP" : "the instance's private IP";
    const list = repository?.list ?? hostsProperties[0]?.name ?? null;
    const verdict = `the app refuses the health check, ${alone ? 'very likely' : 'likely'} for its Host, ${host}, which is not in ${list ?? 'its host list'}: ${share}${who}`;
    const { next, findings } = found('error', 'env-check-refused', verdict, nextStep(one));
    // A program reads from these which list refuses which Host.
    return { verdict, next, findings: findings.map((finding) => ({ ...finding, list, host })) };
  }
  switch (grade) {
    case 'pending':
      return { verdict: `${state}: the service has not judged it yet`, next: null, findings: [] };
    case 'ok':
    case 'info': {
      const passes = byHttp ? 'the health check passes' : 'nothing asks the app for a path';
      return { verdict: `${passes}: ${state}`, next: null, findings: [] };
    }
    case 'unknown': {
      const verdict = `${state}: ${health.causes[0] ?? 'no data of its instances'}`;
      return found('info', 'env-health-unknown', verdict, `eb health ${name}`);
    }
  }
  const failsCheck =
    /ELB (?:health|processes)[^.]*(?:failing|not available|not healthy)|target group[^.]*unhealthy/i;
  const [reason, next] =
    byHttp && failsCheck.test(causes)
      ? [
          'the targets fail the health check (whether for the Host, a redirect or the path is not said)',
          nextStep(one),
        ]
      : ['nothing points to the host list', `eb logs ${name}`];
  const severity = grade === 'severe' ? 'error' : 'warning';
  return found(severity, 'env-unhealthy', `${state}; ${reason}: ${cause}`, next);
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

function nextStep({ name, environment, version, repository }: Case): string {
  if (environment.tier === 'cluster')
    return 'let a middleware answer the path of the health check before anything looks at the Host';
  if (withoutHook.test(environment.platform ?? ''))
    return 'no hook can help on this platform: let a filter or middleware answer the path of the health check before anything looks at the Host';
  if (repository === undefined) return `in the app's repository: eb-hosts init, then eb deploy ${name}`;
  const { hook } = repository;
  if (hook === null) return `eb-hosts init, then eb deploy ${name}`;
  switch (deploymentOf(version, repository.committed.get(hook))) {
    case 'uncommitted':
      return `git add .platform, git commit, then eb deploy ${name}`;
    case 'older':
      return `eb deploy ${name}`;
    case 'deployed':
      return `eb logs ${name} (eb-hooks.log has what the hook said); eb-hosts doctor --bundle FILE.zip reads what was deployed`;
    case 'unknown':
      return `eb-hosts doctor, then eb deploy ${name}`;
  }
}

/** Whether a file of the repository is in the deployed version, by its dates.
 * @param committed null: never; undefined: unknown */
function deploymentOf(
  version: DeployedVersion | null,
  committed: string | null | undefined,
): 'uncommitted' | 'older' | 'deployed' | 'unknown' {
  if (committed === null) return 'uncommitted';
  if (committed === undefined || version?.created == null) return 'unknown';
  return Date.parse(version.created) < Date.parse(committed) ? 'older' : 'deployed';
}

const propertyWords: Record<HostsProperty['verdict'], string> = {
  empty: 'empty',
  wildcard: 'admits every host',
  'has-private-addresses': 'lists private addresses, which go with their instances',
  hosts: 'set',
  secret: 'kept as a secret, its value is not read',
};

function evidence(one: Case): readonly string[] {
  const { name, loadBalancer, byHttp, configuration, health, instances, events, version, repository } = one;
  const lines: string[] = [];
  if (loadBalancer === 'cluster') lines.push(String(refusalOf(loadBalancer, name)?.message));
  else if (loadBalancer !== null) {
    const asks = one.liveChecks.map(
      ({ path, matcher }) => `${path ?? '/'} and takes ${matcher ?? '200'} for healthy`,
    );
    const asked = byHttp ? `asks ${asks.join(', and ')}` : 'no path is asked for';
    lines.push(`${loadBalancerNames[loadBalancer]}: ${asked}`);
  }
  lines.push(`health: ${[health.status ?? health.color ?? 'unknown', ...health.causes].join('; ')}`);
  if (instances !== null) {
    const statuses = instances.map(({ status }) => status ?? 'Unknown');
    const counts = [...new Set(statuses)].map(
      (kind) => `${statuses.filter((other) => other === kind).length} ${kind}`,
    );
    lines.push(`instances: ${counts.join(', ') || 'none'}`);
    for (const { id, causes } of instances.filter(({ causes }) => causes.length > 0).slice(0, 3))
      lines.push(`instance ${id}: ${causes[0]}`);
  }
  if (configuration !== null) {
    const properties = one.hostsProperties.map(
      (property) => `${property.name} is ${propertyWords[property.verdict]}`,
    );
    lines.push(
      `environment properties: ${properties.join(', ') || `${repository?.list ?? 'ALLOWED_HOSTS'} is not set`}`,
    );
  }
  if (repository !== undefined) lines.push(hookWords(version, repository));
  const failure = events?.findLast(({ severity }) => severity === 'ERROR' || severity === 'FATAL');
  if (failure !== undefined)
    lines.push(`last error (${failure.date?.slice(0, 16) ?? 'no date'}): ${failure.message}`);
  return lines;
}

function hookWords(version: DeployedVersion | null, { hook, committed }: RepositoryView): string {
  if (hook === null) return 'hook: no hook in this repository adds the address';
  const minute = (date: string) => new Date(date).toISOString().slice(0, 16);
  const date = committed.get(hook);
  const commit = date === null ? ', not committed' : date === undefined ? '' : `, committed ${minute(date)}`;
  const created = version?.created == null ? '' : ` of ${minute(version.created)}`;
  const deployed = version === null ? '' : `, deployed is version ${version.label}${created}`;
  const state = deploymentOf(version, date);
  const verdict = {
    older: ': the hook is not in it',
    deployed: ': the hook should be in it',
    uncommitted: '',
    unknown: '',
  };
  return `hook: ${hook} is in this repository${commit}${deployed}${verdict[state]}`;
}

function pathFindings({ name, loadBalancer, liveChecks }: Case): Finding[] {
  const refusal = loadBalancer === null ? undefined : refusalOf(loadBalancer, name);
  if (refusal !== undefined) {
    const code = loadBalancer === 'cluster' ? 'env-cluster' : 'env-no-health-path';
    return [newFinding('info', code, refusal.message, refusal.hint)];
  }
  const hiding = liveChecks.filter(({ matcher }) => matches(parseMatcher(matcher ?? '') ?? [], 400));
  return hiding.map(({ process, matcher, path }) => {
    const message = `process '${process}' takes ${matcher} for healthy: a refused Host is hidden, and so is every other broken request`;
    const fix = `let the app answer the checker, then: eb-hosts health-check set ${path ?? '/'} --matcher 200 --environment ${name}`;
    return newFinding('warning', 'env-matcher-admits-400', message, fix);
  });
}

/** Options of the repository that the load balancer does not read, or that are not what is deployed. */
function repositoryFindings({ name, loadBalancer, settings, version, repository }: Case): Finding[] {
  if (loadBalancer === null || refusalOf(loadBalancer, name) !== undefined) return [];
  return (repository?.options ?? []).flatMap(({ file, line, namespace, option, value }) => {
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
    if (!isRead) {
      const message = `${option}: ${value} is not read: '${name}' has ${classic ? 'a classic' : 'an application'} load balancer`;
      const fix = `eb-hosts health-check set ${/\/.*$/.exec(value)?.[0] ?? '/'} --environment ${name} --print ebextensions prints the option that is`;
      return [newFinding('warning', 'env-health-path-ignored', message, fix, { file, line })];
    }
    const deployed = settingValue(settings, namespace, option) || 'unset';
    if (deployed === value) return [];
    const state = deploymentOf(version, repository?.committed.get(file));
    const message = `${option} is ${value} here and ${deployed} in '${name}': ${maskingWords[state]}`;
    const unset = `eb-hosts health-check unset --environment ${name}`;
    const fix = state === 'deployed' ? unset : `eb deploy ${name}; if it stays: ${unset}`;
    return [newFinding('warning', 'env-health-path-masked', message, fix, { file, line })];
  });
}

const maskingWords = {
  uncommitted: 'this line is not deployed yet',
  older: 'this line is not deployed yet',
  deployed: 'the deployed version is newer than this line, so a value set through the API masks it (likely)',
  unknown: 'not deployed yet, or masked by a value set through the API',
};

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

function propertyFindings({ hostsProperties }: Case): Finding[] {
  return hostsProperties.flatMap(({ name, verdict }) => {
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
  fix: string | null,
  place: Place = nowhere,
): Finding {
  return finding(severity, code, place, message, fix ?? 'run it again');
}
