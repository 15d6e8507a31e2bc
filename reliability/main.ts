// Runs the tests that inject faults, layer by layer, and writes docs/reliability.md from what they report. Started by
// scripts/reliability.mjs, with names of layers to run only these and print them.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { describeMachine, versions } from '../bench/support/machine.ts';
import { type Layer, layers } from './layers.ts';
import { readOutcome } from './outcome.ts';
import { type LayerRun, renderPage } from './page.ts';

const page = 'docs/reliability.md';
const reportFile = '.build/reliability.json';

const titles = layers.map(({ title }) => title);
const asked = process.argv.slice(2);
const unknown = asked.find((title) => !titles.includes(title));
if (unknown !== undefined) {
  console.error(`reliability: '${unknown}' is no layer: name one of ${titles.join(', ')}, or none for all`);
  process.exitCode = 2;
} else {
  const runs = layers.filter(({ title }) => asked.length === 0 || asked.includes(title)).map(runLayer);
  const text = renderPage(runs, {
    date: new Date().toISOString().slice(0, 10),
    machine: describeMachine(),
    versions: versions(['dash', 'bash', 'busybox', 'curl', 'docker', 'docker-compose', 'aws']),
    trial: Number(process.env.EB_HOSTS_SOAK ?? 1000) < 1000,
  });
  if (asked.length > 0) console.log(text);
  else writeFileSync(page, text);
  if (asked.length === 0) console.error(`wrote ${page}`);
  process.exitCode = runs.some(({ outcome }) => outcome.failures.length > 0) ? 1 : 0;
}

function runLayer(layer: Layer): LayerRun {
  console.error(`\n${layer.title}`);
  const started = performance.now();
  const variables = Object.entries(layer.environment ?? {}).map(
    ([name, usual]) => [name, process.env[name] ?? usual] as const,
  );
  // A busy machine is no fault of the hook's.
  const tests = [
    'vitest',
    'run',
    '--testTimeout=120000',
    ...layer.files,
    ...(layer.only ? ['-t', layer.only.source] : []),
  ];
  mkdirSync('.build', { recursive: true });
  rmSync(reportFile, { force: true });
  const { status } = spawnSync(
    process.execPath,
    [
      'node_modules/vitest/vitest.mjs',
      ...tests.slice(1),
      '--reporter=dot',
      '--reporter=json',
      `--outputFile.json=${reportFile}`,
    ],
    { stdio: ['ignore', 2, 2], env: { ...process.env, ...Object.fromEntries(variables) } },
  );
  if (!existsSync(reportFile))
    throw new Error(`vitest ended with status ${status} and no report: ${tests.join(' ')}`);
  // The page tells no path of this machine.
  const report = readFileSync(reportFile, 'utf8').replaceAll(`${process.cwd()}/`, '');
  const outcome = readOutcome(JSON.parse(report), layer.only);
  const unexplained = status !== 0 && outcome.failures.length === 0;
  return {
    layer,
    outcome: unexplained ? { ...outcome, failures: [`vitest ended with status ${status}`] } : outcome,
    seconds: (performance.now() - started) / 1000,
    command: [
      ...variables.map(([name, value]) => `${name}=${value}`),
      'npx',
      ...tests.map((word) => (/^[\w./=-]+$/.test(word) ? word : `'${word}'`)),
    ].join(' '),
  };
}
