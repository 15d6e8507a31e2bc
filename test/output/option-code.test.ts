import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { optionsAsCode, removalAsAwsCli } from '../../src/output/option-code.ts';

const target = {
  application: "Bob's shop",
  environment: 'shop-prod',
  region: 'eu-west-1',
  profile: 'my team',
};
const process = 'aws:elasticbeanstalk:environment:process:default';
const options = [
  { namespace: process, option: 'HealthCheckPath', value: '/a?b=${c}&d=%{e}#"\\\'' },
  { namespace: process, option: 'MatcherHTTPCode', value: '200,301' },
  { namespace: 'aws:elasticbeanstalk:application', option: 'Application Healthcheck URL', value: '/x' },
];
const entries = options.map(({ namespace, option, value }) => ({
  Namespace: namespace,
  OptionName: option,
  Value: value,
}));

/** What a shell hands to `aws`. */
function argumentsOf(script: string): string[] {
  const { stdout } = spawnSync('sh', ['-c', `aws() { printf '%s\\0' "$@"; }\n${script}`], {
    encoding: 'utf8',
  });
  return stdout.split('\0').slice(0, -1);
}

describe('options as code', () => {
  test('.ebextensions: YAML with every value as text', () => {
    expect(parse(optionsAsCode('ebextensions', target, options), { version: '1.1' })).toEqual({
      option_settings: {
        [process]: { HealthCheckPath: options[0]?.value, MatcherHTTPCode: '200,301' },
        'aws:elasticbeanstalk:application': { 'Application Healthcheck URL': '/x' },
      },
    });
  });

  test('AWS CLI: a command line that a shell takes as meant', () => {
    const argv = argumentsOf(optionsAsCode('aws-cli', target, options));
    expect(argv.slice(0, -1)).toEqual([
      'elasticbeanstalk',
      'update-environment',
      ...['--region', 'eu-west-1', '--profile', 'my team'],
      ...['--application-name', "Bob's shop", '--environment-name', 'shop-prod'],
      '--option-settings',
    ]);
    expect(JSON.parse(argv.at(-1) ?? '')).toEqual(entries);
  });

  test('AWS CLI: the removal', () => {
    const argv = argumentsOf(removalAsAwsCli(target, options.slice(0, 1)));
    expect(argv.at(-2)).toBe('--options-to-remove');
    expect(JSON.parse(argv.at(-1) ?? '')).toEqual([{ Namespace: process, OptionName: 'HealthCheckPath' }]);
  });

  test('CloudFormation: a template', () => {
    expect(parse(optionsAsCode('cloudformation', target, options))).toEqual({
      AWSTemplateFormatVersion: '2010-09-09',
      Resources: {
        Environment: {
          Type: 'AWS::ElasticBeanstalk::Environment',
          Properties: {
            ApplicationName: "Bob's shop",
            EnvironmentName: 'shop-prod',
            OptionSettings: entries,
          },
        },
      },
    });
  });

  test('CDK: a TypeScript module', async () => {
    const source = optionsAsCode('cdk', target, options);
    const { transform } = await import('esbuild');
    const { code } = await transform(source, { loader: 'ts', format: 'esm' });
    const module = await import(`data:text/javascript,${encodeURIComponent(code)}`);
    expect(module.healthCheckSettings).toEqual(
      options.map(({ namespace, option, value }) => ({ namespace, optionName: option, value })),
    );
  });

  test('CDK: a name stays in its comment', () => {
    const code = optionsAsCode('cdk', { ...target, environment: 'a*/ evil(); /*' }, options);
    expect(code).not.toContain('*/ evil()');
  });
});

describe('Terraform', () => {
  test('gets strings in which nothing is interpolated', () => {
    const code = optionsAsCode('terraform', target, options);
    expect(code).toContain('"/a?b=$${c}&d=%%{e}#\\"\\\\\'"');
  });
});
