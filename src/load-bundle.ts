import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Script } from 'node:vm';
import type { CodeCache } from './code-cache.ts';

/** What scripts/build.mjs made: files of chunks, each chunk the function around a CommonJS module. */
export interface Bundle {
  /** The files' names, in the order in which a chunk is looked for. */
  readonly packs: readonly string[];
  /** The chunk that runs first. */
  readonly entry: string;
  /** Changes with the content. */
  readonly build: string;
}

type Chunk = (
  exports: unknown,
  require: (id: string) => unknown,
  module: { exports: unknown },
  filename: string,
  directory: string,
) => void;

/** Runs the bundle in `directory`, with the compiled code that is kept from earlier runs. */
export function loadBundle(directory: string, { packs, entry }: Bundle, cache: CodeCache | undefined): void {
  const modules = new Map<string, { exports: unknown }>();
  const opened = new Map<string, Readonly<Record<string, Chunk>>>();
  const scripts = new Map<string, Script>();
  let complete = true;

  const open = (pack: string): Readonly<Record<string, Chunk>> => {
    const known = opened.get(pack);
    if (known !== undefined) return known;
    const filename = join(directory, pack);
    const cachedData = cache?.read(pack);
    const script = new Script(readFileSync(filename, 'utf8'), { filename, cachedData });
    if (cachedData === undefined || script.cachedDataRejected === true) complete = false;
    scripts.set(pack, script);
    const chunks: Record<string, Chunk> = script.runInThisContext();
    opened.set(pack, chunks);
    return chunks;
  };
  const load = (name: string): unknown => {
    const known = modules.get(name);
    if (known !== undefined) return known.exports;
    const module = { exports: {} };
    modules.set(name, module);
    for (const pack of packs) {
      const chunk = open(pack)[name];
      if (chunk === undefined) continue;
      chunk(module.exports, requireFrom, module, join(directory, pack), directory);
      return module.exports;
    }
    throw new Error(`no chunk ${name} in ${directory}`);
  };
  const requireFrom = (id: string): unknown => (id.startsWith('./') ? load(id.slice(2)) : require(id));

  const probe = cache === undefined ? undefined : new Script('0').createCachedData();
  // At the end, V8 has compiled every function that such a run needs.
  process.on('exit', (status) => {
    if (cache === undefined || complete || status > 1) return;
    // What is made under other flags (src/small-heap.ts sets some) would be rejected by the next run. V8 tells sources apart
    // by their length here, and looks at the data only for a source that it has not seen.
    if (new Script('1', { cachedData: probe }).cachedDataRejected === true) return;
    cache.write(new Map([...scripts].map(([pack, script]) => [pack, script.createCachedData()])));
  });
  load(entry);
}
