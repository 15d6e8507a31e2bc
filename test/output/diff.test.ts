import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FileState } from '../../src/hooks/plan.ts';
import { formatDiff } from '../../src/output/init.ts';

let root: string;
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'eb-hosts-diff-'));
  execFileSync('git', ['init', '--quiet'], { cwd: root });
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Few different lines, so that texts share some; with and without a line break at the end. */
const text = fc
  .tuple(
    fc.array(fc.constantFrom('a', 'b', '', '-x', '+y', '@@ z', '\\ No newline'), { maxLength: 12 }),
    fc.boolean(),
  )
  .map(([lines, complete]) => lines.join('\n') + (complete && lines.length > 0 ? '\n' : ''));
const file: fc.Arbitrary<FileState> = fc.record({ text, mode: fc.constantFrom(0o755, 0o644) });

describe('formatDiff', () => {
  it('prints what git applies, to the byte and the mode', { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(
        fc.option(file, { nil: undefined }),
        fc.option(file, { nil: undefined }),
        (before, after) => {
          const path = 'dir/file.sh';
          rmSync(join(root, 'dir'), { recursive: true, force: true });
          if (before !== undefined) {
            mkdirSync(join(root, 'dir'));
            writeFileSync(join(root, path), before.text);
            chmodSync(join(root, path), before.mode);
          }
          const diff = formatDiff({ path, action: 'update', before, after, reason: null });
          if (diff !== '') {
            const applied = spawnSync('git', ['apply', '--whitespace=nowarn', '-'], {
              cwd: root,
              input: diff,
              encoding: 'utf8',
            });
            expect(applied.stderr).toBe('');
          }
          expect(existsSync(join(root, path))).toBe(after !== undefined);
          if (after === undefined) return;
          expect(readFileSync(join(root, path), 'utf8')).toBe(after.text);
          expect(statSync(join(root, path)).mode & 0o777).toBe(after.mode);
        },
      ),
      { numRuns: 150 },
    );
  });
});
