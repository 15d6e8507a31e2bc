// Measures: `npm run bench` everything, into docs/benchmarks.md; `npm run bench -- hook` one benchmark, onto the terminal.
// Node 20 reads no TypeScript, so the benchmarks, and the programs that they start, are bundled first: those that are part of
// what the command line does, as it is itself.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { parse } from 'node:path';
import { build } from 'esbuild';
import { bundleProgram } from './bundle.mjs';

const outdir = '.build/bench';
const common = {
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  outdir,
  outExtension: { '.js': '.mjs' },
  logLevel: 'warning',
};
const partsOfInit = ['ask-and-parse.ts', 'list-repository.ts', 'read-repository.ts'];
await Promise.all([
  build({ ...common, entryPoints: ['bench/main.ts'], packages: 'external' }),
  build({
    ...common,
    entryPoints: readdirSync('bench/programs')
      .filter((file) => !partsOfInit.includes(file))
      .map((file) => `bench/programs/${file}`),
    mainFields: ['module', 'main'],
    // Bundled CommonJS packages call `require` for Node's own modules.
    banner: {
      js: "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);",
    },
  }),
  ...partsOfInit.map((file) => bundleProgram(`bench/programs/${file}`, `${outdir}/${parse(file).name}`)),
]);
const argv = [`${outdir}/main.mjs`, ...process.argv.slice(2)];
process.exitCode = spawnSync(process.execPath, argv, { stdio: 'inherit' }).status ?? 1;
