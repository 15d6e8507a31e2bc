import { type Finding, finding, type Severity } from '../../findings.ts';
import { matches, parseMatcher } from '../../matcher.ts';
import {
  applicationNamespace,
  classicHealthNamespace,
  commandNamespace,
  environmentNamespace,
  processOf,
  processPrefix,
} from '../../option-namespaces.ts';
import { readAskedPath, readHealthOptions } from '../ebextensions/health-options.ts';
import { optionValue } from '../ebextensions/option-settings.ts';
import type { HealthCheckOption } from '../project.ts';
import type { Check, Survey } from '../survey.ts';

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
    const message = `the matcher '${value}' counts 400 as healthy, so a refused host, and every other 400, stays unseen`;
    const fix = 'let the hook put the address into the list, and set the matcher to 200';
    return [finding('warning', 'matcher-hides-400', option, message, fix)];
  }
  const forms: Readonly<Record<string, RegExp>> = {
    HealthCheckPath: /^\/\S*$/,
    'Application Healthcheck URL': /^(?:(?:HTTPS?|TCP|SSL):\d+)?(?:\/\S*)?$/i,
  };
  if (value === '' || /[$`{]/.test(value) || (forms[option.option]?.test(value) ?? true)) return [];
  const message = `'${value}' is not a path: it must begin with / and hold no spaces`;
  const path = value.replace(/^https?:\/\/[^/]*\/?|^\/+/, '').replace(/\s+/g, '');
  return [finding('warning', 'health-path-invalid', option, message, `write ${option.option}: /${path}`)];
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
  const unread = (severity: Severity, option: HealthCheckOption, balancer: string, fix: string) => {
    const message = `${option.option} of ${option.namespace} is not read by ${balancer}`;
    return [finding(severity, 'health-check-namespace-mismatch', option, message, fix)];
  };
  const path = ofProcess ?? classic;
  if (path === undefined || (ofProcess !== undefined && classic !== undefined && type !== 'network'))
    return [];
  if (type === 'network') {
    const balancer = 'a network load balancer, which usually checks by TCP connect';
    return unread('info', path, balancer, 'remove the path, or use an application load balancer');
  }
  if (ofProcess !== undefined) {
    const fix = `set the path in ${applicationNamespace}, Application Healthcheck URL`;
    return type === 'classic' ? unread('warning', ofProcess, 'a classic load balancer', fix) : [];
  }
  if (type === 'classic') return [];
  const severity = type === 'application' ? 'warning' : 'info';
  const balancer = `an application load balancer${type === 'application' ? '' : ', which eb create makes unless told otherwise'}`;
  return unread(severity, path, balancer, `set the path in ${processPrefix}default, HealthCheckPath`);
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
