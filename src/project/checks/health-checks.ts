import { type Finding, finding } from '../../findings.ts';
import {
  admits,
  applicationNamespace,
  classicNamespace,
  processNamespace,
  readHealthOptions,
} from '../ebextensions/health-options.ts';
import { optionValue } from '../ebextensions/option-settings.ts';
import type { HealthCheckOption } from '../project.ts';
import type { Survey } from '../survey.ts';
import type { Check } from './check.ts';

/** What the `.ebextensions` make of the health check. */
export const checkHealthOptions: Check = (survey) => {
  const options = readHealthOptions(survey.ebextensions);
  return [
    ...options.flatMap(checkValue),
    ...definedTwice(options),
    ...namespaceMismatch(survey, options),
    ...otherProcess(survey, options),
    ...ignoredHealth(survey),
  ];
};

function checkValue(option: HealthCheckOption): Finding[] {
  const { value } = option;
  if (option.option === 'MatcherHTTPCode' && admits(value, 400)) {
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
  if (isPath && value !== '' && !pathForm.test(value)) {
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
  return [];
}

function definedTwice(options: readonly HealthCheckOption[]): Finding[] {
  return options.flatMap((option, index) => {
    const first = options.find(
      (other) => other.namespace === option.namespace && other.option === option.option,
    );
    if (first === undefined || first === options[index]) return [];
    const where = first.file === option.file ? `line ${first.line}` : `${first.file}:${first.line}`;
    const same = first.value === option.value ? 'to the same value' : `there to '${first.value}'`;
    return [
      finding(
        first.value === option.value ? 'info' : 'warning',
        'health-check-defined-twice',
        option,
        `${option.option} is set in ${where} too, ${same}; files apply in alphabetical order and the last one wins`,
        'keep one of the two',
      ),
    ];
  });
}

/** Each type of load balancer reads its own namespace: facts of DG, command-options-general. */
function namespaceMismatch({ ebextensions }: Survey, options: readonly HealthCheckOption[]): Finding[] {
  const type = loadBalancerType(ebextensions.options);
  const classic = options.find(
    ({ namespace, option, value }) =>
      (namespace === applicationNamespace || (namespace === classicNamespace && option === 'Target')) &&
      value.includes('/'),
  );
  const processPath = options.find(
    ({ namespace, option }) => processNamespace.test(namespace) && option === 'HealthCheckPath',
  );
  if (type?.kind === 'network' && (processPath ?? classic) !== undefined) {
    return [
      finding(
        'warning',
        'network-load-balancer',
        processPath ?? classic ?? type,
        'a network load balancer of Elastic Beanstalk checks by TCP connect, so the path is not asked for',
        'remove the path, or use an application load balancer',
      ),
    ];
  }
  if (type?.kind === 'classic' && processPath !== undefined && classic === undefined) {
    return [
      mismatch(
        processPath,
        'a classic load balancer',
        `${applicationNamespace}, Application Healthcheck URL`,
      ),
    ];
  }
  if (classic === undefined || processPath !== undefined || type?.kind === 'classic') return [];
  const chosen = type?.kind === 'application' ? '' : ', which eb create makes unless told otherwise';
  return [
    mismatch(
      classic,
      `an application load balancer${chosen}`,
      'aws:elasticbeanstalk:environment:process:default, HealthCheckPath',
    ),
  ];
}

function mismatch(option: HealthCheckOption, reader: string, right: string): Finding {
  return finding(
    'warning',
    'health-check-namespace-mismatch',
    option,
    `${option.option} of ${option.namespace} is not read by ${reader}`,
    `set the path in ${right}`,
  );
}

function loadBalancerType(options: Survey['ebextensions']['options']) {
  const given = optionValue(options, 'aws:elasticbeanstalk:environment', 'LoadBalancerType');
  const kind = given?.value?.toLowerCase();
  if (given !== undefined && (kind === 'classic' || kind === 'application' || kind === 'network')) {
    return { kind, file: given.file, line: given.line };
  }
  const second = options.find(({ namespace }) => namespace.startsWith('aws:elbv2:'));
  return second && { kind: 'application' as const, file: second.file, line: second.line };
}

/** A listener that sends to another process is checked by that process's path alone. */
function otherProcess({ ebextensions }: Survey, options: readonly HealthCheckOption[]): Finding[] {
  const configured = new Set(options.flatMap(({ namespace }) => processNamespace.exec(namespace)?.[1] ?? []));
  if (configured.size === 0) return [];
  const [first] = options.filter(({ namespace }) => processNamespace.test(namespace));
  if (first !== undefined && !configured.has('default') && defaultListens(ebextensions.options))
    return [
      finding(
        'warning',
        'health-check-other-process',
        first,
        `the listener of port 80 sends to the process 'default' unless told otherwise, and the health check is set for ${[...configured].join(', ')} only: 'default' is checked at /`,
        'set HealthCheckPath in aws:elasticbeanstalk:environment:process:default too, or DefaultProcess in aws:elbv2:listener:default',
      ),
    ];
  const seen = new Set<string>();
  return ebextensions.options.flatMap(({ namespace, option, value, file, line }) => {
    const names =
      (/^aws:elbv2:listener:/.test(namespace) && option === 'DefaultProcess') ||
      (/^aws:elbv2:listenerrule:/.test(namespace) && option === 'Process');
    if (!names || value === null || configured.has(value) || seen.has(value)) return [];
    seen.add(value);
    return [
      finding(
        'warning',
        'health-check-other-process',
        { file, line },
        `traffic goes to the process '${value}' here, and the health check is set for ${[...configured].join(', ')} only: '${value}' is checked at /`,
        `set HealthCheckPath in aws:elasticbeanstalk:environment:process:${value} too`,
      ),
    ];
  });
}

/** Whether the listener of port 80 is left as Elastic Beanstalk makes it: enabled, with the process `default` behind it. */
function defaultListens(options: Survey['ebextensions']['options']): boolean {
  const told = (option: string) => optionValue(options, 'aws:elbv2:listener:default', option)?.value ?? '';
  const port80 = optionValue(options, 'aws:elbv2:listener:80', 'DefaultProcess');
  return (
    told('ListenerEnabled').toLowerCase() !== 'false' && told('DefaultProcess') === '' && port80 === undefined
  );
}

function ignoredHealth({ ebextensions: { options } }: Survey): Finding[] {
  const found: Finding[] = [];
  const ignore = optionValue(options, 'aws:elasticbeanstalk:command', 'IgnoreHealthCheck');
  if (ignore?.value?.toLowerCase() === 'true') {
    found.push(
      finding(
        'warning',
        'ignore-health-check',
        ignore,
        'IgnoreHealthCheck lets a deployment succeed although every health check fails',
        'remove it once the health check passes',
      ),
    );
  }
  const document = optionValue(options, 'aws:elasticbeanstalk:healthreporting:system', 'ConfigDocument');
  if (
    /ApplicationRequests4xx["'\s:{]+Enabled["'\s:]+false/i.test(document?.value ?? '') &&
    document !== undefined
  ) {
    found.push(
      finding(
        'info',
        'health-rules-ignore-4xx',
        document,
        'this rule takes 4xx answers out of the colour of the environment; targets that answer 400 stay unhealthy all the same',
        'nothing to do if it is meant for scanners',
      ),
    );
  }
  return found;
}
