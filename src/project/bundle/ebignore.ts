import ignore from 'ignore';

/** A line of an ignore file that decides over a path. */
export interface IgnoreRule {
  readonly line: number;
  readonly text: string;
  readonly ignores: boolean;
}

/** The line of an `.ebignore` that decides over `path`; undefined if none does, and the file is packed.
 *
 * The EB CLI matches every single file against all patterns and the last match wins, so that a `!` below an excluded
 * directory does re-include, unlike in git (aws-elastic-beanstalk-cli, `core/fileoperations.py`, pathspec `gitwildmatch`). */
export function decidingRule(ebignore: string, path: string): IgnoreRule | undefined {
  return readRules(ebignore).findLast(({ matches }) => matches(path))?.rule;
}

interface CompiledRule {
  readonly rule: IgnoreRule;
  matches(path: string): boolean;
}

function readRules(text: string): CompiledRule[] {
  return text.split(/\r?\n/).flatMap((source, index) => {
    if (source.trim() === '' || source.startsWith('#')) return [];
    const negated = source.startsWith('!');
    const pattern = negated ? source.slice(1) : source;
    // Each pattern alone, as a positive one: which of them wins is decided here and not by the library's git rules.
    const single = ignore({ ignorecase: false }).add(pattern.startsWith('#') ? `\\${pattern}` : pattern);
    const rule = { line: index + 1, text: source.trimEnd(), ignores: !negated };
    return [{ rule, matches: (path: string) => single.ignores(path) }];
  });
}
