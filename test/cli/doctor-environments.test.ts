import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { secret, useBeanstalk } from '../support/beanstalk-cli.ts';
import { newEnvironment } from '../support/beanstalk-world.ts';
import { runMain } from './in-process.ts';

const beanstalk = useBeanstalk();

const doctor = (...argv: string[]) =>
  runMain(['doctor', ...argv], { env: process.env, cwd: beanstalk.directory });

function sick(name: string, application = 'shop') {
  const environment = newEnvironment(name, 'application', application);
  environment.color = 'Red';
  environment.healthStatus = 'Severe';
  environment.causes = [
    '100.0 % of the requests are erroring with HTTP 4xx.',
    'Insufficient request rate (6.0 requests/min) to determine application health.',
  ];
  return environment;
}

test('one environment, from an empty directory: the chain in words, and no finding about the directory', async () => {
  await beanstalk.start(sick('shop-prod'));
  const { status, stdout } = await doctor('--environment', 'shop-prod');
  expect(status).toBe(1);
  expect(stdout).toMatch(/^shop-prod \(application shop, eu-west-1\): application load balancer, Ready\n/);
  expect(stdout).toContain('- application load balancer: asks / and takes 200 for healthy');
  expect(stdout).toContain("run: in the app's repository: eb-hosts init, then eb deploy shop-prod");
  expect(stdout).toContain('error env-check-refused shop-prod');
  expect(stdout).toContain('1 error');
  expect(stdout).not.toContain(secret);
});

test('the repository is held against the environment', async () => {
  await beanstalk.start(newEnvironment('shop-prod'));
  mkdirSync(join(beanstalk.directory, '.ebextensions'));
  writeFileSync(
    join(beanstalk.directory, '.ebextensions', 'web.config'),
    'option_settings:\n  aws:elasticbeanstalk:environment:process:default:\n    HealthCheckPath: /health/\n',
  );
  const { stdout } = await doctor('--environment', 'shop-prod', '--json');
  expect(JSON.parse(stdout).findings).toContainEqual(
    expect.objectContaining({
      code: 'env-health-path-masked',
      environment: 'shop-prod',
      file: '.ebextensions/web.config',
      line: 3,
    }),
  );
});

test('one environment whose configuration may not be read: the rest of it, the action and the policy line', async () => {
  const server = await beanstalk.start(sick('shop-prod'));
  server.faults.push({ kind: 'access-denied', action: 'DescribeConfigurationSettings' });
  const { status, stdout } = await doctor('--environment', 'shop-prod', '--json');
  expect(status).toBe(1);
  const document = JSON.parse(stdout);
  expect(document.environments[0]).toMatchObject({ loadBalancer: null, health: { status: 'Severe' } });
  expect(document.findings[0].fix).toContain('"Action":"elasticbeanstalk:DescribeConfigurationSettings"');
  expect((await doctor('--environment', 'shop-prod')).stdout).toMatch(/^shop-prod .*: not readable, Ready\n/);
});

test('all environments: worst first, one document', async () => {
  await beanstalk.start(
    newEnvironment('a-fine'),
    sick('b-sick'),
    newEnvironment('c-single', 'single-instance'),
  );
  const { status, stdout } = await doctor('--all', '--json');
  expect(status).toBe(1);
  const { environments, findings } = JSON.parse(stdout);
  expect(environments.map(({ name }: { name: string }) => name)).toEqual(['b-sick', 'a-fine', 'c-single']);
  expect(environments[0]).toMatchObject({
    name: 'b-sick',
    application: 'shop',
    region: 'eu-west-1',
    platform: '64bit Amazon Linux 2023 v4.3.2 running Python 3.11',
    loadBalancer: 'application',
    health: { status: 'Severe', color: 'Red' },
  });
  expect(findings.map(({ code, environment }: Record<string, string>) => `${environment} ${code}`)).toEqual([
    'b-sick env-check-refused',
    'c-single env-no-health-path',
  ]);
});

test('all environments as a table', async () => {
  await beanstalk.start(newEnvironment('a-fine'), sick('b-sick', 'blog'));
  const { stdout } = await doctor('--all');
  expect(stdout.split('\n').slice(0, 4)).toEqual([
    'health  environment  application  region     load balancer  finding',
    'Severe  b-sick       blog         eu-west-1  application    env-check-refused',
    'Ok      a-fine       shop         eu-west-1  application',
    '2 environments, 1 affected',
  ]);
});

test('an application that is well is status 0', async () => {
  await beanstalk.start(newEnvironment('a-fine'), sick('b-sick', 'blog'));
  const { status, stdout } = await doctor('--application', 'shop', '--json');
  expect(status).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ ok: true, environments: [{ name: 'a-fine' }] });
});

test('several regions; one that is denied does not hide the other', async () => {
  const server = await beanstalk.start(newEnvironment('a-fine'));
  server.faults.push({ kind: 'access-denied', action: 'DescribeEnvironments', times: 1 });
  const { status, stdout } = await doctor('--all', '--region', 'us-east-1,eu-west-1', '--json');
  expect(status).toBe(1);
  expect(new Set(server.calls.map(({ region }) => region))).toEqual(new Set(['us-east-1', 'eu-west-1']));
  const { environments, findings } = JSON.parse(stdout);
  expect(environments).toHaveLength(1);
  expect(findings[0]).toMatchObject({ code: 'env-region-unreadable', severity: 'error' });
});

test('a region that is named twice is read once', async () => {
  await beanstalk.start(newEnvironment('a-fine'));
  const { stdout } = await doctor('--all', '--region', 'eu-west-1,eu-west-1', '--json');
  expect(JSON.parse(stdout).environments).toHaveLength(1);
});

test('credentials that expire between two pages do not take the rows along', async () => {
  const server = await beanstalk.start(newEnvironment('a-fine'), newEnvironment('b-fine'));
  server.world.pageSize = 1;
  server.faults.push({ kind: 'expired-token', action: 'DescribeEnvironments', skip: 1 });
  const { status, stdout } = await doctor('--all', '--json');
  expect(status).toBe(1);
  const { environments, findings } = JSON.parse(stdout);
  expect(environments).toMatchObject([{ name: 'a-fine' }]);
  expect(findings).toMatchObject([{ code: 'env-region-unreadable', severity: 'error' }]);
  expect(findings[0].message).toMatch(/^eu-west-1 could be read only in part: .*expired/);
});

test.each([
  [['--environment', 'x', '--all'], '--all'],
  [['--region', 'eu-west-1'], '--environment'],
  [['--environment', 'x', '--region', 'a-1,b-1'], 'one --region'],
])('%j is wrong usage', async (argv, words) => {
  const server = await beanstalk.start();
  const { status, stderr } = await doctor(...argv);
  expect(status).toBe(2);
  expect(stderr).toContain(words);
  expect(server.calls).toEqual([]);
});

test('an application that does not exist is not well', async () => {
  await beanstalk.start(newEnvironment('a-fine'));
  const { status, stdout } = await doctor('--application', 'shpo', '--json');
  expect(status).toBe(2);
  expect(JSON.parse(stdout)).toMatchObject({
    command: 'doctor',
    ok: false,
    error: { code: 'application-not-found' },
  });
});
