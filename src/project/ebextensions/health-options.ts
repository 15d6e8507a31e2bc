import type { HealthCheckOption } from '../project.ts';
import { at, entriesOf, textOf, type Yaml } from '../yaml.ts';
import type { EbExtensions, EbOption, EbResource } from './ebextensions.ts';

export const processNamespace = /^aws:elasticbeanstalk:environment:process:(.+)$/;
export const classicNamespace = 'aws:elb:healthcheck';
export const applicationNamespace = 'aws:elasticbeanstalk:application';

/** DG, command-options-general: the options that say how the load balancer checks. */
const processOptions = new Set([
  'HealthCheckPath',
  'MatcherHTTPCode',
  'HealthCheckInterval',
  'HealthCheckTimeout',
  'HealthyThresholdCount',
  'UnhealthyThresholdCount',
  'Port',
  'Protocol',
]);

/** The health-check options that `.ebextensions` set, by option or by a `Resources` override. */
export function readHealthOptions({
  options,
  resources,
}: Pick<EbExtensions, 'options' | 'resources'>): HealthCheckOption[] {
  return [...options.filter(isHealthOption).map(fromOption), ...resources.flatMap(fromResource)];
}

function isHealthOption({ namespace, option }: EbOption): boolean {
  if (processNamespace.test(namespace)) return processOptions.has(option);
  if (namespace === classicNamespace) return true;
  return namespace === applicationNamespace && option === 'Application Healthcheck URL';
}

function fromOption({ file, line, namespace, option, value }: EbOption): HealthCheckOption {
  return { file, line, namespace, option, value: value ?? '' };
}

/** CloudFormation's names for the same things, on Elastic Beanstalk's own target groups and classic balancer. */
function fromResource({ file, resource, properties }: EbResource): HealthCheckOption[] {
  if (!/^AWSEB(?:V2)?LoadBalancer/.test(resource)) return [];
  const found: HealthCheckOption[] = [];
  const add = (option: string, node: Yaml | undefined) => {
    const value = textOf(node);
    if (node !== undefined && value !== undefined) {
      found.push({ file, line: node.line, namespace: `Resources:${resource}`, option, value });
    }
  };
  const own = at(properties, 'Properties');
  for (const { key, value } of entriesOf(own)) {
    if (/^HealthCheck(?!$)/.test(key)) add(key, value);
  }
  add('MatcherHTTPCode', at(own, 'Matcher', 'HttpCode'));
  add('Target', at(own, 'HealthCheck', 'Target'));
  return found;
}

/** Whether a matcher (`200`, `200,301`, `200-299`) takes `status` for healthy. */
export function admits(matcher: string, status: number): boolean {
  return matcher.split(',').some((part) => {
    const [, from, to] = /^\s*(\d+)(?:\s*-\s*(\d+))?\s*$/.exec(part) ?? [];
    return from !== undefined && status >= Number(from) && status <= Number(to ?? from);
  });
}
