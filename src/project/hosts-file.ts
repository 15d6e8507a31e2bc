import { generatedHooks } from '../generated-paths.ts';
import { landmarks } from './paths.ts';
import type { Snapshot } from './snapshot.ts';

const code = /\.(?:cjs|cs|go|java|js|mjs|php|py|rb|ts)$/;
const prose = /\.(?:adoc|markdown|md|mdx)$|ignore$/;

/** Of a large repository the likeliest are looked at. */
const mostFiles = 2000;

/** Whether anything but the generated hooks and prose names the hook's list, as whatever reads it must. */
export function mentionsHostsFile(snapshot: Snapshot): boolean {
  const likely = landmarks(snapshot.paths).filter((path) => !prose.test(path) && !isGenerated(path));
  const files = new Set([...likely, ...snapshot.paths.filter((path) => code.test(path))]);
  return [...files].slice(0, mostFiles).some((path) => names(snapshot.text(path) ?? ''));
}

const isGenerated = (path: string): boolean => generatedHooks.some((hook) => path.endsWith(hook));

function names(text: string): boolean {
  return /^(?!\s*(?:#|\/\/|\*)).*(?<![\w-])hosts\.env\b/m.test(text);
}
