/** The lines of a script that do something on the host, with their indices: no comments, and no line that only reads a property into
 * a shell variable. */
export function shellLines(script: string): { index: number; text: string }[] {
  return script
    .split('\n')
    .map((text, index) => ({ index, text }))
    .filter(({ text }) => !/^\s*#/.test(text) && !readsProperty.test(text));
}

const readsProperty = /^\s*(?:export\s+|local\s+)?\w+=["']?(?:\$\(|`)[^)`]*\bget-config\b[^|]*$/;
