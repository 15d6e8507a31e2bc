import { covers } from './zip-command.ts';

/** Whether a path of the app root is in a directory that a script makes and fills; null where that cannot be known. */
export type Staged = (path: string) => boolean | null;

/** Follows the commands of a script, which run one after the other, and what they put into directories they make. */
export class StagedDirectories {
  readonly #copies = new Map<string, Staged[]>();
  readonly #holds: (directory: string) => boolean;

  /** @param holds whether the repository itself has something in a directory */
  constructor(holds: (directory: string) => boolean) {
    this.#holds = holds;
  }

  /** @param directory where the command runs, relative to the app root; null where it cannot be told from it */
  follow(command: string, directory: string | null): void {
    let current = directory;
    for (const words of commandsOf(command)) {
      this.#run(words, current);
      if (words[0] === 'cd') current = null;
    }
  }

  /** What is in a directory now; undefined for one that the script does not make and fill. */
  in(directory: string): Staged | undefined {
    const copies = this.#copies.get(plainPath(directory));
    // What is packed empty is filled by something that is not seen.
    if (copies === undefined || copies.length === 0) return undefined;
    const sofar = [...copies];
    return (path) => anyOf(sofar.map((copy) => copy(path)));
  }

  #run([program = '', ...words]: readonly string[], directory: string | null): void {
    if (harmless.has(program)) return;
    if (program === 'mkdir' && directory === '.') {
      for (const path of words.filter((word) => !word.startsWith('-'))) this.#make(plainPath(path));
      return;
    }
    const copy = program === 'cp' || program === 'rsync' ? readCopy(program, words) : undefined;
    if (copy !== undefined && directory === '.') this.#copy(copy);
    else for (const copies of this.#copies.values()) copies.push(unknown);
  }

  #make(path: string): void {
    const isInside = [...this.#copies.keys()].some((made) => path.startsWith(`${made}/`));
    const isPlain = /^[\w-][\w.-]*$/.test(path);
    if (isPlain && !isInside && !this.#copies.has(path) && !this.#holds(path)) this.#copies.set(path, []);
  }

  #copy(copy: Copy): void {
    const { sources, target } = copy;
    const plain = plainPath(target);
    for (const [made, copies] of this.#copies) {
      if (/[$`{}~*?[]|\.\./.test(target)) copies.push(unknown);
      else if (plain === made) {
        copies.push(...sources.map((source) => stagedBy(source, copy)));
      } else if (plain.startsWith(`${made}/`)) {
        const top = plain.slice(made.length + 1).split('/')[0] ?? '';
        copies.push((path) => (topOf(path) === top ? null : false));
      }
    }
  }
}

interface Copy {
  readonly sources: readonly string[];
  readonly target: string;
  readonly mayLeaveOut: boolean;
  /** Whether a slash at the end of a source means what is in it. */
  readonly takesContents: boolean;
}

const unknown: Staged = () => null;

const harmless = new Set([
  '',
  'echo',
  'ls',
  'rm',
  'cd',
  'zip',
  'set',
  'pwd',
  '[',
  'test',
  'fi',
  'date',
  'true',
  'exit',
]);

const options = {
  cp: /^-(?:[rRafpPLdHvu]+|-recursive|-archive|-verbose|-force)$/,
  rsync: /^-(?:[avzrlptgoDhPqu]+|-archive|-recursive|-verbose|-delete|-progress|-quiet|-exclude=.*)$/,
};

function readCopy(program: 'cp' | 'rsync', words: readonly string[]): Copy | undefined {
  const separate = (word: string | undefined) => program === 'rsync' && word === '--exclude';
  const kept = words.filter((word, index) => !separate(word) && !separate(words[index - 1]));
  const paths = kept.filter((word) => !word.startsWith('-'));
  const understood = kept.every((word) => !word.startsWith('-') || options[program].test(word));
  const target = paths.at(-1);
  if (!understood || target === undefined || paths.length < 2) return undefined;
  const mayLeaveOut = words.some((word) => word.startsWith('--exclude'));
  return { sources: paths.slice(0, -1), target, mayLeaveOut, takesContents: program === 'rsync' };
}

/** What a source puts into the directory: all that is in `.`, and of another its last name. */
function stagedBy(source: string, { mayLeaveOut, takesContents }: Copy): Staged {
  const plain = plainPath(source);
  const isAll = plain === '.';
  if (/[$`{}~\\]|^\/|\.\.|\/\.$/.test(plain) || (takesContents && !isAll && source.endsWith('/')))
    return unknown;
  const name = plain.slice(plain.lastIndexOf('/') + 1);
  const isCertain = name === plain && !mayLeaveOut;
  return (path) => (covers(name, path) === false ? false : isCertain ? true : null);
}

/** The words of the commands of a line; a single empty one for what is no command. */
function commandsOf(line: string): string[][] {
  const item = /^\s*-\s+([\w-]+):(?:\s|$)/.exec(line)?.[1];
  if (item !== undefined && !/^(?:name|run|script|id|if|env|command)$/.test(item)) return [[item]];
  const key = /^\s*(?:-\s+)?([\w-]+):(?:\s|$)/.exec(line)?.[1];
  if (key === 'uses') return [[key]];
  if (key !== undefined && key !== 'run' && key !== 'command') return [];
  const shell = line
    .replace(/^\s*(?:-\s+)?(?:(?:run|command):\s*)?(?:[|>][-+]?\s*$)?/, '')
    .replace(/(?:\d|&)?>\s*\/dev\/null|\d?>&\d/g, '');
  return shell.split(/&&|\|\||[;|]/).map(wordsOf);
}

function wordsOf(command: string): string[] {
  const plain = command.trim().replace(/^(?:(?:then|else|do|if|elif|!|\{|\()\s*(?=\s|\w|\[|$))+/, '');
  const words = (plain.match(/"[^"]*"|'[^']*'|[^\s"']+/g) ?? []).map((word) => word.replace(/["')]/g, ''));
  // A redirection writes files, and a substitution runs what is not looked at.
  if (/[<>`]|\$\(/.test(plain)) return ['>'];
  return words.length === 1 && /^\w+=/.test(plain) ? [''] : words;
}

const topOf = (path: string): string => path.split('/')[0] ?? path;

const plainPath = (path: string): string => path.replace(/^(?:\.\/)+/, '').replace(/\/+$/, '') || '.';

function anyOf(answers: readonly (boolean | null)[]): boolean | null {
  return answers.includes(true) ? true : answers.includes(null) ? null : false;
}
