import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { loadSharedConfigFiles } from '@smithy/core/config';
import { systemErrorCode, UserError } from '../errors.ts';
import type { Io } from '../io.ts';
import { at, member, readYaml, textOf, type Yaml } from '../project/yaml.ts';
import { readBranch } from '../repository/git.ts';

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
    | {
        readonly name: string;
        /** The flag, variable or file that names it. */
        readonly from: string;
        readonly signIn: 'sso' | 'login' | 'program' | undefined;
      }
    | undefined;
  readonly application: string | undefined;
  readonly environment: string | undefined;
  /** The EB CLI's project: the directory that holds `.elasticbeanstalk`; undefined without one. */
  readonly projectRoot: string | undefined;
  /** What a user should know about how this was found. */
  readonly warnings: readonly string[];
}

/** Sections of the AWS configuration files by profile. */
type Profiles = Readonly<Record<string, Readonly<Record<string, string | undefined>>>>;

/** Finds profile, region, application and environment as users of the EB CLI expect: flags, then
 * `.elasticbeanstalk/config.yml` here or above, then `AWS_EB_PROFILE`, `AWS_PROFILE`, `AWS_REGION`, `AWS_DEFAULT_REGION`,
 * then the profile's own region.
 * @throws UserError `no-such-directory`, `unknown-profile`, `no-region`, `usage` (not a region) */
export async function findWhere(flags: WhereFlags, directory: string, env: Io['env']): Promise<Where> {
  if (!existsSync(directory)) throw new UserError('no-such-directory', `there is no directory ${directory}`);
  const files = readEbCliFiles(directory);
  // The EB CLI's key for a project outside git, and for a detached HEAD, is `default`.
  const config: Partial<EbCliConfig> =
    files === undefined ? {} : readEbCliConfig(files, readBranch(files.root) ?? 'default');
  const profiles = await readProfiles(env);
  const profile = chooseProfile(flags, config, env, profiles);
  const region =
    flags.region ??
    config.region ??
    given(env.AWS_REGION) ??
    given(env.AWS_DEFAULT_REGION) ??
    profiles[profile?.name ?? 'default']?.region;
  if (region === undefined) {
    throw new UserError('no-region', 'no AWS region is known', {
      hint: "give --region, or set AWS_REGION, or default_region in .elasticbeanstalk/config.yml; 'eb-hosts doctor' without flags, 'probe' and 'rehearse' need none",
    });
  }
  // It becomes part of a host name.
  if (!/^[a-z0-9-]{1,63}$/.test(region)) {
    throw new UserError('usage', `'${region}' is not an AWS region`, {
      hint: 'for example --region eu-central-1',
    });
  }
  return {
    region,
    profile,
    application: flags.application ?? config.application,
    environment: flags.environment ?? config.environment,
    projectRoot: files?.root,
    warnings: config.problem
      ? [`.elasticbeanstalk/${config.problem.file} was not read: ${config.problem.reason}`]
      : [],
  };
}

async function readProfiles(env: Io['env']): Promise<Profiles> {
  const home = given(env.HOME) ?? given(env.USERPROFILE) ?? homedir();
  const { configFile, credentialsFile } = await loadSharedConfigFiles({
    configFilepath: given(env.AWS_CONFIG_FILE) ?? join(home, '.aws', 'config'),
    filepath: given(env.AWS_SHARED_CREDENTIALS_FILE) ?? join(home, '.aws', 'credentials'),
    ignoreCache: true,
  });
  const profiles: Record<string, Record<string, string | undefined>> = {};
  for (const [name, section] of [...Object.entries(credentialsFile), ...Object.entries(configFile)]) {
    if (!/^(?:sso-session|services)\./.test(name)) profiles[name] = { ...profiles[name], ...section };
  }
  return profiles;
}

function chooseProfile(
  flags: WhereFlags,
  config: Partial<EbCliConfig>,
  env: Io['env'],
  profiles: Profiles,
): Where['profile'] {
  const candidates = [
    { name: flags.profile, from: '--profile' },
    { name: config.profile, from: '.elasticbeanstalk/config.yml' },
    { name: given(env.AWS_EB_PROFILE), from: 'AWS_EB_PROFILE' },
    { name: given(env.AWS_PROFILE), from: 'AWS_PROFILE' },
  ];
  for (const { name, from } of candidates) {
    if (name === undefined) continue;
    const section = profiles[name];
    if (section !== undefined) return { name, from, signIn: signInOf(section) };
    // `eb init` writes this name into every project; `eb` itself goes on without it where it does not exist.
    if (name === 'eb-cli' && from === '.elasticbeanstalk/config.yml') continue;
    if (name === 'default' && from !== '--profile') continue;
    const known = Object.keys(profiles).slice(0, 10).join(', ');
    throw new UserError('unknown-profile', `there is no AWS profile '${name}' (named by ${from})`, {
      hint: `${known === '' ? 'there is none' : `there are ${known}`}; 'aws configure --profile ${name}' makes it`,
    });
  }
  return undefined;
}

function signInOf(section: Profiles[string]): 'sso' | 'login' | 'program' | undefined {
  if ('sso_session' in section || 'sso_start_url' in section) return 'sso';
  if ('credential_process' in section) return 'program';
  return 'login_session' in section ? 'login' : undefined;
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

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').replace(/^\uFEFF/, '');
  } catch (error) {
    if (systemErrorCode(error) !== undefined) return undefined;
    throw error;
  }
}

function given(value: string | undefined): string | undefined {
  return value === '' ? undefined : value;
}

/** The texts of `.elasticbeanstalk/config.yml` and `config.global.yml`; undefined where there is no such file. */
export interface EbCliFiles {
  readonly local: string | undefined;
  readonly global: string | undefined;
}

/** What `eb` would work on, as far as its files say; a key set to null counts as not given. */
export interface EbCliConfig {
  readonly application: string | undefined;
  readonly environment: string | undefined;
  readonly profile: string | undefined;
  readonly region: string | undefined;
  /** The file that could not be read as YAML, and why; its keys count as not given. */
  readonly problem: { readonly file: string; readonly reason: string } | undefined;
}

/** Reads the EB CLI's files as the EB CLI does: `branch-defaults.<branch>` before `global`, and `config.yml` before
 * `config.global.yml` key by key (a null there hides the other file's value).
 * Source: aws/aws-elastic-beanstalk-cli `core/fileoperations.py`, `operations/commonops.py`.
 * @param branch the current git branch; `default` outside git */
export function readEbCliConfig(files: EbCliFiles, branch: string): EbCliConfig {
  const local = readEbCliFile('config.yml', files.local);
  const global = readEbCliFile('config.global.yml', files.global);
  const lookUp = (section: string, key: string): Yaml | undefined => {
    const own = member(local.value, section);
    return member(own, key) ?? at(global.value, section, key);
  };
  // Of `feature/shop` the EB CLI knows `shop` (`objects/sourcecontrol.py`); people write the whole.
  const short = branch.slice(branch.lastIndexOf('/') + 1);
  const ofBranch = lookUp('branch-defaults', short) ?? lookUp('branch-defaults', branch);
  const setting = (key: string) =>
    given(textOf(member(ofBranch, key))) ?? given(textOf(lookUp('global', key)));
  return {
    application: setting('application_name'),
    environment: given(textOf(member(ofBranch, 'environment'))),
    profile: setting('profile'),
    region: setting('default_region'),
    problem: local.problem ?? global.problem,
  };
}

function readEbCliFile(
  file: string,
  source: string | undefined,
): { value: Yaml | undefined; problem?: EbCliConfig['problem'] } {
  if (source === undefined) return { value: undefined };
  const { value, problem } = readYaml(source);
  if (problem === undefined || problem.doubtful) return { value };
  return { value: undefined, problem: { file, reason: `line ${problem.line}: ${problem.reason}` } };
}
