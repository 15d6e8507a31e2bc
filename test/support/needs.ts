import { spawnSync } from 'node:child_process';
import { describe } from 'vitest';

/** What a test needs of the machine: `root`, or a program in PATH. */
export type Need = 'root' | (string & {});

/** The first need this machine does not meet, in words; null if it meets all. */
export function unmet(needs: readonly Need[]): string | null {
  for (const need of needs) {
    if (need === 'root') {
      if (process.getuid?.() !== 0) return 'needs root';
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
