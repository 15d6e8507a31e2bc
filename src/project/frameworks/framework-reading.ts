import type { Finding } from '../../findings.ts';
import type { Evidence, Framework, HostsSetting } from '../project.ts';

/** What the reader of one framework found; undefined in its place: not that framework. */
export interface FrameworkReading {
  readonly framework: Framework;
  /** The one that governs production first. */
  readonly settings: readonly HostsSetting[];
  readonly evidence: readonly Evidence[];
  readonly findings: readonly Finding[];
  /** A health endpoint found among the app's routes, to be proposed. */
  readonly healthPath?: string | null;
  /** One sentence, where the app certainly admits every Host header: why. */
  readonly checksNoHost?: string;
  /** Whether the app answers a path before it looks at the Host header; undefined: it looks at every request's. */
  readonly answersBeforeHost?: ((path: string) => boolean) | undefined;
  /** How the variable gets into the list, where `init` has no code to show for it. */
  readonly advice?: string;
}

/** A host list the reader knows nothing about, until told otherwise. */
export function unknownHosts(file: string, line: number): HostsSetting {
  return { file, line, source: 'unknown', variable: null, separator: null, role: null, default: null };
}

/** 1-based line of an offset. */
export function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at !== -1 && at < offset; at = text.indexOf('\n', at + 1)) line++;
  return line;
}

const comments = {
  // A `#` within a line may be part of a string.
  ruby: /^[ \t]*#.*$|[ \t]#[ \t][^'"\n]*$/gm,
  // Not the `//` of a URL.
  c: /\/\*[\s\S]*?\*\/|(?<![:'"\w])\/\/[^\n]*/g,
  php: /\/\*[\s\S]*?\*\/|(?<![:'"\w])(?:\/\/|#(?!\[))[^\n]*/g,
};

/** The code with its comments blanked out: offsets and lines stay. */
export function withoutComments(code: string, language: keyof typeof comments): string {
  return code.replace(comments[language], (comment) => comment.replace(/[^\n]/g, ' '));
}

/** Whether a piece of code (a condition, a lambda) singles out a path, by its text, its beginning or a regular expression, or the load
 * balancer's checker by its name. Null where the code compares with something that cannot be read. */
export function namesPath(code: string, path: string): boolean | null {
  if (/ELB-HealthChecker/i.test(code)) return true;
  if (/user[-_]?agent/i.test(code)) return null;
  const bare = (text: string) => text.replace(/\/$/, '');
  const texts = [...code.matchAll(/(["'`])(\/[\w./-]*)\1/g)].map(([, , text = '']) => text);
  const byPrefix = /start_with|startsWith|indexOf|include|StartsWithSegments/.test(code);
  if (texts.some((text) => bare(text) === bare(path) || (byPrefix && path.startsWith(text)))) return true;
  const literal = String.raw`\/((?:\\.|[^/\\\n])+)\/`;
  const patterns = code.matchAll(
    new RegExp(`(?:[=!]~|match\\??\\(?)\\s*${literal}|%r\\{([^}]+)\\}|${literal}[a-z]*\\.test`, 'g'),
  );
  const found = [...patterns].map(([, a, b, c]) => regExp(a ?? b ?? c ?? ''));
  if (found.some((pattern) => pattern?.test(path) ?? true)) return true;
  return texts.length + found.length > 0 ? false : null;
}

/** A pattern of Ruby, nginx or Apache as JavaScript's; undefined where that is another language. */
export function regExp(pattern: string, flags = ''): RegExp | undefined {
  try {
    return new RegExp(pattern.replace(/\\A/g, '^').replace(/\\[zZ]/g, '$'), flags);
  } catch {
    return undefined;
  }
}
