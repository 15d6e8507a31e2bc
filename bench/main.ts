// Measures what users wait for. Started by scripts/bench.mjs: with names, prints their rows; without one, runs all and
// writes the page too.
import { writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { packageVersion } from '../src/package-root.ts';
import { benchDoctor } from './doctor.ts';
import { benchHook } from './hook.ts';
import { benchInit } from './init.ts';
import type { Figure } from './measure.ts';
import { benchNpx } from './npx.ts';

const page = 'docs/benchmarks.md';
const benches: Readonly<Record<string, (samples: number) => Promise<Figure[]>>> = {
  hook: benchHook,
  init: benchInit,
  npx: benchNpx,
  doctor: benchDoctor,
};
const samples = Number(process.env.EB_HOSTS_BENCH_SAMPLES ?? 15);
const names = process.argv.slice(2);
const unknown = names.find((name) => !(name in benches));
if (unknown !== undefined) {
  console.error(`bench: '${unknown}' is none of ${Object.keys(benches).join(', ')}`);
  process.exitCode = 2;
} else {
  const loadBefore = load();
  const figures: Figure[] = [];
  for (const [name, bench] of Object.entries(benches)) {
    if (names.length === 0 || names.includes(name)) figures.push(...(await bench(samples)));
  }
  console.log(table(figures));
  if (names.length === 0) writeFileSync(page, pageOf(figures, loadBefore));
  if (figures.some(({ time, floor, limit }) => limit !== undefined && time / floor > limit))
    process.exitCode = 1;
}

function load(): string {
  return (loadavg()[0] ?? 0).toFixed(2);
}

function table(figures: readonly Figure[]): string {
  const rows = figures.map(({ what, time, against, floor, limit }) => [
    what,
    duration(time),
    against,
    duration(floor),
    `**${(time / floor).toFixed(2)}**`,
    limit === undefined ? '' : `at most ${limit}`,
  ]);
  const head = ['', 'takes', 'against', 'takes', 'ratio', 'limit'];
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}

function duration(milliseconds: number): string {
  return milliseconds >= 1000 ? `${(milliseconds / 1000).toFixed(2)} s` : `${milliseconds.toFixed(0)} ms`;
}

function pageOf(figures: readonly Figure[], loadBefore: string): string {
  return `# Benchmarks

What users wait for, each beside the least that it could take. Made by \`npm run bench\` on ${new Date().toISOString().slice(0, 10)}; to be made again,
not edited. What is compared ran in turns, in one run: the ratios say something about your machine, the times do not.
Medians of ${samples} runs (of ${samples * 2} for the hook and \`init\`, of ${Math.min(samples, 5)} for \`doctor\`).

${table(figures)}

- The hook asks \`get-config\` for nothing here, its property is set. In a first deployment it also makes its directory and the
  units of systemd; \`systemctl daemon-reload\` is not part of it.
- \`npx\` runs from a tarball, with an empty cache and no network: what a registry adds is not measured.
- The server of \`doctor --all\` answers each call after 40 ms; both ask eight environments at once.

eb-hosts ${packageVersion()}, node ${process.version}, ${cpus()[0]?.model.trim()}, ${cpus().length} cores. Load before: ${loadBefore}, after: ${load()}.
`;
}
