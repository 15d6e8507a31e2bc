// Reading a repository of 100,000 files, against the least such a reading can cost: `git ls-files | wc -l` and the start of node.
// In steps: the files alone (takeSnapshot), with what they say (readProject), and the whole command.
// Usage: npm run build && node bench/repository.mjs [RUNS]
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';

const runs = Number(process.argv[2] ?? 11);
const bin = resolve('dist/bin.js');
const scratch = mkdtempSync(join(tmpdir(), 'eb-hosts-bench-'));
const root = join(scratch, 'repository');

try {
  makeRepository();
  const takeSnapshot = await step('snapshot', 'await takeSnapshot(process.cwd())');
  const readProject = await step('project', 'readProject(await takeSnapshot(process.cwd()))');
  const contestants = {
    'git ls-files | wc -l': ['sh', '-c', 'git ls-files | wc -l'],
    'bare node start': [process.execPath, '-e', '0'],
    takeSnapshot: [process.execPath, takeSnapshot],
    'takeSnapshot, readProject': [process.execPath, readProject],
    'eb-hosts doctor': [process.execPath, bin, 'doctor', '--json'],
  };
  const times = Object.fromEntries(Object.keys(contestants).map((name) => [name, []]));
  // In turns, so that a busy moment of the machine meets all of them; the first turn warms the caches.
  for (let turn = 0; turn <= runs; turn++) {
    for (const [name, command] of Object.entries(contestants)) {
      const elapsed = time(command);
      if (turn > 0) times[name].push(elapsed);
    }
  }
  const medians = Object.fromEntries(Object.entries(times).map(([name, values]) => [name, median(values)]));
  const floor = medians['git ls-files | wc -l'] + medians['bare node start'];
  for (const [name, value] of Object.entries(medians)) {
    const ratio = (value / floor).toFixed(2).padStart(6);
    console.log(`${value.toFixed(0).padStart(6)} ms ${ratio} of the first two together  ${name}`);
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

/** A program of its own that does one step, bundled as the command is. */
async function step(name, expression) {
  const outfile = join(scratch, `${name}.mjs`);
  await build({
    stdin: {
      contents: `import { takeSnapshot } from './src/repository/take-snapshot.ts';
        import { readProject } from './src/project/read-project.ts';
        globalThis.result = ${expression};`,
      resolveDir: resolve('.'),
    },
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    mainFields: ['module', 'main'],
    banner: { js: "import{createRequire as r}from'node:module';const require=r(import.meta.url);" },
  });
  return outfile;
}

/** 2,000 directories of 50 files, with a Django app on Elastic Beanstalk at the top. */
function makeRepository() {
  const files = {
    'manage.py':
      'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "site_a.settings")\nimport django\n',
    'site_a/__init__.py': '',
    'site_a/settings.py':
      'import os\nALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "example.com").split(",")\nINSTALLED_APPS = []\n',
    '.ebextensions/django.config':
      'option_settings:\n  aws:elasticbeanstalk:container:python:\n    WSGIPath: site_a.wsgi:application\n',
  };
  for (const [path, text] of Object.entries(files)) write(path, text);
  for (let package_ = 0; package_ < 100; package_++) {
    for (let module = 0; module < 20; module++) {
      for (let file = 0; file < 50; file++)
        write(`pkg${package_}/mod${module}/file_${file}.py`, `x = ${file}\n`);
    }
  }
  for (const args of [
    ['init', '--quiet'],
    ['add', '--all'],
    ['-c', 'user.name=b', '-c', 'user.email=b@example.com', 'commit', '--quiet', '--message', 'all'],
  ]) {
    const { status, stderr } = spawnSync('git', args, { cwd: root, encoding: 'utf8' });
    if (status !== 0) throw new Error(stderr);
  }
}

function write(path, text) {
  mkdirSync(join(root, path, '..'), { recursive: true });
  writeFileSync(join(root, path), text);
}

function time([program, ...args]) {
  const start = process.hrtime.bigint();
  const { error, stderr, status } = spawnSync(program, args, { cwd: root, maxBuffer: 64 * 1024 * 1024 });
  if (error || status !== 0) throw error ?? new Error(String(stderr));
  return Number(process.hrtime.bigint() - start) / 1e6;
}

function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}
