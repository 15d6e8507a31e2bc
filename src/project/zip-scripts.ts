import type { Snapshot } from './snapshot.ts';

/** A script's commands that zip a bundle. */
export interface ZipScript {
  /** Relative to the app root; `../` leads out of it. */
  readonly file: string;
  readonly line: number;
  readonly archive: string;
  /** Whether a file of the app root is packed; null where the command does not say. */
  packs(path: string): boolean | null;
}

const scriptFiles =
  /^(?:\.github\/workflows\/[^/]+\.ya?ml|\.circleci\/config\.ya?ml|\.gitlab-ci\.yml|\.travis\.yml|azure-pipelines\.ya?ml|bitbucket-pipelines\.yml|Jenkinsfile|(?:[\w.-]+\/)*(?:buildspec[\w.-]*\.ya?ml|Makefile|package\.json|[\w.-]+\.sh)|(?:bin|scripts?|deploy|ci)\/[\w.-]+)$/;

/** The scripts of the repository that zip the app and speak of Elastic Beanstalk. */
export function readZipScripts(whole: Snapshot, appRoot: string): ZipScript[] {
  const files = whole.paths
    .filter((path) => !path.includes('node_modules/') && scriptFiles.test(path))
    .slice(0, 300);
  return files.flatMap((file) => {
    const text = whole.text(file);
    if (text === undefined || !/\bzip\b/.test(text) || !/beanstalk|\beb\s+deploy\b|Dockerrun/i.test(text))
      return [];
    return zipCommandsOf(text, appRoot, directoryOf(file)).map((script) => ({
      ...script,
      file: relative(file, appRoot),
    }));
  });
}

interface ZipCommand {
  readonly line: number;
  /** Whether it runs in the app root, as far as the script says; else in a directory that it fills itself. */
  readonly inAppRoot: boolean;
  readonly archive: string;
  readonly inputs: readonly string[];
  readonly excluded: readonly string[];
  readonly included: readonly string[];
}

function zipCommandsOf(text: string, appRoot: string, scriptDirectory: string): Omit<ZipScript, 'file'>[] {
  const commands = readCommands(text, appRoot, scriptDirectory);
  const archives = [...new Set(commands.map(({ archive }) => archive))];
  return archives.map((archive) => {
    const parts = commands.filter((command) => command.archive === archive);
    return {
      archive,
      line: parts[0]?.line ?? 1,
      // Several commands on one archive add up.
      packs: (path) => {
        const answers = parts.map((part) => packs(part, path));
        return answers.includes(true) ? true : answers.includes(null) ? null : false;
      },
    };
  });
}

/** The zip commands that run in the app root, or in a directory that cannot be told from it. */
function readCommands(text: string, appRoot: string, scriptDirectory: string): ZipCommand[] {
  const commands: ZipCommand[] = [];
  let directory = '.';
  for (const { line, command } of shellCommands(text)) {
    const working = /^\s*(?:-\s*)?working-directory:\s*["']?([^"'\s]+)/.exec(command)?.[1];
    const moved = /(?:^|[\s;&("'])cd\s+["']?([^"'\s;&)]+)/.exec(command)?.[1];
    if (/^\s*-\s+(?:name|uses|run):/.test(command)) directory = '.';
    if (working !== undefined) directory = working;
    if (moved !== undefined && command.search(/\bcd\s/) < command.search(/\bzip\b|$/)) directory = moved;
    const inAppRoot = isAppRoot(directory, appRoot, scriptDirectory);
    // In a monorepo another directory is another bundle.
    if (inAppRoot || appRoot === '.') commands.push(...parseZips(command, line, inAppRoot));
  }
  return commands;
}

function isAppRoot(directory: string, appRoot: string, scriptDirectory: string): boolean {
  const plain = directory.replace(/^\.\/|\/+$/g, '') || '.';
  return plain === appRoot || plain.endsWith(`/${appRoot}`) || (plain === '.' && scriptDirectory === appRoot);
}

/** The text's lines, those joined that end in a backslash, quotes of JSON undone. */
function* shellCommands(text: string): Generator<{ line: number; command: string }> {
  let pending = '';
  let start = 0;
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    if (pending === '') start = index + 1;
    const joined = pending + raw.replace(/\\"/g, '"');
    if (joined.trimEnd().endsWith('\\')) {
      pending = `${joined.trimEnd().slice(0, -1)} `;
      continue;
    }
    pending = '';
    if (!/^\s*(?:#|\/\/)/.test(joined)) yield { line: start, command: joined };
  }
}

/** Every zip command of a line of shell. */
function parseZips(command: string, line: number, inAppRoot: boolean): ZipCommand[] {
  const starts = command.matchAll(/(?:^|[\s;&|("'])zip\s+(?=-|\S+\.(?:zip|war)|["']?\$)/g);
  return [...starts].flatMap(({ index, 0: { length } }) => {
    const piped = /\|\s*(?:xargs\s+)?$/.test(command.slice(0, index + 1));
    const zip = parseZip(command.slice(index + length), piped);
    return zip === undefined ? [] : [{ ...zip, line, inAppRoot }];
  });
}

function parseZip(rest: string, piped: boolean): Omit<ZipCommand, 'line' | 'inAppRoot'> | undefined {
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

function packs({ inputs, excluded, included, inAppRoot }: ZipCommand, path: string): boolean | null {
  if (excluded.some((pattern) => zipPattern(pattern).test(path))) return false;
  if (included.length > 0 && !included.some((pattern) => zipPattern(pattern).test(path))) return false;
  const answers = inputs.map((input) => covers(input, path));
  if (answers.includes(true)) return inAppRoot ? true : null;
  return answers.includes(null) ? null : false;
}

/** Whether an input of the command is the path, or a directory above it; null for a variable. */
function covers(input: string, path: string): boolean | null {
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

const directoryOf = (path: string): string =>
  path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '.';

function relative(file: string, appRoot: string): string {
  if (appRoot === '.') return file;
  if (file.startsWith(`${appRoot}/`)) return file.slice(appRoot.length + 1);
  return `${'../'.repeat(appRoot.split('/').length)}${file}`;
}
