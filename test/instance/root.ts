import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';

const recipe = join(import.meta.dirname, 'make-root.sh');

/** The Debian root of all machines, made on first use (a minute) and kept outside of the repository, in
 * `$EB_HOSTS_TEST_CACHE`, else `$XDG_CACHE_HOME/eb-hosts`, else `~/.cache/eb-hosts`. A changed recipe makes another.
 * @returns its absolute path */
export async function instanceRoot(): Promise<string> {
  const directory = cacheDirectory();
  const hash = createHash('sha256')
    .update(await readFile(recipe))
    .digest('hex');
  const root = join(directory, `instance-root-${hash.slice(0, 12)}`);
  await execa(recipe, [root]);
  return root;
}

/** An empty directory for machines to mount on, each in a namespace of its own. */
export async function mountPoint(): Promise<string> {
  const directory = join(cacheDirectory(), 'machine');
  await mkdir(directory, { recursive: true });
  return directory;
}

/** Where what is made or fetched once for all tests is kept. */
export function cacheDirectory(): string {
  const { EB_HOSTS_TEST_CACHE: own, XDG_CACHE_HOME: caches } = process.env;
  return own || join(caches || join(homedir(), '.cache'), 'eb-hosts');
}
