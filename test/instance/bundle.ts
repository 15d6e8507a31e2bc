import { chmod, cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll } from 'vitest';
import type { Choices } from '../../src/hooks/choices.ts';
import { renderFiles } from '../../src/hooks/render.ts';

const app = join(import.meta.dirname, 'app');

/** What the hooks of a bundle are made with unless a test says otherwise. */
const usualChoices: Choices = {
  variable: 'ALLOWED_HOSTS',
  separator: 'comma',
  role: 'whole-list',
  hosts: [],
  delivery: 'systemd',
  ipv6: false,
  onFailure: 'fail',
  verify: 'warn',
  healthCheckPath: '/health/',
  matcher: '200',
  process: 'default',
};

export interface BundleOptions {
  /** False: the app alone. */
  readonly hooks?: false | Partial<Choices>;
  /** Further files, or other texts for the app's own; ones below `.platform` are executable. Null: no such file. */
  readonly files?: Readonly<Record<string, string | null>>;
}

let scratch: Promise<string> | undefined;

// Registered in every test file that imports this one: the bundles of a file go when it is done.
afterAll(async () => {
  if (scratch !== undefined) await rm(await scratch, { recursive: true, force: true });
});

/** A directory that holds the app, and the hooks as `init` writes them. */
export async function makeBundle({ hooks = {}, files = {} }: BundleOptions = {}): Promise<string> {
  scratch ??= mkdtemp(join(tmpdir(), 'eb-hosts-bundles-'));
  const directory = await mkdtemp(join(await scratch, 'bundle-'));
  await cp(app, directory, { recursive: true });
  if (hooks !== false) {
    for (const file of renderFiles({ ...usualChoices, ...hooks }, { version: '0.0.0', command: [] })) {
      await write(join(directory, file.path), file.text, file.executable);
    }
  }
  for (const [path, text] of Object.entries(files)) {
    if (text === null) await rm(join(directory, path));
    else await write(join(directory, path), text, path.startsWith('.platform/'));
  }
  return directory;
}

async function write(path: string, text: string, executable: boolean): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
  await chmod(path, executable ? 0o755 : 0o644);
}
