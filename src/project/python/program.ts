import type { Snapshot } from '../snapshot.ts';
import type { PythonModule } from './ast.ts';
import { isBlock } from './call.ts';
import { evaluate } from './evaluate.ts';
import { executeBlock, moduleScope } from './execute.ts';
import { includeFiles } from './include.ts';
import { attributeOf, callValue } from './object.ts';
import { parsePython } from './parse.ts';
import { OutOfFuel, type Place, type Run } from './run.ts';
import { isObject, type Module, PythonRaise, type Scope, type Value } from './value.ts';

const stepsARun = 60_000;
const maxModules = 60;

/** The Python files of a repository, each parsed at most once. */
export interface Program {
  readonly paths: readonly string[];
  has(path: string): boolean;
  /** Undefined if there is no such file or it cannot be read as text. */
  text(path: string): string | undefined;
  module(path: string): PythonModule | undefined;
  /** Directories from which absolute imports are looked up, the nearest first. */
  roots(file: string): readonly string[];
  /** What the stage of production is called where a module's name is made of it. */
  stageName(): string;
}

export function readProgram(snapshot: Snapshot): Program {
  const known = programs.get(snapshot);
  if (known !== undefined) return known;
  const program = makeProgram(snapshot);
  programs.set(snapshot, program);
  return program;
}

/** A snapshot does not change, so that what was parsed of it once serves all readers. */
const programs = new WeakMap<Snapshot, Program>();

function makeProgram(snapshot: Snapshot): Program {
  const parsed = new Map<string, PythonModule | undefined>();
  let stage: string | undefined;
  const textOf = (path: string) => (snapshot.has(path) ? snapshot.text(path) : undefined);
  return {
    paths: snapshot.paths,
    has: (path) => snapshot.has(path),
    text: textOf,
    module(path) {
      if (!parsed.has(path)) {
        const text = textOf(path);
        parsed.set(path, text === undefined ? undefined : parsePython(text));
      }
      return parsed.get(path);
    },
    roots: (file) => ancestorsOf(file),
    stageName() {
      stage ??= stageName(snapshot.paths);
      return stage;
    },
  };
}

function ancestorsOf(file: string): string[] {
  const parts = file.split('/').slice(0, -1);
  return [...parts.map((_, index) => parts.slice(0, parts.length - index).join('/')), ''];
}

/** What a reading may assume and wants to hear of; all of it optional. */
export interface RunOptions {
  readonly environment?: ReadonlyMap<string, string | undefined>;
  readonly decisions?: ReadonlyMap<string, boolean>;
  /** The file runs as a script: `__name__` is `__main__`. */
  readonly asScript?: boolean;
  /** Which modules of the project are executed when they are imported; all unless told otherwise. */
  readonly follows?: (path: string) => boolean;
  /** Functions of the module to call when it has run, such as an app's factory. */
  readonly callAfter?: RegExp;
  readonly observe?: Run['observe'];
  readonly afterStatement?: Run['afterStatement'];
}

export interface Reading {
  readonly names: ReadonlyMap<string, Value>;
  /** What the program itself put into `os.environ`. */
  readonly environ: ReadonlyMap<Value, Value>;
  readonly reads: ReadonlySet<string>;
  readonly undecided: ReadonlyMap<string, boolean>;
  /** Modules of the project that took part, in the order they were begun. */
  readonly files: readonly string[];
  /** Whether names came from a module that is not in the repository, by `from … import *`. */
  readonly open: boolean;
  /** Statements that raised and were passed over. */
  readonly failures: readonly Place[];
  /** False if it was given up. */
  readonly complete: boolean;
}

/** Executes a module of the project as far as it can be followed. Never throws. */
export function runModule(program: Program, file: string, options: RunOptions = {}): Reading {
  const modules = new Map<string, Module>();
  const run = createRun(program, modules, options);
  const scope = moduleScope(file);
  if (options.asScript === true) scope.names.set('__name__', '__main__');
  modules.set(file, { kind: 'module', path: file, names: scope.names });
  const body = program.module(file)?.body ?? [];
  let complete = true;
  try {
    executeBlock(run, body, scope, true);
    if (options.callAfter !== undefined) callFunctions(run, scope, options.callAfter);
  } catch (error) {
    // A stack that overflows is a program nested deeper than anyone writes one.
    if (![OutOfFuel, PythonRaise, RangeError].some((kind) => error instanceof kind)) throw error;
    complete = false;
  }
  return {
    names: scope.names,
    environ: run.environ.entries,
    reads: run.reads,
    undecided: run.undecided,
    files: [...modules.keys()],
    open: run.missed.size > 0,
    failures: run.failures,
    complete,
  };
}

function callFunctions(run: Run, scope: Scope, wanted: RegExp): void {
  for (const [name, value] of [...scope.names]) {
    if (!wanted.test(name) || !isObject(value, 'function') || value.scope.file !== scope.file) continue;
    try {
      run.call(scope, value, []);
    } catch (error) {
      if (!(error instanceof PythonRaise)) throw error;
      if (isBlock(value.body))
        run.failures.push(...value.body.map(({ from, to }) => ({ file: scope.file, from, to })));
    }
  }
}

function createRun(program: Program, modules: Map<string, Module>, options: RunOptions): Run {
  const run: Run = {
    environment: options.environment ?? new Map(),
    dotenv: new Map(),
    environ: { kind: 'dict', entries: new Map(), environment: true, rest: null },
    reads: new Set(),
    decisions: options.decisions ?? new Map(),
    undecided: new Map(),
    stageName: () => program.stageName(),
    missed: new Set(),
    failures: [],
    fuel: stepsARun,
    depth: 0,
    execute: (block, scope) => executeBlock(run, block, scope, false),
    evaluate: (scope, expression) => evaluate(run, scope, expression),
    call: (scope, callee, positional, named = new Map()) =>
      callValue(run, scope, callee, { positional, named }, { type: 'unsupported', from: 0, to: 0 }),
    attribute: (object, name) => attributeOf(run, object, name),
    importModule: (name, level, file) =>
      importModule(program, modules, run, name, level, file, options.follows),
    include: (name, scope) => includeFiles(program, modules, run, name, scope),
    files: program,
    observe: options.observe ?? (() => {}),
    afterStatement: options.afterStatement ?? (() => {}),
  };
  return run;
}

function importModule(
  program: Program,
  modules: Map<string, Module>,
  run: Run,
  name: string,
  level: number,
  file: string,
  follows: (path: string) => boolean = () => true,
): Module | undefined {
  const path = resolveModule(program, name, level, file);
  if (path === undefined) return undefined;
  const loaded = modules.get(path);
  if (loaded !== undefined) return loaded;
  const scope = moduleScope(path);
  const module: Module = { kind: 'module', path, names: scope.names };
  modules.set(path, module);
  if (modules.size <= maxModules && follows(path))
    executeBlock(run, program.module(path)?.body ?? [], scope, true);
  return module;
}

/** The file of a dotted module name (a package before a module of the same name, as Python has it), relative to `file` where `level` counts dots, else from the nearest directory that has it. */
export function resolveModule(
  program: Program,
  name: string,
  level: number,
  file: string,
): string | undefined {
  const inner = name.replaceAll('.', '/');
  const candidates = (base: string) => {
    const stem = [base, inner].filter((part) => part !== '').join('/');
    return stem === '' ? ['__init__.py'] : [`${stem}/__init__.py`, `${stem}.py`];
  };
  const bases = level > 0 ? [file.split('/').slice(0, -level).join('/')] : program.roots(file);
  for (const base of bases) {
    const found = candidates(base).find((path) => path !== file && program.has(path));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The name of the production stage, as files of the project are called. */
function stageName(paths: readonly string[]): string {
  const names = ['production', 'prod', 'prd', 'live', 'aws', 'deploy'];
  const stems = new Set(
    paths.flatMap((path) => (path.endsWith('.py') ? [path.slice(path.lastIndexOf('/') + 1, -3)] : [])),
  );
  const parts = new Set([...stems].flatMap((stem) => stem.split('_')));
  return names.find((name) => stems.has(name)) ?? names.find((name) => parts.has(name)) ?? 'production';
}
