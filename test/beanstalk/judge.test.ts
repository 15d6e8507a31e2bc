import { describe, expect, test } from 'vitest';
import { refusedRequests } from '../../src/beanstalk/causes.ts';
import { judge, worstFirst } from '../../src/beanstalk/judge.ts';
import type { Observation, RepositoryView } from '../../src/beanstalk/report.ts';
import { reduceConfiguration, type Setting } from '../../src/beanstalk/settings.ts';
import { unreadable } from '../../src/beanstalk/unread.ts';

const processDefault = 'aws:elasticbeanstalk:environment:process:default';
const now = new Date('2026-06-01T00:00:00Z');

function setting(namespace: string, option: string, value: string): Setting {
  return { namespace, option, value };
}

function observe(parts: Partial<Observation> = {}, settings: Setting[] = []): Observation {
  return {
    environment: {
      name: 'shop-prod',
      application: 'shop',
      region: 'eu-west-1',
      status: 'Ready',
      color: 'Green',
      healthStatus: 'Ok',
      worker: false,
      platform: '64bit Amazon Linux 2023 v4.3.2 running Python 3.11',
      platformArn: undefined,
    },
    settings: [
      setting('aws:elasticbeanstalk:environment', 'EnvironmentType', 'LoadBalanced'),
      setting('aws:elasticbeanstalk:environment', 'LoadBalancerType', 'application'),
      setting(processDefault, 'HealthCheckPath', '/'),
      ...settings,
    ],
    hostsProperties: [],
    health: { status: 'Ok', color: 'Green', causes: [] },
    instances: null,
    events: null,
    platform: null,
    ...parts,
  };
}

const severe = (...causes: string[]) => ({ status: 'Severe', color: 'Red', causes });
const refusedCauses = [
  '100.0 % of the requests are erroring with HTTP 4xx.',
  'Insufficient request rate (6.0 requests/min) to determine application health.',
];
const codes = (observation: Observation, repository?: RepositoryView) =>
  judge(observation, repository, now).findings.map(({ code, severity }) => `${severity} ${code}`);

describe('the voice of a refused check', () => {
  test.each([
    [refusedCauses, { percent: 100, perMinute: 6, checkerOnly: true }],
    [[refusedCauses.join(' ')], { percent: 100, perMinute: 6, checkerOnly: true }],
    [
      [
        '100.0% of the requests to the ELB are erroring with HTTP 4xx. Insufficient request rate (12 requests/min)',
      ],
      { percent: 100, perMinute: 12, checkerOnly: true },
    ],
    [
      ['97.2 % of the requests are failing with HTTP 4xx.'],
      { percent: 97.2, perMinute: null, checkerOnly: false },
    ],
    [
      ['55.0 % of the requests are erroring with HTTP 4xx.', '600.0 requests/min'],
      { percent: 55, perMinute: 600, checkerOnly: false },
    ],
  ])('%j', (causes, expected) => {
    expect(refusedRequests(severe(...causes))).toEqual(expected);
  });

  test.each([
    ['100.0 % of the requests are failing with HTTP 5xx.'],
    ['None of the instances are sending data.'],
    ['Impaired services on all instances.'],
  ])('is not in %j', (cause) => {
    expect(refusedRequests(severe(cause))).toBeNull();
  });
});

describe('the explanation', () => {
  test('follows the chain from the check to the hook that is missing', () => {
    const report = judge(
      observe({
        health: severe(...refusedCauses),
        hostsProperties: [{ name: 'ALLOWED_HOSTS', verdict: 'hosts' }],
      }),
      { healthCheckOptions: [], hook: false },
      now,
    );
    expect(report.findings[0]).toMatchObject({
      code: 'env-check-refused',
      severity: 'error',
      environment: 'shop-prod',
    });
    expect(report.findings[0]?.message).toContain("at 6 requests a minute the load balancer's own check");
    expect(report.chain[0]).toContain('asks / and takes 200 for healthy');
    expect(report.chain.join('\n')).toContain('ALLOWED_HOSTS (set)');
    expect(report.chain.join('\n')).toContain('no hook in this repository adds the address');
    expect(report.next).toBe('eb-hosts init, then eb deploy shop-prod');
  });

  test('with the hook in the repository asks for its deployment', () => {
    const { chain, next } = judge(
      observe({ health: severe(...refusedCauses) }),
      { healthCheckOptions: [], hook: true },
      now,
    );
    expect(chain.join('\n')).toContain('not deployed yet');
    expect(next).toBe('eb-hosts doctor, then eb deploy shop-prod');
  });

  test('a red environment for another reason is not blamed on the host list', () => {
    const report = judge(
      observe({ health: severe('Following services are not running: application.') }),
      undefined,
      now,
    );
    expect(report.findings.map(({ code }) => code)).toEqual(['env-unhealthy']);
    expect(report.next).toBe('eb logs shop-prod');
  });

  test('names the last error and the instances', () => {
    const { chain } = judge(
      observe({
        health: severe('ELB processes are not healthy on all instances.'),
        instances: [
          {
            id: 'i-1',
            status: 'Severe',
            causes: ['Process default has been unhealthy for 2 minutes (Target.ResponseCodeMismatch).'],
          },
        ],
        events: [
          {
            date: '2026-05-31T10:00:00.000Z',
            severity: 'ERROR',
            message: 'Failed to deploy application.',
            requestId: undefined,
          },
        ],
      }),
      undefined,
      now,
    );
    expect(chain.join('\n')).toContain('Target.ResponseCodeMismatch');
    expect(chain.join('\n')).toContain('last error (2026-05-31T10:00): Failed to deploy application.');
  });

  test('a network load balancer refuses nobody for a Host', () => {
    const observation = observe({ health: severe(...refusedCauses) });
    const network = observation.settings.map((entry) =>
      entry.option === 'LoadBalancerType' ? { ...entry, value: 'network' } : entry,
    );
    expect(codes({ ...observation, settings: network })).toEqual([
      'error env-unhealthy',
      'info env-no-health-path',
    ]);
  });

  test('a classic load balancer refuses nobody unless it was told a path', () => {
    const observation = observe({ health: severe(...refusedCauses) });
    const classic = observation.settings.map((entry) =>
      entry.option === 'LoadBalancerType' ? { ...entry, value: 'classic' } : entry,
    );
    const url = { namespace: 'aws:elasticbeanstalk:application', option: 'Application Healthcheck URL' };
    const told = (value: string) => codes({ ...observation, settings: [...classic, { ...url, value }] });
    expect(told('')).toEqual(['error env-unhealthy']);
    expect(told('TCP:80')).toEqual(['error env-unhealthy']);
    expect(told('HTTP:80/health')).toEqual(['error env-check-refused']);
  });

  test.each([
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
  test('a matcher that takes 400 for healthy', () => {
    expect(codes(observe({}, [setting(processDefault, 'MatcherHTTPCode', '200-499')]))).toEqual([
      'warning env-matcher-admits-400',
    ]);
    expect(codes(observe({}, [setting(processDefault, 'MatcherHTTPCode', '200,301')]))).toEqual([]);
  });

  test('what the repository says and the environment does not', () => {
    const option = {
      file: '.ebextensions/web.config',
      line: 3,
      namespace: processDefault,
      option: 'HealthCheckPath',
      value: '/health/',
    };
    const [finding] = judge(observe(), { healthCheckOptions: [option], hook: true }, now).findings;
    expect(finding).toMatchObject({
      code: 'env-health-path-masked',
      file: '.ebextensions/web.config',
      line: 3,
    });
    expect(finding?.message).toContain("/health/ here and / in 'shop-prod'");
    expect(codes(observe(), { healthCheckOptions: [{ ...option, value: '/' }], hook: true })).toEqual([]);
  });

  test('an option that this type of load balancer does not read', () => {
    const option = {
      file: 'a.config',
      line: 1,
      namespace: 'aws:elasticbeanstalk:application',
      option: 'Application Healthcheck URL',
      value: 'HTTP:80/x',
    };
    const [finding] = judge(observe(), { healthCheckOptions: [option], hook: true }, now).findings;
    expect(finding?.code).toBe('env-health-path-ignored');
    expect(finding?.fix).toContain(
      'eb-hosts health-check set /x --environment shop-prod --print ebextensions',
    );
  });

  test.each([
    ['*', 'warning env-hosts-wildcard'],
    ['example.com,*', 'warning env-hosts-wildcard'],
    ['["example.com", "10.0.1.5"]', 'warning env-hosts-literal-address'],
    ['', 'warning env-hosts-empty'],
    ['example.com,*.example.com', undefined],
  ])('a property of %j', (value, expected) => {
    const { hostsProperties } = reduceConfiguration([
      {
        Namespace: 'aws:elasticbeanstalk:application:environment',
        OptionName: 'DJANGO_ALLOWED_HOSTS',
        Value: value,
      },
    ]);
    expect(codes(observe({ hostsProperties }))).toEqual(expected === undefined ? [] : [expected]);
  });

  test.each([
    ['64bit Amazon Linux 2018.03 v2.9.0 running Python 3.6', 'error env-platform-retired'],
    ['64bit Windows Server Core 2019 v2.11.0 running IIS 10.0', 'warning env-platform-windows'],
  ])('platform %s', (platform, expected) => {
    const observation = observe();
    expect(codes({ ...observation, environment: { ...observation.environment, platform } })).toEqual([
      expected,
    ]);
  });

  test('a platform of long ago, and one whose branch is retired', () => {
    expect(
      codes(observe({ platform: { created: '2024-05-01T00:00:00.000Z', branchState: 'Supported' } })),
    ).toEqual(['info env-platform-old']);
    expect(codes(observe({ platform: { created: null, branchState: 'Retired' } }))).toEqual([
      'warning env-platform-retired',
    ]);
  });
});

test('no property value outlives the response', () => {
  const reduced = reduceConfiguration([
    { Namespace: 'aws:elasticbeanstalk:application:environment', OptionName: 'SECRET_KEY', Value: 'hunter2' },
    {
      Namespace: 'aws:elasticbeanstalk:application:environment',
      OptionName: 'ALLOWED_HOSTS',
      Value: 'secret.example',
    },
    {
      Namespace: 'aws:cloudformation:template:parameter',
      OptionName: 'EnvironmentVariables',
      Value: 'SECRET_KEY=hunter2',
    },
    { Namespace: 'aws:elasticbeanstalk:command', OptionName: 'Timeout', Value: '600' },
  ]);
  expect(reduced).toEqual({ settings: [], hostsProperties: [{ name: 'ALLOWED_HOSTS', verdict: 'hosts' }] });
});

test('worst first: errors, then health, then the name', () => {
  const named = (name: string, health: Observation['health']) => {
    const observation = observe({ health });
    return judge({ ...observation, environment: { ...observation.environment, name } }, undefined, now);
  };
  const ok = { status: 'Ok', color: 'Green', causes: [] };
  const failed = unreadable(
    { environment: { ...observe().environment, name: 'z-failed' }, health: ok },
    'throttled',
    null,
  );
  const reports = [
    named('b-ok', ok),
    named('a-ok', ok),
    named('warned', { status: 'Warning', color: 'Yellow', causes: [] }),
    failed,
    named('z-severe', severe()),
  ];
  expect(reports.sort(worstFirst).map(({ environment }) => environment.name)).toEqual([
    'z-severe',
    'z-failed',
    'warned',
    'a-ok',
    'b-ok',
  ]);
});
