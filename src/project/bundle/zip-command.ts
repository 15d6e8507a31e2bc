import type { Staged } from './staged-directory.ts';

/** What names the files: a command of a shell, the copies it packs, a step of a workflow, `artifacts.files`, or nothing but a file's name. */
export type Packer = 'command' | 'copies' | 'action' | 'artifacts' | 'single-file';

/** What one command puts into an archive. */
export interface ZipCommand {
  readonly packer: Packer;
  readonly line: number;
  /** Whether it runs in the app root, as far as the script says; else in a directory that it fills itself. */
  readonly inAppRoot: boolean;
  /** What is in the directory where it runs, where the script fills that itself. */
  readonly staged?: Staged | undefined;
  readonly archive: string;
  readonly inputs: readonly string[];
  readonly excluded: readonly string[];
  readonly included: readonly string[];
}

/** Every zip command of a line of shell. */
export function parseZips(command: string, line: number, inAppRoot: boolean): ZipCommand[] {
  const starts = command.matchAll(/(?:^|[\s;&|("'])zip\s+(?=-|\S+\.(?:zip|war)|["']?\$)/g);
  return [...starts].flatMap(({ index, 0: { length } }) => {
    const piped = /\|\s*(?:xargs\s+)?$/.test(command.slice(0, index + 1));
    const zip = parseZip(command.slice(index + length), piped);
    return zip === undefined ? [] : [{ ...zip, packer: 'command' as const, line, inAppRoot }];
  });
}

function parseZip(
  rest: string,
  piped: boolean,
): Omit<ZipCommand, 'packer' | 'line' | 'inAppRoot'> | undefined {
  const words = tokens(rest);
  const archive = words.find((word) => !word.startsWith('-'));
  if (archive === undefined) return undefined;
  const zip = { archive, inputs: [] as string[], excluded: [] as string[], included: [] as string[] };
  let list: string[] = zip.inputs;
  for (const word of words.slice(words.indexOf(archive) + 1)) {
    const option = /^-(-exclude|-include|[a-zA-Z]*[xi]|\S*)=?(.*)$/.exec(word);
    if (word === '@') list = zip.inputs;
    else if (option === null) list.push(word);
    else if (/^-?exclude$|x$/.test(option[1] ?? '')) list = zip.excluded;
    else if (/^-?include$|i$/.test(option[1] ?? '')) list = zip.included;
    else if (option[1] === '@') list.push('$stdin');
  }
  // `git ls-files | zip -@ x.zip`: the names come from elsewhere.
  if (words.includes('-@') || piped) zip.inputs.push('$stdin');
  return zip;
}

/** Shell words up to the end of the command. */
function tokens(command: string): string[] {
  const words: string[] = [];
  for (const match of command.matchAll(/"([^"]*)"|'([^']*)'|([^\s;&|"')]+)|([;&|)])/g)) {
    if (match[4] !== undefined) break;
    words.push(match[1] ?? match[2] ?? match[3] ?? '');
  }
  return words;
}

/** Whether a command packs a file of the app root. */
export function packs(
  { inputs, excluded, included, inAppRoot, staged }: ZipCommand,
  path: string,
): boolean | null {
  if (excluded.some((pattern) => zipPattern(pattern).test(path))) return false;
  if (included.length > 0 && !included.some((pattern) => zipPattern(pattern).test(path))) {
    return included.some((pattern) => pattern.includes('$')) ? null : false;
  }
  const answers = inputs.map((input) => covers(input, path));
  if (answers.includes(true)) return inAppRoot ? true : (staged?.(path) ?? null);
  return answers.includes(null) ? null : false;
}

/** Whether an input of the command is the path, or a directory above it; null for a variable. */
export function covers(input: string, path: string): boolean | null {
  const plain = input.replace(/^(?:\.\/)+/, '').replace(/\/+$/, '');
  if (plain === '' || plain === '.' || plain === '.*' || input === './') return true;
  if (plain.startsWith('$') || plain.startsWith('..')) return null;
  if (plain === path || path.startsWith(`${plain}/`)) return true;
  // A glob of the shell: `*` neither crosses a slash nor matches a leading dot.
  if (!/[*?[]/.test(plain)) return false;
  const [top = ''] = path.split('/');
  if (top.startsWith('.') && !plain.startsWith('.')) return false;
  return globPattern(plain.split('/')[0] ?? '').test(top);
}

function globPattern(glob: string): RegExp {
  const source = glob
    .replace(/[.+^${}()|\\]/g, '\\$&')
    .replace(/\[!/g, '[^')
    .replace(/\*+/g, '[^/]*')
    .replace(/\?/g, '[^/]');
  return safePattern(source);
}

/** Info-ZIP's own patterns: `*` crosses slashes. */
function zipPattern(pattern: string): RegExp {
  const plain = pattern.replace(/^\.\//, '');
  return safePattern(
    plain
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replace(/\*+/g, '.*')
      .replace(/\?/g, '.'),
  );
}

function safePattern(source: string): RegExp {
  try {
    return new RegExp(`^${source}$`);
  } catch {
    return /(?!)/;
  }
}
