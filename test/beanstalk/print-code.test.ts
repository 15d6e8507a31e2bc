import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { beanstalkVariables, useBeanstalk } from '../support/beanstalk-cli.ts';
import { type Kind, processDefault } from '../support/beanstalk-configuration.ts';
import { newEnvironment } from '../support/beanstalk-world.ts';
import { describeWith, unmet } from '../support/needs.ts';

const beanstalk = useBeanstalk();
/** What shells, HCL templates and YAML would take for their own. */
const path = '/a?b=$(touch${x}%{y}`z`)&c=#d:*!e;f|g~%00,<h>';
const application = `"Größe" & Söhne's \${x} $(y) \\n`;

const expected = (kind: Kind): readonly (readonly [string, string, string])[] =>
  kind === 'classic'
    ? [
        ['aws:elasticbeanstalk:application', 'Application Healthcheck URL', path],
        ['aws:elb:healthcheck', 'Interval', '30'],
      ]
    : [
        [processDefault, 'HealthCheckPath', path],
        [processDefault, 'HealthCheckInterval', '30'],
      ];

async function print(kind: Kind, format: string): Promise<string> {
  await beanstalk.start(newEnvironment('shop-prod', kind, application));
  const { status, stdout } = await beanstalk.run([
    ...['set', path, '--interval', '30', '--environment', 'shop-prod'],
    ...['--application', application, '--print', format],
  ]);
  expect(status).toBe(0);
  return stdout;
}

describe.each<Kind>(['application', 'shared', 'classic'])('%s load balancer', (kind) => {
  test('ebextensions', async () => {
    const { option_settings: settings } = parse(await print(kind, 'ebextensions'), { version: '1.1' });
    const found = Object.entries<Record<string, string>>(settings).flatMap(([namespace, options]) =>
      Object.entries(options).map(([option, value]) => [namespace, option, value]),
    );
    expect(found).toEqual(expected(kind));
  });

  test('cloudformation', async () => {
    const { Properties } = parse(await print(kind, 'cloudformation'), { version: '1.1' }).Resources
      .Environment;
    expect(Properties).toMatchObject({ ApplicationName: application, EnvironmentName: 'shop-prod' });
    expect(
      Properties.OptionSettings.map(({ Namespace, OptionName, Value }: Record<string, string>) => [
        Namespace,
        OptionName,
        Value,
      ]),
    ).toEqual(expected(kind));
  });

  test('cdk, under the types that it asks for', async () => {
    const { directory } = beanstalk;
    writeFileSync(join(directory, 'settings.ts'), await print(kind, 'cdk'));
    // Of aws-cdk-lib 2 what the code needs.
    mkdirSync(join(directory, 'node_modules', 'aws-cdk-lib'), { recursive: true });
    writeFileSync(
      join(directory, 'node_modules', 'aws-cdk-lib', 'index.d.ts'),
      'export declare namespace aws_elasticbeanstalk { namespace CfnEnvironment { interface OptionSettingProperty {\n' +
        'readonly namespace: string; readonly optionName: string; readonly resourceName?: string; readonly value?: string;\n} } }\n',
    );
    const check = spawnSync(
      process.execPath,
      [
        resolve('node_modules/typescript/bin/tsc'),
        '--noEmit',
        '--strict',
        '--module',
        'nodenext',
        'settings.ts',
      ],
      { cwd: directory, encoding: 'utf8' },
    );
    expect(check.stdout).toBe('');
    expect(check.status).toBe(0);
    const { healthCheckSettings } = await import(/* @vite-ignore */ join(directory, 'settings.ts'));
    expect(
      healthCheckSettings.map(({ namespace, optionName, value }: Record<string, string>) => [
        namespace,
        optionName,
        value,
      ]),
    ).toEqual(expected(kind));
  }, 30_000);
});

// No package of Debian: where it is missing, the test is not counted as skipped.
if (unmet(['terraform']) === null)
  describe('terraform', () => {
    test.each<Kind>(['application', 'classic'])('reads its code as it stands: %s', async (kind) => {
      const code = await print(kind, 'terraform');
      const formatted = spawnSync('terraform', ['fmt', '-'], {
        input: code,
        encoding: 'utf8',
        cwd: beanstalk.directory,
        env: { PATH: process.env.PATH, HOME: beanstalk.directory, CHECKPOINT_DISABLE: '1' },
      });
      expect(formatted.stderr).toBe('');
      expect(formatted.stdout).toBe(code);
    });

    test('and finds the values in it that were meant', async () => {
      const code = await print('application', 'terraform');
      // Without the provider nothing can be planned; its strings are evaluated by terraform all the same.
      const strings = [...code.matchAll(/^ *(?:value|application) += (".*")$/gm)].map(([, text]) => text);
      const evaluated = strings.map((text) => {
        const { stdout } = spawnSync('terraform', ['console'], {
          input: `jsonencode(${text})\n`,
          encoding: 'utf8',
          cwd: beanstalk.directory,
          env: { PATH: process.env.PATH, HOME: beanstalk.directory, CHECKPOINT_DISABLE: '1' },
        });
        return JSON.parse(JSON.parse(stdout));
      });
      expect(evaluated).toEqual([application, path, '30']);
    });
  });

describeWith(['aws'], 'the AWS CLI', () => {
  test.each<Kind>(['application', 'shared', 'classic'])(
    'sends what was meant: %s',
    async (kind) => {
      const code = await print(kind, 'aws-cli');
      const { server, directory } = beanstalk;
      const script = `aws() { command aws --endpoint-url ${server.url} "$@"; }\n${code}`;
      // Asynchronous: the server answers from this process.
      const { stderr, exitCode } = await execa('bash', ['-c', script], {
        reject: false,
        env: { ...process.env, ...beanstalkVariables(server.url, directory), AWS_PAGER: '' },
      });
      expect(stderr).toBe('');
      expect(exitCode).toBe(0);
      expect(server.world.environments[0]?.draft?.set).toEqual(
        expected(kind).map(([namespace, option, value]) => [`${namespace}|${option}`, value]),
      );
    },
    60_000,
  );
});
