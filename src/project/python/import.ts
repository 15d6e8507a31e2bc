import type { ImportedName, Statement } from './ast.ts';
import { externalAttribute } from './library.ts';
import type { Run } from './run.ts';
import { external, PythonRaise, type Scope, type Value } from './value.ts';

/** `import a.b, c as d`. Modules of the project are read when they are imported, libraries are known by name only. */
export function importNames(run: Run, names: readonly ImportedName[], scope: Scope): void {
  for (const { name, alias } of names) {
    const top = name.split('.')[0] ?? name;
    const wanted = alias === null ? top : name;
    const module = run.importModule(wanted, 0, scope.file);
    if (module === undefined && isLikelyLocal(name)) throw new PythonRaise('ImportError', name);
    if (alias === null && name !== top) run.importModule(name, 0, scope.file);
    scope.names.set(alias ?? top, module ?? libraryModule(run, wanted));
  }
}

/** `from module import …`, relative imports included.
 * @throws PythonRaise ImportError where a module of the project is not in the repository */
export function importFrom(run: Run, statement: Statement & { type: 'import-from' }, scope: Scope): void {
  const { level, names } = statement;
  const module = run.importModule(statement.module, level, scope.file);
  if (names === '*') {
    if (module === undefined) throw new PythonRaise('ImportError', statement.module);
    for (const [name, value] of module.names) if (!name.startsWith('_')) scope.names.set(name, value);
    return;
  }
  for (const { name, alias } of names) {
    const value =
      module === undefined
        ? undefined
        : (module.names.get(name) ?? run.importModule(name, 1, submoduleOf(module.path)));
    if (value === undefined && module === undefined && (level > 0 || isLikelyLocal(statement.module))) {
      throw new PythonRaise('ImportError', statement.module);
    }
    scope.names.set(alias ?? name, value ?? externalAttribute(run, statement.module, name));
  }
}

/** A path from which `from . import name` looks inside the module, if it is a package. */
function submoduleOf(path: string): string {
  return path.endsWith('/__init__.py') || path === '__init__.py'
    ? path
    : `${path.replace(/\.py$/, '')}/__init__.py`;
}

function libraryModule(run: Run, name: string): Value {
  const dot = name.lastIndexOf('.');
  return dot === -1 ? external(name) : externalAttribute(run, name.slice(0, dot), name.slice(dot + 1));
}

/** Modules that projects keep out of the repository on purpose. */
function isLikelyLocal(name: string): boolean {
  return /(^|\.)(local|dev|my|private|secret)_?(settings|secrets|config|conf|keys?)?$|(^|\.)(settings|config)_(local|dev|secret)$/i.test(
    name,
  );
}
