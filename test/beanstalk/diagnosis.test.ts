import { describe, expect, test } from 'vitest';
import {
  diagnose,
  type Observation,
  type RepositoryView,
  worstFirst,
} from '../../src/beanstalk/diagnosis.ts';
import { reduceConfiguration } from '../../src/beanstalk/environment.ts';
import { UserError } from '../../src/errors.ts';

const processDefault = 'aws:elasticbeanstalk:environment:process:default';
const properties = 'aws:elasticbeanstalk:application:environment';

type Options = readonly (readonly [namespace: string, option: string, value: string])[];

/** An application load balancer, and whatever else is given; a later option of the same name counts. */
function observe(parts: Partial<Observation> = {}, options: Options = []): Observation {
  const all: Options = [
    ...options,
    ['aws:elasticbeanstalk:environment', 'EnvironmentType', 'LoadBalanced'],
    ['aws:elasticbeanstalk:environment', 'LoadBalancerType', 'application'],
    [processDefault, 'HealthCheckPath', '/'],
  ];
  return {
    environment: {
      name: 'shop-prod',
      application: 'shop',
      region: 'eu-west-1',
      status: 'Ready',
      color: 'Green',
      healthStatus: 'Ok',
      tier: 'web',
      platform: '64bit Amazon Linux 2023 v4.3.2 running Python 3.11',
      versionLabel: 'app-1',
    },
    configuration: reduceConfiguration(
      all.map(([Namespace, OptionName, Value]) => ({ Namespace, OptionName, Value })),
    ),
    health: { status: 'Ok', color: 'Green', causes: [] },
    instances: null,
    events: null,
    version: null,
    unread: [],
    error: null,
    ...parts,
  };
}

const withEnvironment = (
  environment: Partial<Observation['environment']>,
  health: Observation['health'] = severe(...refused),
) => ({
  ...observe({ health }),
  environment: { ...observe().environment, ...environment },
});
const severe = (...causes: string[]) => ({ status: 'Severe', color: 'Red', causes });
const refused = [
  '100.0 % of the requests are erroring with HTTP 4xx.',
  'Insufficient request rate (6.0 requests/min) to determine application health.',
];
const codes = (observation: Observation, repository?: RepositoryView) =>
  diagnose(observation, repository).findings.map(({ code, severity }) => `${severity} ${code}`);

const hook = '.platform/hooks/predeploy/10_eb_hosts.sh';
const repository = (parts: Partial<RepositoryView> = {}): RepositoryView => ({
  options: [],
  hook: null,
  isOpen: false,
  list: 'ALLOWED_HOSTS',
  committed: new Map(),
  ...parts,
});

describe('the verdict', () => {
  test.each<[string[], RegExp, string]>([
    [
      refused,
      /very likely for its Host, .* not in its host list: 100 % .* 4xx, and at 6 a minute/,
      'error env-check-refused',
    ],
    [[refused.join(' ')], /very likely/, 'error env-check-refused'],
    [
      ['97.2% of the requests to the ELB are failing with HTTP 4xx.'],
      / likely for/,
      'error env-check-refused',
    ],
    [
      ['55.0 % of the requests are erroring with HTTP 4xx.', '600.0 requests/min'],
      /nothing points to the host list/,
      'error env-unhealthy',
    ],
    [['100.0 % of the requests are failing with HTTP 5xx.'], /nothing points/, 'error env-unhealthy'],
    [
      ['ELB processes are not healthy on all instances.'],
      /targets fail the health check/,
      'error env-unhealthy',
    ],
  ])('of %j', (causes, words, code) => {
    const report = diagnose(observe({ health: severe(...causes) }));
    expect(report.verdict).toMatch(words);
    expect(report.findings.map(({ code, severity }) => `${severity} ${code}`)).toEqual([code]);
  });

  test('of a refused check names the list, the Host and what is known of them, in words and in JSON', () => {
    const report = diagnose(
      observe({ health: severe(...refused) }, [[properties, 'DJANGO_ALLOWED_HOSTS', 'shop.example.com']]),
      repository({ list: null }),
    );
    expect(report.findings[0]).toMatchObject({
      environment: 'shop-prod',
      list: 'DJANGO_ALLOWED_HOSTS',
      host: "the instance's private IP",
    });
    expect(report.chain).toContain('environment properties: DJANGO_ALLOWED_HOSTS is set');
    expect(report.chain[0]).toBe('application load balancer: asks / and takes 200 for healthy');
    expect(report.next).toBe('eb-hosts init, then eb deploy shop-prod');
    expect(JSON.stringify(report)).not.toContain('shop.example.com');
  });

  test('does not blame the list where a property admits every host', () => {
    const report = diagnose(observe({ health: severe(...refused) }, [[properties, 'ALLOWED_HOSTS', '*']]));
    expect(report.verdict).toContain('ALLOWED_HOSTS admits every host: likely the path');
    expect(report.findings.map(({ code }) => code)).not.toContain('env-check-refused');
  });

  test.each<[string, string | null | undefined, string | null, RegExp, RegExp]>([
    ['not committed', null, '2026-05-01T00:00:00Z', /^git add/, /not committed, deployed is version app-1/],
    [
      'younger than the version',
      '2026-05-02T00:00:00+00:00',
      '2026-05-01T00:00:00Z',
      /^eb deploy/,
      /not in it/,
    ],
    [
      'older than the version',
      '2026-04-01T00:00:00+00:00',
      '2026-05-01T00:00:00Z',
      /^eb logs/,
      /should be in it/,
    ],
    ['of no known age', undefined, null, /^eb-hosts doctor, then eb deploy/, /is in this repository/],
  ])('with a hook that is %s', (_, committed, created, next, words) => {
    const report = diagnose(
      observe({ health: severe(...refused), version: { label: 'app-1', created } }),
      repository({ hook, committed: new Map(committed === undefined ? [] : [[hook, committed]]) }),
    );
    expect(report.next).toMatch(next);
    expect(report.chain.find((line) => line.startsWith('hook:'))).toMatch(words);
  });

  test.each(['64bit Amazon Linux 2023 v5 running Tomcat 10', 'PHP 8.2 running on 64bit Amazon Linux 2023'])(
    'on %s does not send anybody to init',
    (platform) => {
      expect(diagnose(withEnvironment({ platform })).next).toMatch(
        /no hook can help on this platform.*middleware/,
      );
    },
  );

  test('names the last error and the instances', () => {
    const { chain } = diagnose(
      observe({
        health: severe('ELB processes are not healthy on all instances.'),
        instances: [{ id: 'i-1', status: 'Severe', causes: ['unhealthy (Target.ResponseCodeMismatch)'] }],
        events: [
          { date: '2026-05-31T10:00:00Z', severity: 'ERROR', message: 'Failed.', requestId: undefined },
        ],
      }),
    );
    expect(chain).toContain('instance i-1: unhealthy (Target.ResponseCodeMismatch)');
    expect(chain).toContain('last error (2026-05-31T10:00): Failed.');
  });

  test.each<[Options[number], string[]]>([
    [
      ['aws:elasticbeanstalk:environment', 'LoadBalancerType', 'network'],
      ['error env-unhealthy', 'info env-no-health-path'],
    ],
    [['aws:elasticbeanstalk:environment', 'LoadBalancerType', 'classic'], ['error env-unhealthy']],
    [['aws:elasticbeanstalk:application', 'Application Healthcheck URL', 'TCP:80'], ['error env-unhealthy']],
    [
      ['aws:elasticbeanstalk:application', 'Application Healthcheck URL', 'HTTP:80/health'],
      ['error env-check-refused'],
    ],
  ])('a check without a Host is not refused for it: %j', (option, expected) => {
    const classic: Options[number] = ['aws:elasticbeanstalk:environment', 'LoadBalancerType', 'classic'];
    expect(codes(observe({ health: severe(...refused) }, [option, classic]))).toEqual(expected);
  });

  test('a Beanstalk Cluster has no hooks; its pods are asked for / by their IP', () => {
    const cluster = { ...withEnvironment({ tier: 'cluster' }), configuration: null };
    const report = diagnose(cluster, repository());
    expect(codes(cluster)).toEqual(['error env-check-refused', 'info env-cluster']);
    expect(report.loadBalancer).toBe('cluster');
    expect(report.chain[0]).toMatch(/no platform hooks.*asks for \/ with the pod's IP as Host \(likely\)/);
    expect(report.next).toContain('middleware');
  });

  test.each<[string | null, string, string[]]>([
    ['Ok', 'Green', []],
    ['Info', 'Green', []],
    ['Warning', 'Yellow', ['warning env-unhealthy']],
    ['Degraded', 'Yellow', ['warning env-unhealthy']],
    ['Severe', 'Red', ['error env-unhealthy']],
    [null, 'Red', ['error env-unhealthy']],
    ['NoData', 'Grey', ['info env-health-unknown']],
  ])('health %s is %j', (status, color, expected) => {
    expect(codes(observe({ health: { status, color, causes: [] } }))).toEqual(expected);
  });
});

describe('other findings', () => {
  test.each<[string, string[]]>([
    ['200-499', ['warning env-matcher-admits-400']],
    ['200,301', []],
  ])('matcher %s', (matcher, expected) => {
    expect(codes(observe({}, [[processDefault, 'MatcherHTTPCode', matcher]]))).toEqual(expected);
  });

  const option = { file: 'a.config', line: 3, namespace: processDefault, option: 'HealthCheckPath' };

  test.each<[string | null | undefined, RegExp]>([
    ['2026-06-01T00:00:00Z', /is \/health\/ here and \/ in 'shop-prod': this line is not deployed yet/],
    ['2026-04-01T00:00:00Z', /set through the API masks it \(likely\)/],
    [null, /not deployed yet/],
    [undefined, /not deployed yet, or masked/],
  ])('an option that differs from what is deployed, committed %s', (committed, words) => {
    const view = repository({
      options: [{ ...option, value: '/health/' }],
      committed: new Map(committed === undefined ? [] : [['a.config', committed]]),
    });
    const observation = observe({ version: { label: 'app-1', created: '2026-05-01T00:00:00Z' } });
    const [finding] = diagnose(observation, view).findings;
    expect(finding).toMatchObject({ code: 'env-health-path-masked', file: 'a.config', line: 3 });
    expect(finding?.message).toMatch(words);
    expect(codes(observation, repository({ options: [{ ...option, value: '/' }] }))).toEqual([]);
  });

  test('an option that this type of load balancer does not read', () => {
    const url = { namespace: 'aws:elasticbeanstalk:application', option: 'Application Healthcheck URL' };
    const view = repository({ options: [{ ...option, ...url, value: 'HTTP:80/x' }] });
    const [finding] = diagnose(observe(), view).findings;
    expect(finding?.code).toBe('env-health-path-ignored');
    expect(finding?.fix).toContain('health-check set /x --environment shop-prod --print ebextensions');
  });

  test.each<[string, string, string | undefined]>([
    ['*', 'wildcard', 'warning env-hosts-wildcard'],
    ['example.com,*', 'wildcard', 'warning env-hosts-wildcard'],
    ['["example.com", "10.0.1.5"]', 'has-private-addresses', 'warning env-hosts-literal-address'],
    ['', 'empty', 'warning env-hosts-empty'],
    ['example.com,*.example.com', 'hosts', undefined],
    // The ARN of a secret; read as a list it would be a host.
    ['arn:aws:secretsmanager:eu-west-1:123456789012:secret:hosts-AbCdEf', 'secret', undefined],
  ])('a property of %j', (value, verdict, expected) => {
    const observation = observe({}, [[properties, 'DJANGO_ALLOWED_HOSTS', value]]);
    expect(observation.configuration?.hostsProperties).toEqual([{ name: 'DJANGO_ALLOWED_HOSTS', verdict }]);
    expect(codes(observation)).toEqual(expected === undefined ? [] : [expected]);
  });

  test.each([
    ['64bit Amazon Linux 2018.03 v2.9.0 running Python 3.6', 'error env-platform-retired'],
    ['64bit Windows Server Core 2019 v2.11.0 running IIS 10.0', 'warning env-platform-windows'],
  ])('platform %s', (platform, expected) => {
    expect(codes(withEnvironment({ platform }, observe().health))).toEqual([expected]);
  });
});

test('no property value outlives the response', () => {
  const reduced = reduceConfiguration([
    { Namespace: properties, OptionName: 'SECRET_KEY', Value: 'hunter2' },
    { Namespace: properties, OptionName: 'ALLOWED_HOSTS', Value: 'secret.example' },
    {
      Namespace: 'aws:cloudformation:template:parameter',
      OptionName: 'EnvironmentVariables',
      Value: 'A=hunter2',
    },
    { Namespace: 'aws:elasticbeanstalk:command', OptionName: 'Timeout', Value: '600' },
  ]);
  expect(reduced).toEqual({ settings: [], hostsProperties: [{ name: 'ALLOWED_HOSTS', verdict: 'hosts' }] });
});

test('worst first: errors, then health, then the name', () => {
  const named = (name: string, parts: Partial<Observation>) => {
    const observation = observe(parts);
    return diagnose({ ...observation, environment: { ...observation.environment, name } });
  };
  const reports = [
    named('b-ok', {}),
    named('a-ok', {}),
    named('warned', { health: { status: 'Warning', color: 'Yellow', causes: [] } }),
    named('z-failed', { configuration: null, error: new UserError('throttled', 'throttled') }),
    named('z-severe', { health: severe() }),
  ];
  expect(reports.sort(worstFirst).map(({ environment }) => environment.name)).toEqual([
    'z-severe',
    'z-failed',
    'warned',
    'a-ok',
    'b-ok',
  ]);
});
