import { executeBlock } from './execute.ts';
import type { Program } from './program.ts';
import type { Run } from './run.ts';
import type { Module, Scope } from './value.ts';

/** Executes the files a pattern of django-split-settings names, relative to the file that includes them. */
export function includeFiles(
  program: Program,
  modules: Map<string, Module>,
  run: Run,
  name: string,
  scope: Scope,
): boolean {
  const directory = scope.file.split('/').slice(0, -1).join('/');
  const path = normalize(directory === '' ? name : `${directory}/${name}`);
  const found = program.has(path) ? [path] : filesLike(program.paths, path);
  for (const file of found) {
    const module = program.module(file);
    if (module === undefined) continue;
    modules.set(file, { kind: 'module', path: file, names: scope.names });
    executeBlock(run, module.body, { ...scope, file }, true);
  }
  return found.length > 0;
}

function normalize(path: string): string {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.' && part !== '') parts.push(part);
  }
  return parts.join('/');
}

function filesLike(paths: readonly string[], glob: string): string[] {
  if (!glob.includes('*')) return [];
  const source = glob.replace(/[.+^${}()|[\]\\?]/g, '\\$&').replace(/\*+/g, '[^/]*');
  const pattern = new RegExp(`^${source}$`);
  return paths.filter((path) => pattern.test(path));
}
