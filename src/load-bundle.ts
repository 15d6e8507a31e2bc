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
  let flagsHaveChanged = () => false;

  const open = (pack: string): Readonly<Record<string, Chunk>> => {
    const known = opened.get(pack);
    if (known !== undefined) return known;
    const filename = join(directory, pack);
    const cachedData = cache?.read(pack);
    // ASCII, which is not decoded that way.
    const source = readFileSync(filename, 'latin1');
    const script = new Script(source, { filename, cachedData });
    const isKept = cachedData !== undefined && script.cachedDataRejected === false;
    complete &&= isKept;
    if (scripts.size === 0 && cache !== undefined)
      flagsHaveChanged = isKept ? watchFlags(source.length, cachedData) : watchFlags();
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

  // At the end, V8 has compiled every function that such a run needs.
  process.on('exit', (status) => {
    if (cache === undefined || complete || status > 1 || flagsHaveChanged()) return;
    cache.write(new Map([...scripts].map(([pack, script]) => [pack, script.createCachedData()])));
  });
  load(entry);
}

/** Tells whether V8's flags are others than now (src/small-heap.ts sets some): what is compiled under others would be rejected
 * by the next run. V8 tells sources apart by their length here, and looks at the data only for a source that it has not seen.
 * @param cachedData is accepted now, for a source of this length */
function watchFlags(length = 1, cachedData: Buffer = new Script('0').createCachedData()): () => boolean {
  return () => new Script('1'.padEnd(length), { cachedData }).cachedDataRejected === true;
}
