import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import {
  type Bundle,
  createInstance,
  type EmulatedInstance,
  type EnginePlatform,
} from '../../src/instance/engine.ts';
import { scratchDirectory, writeTree } from '../support/scratch.ts';

/** A bundle of these files, removed after the test. */
export function bundleOf(files: Readonly<Record<string, string>>): Bundle {
  const directory = scratchDirectory();
  writeTree(directory, files);
  return bundleIn(directory);
}

/** Everything below a directory. */
export function bundleIn(directory: string): Bundle {
  return { directory, paths: filesBelow(directory).sort(), dependencies: [] };
}

/** Node's own recursion follows links from version 22 on. */
function filesBelow(directory: string, prefix = ''): string[] {
  return readdirSync(join(directory, prefix), { withFileTypes: true }).flatMap((entry) => {
    const path = join(prefix, entry.name);
    return entry.isDirectory() ? filesBelow(directory, path) : [path];
  });
}

/** An instance that is removed after the test. */
export function instanceFor(platform: EnginePlatform = 'python'): EmulatedInstance {
  const instance = createInstance(platform, 8123, '10.0.1.5');
  onTestFinished(() => instance.remove());
  return instance;
}
