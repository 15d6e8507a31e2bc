import type { ConfigurationOptionSetting } from '@aws-sdk/client-elastic-beanstalk';

/** One option of an environment's configuration. */
export interface Setting {
  readonly namespace: string;
  readonly option: string;
  /** Undefined where the service returns none (an unset `MatcherHTTPCode`). */
  readonly value: string | undefined;
}

/** An environment property that looks like a host allow-list: its name, and what can be said without its value. */
export interface HostsProperty {
  readonly name: string;
  readonly verdict: 'empty' | 'wildcard' | 'has-private-addresses' | 'hosts';
}

/** What is kept of a configuration: the options this program works with, and no property's value. */
export interface Configuration {
  readonly settings: readonly Setting[];
  readonly hostsProperties: readonly HostsProperty[];
}

export const applicationNamespace = 'aws:elasticbeanstalk:application';
export const classicNamespace = 'aws:elb:healthcheck';
export const environmentNamespace = 'aws:elasticbeanstalk:environment';
export const processPrefix = 'aws:elasticbeanstalk:environment:process:';
export const listenerPrefix = 'aws:elbv2:listener:';
export const rulePrefix = 'aws:elbv2:listenerrule:';
export const healthcheckUrl = 'Application Healthcheck URL';

const propertiesNamespace = 'aws:elasticbeanstalk:application:environment';

/** A response holds every environment property in clear, twice (as such, and as a CloudFormation parameter). Only what
 * is named here is kept of it; the rest is known to `Secrets` alone. */
function isKept(namespace: string, option: string): boolean {
  if (namespace === applicationNamespace) return option === healthcheckUrl;
  if (namespace === 'aws:autoscaling:launchconfiguration') return option === 'DisableIMDSv1';
  if (namespace === 'aws:elasticbeanstalk:command') return option === 'IgnoreHealthCheck';
  return (
    namespace === classicNamespace ||
    namespace === environmentNamespace ||
    namespace.startsWith(processPrefix) ||
    namespace.startsWith(listenerPrefix) ||
    namespace.startsWith(rulePrefix)
  );
}

/** The values of a response that are not to be seen: of every environment property, and of a database's password. */
export function propertyValues(options: readonly ConfigurationOptionSetting[]): readonly string[] {
  return options.flatMap(({ Namespace: namespace, OptionName: option, Value: value = '' }) => {
    if (namespace === propertiesNamespace || option === 'DBPassword') return [value];
    if (option !== 'EnvironmentVariables') return [];
    return value.split(/(?:^|,)[A-Za-z_][\w.]*=/);
  });
}

/** Reduces a response to what may be kept. */
export function reduceConfiguration(options: readonly ConfigurationOptionSetting[]): Configuration {
  const settings: Setting[] = [];
  const hostsProperties: HostsProperty[] = [];
  for (const { Namespace: namespace, OptionName: option, Value: value } of options) {
    if (namespace === undefined || option === undefined) continue;
    if (isKept(namespace, option)) {
      settings.push({
        namespace: detached(namespace),
        option: detached(option),
        value: value === undefined ? undefined : detached(value),
      });
    }
    if (namespace === propertiesNamespace && isHostsName(option)) {
      hostsProperties.push({ name: detached(option), verdict: judgeHosts(value ?? '') });
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

function isHostsName(name: string): boolean {
  return /ALLOWED_?HOST|TRUSTED_?HOST|^(?:EB_|DJANGO_)?HOSTS$/i.test(name);
}

function judgeHosts(value: string): HostsProperty['verdict'] {
  const items = value.split(/[\s,;"'[\]]+/).filter((item) => item !== '');
  if (items.length === 0) return 'empty';
  if (items.includes('*')) return 'wildcard';
  const isPrivate = /^(?:10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.)\d+\.\d+/;
  return items.some((item) => isPrivate.test(item)) ? 'has-private-addresses' : 'hosts';
}
