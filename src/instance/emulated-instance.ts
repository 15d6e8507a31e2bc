import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { systemErrorCode } from '../errors.ts';
import { hostsDirectory, hostsFileName } from '../generated-paths.ts';
import { createScratch } from './scratch.ts';

/** Variables of a process, by name, in the order of the file. */
export type Variables = ReadonlyMap<string, string>;

export const enginePlatforms = ['python', 'docker', 'compose', 'ecs', 'other'] as const;
/** What decides where the engine puts the environment. `other`: Node.js, Ruby, Go, Java SE, .NET, which work like
 * `python`. */
export type EnginePlatform = (typeof enginePlatforms)[number];

/** Paths of an instance, without the root before them. */
export const places = {
  staging: '/var/app/staging',
  current: '/var/app/current',
  getConfig: '/opt/elasticbeanstalk/bin/get-config',
  environment: '/opt/elasticbeanstalk/deployment/env',
  envList: '/opt/elasticbeanstalk/deployment/env.list',
  hostsList: `${hostsDirectory}/${hostsFileName}`,
  dropIn: '/usr/lib/systemd/system/web.service.d/50-eb-hosts.conf',
} as const;

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
  /** The environment properties of the last deployment. */
  properties: Variables;
  /** Removes the directory and all in it. */
  remove(): void;
}

/** Sets up an instance as the platform's image leaves it: nothing is deployed yet. */
export function createInstance(options: InstanceOptions): EmulatedInstance {
  const { path: root, remove } = createScratch('rehearsal');
  const runsDocker = ['docker', 'compose', 'ecs'].includes(options.platform);
  const library = runsDocker ? '/var/lib/docker' : '/var/lib';
  for (const directory of ['/var/app', '/root', library, dirname(places.environment)]) {
    mkdirSync(join(root, directory), { recursive: true });
  }
  return { ...options, root, remove, sitePort: options.port, properties: new Map() };
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
  mode: number,
): void {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  rmSync(file, { force: true });
  writeFileSync(file, text);
  chmodSync(file, mode);
}
