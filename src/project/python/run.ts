import type { Block, Expression, Range } from './ast.ts';
import { isMetadataVariable } from './metadata.ts';
import {
  type Arguments,
  type Dict,
  isObject,
  type Module,
  PythonRaise,
  type Scope,
  type Unknown,
  unknown,
  type Value,
} from './value.ts';

/** How a block ended: by falling through, or by one of the statements that leave it. */
export type Completion =
  | undefined
  | { readonly type: 'return'; readonly value: Value }
  | { readonly type: 'break' | 'continue' };

/** A place in the project's files. */
export interface Place extends Range {
  readonly file: string;
}

/** One reading of the settings under one assumption about the environment. */
export interface Run {
  /** The variables that are set, as in `os.environ`; undefined is unset, a missing key is not known. */
  readonly environment: ReadonlyMap<string, string | undefined>;
  /** `os.environ` as the program sees and changes it. */
  readonly environ: Dict;
  /** What a `.env` file of the repository gives to variables that are not set. */
  readonly dotenv: Map<string, string>;
  /** Every variable that was asked for, in order. */
  readonly reads: Set<string>;
  /** Outcomes of conditions nothing is known of, by place, to try the other way. */
  readonly decisions: ReadonlyMap<string, boolean>;
  /** Conditions nothing is known of, and the way that was taken. */
  readonly undecided: Map<string, boolean>;
  /** The text a stage's name most likely has. */
  stageName(): string;
  /** Statements that raised and were passed over. */
  readonly failures: Place[];
  /** Modules that `from … import *` wanted and the repository does not hold. */
  readonly missed: Set<string>;
  /** Steps left; a module that does not end is given up. */
  fuel: number;
  depth: number;
  /** Executes statements; kept here so that evaluating an expression can call a function of the project. */
  execute(block: Block, scope: Scope): Completion;
  evaluate(scope: Scope, expression: Expression): Value;
  call(scope: Scope, callee: Value, positional: readonly Value[], named?: Arguments['named']): Value;
  attribute(object: Value, name: string): Value;
  /** A module of the project by its dotted name, executed; undefined if the project has none. */
  importModule(name: string, level: number, file: string): Module | undefined;
  /** Executes a file's statements in a scope, as `exec` and split settings do; false if there is none. */
  include(file: string, scope: Scope): boolean;
  /** Paths below the snapshot's root. */
  readonly files: {
    has(path: string): boolean;
    text(path: string): string | undefined;
    readonly paths: readonly string[];
  };
  /** Called when a library is called, with what it is called with. */
  readonly observe: (callee: string, args: Arguments, place: Place) => void;
  /** Called after each statement of a module or class. */
  readonly afterStatement: (scope: Scope, place: Place, importing: boolean) => void;
}

/** Thrown when a reading takes too many steps. */
export class OutOfFuel extends Error {
  override readonly name = 'OutOfFuel';
}

export function spend(run: Run): void {
  run.fuel -= 1;
  if (run.fuel < 0) throw new OutOfFuel('too many steps');
}

/**
 * A variable of the environment: its text, undefined if it is unset, unknown where production sets something we cannot see.
 * @param required the program fails without it, so production sets it
 */
export function readVariable(run: Run, name: string, required: boolean): string | undefined | Unknown {
  if (isMetadataVariable(name)) return unknown(['metadata']);
  run.reads.add(name);
  const given = run.dotenv.get(name);
  if (run.environment.has(name)) return run.environment.get(name) ?? given;
  const assumed = assumptionFor(name);
  if (assumed !== null) return unknown([`env:${name}`], assumed);
  return given ?? (required ? unknown([`env:${name}`], 'present') : undefined);
}

/** A variable that must be set, as `os.environ[name]` reads it.
 * @throws PythonRaise KeyError if it is unset */
export function requireVariable(run: Run, name: string, error = 'KeyError'): string | Unknown {
  const value = readVariable(run, name, true);
  if (value === undefined) throw new PythonRaise(error, name);
  return value;
}

/**
 * Takes up the nearest `.env` file that git holds: the bundle brings it along, and where a property is unset it is what the app reads. Of hosts
 * alone, since the rest of such a file is often a developer's.
 */
export function loadDotenv(run: Run, { file }: Scope, args?: Arguments): null {
  if (run.dotenv.size > 0) return null;
  const parts = file.split('/').slice(0, -1);
  const [path] = args?.positional ?? [];
  const name = typeof path === 'string' ? path.slice(path.lastIndexOf('/') + 1) : '.env';
  const places = [
    ...parts.map((_, index) => `${parts.slice(0, parts.length - index).join('/')}/${name}`),
    name,
  ];
  const text = run.files.text(places.find((path) => run.files.has(path)) ?? '') ?? '';
  for (const [, variable = '', quoted, plain = ''] of text.matchAll(
    /^[ \t]*(?:export[ \t]+)?(\w*(?:HOST|DOMAIN|SITE|URL)\w*)[ \t]*=[ \t]*(?:["']([^"'\n]*)["']|([^\n#]*))/gm,
  )) {
    const value = quoted ?? plain.trim();
    if (!value.includes('$')) run.dotenv.set(variable, value);
  }
  return null;
}

/** What production on Elastic Beanstalk most likely has in a variable, by the variable's name. */
function assumptionFor(name: string): Unknown['assumed'] {
  if (/HOST|DOMAIN|ORIGIN|URL|(^|_)IPS?($|_)/i.test(name) && !/^RDS_/i.test(name)) return null;
  if (
    /(^|_)(DEBUG|DEV|DEVELOPMENT|LOCAL|TEST|TESTS|TESTING|CI|TRAVIS|GITHUB_ACTIONS|HEROKU|DYNO)($|_)/i.test(
      name,
    )
  ) {
    return 'off';
  }
  if (/^(IS_|ON_|IN_)?(DJANGO_)?(PROD|PRODUCTION|AWS|EB|BEANSTALK|ELASTIC_BEANSTALK)(_ENV)?$/i.test(name))
    return 'on';
  if (
    /(^|_)(ENV|ENVIRONMENT|STAGE|ENV_NAME|ENV_TYPE|DEPLOYMENT|CONFIGURATION|SETTINGS?_MODE|RUN_ENV|MODE)$/i.test(
      name,
    )
  ) {
    return 'stage';
  }
  return /^(RDS|AWS|EB|ELASTICBEANSTALK)_/i.test(name) ? 'present' : null;
}

/** What to take of a condition nothing is known of; remembered, so that another run can take the other way. */
export function decide(run: Run, scope: Scope, node: Expression, preferred: boolean): boolean {
  const key = `${scope.file}:${node.from}`;
  const decided = run.decisions.get(key);
  if (decided !== undefined) return decided;
  run.undecided.set(key, preferred);
  return preferred;
}

/** A value as it stands in a text: the stage of production has a likely name. */
export function assumedText(run: Run, value: Value): Value {
  return isObject(value, 'unknown') && value.assumed === 'stage' ? run.stageName() : value;
}
