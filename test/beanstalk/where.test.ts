import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findWhere } from '../../src/beanstalk/where.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'eb-hosts-where-'));
});
afterEach(() => {
  rmSync(root, { recursive: true, force: true });
});

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

const awsConfig = `[default]
region = eu-central-1
[profile dev]
region = us-west-2
sso_session = corp
s3 =
  region = nested
[profile team]
region = eu-north-1
[sso-session corp]
sso_region = us-east-1
[services local]
`;

function setUp(config: string): void {
  write('.elasticbeanstalk/config.yml', config);
  write('home/.aws/config', awsConfig);
  write('home/.aws/credentials', '[ci]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\n');
}

const find = (flags = {}, env = {}, directory = root) =>
  findWhere(flags, directory, { HOME: join(root, 'home'), ...env });

describe('who and where', () => {
  test('is what the EB CLI would take, from a directory below', async () => {
    setUp(
      'branch-defaults:\n  main: {environment: shop-prod}\nglobal: {application_name: shop, profile: dev, default_region: eu-west-1}\n',
    );
    execFileSync('git', ['init', '--quiet', '--initial-branch=main', root]);
    write('src/app/x.py', '');
    expect(await find({}, {}, join(root, 'src/app'))).toMatchObject({
      environment: 'shop-prod',
      application: 'shop',
      profile: { name: 'dev', from: '.elasticbeanstalk/config.yml', signIn: 'sso' },
      region: 'eu-west-1',
      projectRoot: root,
    });
  });

  test.each([
    ['shop', 'shop-short'],
    ['feature/shop', 'shop-long'],
  ])('a branch with a slash has its last part for a key (%s), as eb writes it', async (key, environment) => {
    setUp(`branch-defaults:\n  ${key}: {environment: ${environment}}\n`);
    execFileSync('git', ['init', '--quiet', '--initial-branch=feature/shop', root]);
    expect((await find()).environment).toBe(environment);
  });

  test('outside git the branch is `default`', async () => {
    setUp('branch-defaults:\n  default: {environment: shop-test}\n');
    expect((await find()).environment).toBe('shop-test');
  });

  test.each([
    ['the flag', { profile: 'team' }, { AWS_EB_PROFILE: 'ci' }, 'profile: dev', 'team'],
    ['the file before the variables', {}, { AWS_EB_PROFILE: 'ci', AWS_PROFILE: 'ci' }, 'profile: dev', 'dev'],
    ['a null in the file is none', {}, { AWS_EB_PROFILE: 'ci', AWS_PROFILE: 'dev' }, 'profile: null', 'ci'],
    ['AWS_PROFILE last', {}, { AWS_PROFILE: 'ci' }, 'sc: git', 'ci'],
    ['eb-cli only where it exists', {}, {}, 'profile: eb-cli', undefined],
    ['none at all', {}, {}, 'sc: git', undefined],
  ])('profile: %s', async (_, flags, env, line, expected) => {
    setUp(`global:\n  ${line}\n`);
    expect((await find({ region: 'eu-west-1', ...flags }, env)).profile?.name).toBe(expected);
  });

  test.each([
    ['the flag', { region: 'sa-east-1' }, { AWS_REGION: 'a-1' }, 'default_region: eu-west-1', 'sa-east-1'],
    ['the file', {}, { AWS_REGION: 'us-east-1' }, 'default_region: eu-west-1', 'eu-west-1'],
    ['AWS_REGION', {}, { AWS_REGION: 'us-east-1', AWS_DEFAULT_REGION: 'us-east-2' }, 'sc: git', 'us-east-1'],
    ['AWS_DEFAULT_REGION', {}, { AWS_DEFAULT_REGION: 'us-east-2' }, 'sc: git', 'us-east-2'],
    ["the profile's", {}, { AWS_EB_PROFILE: 'dev' }, 'sc: git', 'us-west-2'],
    ["the default profile's", {}, {}, 'sc: git', 'eu-central-1'],
  ])('region: %s', async (_, flags, env, line, expected) => {
    setUp(`global:\n  ${line}\n`);
    expect((await find(flags, env)).region).toBe(expected);
  });

  test.each([
    ['--profile', { profile: 'dew' }, {}, 'sc: git', 'there are '],
    ['.elasticbeanstalk/config.yml', {}, {}, 'profile: gone-for-ever', 'there are '],
    [
      'AWS_EB_PROFILE',
      {},
      { AWS_EB_PROFILE: 'gone-for-ever' },
      'sc: git',
      'aws configure --profile gone-for-ever',
    ],
  ])('a profile named by %s that does not exist is an error', async (from, flags, env, line, hint) => {
    setUp(`global:\n  ${line}\n`);
    const failure = await find(flags, env).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'unknown-profile', status: 2 });
    expect(failure).toMatchObject({
      message: expect.stringContaining(from),
      hint: expect.stringContaining(hint),
    });
  });

  test('a region that is none goes nowhere', async () => {
    await expect(find({ region: 'evil.example/' })).rejects.toMatchObject({ code: 'usage' });
  });

  test('a configuration that is no YAML is told, and does not stand in the way', async () => {
    setUp('global: {{ x }}: [');
    const { warnings, region } = await find();
    expect(region).toBe('eu-central-1');
    expect(warnings[0]).toContain('.elasticbeanstalk/config.yml was not read');
  });
});
