import { type Finding, finding } from '../../findings.ts';
import { matches, parseMatcher } from '../../matcher.ts';
import {
  applicationNamespace,
  classicHealthNamespace,
  commandNamespace,
  environmentNamespace,
  listenerPrefix,
  listenerRulePrefix,
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
    ...definedTwice(options),
    ...namespaceMismatch(survey, options),
    ...otherProcess(survey, options),
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

function definedTwice(options: readonly HealthCheckOption[]): Finding[] {
  return options.flatMap((option) => {
    const first = options.find(
      ({ namespace, option: name }) => namespace === option.namespace && name === option.option,
    );
    if (first === undefined || first.value === option.value) return [];
    const where = first.file === option.file ? `line ${first.line}` : `${first.file}:${first.line}`;
    const message = `${option.option} is '${first.value}' in ${where}; files apply in alphabetical order, and '${option.value}' wins`;
    return [finding('info', 'health-check-defined-twice', option, message, 'keep one of the two')];
  });
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

/** A process is checked by its own path alone: what listeners send to another is checked at `/`. */
function otherProcess({ ebextensions }: Survey, options: readonly HealthCheckOption[]): Finding[] {
  const paths = options.filter(
    ({ namespace, option }) => processOf(namespace) !== undefined && option === 'HealthCheckPath',
  );
  const configured = paths.map(({ namespace }) => processOf(namespace));
  const [first] = paths;
  if (first === undefined) return [];
  const told = (place: Parameters<typeof finding>[2], process: string) =>
    finding(
      'info',
      'health-check-other-process',
      place,
      `traffic goes to the process '${process}', and the path is set for ${configured.join(', ')} only: '${process}' is checked at /`,
      `set HealthCheckPath in aws:elasticbeanstalk:environment:process:${process} too`,
    );
  if (!configured.includes('default') && defaultListens(ebextensions.options))
    return [told(first, 'default')];
  return ebextensions.options.flatMap((option) => {
    const names =
      (option.namespace.startsWith(listenerPrefix) && option.option === 'DefaultProcess') ||
      (option.namespace.startsWith(listenerRulePrefix) && option.option === 'Process');
    return !names || option.value === null || configured.includes(option.value)
      ? []
      : [told(option, option.value)];
  });
}

/** Whether the listener of port 80 is left as Elastic Beanstalk makes it: enabled, with the process `default` behind it. */
function defaultListens(options: Options): boolean {
  const isSet = (port: string, name: string) => optionValue(options, `${listenerPrefix}${port}`, name)?.value;
  const disabled = isSet('default', 'ListenerEnabled')?.toLowerCase() === 'false';
  return !disabled && !isSet('default', 'DefaultProcess') && !isSet('80', 'DefaultProcess');
}

function ignoredHealth({ ebextensions: { options } }: Survey): Finding[] {
  const ignore = optionValue(options, commandNamespace, 'IgnoreHealthCheck');
  if (ignore?.value?.toLowerCase() !== 'true') return [];
  const message = 'IgnoreHealthCheck lets a deployment succeed although every health check fails';
  return [finding('info', 'ignore-health-check', ignore, message, 'remove it once the health check passes')];
}
