import { type Finding, finding } from '../../findings.ts';
import { matches, parseMatcher } from '../../matcher.ts';
import {
  applicationNamespace,
  classicHealthNamespace,
  commandNamespace,
  environmentNamespace,
  processOf,
} from '../../option-namespaces.ts';
import { readAskedPath, readHealthOptions } from '../ebextensions/health-options.ts';
import { optionValue } from '../ebextensions/option-settings.ts';
import type { HealthCheckOption } from '../project.ts';
import type { Survey } from '../survey.ts';
import type { Check } from './check.ts';

/** What the `.ebextensions` make of the health check. */
export const checkHealthOptions: Check = (survey) => {
  const options = readHealthOptions(survey.ebextensions);
  return [
    ...setElsewhere(survey),
    ...options.flatMap(checkValue),
    ...namespaceMismatch(survey, options),
    ...ignoredHealth(survey),
  ];
};

function setElsewhere({ ebextensions }: Survey): Finding[] {
  const { path, file, line } = readAskedPath(ebextensions);
  if (file === null || !ebextensions.elsewhere.some((option) => option.file === file)) return [];
  const message = `the health-check path is ${path}, set in ${file}`;
  return [
    finding(
      'info',
      'health-path-defined-elsewhere',
      { file, line },
      message,
      'nothing to do; change it there',
    ),
  ];
}

function checkValue(option: HealthCheckOption): Finding[] {
  const { value } = option;
  if (option.option === 'MatcherHTTPCode' && matches(parseMatcher(value) ?? [], 400)) {
    return [
      finding(
        'warning',
        'matcher-hides-400',
        option,
        `the matcher '${value}' counts 400 as healthy, so a refused host, and every other 400, stays unseen`,
        'let the hook put the address into the list, and set the matcher to 200',
      ),
    ];
  }
  const isPath = /^(?:HealthCheckPath|Application Healthcheck URL)$/.test(option.option);
  const pathForm =
    option.option === 'HealthCheckPath' ? /^\/\S*$/ : /^(?:(?:HTTPS?|TCP|SSL):\d+)?(?:\/\S*)?$/i;
  if (!isPath || value === '' || pathForm.test(value) || /[$`{]/.test(value)) return [];
  return [
    finding(
      'warning',
      'health-path-invalid',
      option,
      `'${value}' is not a path: it must begin with / and hold no spaces`,
      `write ${option.option}: /${value.replace(/^https?:\/\/[^/]*\/?|^\/+/, '').replace(/\s+/g, '')}`,
    ),
  ];
}

/** Each type of load balancer reads its own namespace (DG, command-options-general). */
function namespaceMismatch({ ebextensions }: Survey, options: readonly HealthCheckOption[]): Finding[] {
  const type = loadBalancerType(ebextensions.options);
  const classic = options.find(
    ({ namespace, option, value }) =>
      (namespace === applicationNamespace || (namespace === classicHealthNamespace && option === 'Target')) &&
      value.includes('/'),
  );
  const ofProcess = options.find(
    ({ namespace, option }) => processOf(namespace) !== undefined && option === 'HealthCheckPath',
  );
  const unread = (option: HealthCheckOption, balancer: string, right: string, certain = true) => [
    finding(
      certain ? 'warning' : 'info',
      'health-check-namespace-mismatch',
      option,
      `${option.option} of ${option.namespace} is not read by ${balancer}`,
      right,
    ),
  ];
  const path = ofProcess ?? classic;
  if (type === 'network' && path !== undefined) {
    return unread(
      path,
      'a network load balancer, which usually checks by TCP connect',
      'remove the path, or use an application load balancer',
      false,
    );
  }
  if (type === 'classic' && ofProcess !== undefined && classic === undefined) {
    return unread(
      ofProcess,
      'a classic load balancer',
      `set the path in ${applicationNamespace}, Application Healthcheck URL`,
    );
  }
  if (classic === undefined || ofProcess !== undefined || type === 'classic') return [];
  const right = 'set the path in aws:elasticbeanstalk:environment:process:default, HealthCheckPath';
  return type === 'application'
    ? unread(classic, 'an application load balancer', right)
    : unread(
        classic,
        'an application load balancer, which eb create makes unless told otherwise',
        right,
        false,
      );
}

type Options = Survey['ebextensions']['options'];

function loadBalancerType(options: Options): string | undefined {
  const given = optionValue(options, environmentNamespace, 'LoadBalancerType')?.value?.toLowerCase();
  return (
    given ?? (options.some(({ namespace }) => namespace.startsWith('aws:elbv2:')) ? 'application' : undefined)
  );
}

function ignoredHealth({ ebextensions: { options } }: Survey): Finding[] {
  const ignore = optionValue(options, commandNamespace, 'IgnoreHealthCheck');
  if (ignore?.value?.toLowerCase() !== 'true') return [];
  const message = 'IgnoreHealthCheck lets a deployment succeed although every health check fails';
  return [finding('info', 'ignore-health-check', ignore, message, 'remove it once the health check passes')];
}
