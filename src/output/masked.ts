/** What of an environment may be shown. */
export interface Visible {
  /** The variable whose value is shown; null: none. */
  readonly variable: string | null;
  /** Variables whose names are known, and may be. */
  readonly names: readonly string[];
}

/** The text of an environment file with every value hidden but the variable's own. A line that assigns to no known name
 * may be a part of a value that spans lines, and is hidden whole: a key in base32 looks like a name. */
export function maskEnvironment(text: string, { variable, names }: Visible): string {
  return text.replace(/^.+$/gm, (line) => {
    if (line.startsWith('#')) return line;
    const name = /^\s*(?:export\s+)?([^\s=]+)\s*=/.exec(line)?.[1];
    if (name !== undefined && name === variable) return line;
    return name !== undefined && names.includes(name) ? `${name}=(hidden)` : '(hidden)';
  });
}
