import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readEbCliConfig } from '../../src/beanstalk/where.ts';

const local = `branch-defaults:
  main:
    environment: shop-prod
    group_suffix: null
  feature/x:
    environment: on
    profile: dev
    default_region: us-east-1
global:
  application_name: shop
  default_region: eu-west-1
  profile: eb-cli
  sc: git
`;

describe('the EB CLI configuration', () => {
  test('takes the environment of the branch and the rest from global', () => {
    expect(readEbCliConfig({ local, global: undefined }, 'main')).toEqual({
      application: 'shop',
      environment: 'shop-prod',
      profile: 'eb-cli',
      region: 'eu-west-1',
      problem: undefined,
    });
  });

  test('a branch overrides region and profile; names stay text', () => {
    expect(readEbCliConfig({ local, global: undefined }, 'feature/x')).toMatchObject({
      environment: 'on',
      profile: 'dev',
      region: 'us-east-1',
    });
  });

  test('another branch has no environment, but the application', () => {
    expect(readEbCliConfig({ local, global: undefined }, 'other')).toMatchObject({
      application: 'shop',
      environment: undefined,
    });
  });

  test('config.yml goes before config.global.yml key by key, null included', () => {
    const global = 'global: { application_name: other, profile: shared, default_region: us-west-2 }\n';
    const own = 'global: { profile: null, default_region: eu-west-1 }\n';
    expect(readEbCliConfig({ local: own, global }, 'main')).toMatchObject({
      application: 'other',
      profile: undefined,
      region: 'eu-west-1',
    });
  });

  test('says which file is no YAML, and goes on with the other', () => {
    const config = readEbCliConfig(
      { local: 'global: {{ name }}: x: [', global: 'global: {profile: p}' },
      'main',
    );
    expect(config.problem?.file).toBe('config.yml');
    expect(config.profile).toBe('p');
  });

  test.each(['', '# nothing\n', '[]', 'text', 'global:', 'branch-defaults: []\nglobal: 3', 'a: &a [*a]'])(
    'survives %j',
    (text) => {
      expect(readEbCliConfig({ local: text, global: text }, 'main').application).toBeUndefined();
    },
  );

  test('survives anything', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (text, branch) => {
        readEbCliConfig({ local: text, global: `global:\n  ${text}` }, branch);
      }),
    );
  });
});
