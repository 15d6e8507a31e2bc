import { onTestFinished } from 'vitest';
import {
  createInstance,
  type EmulatedInstance,
  type InstanceOptions,
} from '../../src/instance/emulated-instance.ts';
import { scratchDirectory, writeTree } from '../support/scratch.ts';

/** A directory with these files, removed after the test. */
export function directoryOf(files: Readonly<Record<string, string>>): string {
  const directory = scratchDirectory();
  writeTree(directory, files);
  return directory;
}

/** An instance that is removed after the test. */
export function instanceFor(options: Partial<InstanceOptions> = {}): EmulatedInstance {
  const instance = createInstance({
    platform: 'python',
    metadataEndpoint: 'http://127.0.0.1:9',
    ...options,
  });
  onTestFinished(() => instance.remove());
  return instance;
}
