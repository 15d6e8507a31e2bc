import { at, entriesOf, itemsOf, readYaml, textOf, type Yaml } from '../yaml.ts';
import { type Assignment, readAssignments, runsUnseen, type ScriptCommand } from './shell-assignments.ts';

/** The variables of a script, as far as their values can be told from its text alone. */
export interface ScriptVariables {
  /** The text with the references resolved that are known on that line; the others stay as they are. */
  expand(text: string, line: number): string;
}

/** What a variable is worth; null where it has a value that cannot be known here. */
type Value = string | null;

/** A mapping that declares variables for the lines of another. */
interface Scope {
  readonly from: number;
  readonly to: number;
  readonly values: ReadonlyMap<string, Value>;
}

/** Values of values could multiply without end. */
const longestValue = 10_000;

export function readVariables(
  file: string,
  text: string,
  commands: readonly ScriptCommand[],
): ScriptVariables {
  // Variables of make and Groovy are other things under the same names.
  const isOther = /(?:^|\/)(?:Makefile|Jenkinsfile)$|\.json$/.test(file);
  if (isOther || !text.includes('$')) return { expand: (same) => same };
  const scopes = readScopes(file, text);
  const assignments = byName(readAssignments(commands));
  const unseen = commands.some(({ command }) => runsUnseen(command));
  const known = new Map<string, Value>();

  const step = (line: number) => commands.findLast((command) => command.line <= line)?.step ?? 0;
  const declared = (name: string, line: number): Value =>
    scopes
      .findLast(({ from, to, values }) => from <= line && line <= to && values.has(name))
      ?.values.get(name) ?? null;
  const written = (name: string, line: number, isExpression: boolean): Value => {
    const assigned = assignments.get(name);
    if (assigned === undefined) return unseen && !isExpression ? null : declared(name, line);
    // What a step writes for later ones counts in expressions too, and when it does cannot be told.
    return unseen || isExpression ? null : assignedValue(assigned, step(line), line);
  };
  const resolve = (name: string, line: number, isExpression: boolean): Value => {
    const key = `${name} ${line} ${isExpression}`;
    if (!known.has(key)) {
      known.set(key, null); // A value that names itself has none.
      const whole = expand(written(name, line, isExpression) ?? '$', line);
      known.set(key, /[$`\\]/.test(whole) || whole.length > longestValue ? null : whole);
    }
    return known.get(key) ?? null;
  };
  const expand = (source: string, line: number): string =>
    source.replace(reference, (whole, expression?: string, braced?: string, plain?: string) => {
      const name = expression ?? braced ?? plain ?? '';
      return resolve(name, line, expression !== undefined) ?? whole;
    });
  return { expand };
}

function byName(assignments: readonly Assignment[]): Map<string, Assignment[]> {
  const groups = new Map<string, Assignment[]>();
  for (const one of assignments) {
    const group = groups.get(one.name);
    if (group === undefined) groups.set(one.name, [one]);
    else group.push(one);
  }
  return groups;
}

const reference = /\$\{\{\s*env\.(\w+)\s*\}\}|\$\{([A-Za-z_]\w*)\}|\$([A-Za-z_]\w*)/g;

/** Only what every assignment of the name agrees on: which of several runs last cannot be told. */
function assignedValue(assignments: readonly Assignment[], step: number, line: number): Value {
  const [value, ...others] = new Set(assignments.map((assignment) => assignment.value));
  const before = assignments.some((assignment) => assignment.step === step && assignment.line <= line);
  return others.length === 0 && before ? (value ?? null) : null;
}

function readScopes(file: string, text: string): Scope[] {
  if (!/\.ya?ml$/.test(file)) return [];
  const { value, problem } = readYaml(text);
  if (problem !== undefined) return [];
  const ofWorkflow = file.startsWith('.github/');
  const scopes = [...scopesBelow(value, ofWorkflow ? workflowKeys : otherKeys, 1, Number.POSITIVE_INFINITY)];
  if (ofWorkflow) return scopes;
  // Elsewhere rules and matrices set variables as well, in mappings that enclose nothing.
  const repeated = (name: string) => (text.match(new RegExp(`^[\\s-]*${name}\\s*:`, 'gm'))?.length ?? 0) > 1;
  return scopes.map(({ from, to, values }) => ({
    from,
    to,
    values: new Map([...values].map(([name, value]) => [name, repeated(name) ? null : value])),
  }));
}

/** The scopes of a value that stands on the lines `from` to `to`, outer ones first. */
function* scopesBelow(value: Yaml, keys: readonly string[][], from: number, to: number): Generator<Scope> {
  const values = new Map(variablesOf(value, keys));
  if (values.size > 0) yield { from, to, values };
  const parts =
    value.kind === 'map'
      ? value.entries.map((entry) => ({ line: entry.line, value: entry.value }))
      : itemsOf(value).map((item) => ({ line: item.line, value: item }));
  for (const [index, part] of parts.entries()) {
    const next = parts[index + 1]?.line;
    yield* scopesBelow(part.value, keys, part.line, next === undefined ? to : Math.max(part.line, next - 1));
  }
}

const workflowKeys = [['env']];
const otherKeys = [['env'], ['env', 'variables'], ['variables'], ['environment']];

function variablesOf(value: Yaml, keys: readonly string[][]): [string, Value][] {
  return keys
    .flatMap((path) => entriesOf(at(value, ...path)))
    .filter(({ key }) => /^[A-Za-z_]\w*$/.test(key))
    .map(({ key, value }) => [key, textOf(value) ?? null]);
}
