/** A command line of a script, several lines joined where they end in a backslash. */
export interface ScriptCommand {
  readonly line: number;
  readonly command: string;
  /** Counts the steps of a workflow: each has a shell of its own. */
  readonly step: number;
}

export interface Assignment {
  readonly name: string;
  /** As written, without quotes; null where it cannot be known, or does not always happen. */
  readonly value: string | null;
  readonly line: number;
  readonly step: number;
}

/** Everything that gives a shell variable a value. */
export function readAssignments(commands: readonly ScriptCommand[]): Assignment[] {
  const found: Assignment[] = [];
  let step = -1;
  let depth = 0;
  let heredoc: string | undefined;
  for (const each of commands) {
    if (each.step !== step) {
      step = each.step;
      depth = 0;
      heredoc = undefined;
    }
    const { command, line } = each;
    const certain = depth === 0 && heredoc === undefined ? leadingAssignments(command) : [];
    const possible = possibleNames(command).filter((name) => !certain.some((one) => one.name === name));
    found.push(...certain.map((one) => ({ ...one, line, step })));
    found.push(...possible.map((name) => ({ name, value: null, line, step })));
    if (heredoc === undefined) depth = Math.max(0, depth + nesting(command));
    heredoc =
      heredoc === undefined ? openedHeredoc(command) : command.trim() === heredoc ? undefined : heredoc;
  }
  return found;
}

/** Whether a command runs what gives variables values that are not written here. */
export const runsUnseen = (command: string): boolean =>
  /(?:^|[;&|]|\bthen|\bdo|-|run:)\s*(?:eval|(?:source|\.)\s+(?!\S*\/activate\b))\s*\S/.test(command);

const assignment =
  /^(?:(?:export|readonly|local|declare)\s+)?([A-Za-z_]\w*)=(?:"([^"`]*)"|'([^']*)'|([^\s;&|"'`(){}<>]*(?:\$\{[^}\s]*\}[^\s;&|"'`(){}<>]*)*))\s*(?:(?:;|&&)\s*|#.*$|$)/;

/** The assignments with which a line begins; behind anything else they may be left out. */
function leadingAssignments(command: string): Pick<Assignment, 'name' | 'value'>[] {
  let rest = command.replace(/^\s*(?:-\s+)?(?:run:\s*)?/, '');
  const found: Pick<Assignment, 'name' | 'value'>[] = [];
  for (let match = assignment.exec(rest); match !== null; match = assignment.exec(rest)) {
    const [whole, name = '', double, single, bare] = match;
    const literal = single?.includes('$') ? null : single;
    found.push({ name, value: double ?? bare ?? literal ?? null });
    rest = rest.slice(whole.length);
    if (rest === '') break;
  }
  // A name that comes again on the line has more than this value.
  return found.filter(({ name }) => command.match(assigns(name))?.length === 1);
}

const assigns = (name: string): RegExp => new RegExp(`(?<![\\w$.-])${name}\\+?=`, 'g');

function possibleNames(command: string): string[] {
  const named = [...command.matchAll(/(?<![\w$.-])([A-Za-z_]\w*)\+?=/g)].map(([, name = '']) => name);
  const told = command.matchAll(
    /(?:^|[\s;&|(])(?:for|select|unset|read|mapfile|readarray|getopts|printf\s+-v)\s+([^;&|<>]*)/g,
  );
  return [
    ...new Set([...named, ...[...told].flatMap(([, words = '']) => words.match(/[A-Za-z_]\w*/g) ?? [])]),
  ];
}

const openers =
  /(?:^|[;&|]|\b(?:then|do|else))\s*(?:-\s+|run:\s*)?(?:if|for|while|until|case|select)\s|[{(]\s*$/g;
const closers = /(?:^|[;&|])\s*(?:fi|done|esac)\b|^\s*[})]/g;

const nesting = (command: string): number =>
  (command.match(openers)?.length ?? 0) - (command.match(closers)?.length ?? 0);

const openedHeredoc = (command: string): string | undefined =>
  /(?<!<)<<-?\s*["']?([A-Za-z_]\w*)/.exec(command)?.[1];
