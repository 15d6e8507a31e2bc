import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

/** The command line as it is published. */
export const ebHosts = [process.execPath, resolve('dist/bin.js')] as const;

/** Hands over a new directory, and removes it in the end. */
export async function inScratch<T>(work: (scratch: string) => Promise<T>): Promise<T> {
  const scratch = mkdtempSync(join(tmpdir(), 'eb-hosts-bench-'));
  try {
    return await work(scratch);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

export function write(root: string, path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

/** Makes a git repository of a directory, with everything in it committed. */
export function commitAll(root: string): void {
  for (const args of [
    ['init', '--quiet'],
    // No housekeeping in the background of what is measured.
    ['config', 'maintenance.auto', 'false'],
    ['config', 'gc.auto', '0'],
    ['add', '--all'],
    ['-c', 'user.name=b', '-c', 'user.email=b@example.com', 'commit', '--quiet', '--message', 'all'],
  ]) {
    const { status, stderr } = spawnSync('git', args, { cwd: root, encoding: 'utf8' });
    if (status !== 0) throw new Error(stderr);
  }
}
