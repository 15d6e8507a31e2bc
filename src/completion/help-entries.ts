const longest = 72;

/** What a help says of each command and flag, in one line that fits beside it: by `init`, or by `--cwd`. */
export function readHelpEntries(help: string): ReadonlyMap<string, string> {
  const entries = new Map<string, string>();
  let names: readonly string[] = [];
  for (const line of help.split('\n')) {
    const start = /^ {2}(-.*?|[a-z-]+)(?: {2,}(.*))?$/.exec(line);
    const more = /^ {8,}(\S.*)$/.exec(line)?.[1];
    if (start !== null) names = namesOf(start[1] ?? '');
    else if (more === undefined) names = [];
    const text = start === null ? more : start[2];
    for (const name of names) entries.set(name, join(entries.get(name) ?? '', text ?? ''));
  }
  return new Map([...entries].map(([name, text]) => [name, shorten(text)]));
}

/** `-y, --yes` and `--healthy-threshold N, --unhealthy-threshold N` are named by their long flags. */
function namesOf(term: string): readonly string[] {
  return term.startsWith('-') ? (term.match(/--[a-z0-9-]+/g) ?? []) : [term];
}

/** A list of words broken after its `|` goes on without a blank. */
function join(text: string, more: string): string {
  return text === '' || text.endsWith('|') ? text + more : `${text} ${more}`;
}

/** Without the words that the flag takes, which are offered anyway, and in ASCII, whatever the locale. */
function shorten(text: string): string {
  const plain = text.replace(/^[\w|-]+\|[\w|-]+(?:: )?|: [\w|-]+\|[\w|-]+$/g, '').replaceAll('…', '...');
  if (plain.length <= longest) return plain;
  return `${plain.slice(0, plain.lastIndexOf(' ', longest - 3)).replace(/[,;:]$/, '')}...`;
}
