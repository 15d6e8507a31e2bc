import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { compileFunction } from 'node:vm';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { assertAcyclic, toCommonJs } from '../../scripts/commonjs.mjs';

const sources = {
  'main.js': `
    import fs, { existsSync as exists } from 'node:fs';
    import * as path from 'node:path';
    import os, * as all from 'node:os';
    import 'node:events';
    import { shared, Thing } from './shared.js';
    import fallback from './default.js';
    export { shared as handedOn } from './shared.js';
    export default async function run() {
      const { late, $odd } = await import('./late.js');
      return [fs.existsSync === exists, path.basename('/a/b'), os.EOL === all.EOL, shared(1), new Thing().name, fallback, late(), $odd,
        import.meta.url.startsWith('file:'), 'import { x } from "y"; export { z };'];
    }
    export let counted = 0;
    counted += 2;
    export const early = callsAhead();
    function callsAhead() { return path.join('a', 'b'); }
  `,
  'shared.js':
    'export const shared = (n) => n + base; const base = 40; export class Thing { name = "thing" }',
  'default.js': 'export default { of: "default" };',
  'late.js':
    'import { shared } from "./shared.js"; export const late = () => shared(2); export const $odd = 1;',
};

let directory: string;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'eb-hosts-commonjs-'));
  mkdirSync(join(directory, 'in'));
  for (const [name, text] of Object.entries(sources)) writeFileSync(join(directory, 'in', name), text);
  await build({
    entryPoints: [join(directory, 'in/main.js')],
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    minify: true,
    outdir: join(directory, 'out'),
    outExtension: { '.js': '.mjs' },
  });
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** The module of a file, made CommonJS, with what it needs. */
function load(file: string): Record<string, unknown> {
  const code = toCommonJs(readFileSync(file, 'utf8'));
  const run = compileFunction(code, ['exports', 'require', '__filename'], { filename: file });
  const exports = {};
  const outside = createRequire(file);
  run(exports, (id: string) => (id.startsWith('.') ? load(join(dirname(file), id)) : outside(id)), file);
  return exports;
}

describe('a chunk as CommonJS', () => {
  it('does what the same module does under Node', async () => {
    const file = join(directory, 'out/main.mjs');
    const expected = (await import(pathToFileURL(file).href)) as Record<string, unknown>;
    const actual = load(file);
    expect(Object.keys(actual).sort()).toEqual(Object.keys(expected).sort());
    for (const name of ['counted', 'early']) expect(actual[name]).toBe(expected[name]);
    const results = await (actual.default as () => Promise<unknown>)();
    expect(results).toEqual(await (expected.default as () => Promise<unknown>)());
    expect(results).toContain('import { x } from "y"; export { z };');
    expect((actual.handedOn as (n: number) => number)(2)).toBe(42);
  });

  it('has what it imports from its first line on', () => {
    expect(toCommonJs('use();import{a as b}from"./a.js";function use(){b()}')).toMatch(
      /^"use strict";const \{a:b\}=require\("\.\/a\.js"\);/,
    );
  });

  it.each(['export const a=1;', 'export default 1;', 'export{a}from"./a.js";export{b};'])(
    'is refused where its exports stand otherwise: %s',
    (source) => {
      expect(() => toCommonJs(source)).toThrow(/not as esbuild prints it/);
    },
  );
});

describe('chunks that import each other', () => {
  it('are refused, by whatever way they do', () => {
    const imports = (cycle: string[]) =>
      new Map([
        ['a', ['b', 'c']],
        ['b', ['c']],
        ['c', cycle],
      ]);
    expect(() => assertAcyclic(imports([]))).not.toThrow();
    expect(() => assertAcyclic(imports(['a']))).toThrow('a imports itself by way of a, b, c');
  });
});
