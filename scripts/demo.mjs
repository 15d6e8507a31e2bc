// The main job on the embedded project, without AWS: the health check of an emulated instance before `init`, and after.
// Needs sh, curl, flock and git. With a python3 that imports django the app is Django itself, else a stand-in for its host check.
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const program = join(root, 'dist', 'bin.js');

const missing = ['sh', 'curl', 'flock', 'git'].filter(
  (name) => spawnSync(name, ['--version']).error !== undefined,
);
if (missing.length > 0) {
  console.error(`The demo needs ${missing.join(', ')}, which this machine lacks.`);
  process.exit(2);
}

const django = findDjango();
const app =
  django === undefined
    ? [process.execPath, fileURLToPath(new URL('demo-app.mjs', import.meta.url))]
    : [django.python, 'manage.py', 'runserver', '--noreload', '127.0.0.1:$PORT'];
console.log(
  django === undefined
    ? "The app: a Node stand-in for Django's host check (no python3 here imports django)."
    : `The app: Django ${django.version}, run by ${django.python}.`,
);

const scratch = mkdtempSync(join(tmpdir(), 'eb-hosts-demo-'));
process.on('exit', () => rmSync(scratch, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(130));

cpSync(join(root, 'test', 'fixtures', 'project'), scratch, { recursive: true });
git('init', '--quiet');
commit('A Django project');

const rehearsal = ['rehearse', '--quiet', '--property', 'SECRET_KEY=for-the-demo', '--', ...app];
run(1, ...rehearsal);
console.log();
run(0, 'init', '--yes', '--health-check-path', '/health/');
commit('Hooks of eb-hosts');
console.log();
run(0, ...rehearsal);
console.log("The load balancer's health check: 400 before, 200 after.");

/** What `init` prints is left out: the demo shows what its hooks do. */
function run(expected, ...args) {
  console.log(`$ npx eb-hosts ${args.map((arg) => (/[\s$]/.test(arg) ? `'${arg}'` : arg)).join(' ')}`);
  const output = args[0] === 'init' ? 'ignore' : 'inherit';
  const { status } = spawnSync(process.execPath, [program, ...args], {
    cwd: scratch,
    stdio: ['ignore', output, output],
  });
  if (status === expected) return;
  if (status !== 130) console.error(`The demo failed: status ${status} where ${expected} was expected.`);
  process.exit(status === 130 ? 130 : 1);
}

function commit(message) {
  const identity = [
    '-c',
    'user.name=demo',
    '-c',
    'user.email=demo@example.com',
    '-c',
    'commit.gpgSign=false',
  ];
  git('add', '--all');
  git(...identity, 'commit', '--quiet', '--no-verify', '--message', message);
}

function git(...args) {
  execFileSync('git', args, { cwd: scratch, stdio: ['ignore', 'ignore', 'inherit'] });
}

function findDjango() {
  for (const python of ['python3', '/usr/bin/python3']) {
    const { status, stdout } = spawnSync(python, ['-c', 'import django; print(django.get_version())'], {
      encoding: 'utf8',
    });
    if (status === 0) return { python, version: stdout.trim() };
  }
  return undefined;
}
