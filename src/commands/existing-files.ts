import {
  confighookPath,
  generatedPaths,
  hookPath,
  verifierConfighookPath,
  verifierPath,
} from '../generated-paths.ts';
import type { ExistingFile } from '../hooks/plan.ts';
import { readWorkTreeFile, resolveWorkTreePath } from '../repository/work-tree.ts';

/** The files that stand at the generated paths of `root`, without those that are the same file under two names. */
export function readExistingFiles(root: string): {
  files: ReadonlyMap<string, ExistingFile>;
  linked: ReadonlySet<string>;
} {
  const linked = findLinkedConfighooks(root);
  const files = new Map<string, ExistingFile>();
  for (const path of generatedPaths) {
    if (linked.has(path)) continue;
    const file = readWorkTreeFile(root, path);
    // Windows has no executable bit: there the index of git has it.
    const executable =
      process.platform === 'win32' ? path.endsWith('.sh') : ((file?.mode ?? 0) & 0o100) !== 0;
    if (file !== undefined) files.set(path, { text: file.text, executable });
  }
  return { files, linked };
}

/** `.platform/confighooks` may be a link to `.platform/hooks`: the hooks then run in both kinds of deployment, and a
 * confighook written there would overwrite the hook that it runs. */
function findLinkedConfighooks(root: string): Set<string> {
  const pairs = [
    [confighookPath, hookPath],
    [verifierConfighookPath, verifierPath],
  ] as const;
  const linked = new Set<string>();
  for (const [confighook, hook] of pairs) {
    const same = resolveWorkTreePath(root, confighook) === resolveWorkTreePath(root, hook);
    if (same) linked.add(confighook);
  }
  return linked;
}
