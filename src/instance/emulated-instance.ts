import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { systemErrorCode } from '../errors.ts';
import type { Variables } from './environment-file.ts';
import { type GetConfigMode, getConfigScript } from './get-config.ts';
import { places } from './places.ts';
import { createScratch } from './scratch.ts';

export const enginePlatforms = ['python', 'docker', 'compose', 'ecs', 'php', 'other'] as const;
/** What decides where the engine puts the environment. `other`: Node.js, Ruby, Go, Java SE, .NET, which work like
 * `python`; `php` has no `web.service`. */
export type EnginePlatform = (typeof enginePlatforms)[number];

export interface InstanceOptions {
  readonly platform: EnginePlatform;
  /** Where the metadata service listens. */
  readonly metadataEndpoint: string;
  readonly properties?: Variables;
  /** Default: works. */
  readonly getConfig?: GetConfigMode;
  /** `PORT` of the hooks and of the app. Default 8000, as on the Python platform. */
  readonly port?: number;
}

/** A directory that stands for the root of an instance's file system. */
export interface EmulatedInstance {
  readonly root: string;
  readonly platform: EnginePlatform;
  readonly metadataEndpoint: string;
  readonly port: number;
  properties(): Variables;
  /** What a change of the environment's configuration does before the engine runs. */
  setProperties(properties: Variables): void;
  /** Removes the directory and all in it. */
  remove(): void;
}

/** Sets up an instance as the platform's image leaves it: nothing is deployed yet. */
export function createInstance(options: InstanceOptions): EmulatedInstance {
  const { platform, metadataEndpoint, port = 8000, getConfig = 'works' } = options;
  const scratch = createScratch('rehearsal');
  const root = scratch.path;
  let properties: Variables = new Map();
  const setProperties = (changed: Variables) => {
    properties = new Map(changed);
    const file = join(root, places.getConfig);
    if (getConfig === 'missing') rmSync(file, { force: true });
    else writeProgram(file, getConfigScript(getConfig, properties));
  };
  for (const directory of [
    '/var/app',
    '/var/lib',
    '/root',
    '/usr/lib/systemd/system',
    '/etc/systemd/system',
  ]) {
    mkdirSync(join(root, directory), { recursive: true });
  }
  mkdirSync(join(root, dirname(places.environment)), { recursive: true });
  // The hook looks for docker below the root; it never runs it.
  if (runsDocker(platform)) writeProgram(join(root, '/usr/bin/docker'), '#!/bin/sh\nexit 1\n');
  setProperties(options.properties ?? new Map());
  return {
    root,
    platform,
    metadataEndpoint,
    port,
    properties: () => properties,
    setProperties,
    remove: scratch.remove,
  };
}

/** Whether the platform runs containers. */
export function runsDocker(platform: EnginePlatform): boolean {
  return platform === 'docker' || platform === 'compose' || platform === 'ecs';
}

/** Text of a file of the instance; undefined if there is none. */
export function readInstanceFile({ root }: EmulatedInstance, path: string): string | undefined {
  try {
    return readFileSync(join(root, path), 'utf8');
  } catch (error) {
    const code = systemErrorCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR') return undefined;
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
  writeFileSync(file, text, { mode });
  chmodSync(file, mode);
}

/** Whether the instance has that file or directory. */
export function hasInstanceFile({ root }: EmulatedInstance, path: string): boolean {
  return existsSync(join(root, path));
}

function writeProgram(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  chmodSync(file, 0o755);
}
