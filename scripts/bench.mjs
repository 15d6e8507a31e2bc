// Measures: `npm run bench` everything, into docs/benchmarks.md; `npm run bench -- hook` one benchmark, onto the terminal.
// Node 20 reads no TypeScript, so the benchmarks, and the programs that they start, are bundled first.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { build } from 'esbuild';

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
await Promise.all([
  build({ ...common, entryPoints: ['bench/main.ts'], packages: 'external' }),
  build({
    ...common,
    entryPoints: readdirSync('bench/programs').map((file) => `bench/programs/${file}`),
    mainFields: ['module', 'main'],
    // Bundled CommonJS packages call `require` for Node's own modules.
    banner: {
      js: "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);",
    },
  }),
]);
const argv = [`${outdir}/main.mjs`, ...process.argv.slice(2)];
process.exitCode = spawnSync(process.execPath, argv, { stdio: 'inherit' }).status ?? 1;
