import type { Snapshot } from '../snapshot.ts';
import { attributeOf, callFunction, callValue, evaluate, executeBlock, Undecided } from './evaluate.ts';
import { type PythonModule, parsePython } from './parse.ts';
import {
  classAttribute,
  external,
  force,
  isObject,
  knowing,
  list,
  type Module,
  moduleScope,
  noArguments,
  type Place,
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
  /** What the stage of production is called where a module's name is made of it. */
  stageName(): string;
}

/** A snapshot does not change, so that what was parsed of it once serves all readers. */
const programs = new WeakMap<Snapshot, Program>();

export function readProgram(snapshot: Snapshot): Program {
  const known = programs.get(snapshot);
  if (known !== undefined) return known;
  const parsed = new Map<string, PythonModule | undefined>();
  let stage: string | undefined;
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
    stageName() {
      stage ??= stageName(snapshot.paths);
      return stage;
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

/** What a pass may assume and wants to hear of; all of it optional. */
export interface PassOptions {
  /** What the deployment's files set. */
  readonly deployed?: ReadonlyMap<string, string>;
  /** The file runs as a script: `__name__` is `__main__`. */
  readonly asScript?: boolean;
  /** Which modules of the project are executed when they are imported; all unless told otherwise. */
  readonly follows?: (path: string) => boolean;
  /** Functions of the module to call when it has run, such as an app's factory. */
  readonly callAfter?: RegExp;
  readonly libraries?: Run['libraries'];
  /** What a reader of a framework keeps, before the pass. */
  readonly collected?: Run['collected'];
  readonly constant?: Run['constant'];
  readonly observe?: (run: Run, ...what: Parameters<Run['observe']>) => void;
  readonly onBind?: (place: Place, ...what: Parameters<Run['onBind']>) => void;
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
    // A stack that overflows is a program nested deeper than anyone writes one.
    if (![PythonRaise, RangeError, Undecided].some((kind) => error instanceof kind)) throw error;
    complete = false;
  }
  return { run, names: scope.names, files: [...modules.keys()], complete };
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
    libraries: options.libraries ?? {},
    constant: (path) => options.constant?.(path),
    importModule: (name, level, file) =>
      importModule(program, modules, run, name, level, file, options.follows),
    include: (pattern, scope) => includeFiles(program, modules, run, pattern, scope),
    stageName: () => program.stageName(),
    call: (callee, args, scope) => callValue(run, callee, args, scope),
    attribute: (object, name) => attributeOf(run, object, name),
    evaluate: (expression, scope) => evaluate(run, scope, expression),
    observe: (...what) => {
      if (run.known === null) options.observe?.(run, ...what);
    },
    onBind: (...what) => {
      if (run.known === null) options.onBind?.(run.place, ...what);
    },
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
  follows: (path: string) => boolean = () => true,
): Module | undefined {
  const path = resolveModule(program, name, level, file);
  if (path === undefined) return undefined;
  const loaded = modules.get(path);
  if (loaded !== undefined) return loaded;
  const scope = scopeOf(path);
  const isSkipped = modules.size >= maxModules || !follows(path);
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
  const parts = [...scope.file.split('/').slice(0, -1)];
  for (const part of pattern.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.' && part !== '') parts.push(part);
  }
  const source = parts
    .join('/')
    .replace(/[.+^${}()|[\]\\?]/g, '\\$&')
    .replace(/\*+/g, '[^/]*');
  const isMeant = new RegExp(`^${source}$`);
  for (const path of program.paths.filter((one) => isMeant.test(one))) {
    const module = program.module(path);
    if (module === undefined) continue;
    modules.set(path, { kind: 'module', path, names: scope.names });
    executeBlock(run, module.body, { ...scope, file: path }, true);
  }
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

/** Runs something of a module that was passed, with what the deployment sets. `isSure`: no condition of it was unknown, and nothing raised. */
export function runSurely(run: Run, work: () => Value): { result: Value; isSure: boolean } {
  run.seen.clear();
  try {
    const result = knowing(run, run.deployed, work);
    return { result, isSure: ![...run.seen].some((key) => key.startsWith('?')) };
  } catch (error) {
    if (![PythonRaise, RangeError].some((kind) => error instanceof kind)) throw error;
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
    if (![PythonRaise, RangeError].some((kind) => error instanceof kind)) throw error;
    return unknown(['raised']);
  }
}

function settled(run: Run, value: Value): Value {
  const known = force(run, value);
  return isObject(known, 'list')
    ? list(
        known.items.map((item) => settled(run, item)),
        known.shape,
      )
    : known;
}
