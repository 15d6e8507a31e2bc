import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { systemErrorCode, UserError } from '../errors.ts';
import type { Io } from '../io.ts';
import { nearest } from '../nearest.ts';
import { type EbCliConfig, readEbCliConfig } from '../project/eb-cli-config.ts';
import { readBranch } from '../repository/git.ts';
import { type AwsProfile, readProfiles } from './shared-config.ts';

/** What the command line says of who and where; undefined where a flag was not given. */
export interface WhereFlags {
  readonly environment?: string | undefined;
  readonly application?: string | undefined;
  readonly profile?: string | undefined;
  readonly region?: string | undefined;
}

/** Whom to call as, and where. */
export interface Where {
  readonly region: string;
  /** Undefined: the SDK's own chain decides (keys in the environment, container, instance). */
  readonly profile:
    | (Omit<AwsProfile, 'region'> & { readonly name: string; readonly from: string })
    | undefined;
  readonly application: string | undefined;
  readonly environment: string | undefined;
  /** The EB CLI's project: the directory that holds `.elasticbeanstalk`; undefined without one. */
  readonly projectRoot: string | undefined;
  /** What a user should know about how this was found. */
  readonly warnings: readonly string[];
}

/** Finds profile, region, application and environment as users of the EB CLI expect: flags, then
 * `.elasticbeanstalk/config.yml` here or above, then `AWS_EB_PROFILE`, `AWS_PROFILE`, `AWS_REGION`, `AWS_DEFAULT_REGION`,
 * then the profile's own region.
 * @throws UserError `no-such-directory`, `unknown-profile`, `no-region`, `usage` (a region that is none) */
export async function findWhere(flags: WhereFlags, directory: string, env: Io['env']): Promise<Where> {
  if (!existsSync(directory)) throw new UserError('no-such-directory', `there is no directory ${directory}`);
  const files = readEbCliFiles(directory);
  const config = files === undefined ? noConfig : readEbCliConfig(files, await branchOf(files.root));
  const profiles = readProfiles(
    readIfThere(env.AWS_CONFIG_FILE ?? join(home(env), '.aws', 'config')),
    readIfThere(env.AWS_SHARED_CREDENTIALS_FILE ?? join(home(env), '.aws', 'credentials')),
  );
  const profile = chooseProfile(flags, config, env, profiles);
  const region =
    flags.region ??
    config.region ??
    given(env.AWS_REGION) ??
    given(env.AWS_DEFAULT_REGION) ??
    profiles.get(profile?.name ?? 'default')?.region;
  if (region === undefined) {
    throw new UserError('no-region', 'no AWS region is known', {
      hint: 'give --region, or set AWS_REGION, or default_region in .elasticbeanstalk/config.yml',
    });
  }
  // It becomes part of a host name.
  if (!/^[a-z0-9-]{1,63}$/.test(region)) {
    throw new UserError('usage', `'${region}' is no AWS region`, {
      hint: 'for example --region eu-central-1',
    });
  }
  const { problem } = config;
  return {
    region,
    profile,
    application: flags.application ?? config.application,
    environment: flags.environment ?? config.environment,
    projectRoot: files?.root,
    warnings:
      problem === undefined ? [] : [`.elasticbeanstalk/${problem.file} was not read: ${problem.reason}`],
  };
}

const noConfig: EbCliConfig = {
  application: undefined,
  environment: undefined,
  profile: undefined,
  region: undefined,
  problem: undefined,
};

function chooseProfile(
  flags: WhereFlags,
  config: EbCliConfig,
  env: Io['env'],
  profiles: ReadonlyMap<string, AwsProfile>,
): Where['profile'] {
  const candidates = [
    { name: flags.profile, from: '--profile' },
    { name: config.profile, from: '.elasticbeanstalk/config.yml' },
    { name: given(env.AWS_EB_PROFILE), from: 'AWS_EB_PROFILE' },
    { name: given(env.AWS_PROFILE), from: 'AWS_PROFILE' },
  ];
  for (const { name, from } of candidates) {
    if (name === undefined) continue;
    const known = profiles.get(name);
    if (known !== undefined) {
      const { sso, login, program } = known;
      return { name, from, sso, login, program };
    }
    // `eb init` writes this name into every project; `eb` itself goes on without it where it does not exist.
    if (name === 'eb-cli' && from === '.elasticbeanstalk/config.yml') continue;
    if (name === 'default' && from !== '--profile') continue;
    throw unknownProfile(name, from, [...profiles.keys()]);
  }
  return undefined;
}

function unknownProfile(name: string, from: string, known: readonly string[]): UserError {
  const similar = nearest(name, known);
  const others = known.length === 0 ? 'there is none' : `there are ${known.slice(0, 10).join(', ')}`;
  return new UserError('unknown-profile', `there is no AWS profile '${name}' (named by ${from})`, {
    hint:
      similar === undefined
        ? `${others}; 'aws configure --profile ${name}' makes it`
        : `did you mean '${similar}'?`,
  });
}

/** The nearest `.elasticbeanstalk` with a configuration, here or above. */
function readEbCliFiles(
  directory: string,
): { root: string; local: string | undefined; global: string | undefined } | undefined {
  for (let root = resolve(directory); ; root = dirname(root)) {
    const local = read(join(root, '.elasticbeanstalk', 'config.yml'));
    const global = read(join(root, '.elasticbeanstalk', 'config.global.yml'));
    if (local !== undefined || global !== undefined) return { root, local, global };
    if (root === dirname(root)) return undefined;
  }
}

/** The EB CLI's key for a project outside git, and for a detached HEAD, is `default`. */
async function branchOf(root: string): Promise<string> {
  return readBranch(root) ?? 'default';
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').replace(/^\uFEFF/, '');
  } catch (error) {
    if (systemErrorCode(error) !== undefined) return undefined;
    throw error;
  }
}

function readIfThere(path: string): string {
  return read(path) ?? '';
}

/** The SDK looks there too. */
function home(env: Io['env']): string {
  return given(env.HOME) ?? given(env.USERPROFILE) ?? homedir();
}

function given(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}
