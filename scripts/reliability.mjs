// Injects every fault that a test knows, and writes docs/reliability.md: `npm run reliability`, an hour. A shorter soak:
// `EB_HOSTS_SOAK=15 npm run reliability`. One layer onto the terminal: `npm run reliability -- Kills`.
// Node 20 reads no TypeScript, so it is bundled first.
import { spawnSync } from 'node:child_process';
import { build } from 'esbuild';

const outfile = '.build/reliability.mjs';
await build({
  entryPoints: ['reliability/main.ts'],
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  packages: 'external',
  outfile,
  logLevel: 'warning',
});
const { status } = spawnSync(process.execPath, [outfile, ...process.argv.slice(2)], { stdio: 'inherit' });
process.exitCode = status ?? 1;
