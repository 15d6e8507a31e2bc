import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test, vi } from 'vitest';
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

function writeFiles(files: Record<string, string>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(beanstalk.directory, path)), { recursive: true });
    writeFileSync(join(beanstalk.directory, path), text);
  }
}

function commit(date: string): void {
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b.example', ...args], {
      cwd: beanstalk.directory,
      env: { PATH: process.env.PATH, GIT_COMMITTER_DATE: date, GIT_AUTHOR_DATE: date },
    });
  git('init', '--quiet');
  git('add', '--all');
  git('commit', '--quiet', '--message', 'hook');
}

test.each([
  ['2026-05-02T00:00:00Z', /: the hook is not in it/, 'eb deploy shop-prod'],
  ['2026-04-30T00:00:00Z', /: the hook should be in it/, 'eb logs shop-prod'],
])('a hook of %s is compared with the version that is deployed', async (date, words, next) => {
  await beanstalk.start(sick('shop-prod'));
  writeFiles({
    '.platform/hooks/predeploy/10_eb_hosts.sh': '#!/bin/sh\n',
    'manage.py': '',
    'mysite/settings.py': 'import os\nALLOWED_HOSTS = os.environ.get("SITE_HOSTS", "").split(",")\n',
  });
  commit(date);
  const { stdout } = await doctor('--environment', 'shop-prod', '--json');
  const { environments, findings } = JSON.parse(stdout);
  expect(environments[0]).toMatchObject({
    deployedVersion: { label: 'app-1', created: '2026-05-01T00:00:00.000Z' },
    next: expect.stringContaining(next),
    unread: [],
  });
  expect(environments[0].chain.join('\n')).toMatch(words);
  const refused = findings.find(({ code }: { code: string }) => code === 'env-check-refused');
  expect(refused).toMatchObject({ list: 'SITE_HOSTS', host: "the instance's private IP" });
});

test('outside git nothing is said of what is committed', async () => {
  await beanstalk.start(sick('shop-prod'));
  writeFiles({ '.platform/hooks/predeploy/10_eb_hosts.sh': '#!/bin/sh\n' });
  const { environments } = JSON.parse((await doctor('--environment', 'shop-prod', '--json')).stdout);
  expect(environments[0].chain.join('\n')).toMatch(/is in this repository, deployed is version app-1/);
});

test('what could not be read is named, one screen in all', async () => {
  const server = await beanstalk.start(sick('shop-prod'));
  server.faults.push({ kind: 'access-denied', action: 'DescribeEvents' });
  const { stdout } = await doctor('--environment', 'shop-prod');
  expect(stdout).toMatch(/^shop-prod .*\n {2}the app refuses the health check, very likely for its Host/);
  expect(stdout).toContain('- environment properties: ALLOWED_HOSTS is set');
  expect(stdout).toMatch(/not read:\n {4}- events: not allowed to call elasticbeanstalk:DescribeEvents/);
  expect(stdout.split('\n').length).toBeLessThan(40);
  expect(stdout).not.toContain('example.com');
});

test('a Beanstalk Cluster is a row, and told that it has no hooks', async () => {
  const cluster = sick('a-cluster');
  Object.assign(cluster, newEnvironment('a-cluster', 'cluster'), { color: 'Green', healthStatus: 'Ok' });
  const server = await beanstalk.start(cluster, newEnvironment('b-fine'));
  expect((await doctor('--all')).stdout).toMatch(/^Ok +a-cluster +shop +eu-west-1 +cluster +env-cluster$/m);
  const { status, stdout } = await doctor('--environment', 'a-cluster');
  expect(status).toBe(0);
  expect(stdout).toMatch(/no platform hooks/);
  expect(stdout).toMatch(/pod's IP as Host\s+\(likely\)/);
  expect(stdout).toContain('middleware');
  expect(
    server.calls.filter(({ parameters }) => parameters.EnvironmentName === 'a-cluster'),
  ).not.toContainEqual(expect.objectContaining({ action: 'DescribeConfigurationSettings' }));
});

test('an environment secret is not read as a list of hosts', async () => {
  const environment = newEnvironment('shop-prod');
  const arn = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:hosts-AbCdEf';
  Object.assign(environment, { properties: {}, secrets: { ALLOWED_HOSTS: arn } });
  await beanstalk.start(environment);
  const { status, stdout } = await doctor('--environment', 'shop-prod', '--json');
  expect(status).toBe(0);
  expect(JSON.parse(stdout).environments[0].properties).toEqual([
    { name: 'ALLOWED_HOSTS', verdict: 'secret' },
  ]);
  expect(stdout).not.toContain('AbCdEf');
});

test('a load balancer of a type that is not known is a row', async () => {
  const strange = newEnvironment('a-strange');
  strange.direct.set('aws:elasticbeanstalk:environment|LoadBalancerType', 'gateway');
  await beanstalk.start(strange, newEnvironment('b-fine'));
  const { environments, findings } = JSON.parse((await doctor('--all', '--json')).stdout);
  expect(environments).toHaveLength(2);
  expect(findings).toMatchObject([{ code: 'env-unreadable', environment: 'a-strange' }]);
});

test('without credentials one line says what was tried, and what works without', async () => {
  await beanstalk.start(newEnvironment('shop-prod'));
  vi.stubEnv('AWS_ACCESS_KEY_ID', undefined);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', undefined);
  writeFiles({ '.aws/config': '[profile dev]\nregion = eu-west-1\n' });
  const { status, stderr } = await doctor('--environment', 'shop-prod', '--profile', 'dev');
  expect(status).toBe(2);
  const [line = '', hint = '', ...more] = stderr.trimEnd().split('\n');
  expect(line).toContain("no AWS credentials (tried profile 'dev' from --profile, region eu-west-1)");
  expect(hint).toMatch(/eb-hosts doctor' without flags, 'probe' and 'rehearse'/);
  expect(more).toEqual([]);
});
