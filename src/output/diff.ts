import type { FileChange } from '../hooks/plan.ts';
import type { Style } from './style.ts';

/** The change as a unified diff that `git apply` takes; empty if nothing changes. */
export async function formatDiff(change: FileChange): Promise<string> {
  const { before, after, path } = change;
  const modes = modeLines(change);
  if (before?.text === after?.text && modes.length === 0) return '';
  const { structuredPatch } = await import('diff');
  const patch = structuredPatch(path, path, before?.text ?? '', after?.text ?? '', undefined, undefined, {
    context: 3,
  });
  const lines = [`diff --git a/${path} b/${path}`, ...modes];
  if (patch.hunks.length > 0) {
    lines.push(before === undefined ? '--- /dev/null' : `--- a/${path}`);
    lines.push(after === undefined ? '+++ /dev/null' : `+++ b/${path}`);
  }
  for (const hunk of patch.hunks) {
    // A side without lines is numbered from 0 in unified diffs.
    const oldStart = hunk.oldLines === 0 ? 0 : hunk.oldStart;
    const newStart = hunk.newLines === 0 ? 0 : hunk.newStart;
    lines.push(`@@ -${oldStart},${hunk.oldLines} +${newStart},${hunk.newLines} @@`, ...hunk.lines);
  }
  return `${lines.join('\n')}\n`;
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
  return diff.replaceAll(/^.*$/gm, (line) => {
    if (/^(?:diff |--- |\+\+\+ |(?:new|old|deleted) )/.test(line)) return style('bold', line);
    if (line.startsWith('@@')) return style('cyan', line);
    if (line.startsWith('+')) return style('green', line);
    if (line.startsWith('-')) return style('red', line);
    return line;
  });
}
