import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Script } from 'node:vm';
import type { CodeCache } from './code-cache.ts';

interface Chunk {
  exports: unknown;
}

/** Runs the bundle in `directory` from its file `entry` on, as Node's own `require` would, with the compiled code that is
 * kept from earlier runs. */
export function loadBundle(directory: string, entry: string, cache: CodeCache | undefined): void {
  const chunks = new Map<string, Chunk>();
  const scripts = new Map<string, Script>();
  let complete = true;

  const load = (name: string): unknown => {
    const known = chunks.get(name);
    if (known !== undefined) return known.exports;
    const chunk: Chunk = { exports: {} };
    chunks.set(name, chunk);
    const filename = join(directory, name);
    const cachedData = cache?.read(name);
    const script = new Script(wrap(readFileSync(filename, 'utf8')), { filename, cachedData });
    scripts.set(name, script);
    if (cachedData === undefined || script.cachedDataRejected === true) complete = false;
    script.runInThisContext()(chunk.exports, requireFrom, chunk, filename, directory);
    return chunk.exports;
  };
  const requireFrom = (id: string): unknown => (id.startsWith('./') ? load(id.slice(2)) : require(id));

  // At the end, V8 has compiled every function that such a run needs.
  process.on('exit', (status) => {
    if (cache === undefined || complete || status > 1) return;
    cache.write(new Map([...scripts].map(([name, script]) => [name, script.createCachedData()])));
  });
  load(entry);
}

/** Node's wrapper of a CommonJS module, on the first line so that line numbers stay. */
function wrap(source: string): string {
  return `(function (exports, require, module, __filename, __dirname) {${source}\n})`;
}
