import type { FileChange } from '../hooks/plan.ts';
import { plain, type Style } from './style.ts';

/** The change as a unified diff that `git apply` takes; empty if nothing changes. */
export async function formatDiff(change: FileChange): Promise<string> {
  const { before, after, path } = change;
  const modes = modeLines(change);
  if (before?.text === after?.text && modes.length === 0) return '';
  const hunks = await compare(before?.text ?? '', after?.text ?? '');
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

interface Hunk {
  readonly oldStart: number;
  readonly oldLines: number;
  readonly newStart: number;
  readonly newLines: number;
  readonly lines: readonly string[];
}

/** A file that comes or goes is one hunk, for which the library need not be loaded. */
async function compare(before: string, after: string): Promise<readonly Hunk[]> {
  if (before !== '' && after !== '') {
    // The package's own entry would bring all of it along: what is imported late is bundled whole.
    const { structuredPatch } = await import('diff/lib/patch/create.js');
    return structuredPatch('', '', before, after, undefined, undefined, { context: 3 }).hunks;
  }
  const text = before + after;
  if (text === '') return [];
  const complete = text.endsWith('\n');
  const lines = (complete ? text.slice(0, -1) : text)
    .split('\n')
    .map((line) => (after === '' ? '-' : '+') + line);
  const count = { oldLines: after === '' ? lines.length : 0, newLines: after === '' ? 0 : lines.length };
  return [
    {
      oldStart: 1,
      newStart: 1,
      ...count,
      lines: complete ? lines : [...lines, '\\ No newline at end of file'],
    },
  ];
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
