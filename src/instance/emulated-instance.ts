import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { systemErrorCode } from '../errors.ts';
import { createScratch } from './scratch.ts';

/** Variables of a process, by name, in the order of the file. */
export type Variables = ReadonlyMap<string, string>;

export const enginePlatforms = ['python', 'docker', 'compose', 'ecs', 'php', 'other'] as const;
/** What decides where the engine puts the environment. `other`: Node.js, Ruby, Go, Java SE, .NET, which work like
 * `python`; `php` has no `web.service`. */
export type EnginePlatform = (typeof enginePlatforms)[number];

/** Paths of an instance that more than one part here speaks of, without the root before them. */
export const places = {
  staging: '/var/app/staging',
  current: '/var/app/current',
  getConfig: '/opt/elasticbeanstalk/bin/get-config',
  environment: '/opt/elasticbeanstalk/deployment/env',
  envList: '/opt/elasticbeanstalk/deployment/env.list',
  hostsList: '/var/lib/eb-hosts/hosts.env',
  webService: '/etc/systemd/system/web.service',
} as const;

/** Where the variables of an app may stand. */
export const environmentFilePaths: readonly string[] = [
  places.environment,
  places.envList,
  `${places.staging}/.env`,
  `${places.current}/.env`,
  places.hostsList,
];

export interface InstanceOptions {
  readonly platform: EnginePlatform;
  /** Where the metadata service listens. */
  readonly metadataEndpoint: string;
  /** `PORT` of the hooks and of the app. */
  readonly port: number;
}

/** A directory that stands for the root of an instance's file system. */
export interface EmulatedInstance extends InstanceOptions {
  readonly root: string;
  /** Stands for port 80, where the verifier asks. */
  sitePort: number;
  properties(): Variables;
  /** What a change of the environment's configuration does before the engine runs. */
  setProperties(properties: Variables): void;
  /** Removes the directory and all in it. */
  remove(): void;
}

/** Sets up an instance as the platform's image leaves it: nothing is deployed yet. */
export function createInstance(options: InstanceOptions): EmulatedInstance {
  const scratch = createScratch('rehearsal');
  const root = scratch.path;
  const runsDocker = ['docker', 'compose', 'ecs'].includes(options.platform);
  for (const directory of ['/var/app', '/root', '/usr/lib/systemd/system', '/etc/systemd/system']) {
    mkdirSync(join(root, directory), { recursive: true });
  }
  mkdirSync(join(root, runsDocker ? '/var/lib/docker' : '/var/lib'), { recursive: true });
  mkdirSync(join(root, dirname(places.environment)), { recursive: true });
  let properties: Variables = new Map();
  const instance: EmulatedInstance = {
    ...options,
    root,
    sitePort: options.port,
    properties: () => properties,
    setProperties: (changed) => {
      properties = new Map(changed);
      writeInstanceFile(instance, places.getConfig, getConfigScript(properties), 0o755);
    },
    remove: scratch.remove,
  };
  instance.setProperties(properties);
  return instance;
}

/** Text of a file of the instance; undefined if there is none. */
export function readInstanceFile({ root }: EmulatedInstance, path: string): string | undefined {
  try {
    return readFileSync(join(root, path), 'utf8');
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EISDIR'].includes(systemErrorCode(error) ?? '')) return undefined;
    throw error;
  }
}

/** Writes a file of the instance, with the directories above it. */
export function writeInstanceFile(
  { root }: EmulatedInstance,
  path: string,
  text: string,
  mode = 0o644,
): void {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  rmSync(file, { force: true });
  writeFileSync(file, text);
  chmodSync(file, mode);
}

/** A stand-in for `/opt/elasticbeanstalk/bin/get-config`: `environment` is all that the hooks ask for. A bare value with
 * `-k`, else JSON; an absent key is a failure (developer guide, custom-platforms-scripts). */
function getConfigScript(properties: Variables): string {
  const quote = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
  const answer = (pattern: string, text: string) => `  ${pattern}) printf '%s\\n' ${quote(text)} ;;\n`;
  const single = [...properties].map(([name, value]) => answer(quote(`environment -k ${name}`), value));
  return `#!/bin/sh
case $* in
${answer('environment', JSON.stringify(Object.fromEntries(properties)))}${single.join('')}  *)
    echo "error: $*: no such section or key" >&2
    exit 1
    ;;
esac
`;
}
