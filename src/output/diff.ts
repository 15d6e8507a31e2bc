import { structuredPatch } from 'diff';
import type { FileChange } from '../hooks/plan.ts';
import { plain, type Style } from './style.ts';

/** The change as a unified diff that `git apply` takes; empty if nothing changes. */
export function formatDiff(change: FileChange): string {
  const { before, after, path } = change;
  const modes = modeLines(change);
  const hunks = hunksOf(change);
  if (hunks.length === 0 && modes.length === 0) return '';
  const lines = [`diff --git a/${path} b/${path}`, ...modes];
  if (hunks.length > 0) {
    lines.push(before === undefined ? '--- /dev/null' : `--- a/${path}`);
    lines.push(after === undefined ? '+++ /dev/null' : `+++ b/${path}`);
  }
  for (const hunk of hunks) {
    // A side without lines is numbered from 0 in unified diffs.
    const oldStart = hunk.oldLines === 0 ? 0 : hunk.oldStart;
    const newStart = hunk.newLines === 0 ? 0 : hunk.newStart;
    lines.push(`@@ -${oldStart},${hunk.oldLines} +${newStart},${hunk.newLines} @@`, ...hunk.lines);
  }
  return `${lines.join('\n')}\n`;
}

function hunksOf({ before, after }: FileChange): ReturnType<typeof structuredPatch>['hunks'] {
  return structuredPatch('', '', before?.text ?? '', after?.text ?? '', '', '', { context: 3 }).hunks;
}

/** How many lines come and go. */
export function countLines(change: FileChange): { added: number; removed: number } {
  const lines = hunksOf(change).flatMap((hunk) => hunk.lines);
  const count = (mark: string) => lines.filter((line) => line.startsWith(mark)).length;
  return { added: count('+'), removed: count('-') };
}

function modeLines({ before, after }: FileChange): string[] {
  const mode = (executable: boolean) => (executable ? '100755' : '100644');
  if (before === undefined) return after === undefined ? [] : [`new file mode ${mode(after.executable)}`];
  if (after === undefined) return [`deleted file mode ${mode(before.executable)}`];
  if (before.executable === after.executable) return [];
  return [`old mode ${mode(before.executable)}`, `new mode ${mode(after.executable)}`];
}

/** Colours added and removed lines, hunk heads and file heads. */
export function colourDiff(diff: string, style: Style): string {
  if (style === plain) return diff;
  return diff.replaceAll(/^.*$/gm, (line) => {
    if (/^(?:diff |--- |\+\+\+ |(?:new|old|deleted) )/.test(line)) return style('bold', line);
    if (line.startsWith('@@')) return style('cyan', line);
    if (line.startsWith('+')) return style('green', line);
    if (line.startsWith('-')) return style('red', line);
    return line;
  });
}
