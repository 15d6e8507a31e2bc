// Measures what docs/benchmarks.md tells. Started by scripts/bench.mjs: with names, prints their sections; without one,
// runs all and writes the page.
import { writeFileSync } from 'node:fs';
import { benchDoctor } from './doctor.ts';
import { benchHook } from './hook.ts';
import { benchInit } from './init.ts';
import { benchNpx } from './npx.ts';
import { benchProbe } from './probe.ts';
import { benchRehearse } from './rehearse.ts';
import { benchStart } from './start.ts';
import { describeLoad, describeMachine, versions } from './support/machine.ts';
import { renderLimits, renderSection, renderTable, type Section } from './support/section.ts';

const page = 'docs/benchmarks.md';
const fewest = 15;

const benches: Readonly<Record<string, (samples: number) => Promise<Section>>> = {
  hook: benchHook,
  start: benchStart,
  init: benchInit,
  npx: benchNpx,
  doctor: benchDoctor,
  rehearse: benchRehearse,
  probe: benchProbe,
};

const samples = Number(process.env.EB_HOSTS_BENCH_SAMPLES ?? fewest);
const names = process.argv.slice(2).filter((name) => name !== 'all');
const unknown = names.find((name) => !(name in benches));
if (unknown !== undefined || !Number.isInteger(samples) || samples < 1) {
  const choice = `one of ${Object.keys(benches).join(', ')}, or none for all`;
  console.error(
    unknown
      ? `bench: '${unknown}' is no benchmark: name ${choice}`
      : 'bench: EB_HOSTS_BENCH_SAMPLES is no number',
  );
  process.exitCode = 2;
} else if (names.length > 0) {
  for (const name of names) console.log(renderSection(await run(name)));
} else {
  writeFileSync(page, await renderPage());
  console.error(`wrote ${page}`);
}

async function run(name: string): Promise<Section> {
  const started = performance.now();
  const section = await (benches[name] as (samples: number) => Promise<Section>)(samples);
  console.error(`${name}: ${((performance.now() - started) / 1000).toFixed(0)} s`);
  return section;
}

async function renderPage(): Promise<string> {
  const date = new Date().toISOString().slice(0, 10);
  const loadBefore = describeLoad();
  const sections: Section[] = [];
  for (const name of Object.keys(benches)) sections.push(await run(name));
  const warning =
    samples < fewest
      ? `\n**A trial run: ${samples} samples where ${fewest} are the fewest that count.**\n`
      : '';
  const found = versions(['npm', 'curl', 'git', 'python3', 'aws', 'eb']);
  return `# Benchmarks

Made by \`npm run bench\` on ${date}; to be made again, not edited. What is compared ran in turns, in one run, on one machine:
the ratios say something about yours, the times do not. Medians of ${samples} runs, of ${samples * 2} where one takes less than half a
second; the spread is the two quartiles.
${warning}
${renderLimits(sections)}

Machine: ${describeMachine()}. Load before: ${loadBefore}, after: ${describeLoad()}.

${renderTable(Object.keys(found), [Object.values(found)])}

${sections.map(renderSection).join('\n')}`;
}
