import { posix } from 'node:path';
import picomatch from 'picomatch';
import type { Snapshot } from '../snapshot.ts';
import { attributeOf, callFunction, callValue, executeBlock, Undecided } from './evaluate.ts';
import { type PythonModule, parsePython } from './parse.ts';
import {
  classAttribute,
  external,
  force,
  isObject,
  knowing,
  type Module,
  moduleScope,
  noArguments,
  type PassOptions,
  PythonRaise,
  type Run,
  type Scope,
  unknown,
  type Value,
} from './value.ts';

const stepsAPass = 150_000;
const maxModules = 60;

/** The Python files of a repository, each parsed at most once. */
export interface Program {
  readonly paths: readonly string[];
  has(path: string): boolean;
  /** Undefined if there is no such file or it cannot be read as text. */
  text(path: string): string | undefined;
  module(path: string): PythonModule | undefined;
}

/** A snapshot does not change, so that what was parsed of it once serves all readers. */
const programs = new WeakMap<Snapshot, Program>();

export function readProgram(snapshot: Snapshot): Program {
  const known = programs.get(snapshot);
  if (known !== undefined) return known;
  const parsed = new Map<string, PythonModule | undefined>();
  const text = (path: string) => (snapshot.has(path) ? snapshot.text(path) : undefined);
  const program: Program = {
    paths: snapshot.paths,
    has: (path) => snapshot.has(path),
    text,
    module(path) {
      const source = parsed.has(path) ? undefined : text(path);
      if (!parsed.has(path)) parsed.set(path, source === undefined ? undefined : parsePython(source));
      return parsed.get(path);
    },
  };
  programs.set(snapshot, program);
  return program;
}

/** Directories from which absolute imports of a file are looked up, the nearest first. */
export function importRoots(file: string): string[] {
  const parts = file.split('/').slice(0, -1);
  return [...parts.map((_, index) => parts.slice(0, parts.length - index).join('/')), ''];
}

/** What one pass over a module came to. */
export interface Pass {
  readonly run: Run;
  readonly names: ReadonlyMap<string, Value>;
  /** Modules of the project that took part, in the order they were begun. */
  readonly files: readonly string[];
  /** False if it was given up. */
  readonly complete: boolean;
}

/** Goes once through a module of the project and what it imports. Never throws. */
export function passModule(program: Program, file: string, options: PassOptions = {}): Pass {
  const modules = new Map<string, Module>();
  const scope = scopeOf(file);
  if (options.asScript === true) scope.names.set('__name__', '__main__');
  modules.set(file, { kind: 'module', path: file, names: scope.names });
  const run = createRun(program, modules, options);
  let complete = true;
  try {
    executeBlock(run, program.module(file)?.body ?? [], scope, true);
    for (const [name, value] of [...scope.names])
      if (options.callAfter?.test(name) && isObject(value, 'function') && value.scope.file === file)
        callFactory(run, value);
  } catch (error) {
    if (!(error instanceof Undecided) && !isFault(error)) throw error;
    complete = false;
  }
  return { run, names: scope.names, files: [...modules.keys()], complete };
}

/** Whether the program that is read is at fault: it raises, does not end, or is nested deeper than anyone writes one. */
function isFault(error: unknown): boolean {
  return error instanceof PythonRaise || error instanceof RangeError;
}

function callFactory(run: Run, value: Extract<Value, { kind: 'function' }>): void {
  try {
    callFunction(run, value, noArguments);
  } catch (error) {
    if (!(error instanceof PythonRaise)) throw error;
    const { from, to } = value.node;
    run.failures.push({ file: value.scope.file, from, to });
  }
}

function createRun(program: Program, modules: Map<string, Module>, options: PassOptions): Run {
  const run: Run = {
    options,
    known: null,
    seen: new Set(),
    deployed: options.deployed ?? new Map(),
    environ: new Map(),
    collected: options.collected ?? new Map(),
    place: { file: '', from: 0, to: 0 },
    fuel: stepsAPass,
    depth: 0,
    sketching: false,
    failures: [],
    missed: new Set(),
    stageName: () => stageName(program.paths),
    importModule: (name, level, file) => importModule(program, modules, run, name, level, file),
    include: (pattern, scope) => includeFiles(program, modules, run, pattern, scope),
    call: (callee, args, scope) => callValue(run, callee, args, scope),
    attribute: (object, name) => attributeOf(run, object, name),
  };
  return run;
}

function scopeOf(file: string): Scope {
  const names = ['__file__', '__name__'].map((name) => [name, external(name)] as const);
  return moduleScope(file, new Map(names));
}

function importModule(
  program: Program,
  modules: Map<string, Module>,
  run: Run,
  name: string,
  level: number,
  file: string,
): Module | undefined {
  const path = resolveModule(program, name, level, file);
  if (path === undefined) return undefined;
  const loaded = modules.get(path);
  if (loaded !== undefined) return loaded;
  const scope = scopeOf(path);
  const isSkipped = modules.size >= maxModules || run.options.follows?.(path) === false;
  const module: Module = { kind: 'module', path, names: scope.names, isSkipped };
  modules.set(path, module);
  const { place, sketching } = run;
  run.sketching = false;
  if (!isSkipped) executeBlock(run, program.module(path)?.body ?? [], scope, true);
  Object.assign(run, { place, sketching });
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
  const bases = level > 0 ? [file.split('/').slice(0, -level).join('/')] : importRoots(file);
  for (const base of bases) {
    const stem = [base, inner].filter((part) => part !== '').join('/');
    const candidates = stem === '' ? ['__init__.py'] : [`${stem}/__init__.py`, `${stem}.py`];
    const found = candidates.find((path) => path !== file && program.has(path));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Executes the files a pattern of django-split-settings names, relative to the file that includes them. */
function includeFiles(
  program: Program,
  modules: Map<string, Module>,
  run: Run,
  pattern: string,
  scope: Scope,
): void {
  const isMeant = picomatch(posix.join(posix.dirname(scope.file), pattern));
  for (const path of program.paths.filter((one) => isMeant(one))) {
    const module = program.module(path);
    if (module === undefined) continue;
    modules.set(path, { kind: 'module', path, names: scope.names });
    executeBlock(run, module.body, { ...scope, file: path }, true);
  }
}

/** The name of the production stage, as a file of the project is called. */
function stageName(paths: readonly string[]): string {
  const names = ['production', 'prod', 'prd', 'live', 'aws', 'deploy'];
  const stems = new Set(paths.map((path) => posix.basename(path, '.py')));
  return names.find((name) => stems.has(name)) ?? 'production';
}

/** Runs something of a module that was passed, with what the deployment sets. `isSure`: no condition of it was unknown, and nothing raised. */
export function runSurely(run: Run, work: () => Value): { result: Value; isSure: boolean } {
  run.seen.clear();
  try {
    const result = knowing(run, run.deployed, work);
    return { result, isSure: ![...run.seen].some((key) => key.startsWith('?')) };
  } catch (error) {
    if (!isFault(error)) throw error;
    return { result: unknown(), isSure: false };
  }
}

/** The name of a setting in a pass: of the class in charge where there is one. */
export function boundIn({ names }: Pass, name: string, className: string | null): Value | undefined {
  const type = className === null ? undefined : names.get(className);
  return isObject(type, 'class') ? classAttribute(type, name) : names.get(name);
}

/** A value worked out as deep as lists go, or undefined where it is not bound. What raises is unknown.
 * @param known the variables that are set, or explicitly unset; the others count as unset */
export function settle(
  { run }: Pass,
  value: Value | undefined,
  known: ReadonlyMap<string, string | undefined> = run.deployed,
): Value | undefined {
  if (value === undefined) return undefined;
  run.fuel = stepsAPass;
  try {
    return knowing(run, new Map([...run.deployed, ...known]), () => settled(run, value));
  } catch (error) {
    if (error instanceof PythonRaise && error.type === 'NameError') return undefined;
    if (!isFault(error)) throw error;
    return unknown(['raised']);
  }
}

function settled(run: Run, value: Value): Value {
  const known = force(run, value);
  if (!isObject(known, 'list')) return known;
  return { ...known, items: known.items.map((item) => settled(run, item)) };
}
