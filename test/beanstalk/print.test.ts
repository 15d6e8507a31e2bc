import { spawn } from 'node:child_process';
import { describe, expect, test, vi } from 'vitest';
import { parse } from 'yaml';
import { beanstalkVariables, useBeanstalk } from '../support/beanstalk-cli.ts';
import { processDefault } from '../support/beanstalk-configuration.ts';
import { newEnvironment } from '../support/beanstalk-world.ts';
import { describeWith } from '../support/needs.ts';

const beanstalk = useBeanstalk();
const at = ['--environment', 'shop-prod'];

test.each([
  [
    'ebextensions',
    `option_settings:\n  ${processDefault}:\n    HealthCheckPath: "/health/"\n    MatcherHTTPCode: "200,301"\n`,
  ],
  ['terraform', 'resource "aws_elastic_beanstalk_environment" "shop-prod" {'],
  ['cloudformation', 'AWSTemplateFormatVersion'],
  ['cdk', 'CfnEnvironment.OptionSettingProperty[]'],
  ['aws-cli', "--option-settings '["],
])('--print %s puts the code alone on stdout and changes nothing', async (format, words) => {
  const server = await beanstalk.start(newEnvironment('shop-prod'));
  const { status, stdout, stderr } = await beanstalk.run([
    'set',
    '/health/',
    '--matcher',
    '200,301',
    ...at,
    '--print',
    format,
  ]);
  expect(status).toBe(0);
  expect(stdout).toContain(words);
  expect(stdout).not.toContain('application load balancer');
  expect(stderr).toContain('shop-prod (application shop, eu-west-1)');
  expect(server.count('UpdateEnvironment')).toBe(0);
});

test('a value that is deployed already is printed all the same', async () => {
  await beanstalk.start(newEnvironment('shop-prod'));
  const { stdout } = await beanstalk.run(['set', '/', ...at, '--print', 'ebextensions']);
  expect(stdout).toContain('HealthCheckPath: "/"');
});

test('where there is no health check, there is no code of it', async () => {
  await beanstalk.start(newEnvironment('shop-prod', 'worker'));
  const { status, stdout, error } = await beanstalk.run([
    'show',
    '--environment',
    'shop-prod',
    '--print',
    'ebextensions',
  ]);
  expect(status).toBe(2);
  expect(stdout).toBe('');
  expect(error?.code).toBe('no-health-check-path');
});

test('show prints what is deployed', async () => {
  await beanstalk.start(newEnvironment('shop-prod', 'classic'));
  const { stdout } = await beanstalk.run(['show', ...at, '--print', 'ebextensions']);
  expect(stdout).toContain('aws:elb:healthcheck:\n    Interval: "10"');
});

describe('without credentials', () => {
  async function printed(...argv: string[]) {
    const server = await beanstalk.start(newEnvironment('shop-prod', 'classic'));
    vi.stubEnv('AWS_ACCESS_KEY_ID', undefined);
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', undefined);
    const run = await beanstalk.run(argv);
    expect(server.calls).toEqual([]);
    return run;
  }

  test.each([
    ['ebextensions', '# '],
    ['aws-cli', '# '],
    ['cloudformation', '# '],
    ['terraform', '# '],
    ['cdk', '// '],
  ])('--print %s assumes an application load balancer, and says so in a comment', async (format, sign) => {
    const { status, stdout } = await printed('set', '/health/', ...at, '--print', format);
    expect(status).toBe(0);
    const [comment = '', ...code] = stdout.split('\n');
    expect(comment.startsWith(`${sign}an application load balancer is assumed`)).toBe(true);
    expect(comment).toContain('there are no AWS credentials');
    expect(code.join('\n')).toContain(processDefault);
    if (format === 'ebextensions')
      expect(parse(stdout).option_settings[processDefault]).toEqual({ HealthCheckPath: '/health/' });
  });

  test('a removal is printed as well, also without a region and an environment', async () => {
    vi.stubEnv('AWS_REGION', undefined);
    const { status, stdout } = await printed('unset', '--all', '--print', 'aws-cli');
    expect(status).toBe(0);
    expect(stdout).toContain('--environment-name ENVIRONMENT');
    expect(stdout).toContain('"OptionName":"MatcherHTTPCode"');
  });

  test.each([
    ['a value outside the limits', ['set', '/x', '--interval', '4', '--print', 'cdk'], 'invalid-option'],
    ['what is deployed', ['show', '--print', 'cdk'], 'no-credentials'],
    [
      'a profile that is named and not there',
      ['set', '/x', '--print', 'cdk', '--profile', 'a'],
      'unknown-profile',
    ],
  ])('but not %s', async (_, argv, code) => {
    expect((await printed(...argv, ...at)).error?.code).toBe(code);
  });
});

describeWith(['aws'], 'the AWS CLI, an independent client', () => {
  /** Runs a shell script with the AWS CLI pointed at the server. */
  async function shell(script: string): Promise<{ status: number | null; stdout: string; stderr: string }> {
    const child = spawn('sh', ['-c', script], {
      env: {
        ...process.env,
        ...beanstalkVariables(beanstalk.server.url, beanstalk.directory),
        // Before its release 1.33 the CLI reads no endpoint from the environment.
        AWS_DEFAULT_REGION: 'eu-west-1',
        AWS_PAGER: '',
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
    });
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    const status = await new Promise<number | null>((done) => child.on('close', done));
    return { status, stdout, stderr };
  }

  /** With `--endpoint-url`, which every release knows. */
  const aws = (args: string) =>
    shell(`aws --endpoint-url ${beanstalk.server.url} --output json elasticbeanstalk ${args}`);

  test('understands the server', async () => {
    await beanstalk.start(newEnvironment('shop-prod'));
    const environments = await aws('describe-environments --environment-names shop-prod');
    expect(environments.stderr).toBe('');
    expect(JSON.parse(environments.stdout).Environments[0]).toMatchObject({
      EnvironmentName: 'shop-prod',
      Status: 'Ready',
    });
    const settings = await aws(
      'describe-configuration-settings --application-name shop --environment-name shop-prod',
    );
    expect(JSON.parse(settings.stdout).ConfigurationSettings[0].DeploymentStatus).toBe('deployed');
    const health = await aws(
      'describe-environment-health --environment-name shop-prod --attribute-names All',
    );
    expect(JSON.parse(health.stdout)).toMatchObject({ HealthStatus: 'Ok', Color: 'Green' });
    const unknown = await aws('describe-instances-health --environment-name nowhere --attribute-names All');
    expect(unknown.stderr).toContain('InvalidParameterValue');
  }, 120_000);

  test('makes the very change that --print aws-cli prints', async () => {
    const environment = newEnvironment('shop-prod');
    await beanstalk.start(environment);
    const printed = await beanstalk.run([
      'set',
      '/a?b=c&d',
      '--matcher',
      '200,301',
      ...at,
      '--print',
      'aws-cli',
    ]);
    const { status, stderr } = await shell(
      `aws() { command aws --endpoint-url ${beanstalk.server.url} "$@"; }\n${printed.stdout}`,
    );
    expect(stderr).toBe('');
    expect(status).toBe(0);
    expect(environment.draft?.set).toEqual([
      [`${processDefault}|HealthCheckPath`, '/a?b=c&d'],
      [`${processDefault}|MatcherHTTPCode`, '200,301'],
    ]);
  }, 120_000);
});
