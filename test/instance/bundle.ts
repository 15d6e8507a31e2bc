import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { type Choices, defaultChoices } from '../../src/hooks/choices.ts';
import { type GeneratedFile, renderFiles } from '../../src/hooks/render.ts';
import { writeTree } from '../support/scratch.ts';

export interface BundleOptions {
  /** False: the app alone. */
  readonly hooks?: false | Partial<Choices>;
  /** Further files, or other texts for the app's own; a name ending in `*` is made executable. Null: no such file. */
  readonly files?: Readonly<Record<string, string | null>>;
}

let scratch: Promise<string> | undefined;

// Registered in every test file that imports this one: the bundles of a file go when it is done.
afterAll(async () => {
  if (scratch !== undefined) await rm(await scratch, { recursive: true, force: true });
});

/** A directory that holds the app and the hooks. */
export async function makeBundle({ hooks = {}, files = {} }: BundleOptions = {}): Promise<string> {
  scratch ??= mkdtemp(join(tmpdir(), 'eb-hosts-bundles-'));
  const directory = await mkdtemp(join(await scratch, 'bundle-'));
  await cp(join(import.meta.dirname, 'app'), directory, { recursive: true });
  for (const { path, text, mode } of hooks === false ? [] : makeHooks(hooks))
    writeTree(directory, { [mode === 0o755 ? `${path}*` : path]: text });
  for (const [path, text] of Object.entries(files)) {
    if (text === null) await rm(join(directory, path));
    else writeTree(directory, { [path]: text });
  }
  return directory;
}

/** The files that `init` writes: for `ALLOWED_HOSTS` on the Python platform unless something else is chosen. */
export function makeHooks(choices: Partial<Choices>): GeneratedFile[] {
  const usual = { ...defaultChoices, healthCheckPath: '/health/' };
  return renderFiles({ ...usual, ...choices }, ['init', '--yes']);
}
