import type { ConfigurationOptionSetting } from '@aws-sdk/client-elastic-beanstalk';
import {
  applicationNamespace,
  classicHealthNamespace,
  environmentNamespace,
  listenerPrefix,
  listenerRulePrefix,
  processPrefix,
  propertyNamespace,
} from '../option-namespaces.ts';

/** An environment, as DescribeEnvironments shows it. */
export interface Environment {
  readonly name: string;
  readonly application: string;
  readonly region: string;
  /** `Ready`, `Updating`, `Launching`, `Terminating`, … */
  readonly status: string;
  /** `Green`, `Yellow`, `Red`, `Grey`. */
  readonly color: string | undefined;
  /** `Ok`, `Warning`, `Severe`, …; absent without enhanced health. */
  readonly healthStatus: string | undefined;
  /** `cluster` is Beanstalk Cluster, on EKS. */
  readonly tier: 'web' | 'worker' | 'cluster';
  /** The solution stack or the platform's ARN. */
  readonly platform: string | undefined;
  readonly versionLabel: string | undefined;
}

/** Something that happened to an environment. */
export interface EnvironmentEvent {
  readonly date: string | null;
  /** `TRACE` to `FATAL`. */
  readonly severity: string;
  readonly message: string;
  readonly requestId: string | undefined;
}

/** The health of an environment, with the service's own words for its causes. */
export interface Health {
  readonly status: string | null;
  readonly color: string | null;
  readonly causes: readonly string[];
}

export interface InstanceHealth {
  readonly id: string;
  readonly status: string | null;
  readonly causes: readonly string[];
}

/** The application version that is deployed. */
export interface DeployedVersion {
  readonly label: string;
  /** When its source bundle was registered, ISO 8601; null where unknown. */
  readonly created: string | null;
}

/** What DescribeEnvironments alone says of an environment's health. */
export function basicHealth({ healthStatus, color }: Environment): Health {
  return { status: healthStatus || null, color: color ?? null, causes: [] };
}

/** Grades of health, the worst first. */
export const grades = ['severe', 'degraded', 'warning', 'unknown', 'pending', 'info', 'ok'] as const;

/** The grade of an environment's health; with basic health its colour decides. */
export function gradeOf({ status, color }: Health): (typeof grades)[number] {
  const grade = grades.find((name) => name === status?.toLowerCase());
  const byColor: Record<string, (typeof grades)[number]> = { Red: 'severe', Yellow: 'warning', Green: 'ok' };
  return (
    grade ?? (/^(?:NoData|Suspended)$/.test(status ?? '') ? 'unknown' : (byColor[color ?? ''] ?? 'unknown'))
  );
}

/** One option of a configuration; without a value where the service returns none (an unset `MatcherHTTPCode`). */
export interface Setting {
  readonly namespace: string;
  readonly option: string;
  readonly value: string | undefined;
}

/** An environment property that looks like a host allow-list: its name, and what can be said without its value. */
export interface HostsProperty {
  readonly name: string;
  readonly verdict: 'empty' | 'wildcard' | 'has-private-addresses' | 'hosts' | 'secret';
}

/** What is kept of a configuration: the options this program works with, and no property's value. */
export interface Configuration {
  readonly settings: readonly Setting[];
  readonly hostsProperties: readonly HostsProperty[];
}

export const healthcheckUrl = 'Application Healthcheck URL';

/** Properties whose values are ARNs of Secrets Manager or Parameter Store. */
const secretsNamespace = 'aws:elasticbeanstalk:application:environmentsecrets';

/** A response holds every environment property in clear, twice (as such, and as a CloudFormation parameter). Only what
 * is named here is kept of it. */
function isKept(namespace: string, option: string): boolean {
  if (namespace === applicationNamespace) return option === healthcheckUrl;
  if (namespace === 'aws:autoscaling:launchconfiguration') return option === 'DisableIMDSv1';
  if (namespace === classicHealthNamespace || namespace === environmentNamespace) return true;
  return [processPrefix, listenerPrefix, listenerRulePrefix].some((prefix) => namespace.startsWith(prefix));
}

/** The values of a response that nobody may see: of every environment property, and of a database's password. */
export function propertyValues(options: readonly ConfigurationOptionSetting[]): readonly string[] {
  return options.flatMap(({ Namespace: namespace, OptionName: option, Value: value = '' }) => {
    if (namespace === propertyNamespace || option === 'DBPassword') return [value];
    return option === 'EnvironmentVariables' ? value.split(/(?:^|,)[A-Za-z_][\w.]*=/) : [];
  });
}

/** Reduces a response to what may be kept. */
export function reduceConfiguration(options: readonly ConfigurationOptionSetting[]): Configuration {
  const settings: Setting[] = [];
  const hostsProperties: HostsProperty[] = [];
  for (const { Namespace: namespace = '', OptionName: option = '', Value: value } of options) {
    if (isKept(namespace, option)) {
      const kept = value === undefined ? undefined : detached(value);
      settings.push({ namespace: detached(namespace), option: detached(option), value: kept });
    }
    const isProperty = namespace === propertyNamespace || namespace === secretsNamespace;
    if (isProperty && /ALLOWED_?HOST|TRUSTED_?HOST|^(?:EB_|DJANGO_)?HOSTS$/i.test(option)) {
      const verdict = namespace === secretsNamespace ? 'secret' : judgeHosts(value ?? '');
      hostsProperties.push({ name: detached(option), verdict });
    }
  }
  return { settings, hostsProperties };
}

/** A copy. A string cut out of a response keeps the whole of it in memory, secrets included (V8's sliced strings). */
function detached(text: string): string {
  return Buffer.from(text).toString();
}

/** The value of an option; undefined where it is unset. */
export function settingValue(
  settings: readonly Setting[],
  namespace: string,
  option: string,
): string | undefined {
  return settings.find((setting) => setting.namespace === namespace && setting.option === option)?.value;
}

function judgeHosts(value: string): HostsProperty['verdict'] {
  if (/^\s*arn:aws[\w-]*:/.test(value)) return 'secret';
  const items = value.split(/[\s,;"'[\]]+/).filter((item) => item !== '');
  if (items.length === 0) return 'empty';
  if (items.includes('*')) return 'wildcard';
  const isPrivate = /^(?:10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.)\d+\.\d+/;
  return items.some((item) => isPrivate.test(item)) ? 'has-private-addresses' : 'hosts';
}
