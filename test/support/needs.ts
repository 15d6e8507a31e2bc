import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe } from 'vitest';

/** What a test needs of the machine: `root`, the right to `mount`, or a program in PATH. */
export type Need = 'root' | 'mount' | (string & {});

/** The first need this machine does not meet, in words; null if it meets all. */
export function unmet(needs: readonly Need[]): string | null {
  for (const need of needs) {
    if (need === 'root') {
      if (process.getuid?.() !== 0) return 'needs root';
    } else if (need === 'mount') {
      if (!mayMount()) return 'needs the right to mount';
    } else if (spawnSync('sh', ['-c', 'command -v -- "$1"', 'sh', need]).status !== 0) {
      return `needs ${need}`;
    }
  }
  return null;
}

/** `describe`, skipped with its reason in the title where the machine lacks something. */
export function describeWith(needs: readonly Need[], title: string, body: () => void): void {
  const reason = unmet(needs);
  if (reason === null) describe(title, body);
  else describe.skip(`${title} (skipped: ${reason})`, body);
}

/** Root in a container may lack it. */
function mayMount(): boolean {
  const directory = mkdtempSync(join(tmpdir(), 'eb-hosts-mount-'));
  try {
    if (spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=4k', 'tmpfs', directory]).status !== 0) return false;
    return spawnSync('umount', [directory]).status === 0;
  } finally {
    rmdirSync(directory);
  }
}
