import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { secret, useBeanstalk } from '../support/beanstalk-cli.ts';
import { processDefault } from '../support/beanstalk-configuration.ts';
import { beginUpdate, newEnvironment, tell } from '../support/beanstalk-world.ts';

const beanstalk = useBeanstalk();
const path = `${processDefault}|HealthCheckPath`;
const at = ['--environment', 'shop-prod'];

describe('show', () => {
  test('names the environment first and then what its load balancer asks', async () => {
    await beanstalk.start(newEnvironment('shop-prod'));
    const { status, stdout } = await beanstalk.run(['show', ...at]);
    expect(status).toBe(0);
    expect(stdout.split('\n')).toEqual([
      'shop-prod (application shop, eu-west-1): application load balancer, Ready',
      '  process default: GET /, healthy is 200 (default), interval 15 s, time-out 5 s, healthy after 3, unhealthy after 5',
      '  health: Ok',
      '',
    ]);
  });

  test('what the service says neither steers the terminal nor looks like a line of ours', async () => {
    const environment = newEnvironment('shop-prod', 'application', 'shop\nblog \u009b31m');
    environment.direct.set(`${processDefault}|HealthCheckPath`, '/\u202e\n  health: Ok\u0085');
    Object.assign(environment, {
      status: 'Ready\nReady',
      causes: ['all\u2028well\u200b'],
      healthStatus: 'Ok\n',
    });
    await beanstalk.start(environment);
    const { stdout } = await beanstalk.run(['show', ...at]);
    expect(stdout.trimEnd().split(/[\n\u0085\u2028]/)).toHaveLength(4);
    expect(stdout.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\u202e]/u);
    const dryRun = await beanstalk.run(['set', '/health/', ...at, '--dry-run']);
    expect(dryRun.stdout.trimEnd().split(/[\n\u0085\u2028]/)).toHaveLength(3);
  });

  test('prints one JSON document', async () => {
    const environment = newEnvironment('shop-prod');
    environment.direct.set(`${processDefault}|MatcherHTTPCode`, '200,301');
    await beanstalk.start(environment);
    const { stdout } = await beanstalk.run(['show', ...at, '--json']);
    expect(JSON.parse(stdout)).toEqual({
      command: 'health-check',
      ok: true,
      environment: 'shop-prod',
      application: 'shop',
      region: 'eu-west-1',
      loadBalancer: 'application',
      settings: [
        {
          process: 'default',
          path: '/',
          matcher: '200,301',
          interval: 15,
          timeout: 5,
          healthyThreshold: 3,
          unhealthyThreshold: 5,
        },
      ],
      changes: [],
      applied: false,
      events: [],
      health: { status: 'Ok', color: 'Green', causes: [] },
    });
  });

  test.each([
    ['network', /network load balancer: .* TCP connect/],
    ['single-instance', /single instance without a load balancer/],
    ['worker', /worker environment without a load balancer/],
    ['cluster', /Beanstalk Cluster .* no platform hooks/],
  ] as const)('says why a %s environment has no path', async (kind, reason) => {
    await beanstalk.start(newEnvironment('shop-prod', kind));
    const { status, stdout } = await beanstalk.run(['show', ...at]);
    expect(status).toBe(0);
    expect(stdout).toMatch(reason);
  });

  test('does without the health it may not read', async () => {
    const server = await beanstalk.start(newEnvironment('shop-prod'));
    server.faults.push({ kind: 'access-denied', action: 'DescribeEnvironmentHealth' });
    const { status, stdout } = await beanstalk.run(['show', ...at, '--json']);
    expect(status).toBe(0);
    expect(JSON.parse(stdout).health).toEqual({ status: 'Ok', color: 'Green', causes: [] });
  });
});

describe('set', () => {
  test('changes the path, follows the update and reads back', async () => {
    const environment = newEnvironment('shop-prod');
    tell(environment, 'ERROR', 'an old failure', 'another-request');
    const server = await beanstalk.start(environment);
    const { status, stdout, stderr } = await beanstalk.run(['set', '/health/', ...at, '--yes']);
    expect(stderr).toContain('INFO Environment update completed successfully.');
    expect(stderr).toContain('masks what .ebextensions says');
    expect(stderr).not.toContain('an old failure');
    expect(status).toBe(0);
    expect(stdout).toContain(`${processDefault}  HealthCheckPath: / → /health/`);
    expect(stdout).toContain('process default: GET /health/');
    expect(environment.direct.get(path)).toBe('/health/');
    expect(server.calls.find(({ action }) => action === 'UpdateEnvironment')?.parameters).toEqual({
      ApplicationName: 'shop',
      EnvironmentName: 'shop-prod',
      OptionSettings: [{ Namespace: processDefault, OptionName: 'HealthCheckPath', Value: '/health/' }],
    });
  });

  test('gives the verdict of doctor where the environment is red after it', async () => {
    const environment = newEnvironment('shop-prod');
    Object.assign(environment, {
      color: 'Red',
      healthStatus: 'Severe',
      causes: ['100.0 % of the requests are erroring with HTTP 4xx.', '(12.0 requests/min)'],
    });
    await beanstalk.start(environment);
    const { status, stdout } = await beanstalk.run(['set', '/health/', ...at, '--yes']);
    expect(status).toBe(0);
    expect(stdout).toMatch(
      /deployed\n.*health: Severe.*the app refuses the health check, very likely for its Host/s,
    );
    expect(stdout).toMatch(/run: in the app's repository: (?:npx )?eb-hosts init, then eb deploy shop-prod/);
  });

  test('sends only what differs, and nothing the second time', async () => {
    const server = await beanstalk.start(newEnvironment('shop-prod'));
    const argv = ['set', '/health/', ...at, '--matcher', '200-299', '--interval', '015', '--yes', '--json'];
    const first = JSON.parse((await beanstalk.run(argv)).stdout);
    expect(first.changes).toEqual([
      { namespace: processDefault, option: 'HealthCheckPath', from: '/', to: '/health/' },
      { namespace: processDefault, option: 'MatcherHTTPCode', from: null, to: '200-299' },
    ]);
    expect(first.applied).toBe(true);
    const second = await beanstalk.run(argv);
    expect(second.status).toBe(0);
    expect(JSON.parse(second.stdout)).toMatchObject({ ok: true, changes: [], applied: false });
    expect(server.count('UpdateEnvironment')).toBe(1);
  });

  test('reads what is deployed, not a draft that failed', async () => {
    const environment = newEnvironment('shop-prod');
    environment.draft = { set: [[path, '/health/']], remove: [], status: 'failed' };
    const server = await beanstalk.start(environment);
    const { stdout } = await beanstalk.run(['set', '/health/', ...at, '--yes', '--json']);
    expect(JSON.parse(stdout).changes).toHaveLength(1);
    expect(server.count('UpdateEnvironment')).toBe(1);
  });

  test('nothing is to be done about a draft that was left lying', async () => {
    const environment = newEnvironment('shop-prod');
    environment.draft = { set: [[path, '/other/']], remove: [], status: 'pending' };
    const server = await beanstalk.start(environment);
    const { status, stdout } = await beanstalk.run(['set', '/', ...at, '--dry-run']);
    expect(status).toBe(0);
    expect(stdout).toContain('nothing to do');
    expect(server.violations).toEqual([]);
  });

  test('waits for an environment that is being created, of which there is but a draft', async () => {
    const environment = newEnvironment('shop-prod');
    beginUpdate(environment, [], []);
    environment.status = 'Launching';
    environment.creating = true;
    await beanstalk.start(environment);
    const { status } = await beanstalk.run(['set', '/health/', ...at, '--yes']);
    expect(status).toBe(0);
    expect(environment.direct.get(path)).toBe('/health/');
  });

  test('--dry-run shows and validates the change and makes none', async () => {
    const server = await beanstalk.start(newEnvironment('shop-prod'));
    const { status, stdout } = await beanstalk.run(['set', '/health/', ...at, '--dry-run']);
    expect(status).toBe(0);
    expect(stdout).toContain('HealthCheckPath: / → /health/');
    expect(server.count('ValidateConfigurationSettings')).toBe(1);
    expect(server.count('UpdateEnvironment')).toBe(0);
  });

  test.each([
    ['--dry-run', 'HealthCheckPath: / → /health/'],
    ['--print=ebextensions', 'HealthCheckPath: "/health/"'],
  ])('%s does without the right to have it validated', async (flag, words) => {
    const server = await beanstalk.start(newEnvironment('shop-prod'));
    server.faults.push({ kind: 'access-denied', action: 'ValidateConfigurationSettings' });
    const { status, stdout, stderr } = await beanstalk.run(['set', '/health/', ...at, flag]);
    expect(status).toBe(0);
    expect(stdout).toContain(words);
    expect(stderr).toContain('elasticbeanstalk:ValidateConfigurationSettings');
    expect((await beanstalk.run(['set', '/health/', ...at, '--yes'])).error?.code).toBe('access-denied');
  });

  test('off a terminal it wants --yes, before it calls anybody', async () => {
    const server = await beanstalk.start(newEnvironment('shop-prod'));
    const { status, error } = await beanstalk.run(['set', '/health/', ...at]);
    expect(status).toBe(2);
    expect(error?.message).toContain('--yes');
    expect(server.calls).toEqual([]);
  });

  test.each([
    ['network', 'TCP connect'],
    ['single-instance', 'load-balanced'],
    ['worker', 'localhost'],
    ['cluster', 'middleware'],
  ] as const)('refuses a %s environment with the reason', async (kind, words) => {
    const server = await beanstalk.start(newEnvironment('shop-prod', kind));
    const { status, error } = await beanstalk.run(['set', '/health/', ...at, '--yes']);
    expect(status).toBe(2);
    expect(`${error?.message} ${error?.hint}`).toContain(words);
    expect(server.count('UpdateEnvironment')).toBe(0);
  });

  test('a classic load balancer reads the URL option, whose protocol and port stay', async () => {
    const environment = newEnvironment('shop-prod', 'classic');
    environment.direct.set('aws:elasticbeanstalk:application|Application Healthcheck URL', 'HTTPS:443/old');
    await beanstalk.start(environment);
    const { status } = await beanstalk.run(['set', '/health/', ...at, '--interval', '30', '--yes']);
    expect(status).toBe(0);
    expect(environment.direct).toEqual(
      new Map([
        ['aws:elasticbeanstalk:application|Application Healthcheck URL', 'HTTPS:443/health/'],
        ['aws:elb:healthcheck|Interval', '30'],
      ]),
    );
  });

  test('a classic load balancer may be told the check by the deprecated Target, or not to ask at all', async () => {
    const environment = newEnvironment('shop-prod', 'classic');
    await beanstalk.start(environment);
    expect((await beanstalk.run(['show', ...at])).stdout).toContain('a TCP connect, no path');
    environment.direct.set('aws:elb:healthcheck|Target', 'HTTP:80/old');
    expect((await beanstalk.run(['show', ...at])).stdout).toContain('GET HTTP:80/old, healthy is 200');
    environment.direct.set('aws:elasticbeanstalk:application|Application Healthcheck URL', 'TCP:8080');
    expect((await beanstalk.run(['show', ...at])).stdout).toContain('a TCP connect, no path');
  });

  test('a type of load balancer that is not known is left alone', async () => {
    const environment = newEnvironment('shop-prod');
    environment.direct.set('aws:elasticbeanstalk:environment|LoadBalancerType', 'gateway');
    const server = await beanstalk.start(environment);
    const { status, error } = await beanstalk.run(['set', '/health/', ...at, '--yes']);
    expect(status).toBe(2);
    expect(error?.message).toContain("'gateway'");
    expect(server.count('UpdateEnvironment')).toBe(0);
  });

  test.each([
    ['/übung', '/%C3%BCbung'],
    [`/${'a'.repeat(1024)}`, '1024 characters'],
  ])('a path that no target group takes: %.10s', async (path, words) => {
    const server = await beanstalk.start(newEnvironment('shop-prod'));
    const { status, error } = await beanstalk.run(['set', path, ...at, '--yes']);
    expect(status).toBe(2);
    expect(error?.message).toContain(words);
    expect(server.count('UpdateEnvironment')).toBe(0);
  });

  test('takes the process that the listener names', async () => {
    const environment = newEnvironment('shop-prod', 'shared');
    environment.direct.set('aws:elasticbeanstalk:environment:process:web|HealthCheckPath', '/');
    environment.direct.set('aws:elbv2:listener:default|DefaultProcess', 'web');
    await beanstalk.start(environment);
    await beanstalk.run(['set', '/health/', ...at, '--yes']);
    expect(environment.direct.get('aws:elasticbeanstalk:environment:process:web|HealthCheckPath')).toBe(
      '/health/',
    );
    expect(environment.direct.get(path)).toBeUndefined();
  });

  test('does not invent a process', async () => {
    const server = await beanstalk.start(newEnvironment('shop-prod'));
    const { status, error } = await beanstalk.run([
      'set',
      '/health/',
      ...at,
      '--process',
      'defualt',
      '--yes',
    ]);
    expect(status).toBe(2);
    expect(error?.hint).toContain('default');
    expect(server.count('UpdateEnvironment')).toBe(0);
  });

  test('what the service would refuse is not asked for', async () => {
    const server = await beanstalk.start(newEnvironment('shop-prod'));
    server.world.messages.push({
      Message: 'no such path',
      Severity: 'error',
      Namespace: processDefault,
      OptionName: 'HealthCheckPath',
    });
    const { status, error } = await beanstalk.run(['set', '/health/', ...at, '--yes']);
    expect(status).toBe(2);
    expect(error?.message).toContain('HealthCheckPath: no such path');
    expect(server.count('UpdateEnvironment')).toBe(0);
  });

  test.each([
    [['--matcher', '200,600'], '--matcher'],
    [['--interval', '4'], '--interval'],
    [['--check-timeout', '15'], 'less than its interval'],
    [['--healthy-threshold', '11'], '--healthy-threshold'],
  ])('keeps to the limits: %j', async (flags, words) => {
    const server = await beanstalk.start(newEnvironment('shop-prod'));
    const { status, error } = await beanstalk.run(['set', '/health/', ...at, ...flags, '--yes']);
    expect(status).toBe(2);
    expect(error?.message).toContain(words);
    expect(server.count('ValidateConfigurationSettings')).toBe(0);
  });

  test('--no-wait returns once the update is accepted', async () => {
    const environment = newEnvironment('shop-prod');
    await beanstalk.start(environment);
    const { status, stdout } = await beanstalk.run([
      'set',
      '/health/',
      ...at,
      '--yes',
      '--no-wait',
      '--json',
    ]);
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ ok: true, applied: true });
    expect(environment.status).toBe('Updating');
  });
});

describe('unset', () => {
  test('removes the direct setting and says what then is in force', async () => {
    const environment = newEnvironment('shop-prod');
    environment.direct.set(path, '/old/');
    environment.direct.set(`${processDefault}|HealthCheckInterval`, '30');
    environment.files.set(path, '/from-file/');
    await beanstalk.start(environment);
    mkdirSync(join(beanstalk.directory, '.ebextensions'));
    writeFileSync(
      join(beanstalk.directory, '.ebextensions', 'web.config'),
      `option_settings:\n  ${processDefault}:\n    HealthCheckPath: /from-file/\n`,
    );
    const { status, stdout, stderr } = await beanstalk.run(['unset', ...at, '--yes']);
    expect(status).toBe(0);
    expect(stderr).toContain('HealthCheckPath is /from-file/ (.ebextensions/web.config:3');
    expect(stdout).toContain('HealthCheckPath: /old/ → (removed)');
    expect(stdout).toContain('GET /from-file/');
    expect([...environment.direct.keys()]).toEqual([`${processDefault}|HealthCheckInterval`]);
  });

  test('--all takes the rest of the check too, but for what has no value', async () => {
    const environment = newEnvironment('shop-prod');
    const server = await beanstalk.start(environment);
    const { stderr } = await beanstalk.run(['unset', ...at, '--all', '--yes']);
    expect(stderr).toContain('HealthCheckPath has its default again');
    expect(
      server.calls.find(({ action }) => action === 'UpdateEnvironment')?.parameters.OptionsToRemove,
    ).toEqual(
      [
        'HealthCheckPath',
        'HealthCheckInterval',
        'HealthCheckTimeout',
        'HealthyThresholdCount',
        'UnhealthyThresholdCount',
      ].map((OptionName) => ({ Namespace: processDefault, OptionName })),
    );
  });
});

test.each([
  ['show', ...at],
  ['show', ...at, '--json', '--debug'],
  ['set', '/health/', ...at, '--yes', '--debug'],
  ['unset', ...at, '--yes', '--json', '--debug'],
  ['set', '/health/', ...at, '--print', 'terraform'],
])('no property value is printed: %s %s', async (...argv) => {
  await beanstalk.start(newEnvironment('shop-prod'));
  const { stdout, stderr } = await beanstalk.run(argv);
  expect(stdout).not.toBe('');
  expect(stdout + stderr).not.toContain(secret);
});
