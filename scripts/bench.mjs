// Runs a benchmark: `npm run bench -- hook`. A benchmark in TypeScript is bundled first, since Node 20 does not read it.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { build } from 'esbuild';

const names = readdirSync('bench').map((file) => file.replace(/\.(?:ts|mjs)$/, ''));
const [name, ...rest] = process.argv.slice(2);
if (name === undefined || !names.includes(name)) {
  console.error(`bench: name one of ${[...new Set(names)].join(', ')}`);
  process.exit(2);
}

let file = `bench/${name}.mjs`;
if (!existsSync(file)) {
  file = `.build/bench-${name}.mjs`;
  await build({
    entryPoints: [`bench/${name}.ts`],
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    outfile: file,
    logLevel: 'warning',
  });
}
process.exitCode = spawnSync(process.execPath, [file, ...rest], { stdio: 'inherit' }).status ?? 1;
