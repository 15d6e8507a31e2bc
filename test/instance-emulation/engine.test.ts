import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Bundle } from '../../src/instance/bundle.ts';
import { type EmulatedInstance, readInstanceFile } from '../../src/instance/emulated-instance.ts';
import { type DeploymentOptions, deploy, type Step } from '../../src/instance/engine.ts';
import { appEnvironment } from '../../src/instance/environment.ts';
import { bundleIn, bundleOf, instanceFor } from './bundle.ts';

/** A hook as ours are: the line with the root is another one in a rehearsal. */
const hook = (body: string) => `#!/bin/sh\n# Made by eb-hosts 0.0.0\nset -e\nroot=''\n${body}\n`;
const pre = '.platform/hooks/predeploy';
const deployed = '/opt/elasticbeanstalk/deployment/env';
const units = '$root/usr/lib/systemd/system/web.service.d';

async function run(
  instance: EmulatedInstance,
  bundle: Bundle,
  options: Partial<DeploymentOptions> = {},
): Promise<{ ok: boolean; steps: Step[]; outputs: string[] }> {
  const steps: Step[] = [];
  const ok = await deploy(instance, {
    command: 'app-deploy',
    bundle,
    runs: () => true,
    app: null,
    onStep: (step) => steps.push(step),
    signal: new AbortController().signal,
    ...options,
  });
  return { ok, steps, outputs: steps.map(({ output }) => output).filter(Boolean) };
}

/** The environment of the app after a deployment with this one hook. */
async function environmentAfter(body: string, platform: 'python' | 'docker' | 'compose' | 'ecs', files = {}) {
  const instance = instanceFor({ platform }, { LIST: 'a "b"' });
  await run(instance, bundleOf({ [`${pre}/a.sh`]: hook(body), ...files }));
  return appEnvironment(instance);
}

describe('an application deployment', () => {
  it('runs the hooks of each phase in byte order, in the directory and with the environment of the engine', async () => {
    const show =
      'echo "$(basename "$0") ${PWD#"$root"} $PORT $LIST ${HOME#"$root"} ${SECRET_OF_MY_SHELL-none}"';
    const bundle = bundleOf({
      '.platform/hooks/prebuild/a.sh': hook(show),
      [`${pre}/b.sh`]: hook(show),
      [`${pre}/10_x.sh`]: hook(show),
      '.platform/hooks/postdeploy/c.sh': hook(show),
      '.platform/confighooks/predeploy/never.sh': hook(show),
    });
    process.env.SECRET_OF_MY_SHELL = 'leaked';
    const { ok, steps } = await run(instanceFor({ port: 8123 }, { LIST: 'a,b' }), bundle);
    delete process.env.SECRET_OF_MY_SHELL;
    expect(ok).toBe(true);
    expect(steps.map((step) => step.output || step.phase)).toEqual([
      'stage',
      'a.sh /var/app/staging 8123 a,b /root none\n',
      '10_x.sh /var/app/staging 8123 a,b /root none\n',
      'b.sh /var/app/staging 8123 a,b /root none\n',
      'flip',
      'c.sh /var/app/current 8123 a,b /root none\n',
    ]);
  });

  it('sends the hooks of eb-hosts to the emulated instance, and no others', async () => {
    const lines = "root=''\nimds='http://169.254.169.254'\nsite='http://127.0.0.1'\necho $root $imds $site";
    const bundle = bundleOf({
      [`${pre}/a.sh`]: `#!/bin/sh\n# Made by eb-hosts 0.0.0\n${lines}\n`,
      [`${pre}/b.sh`]: `#!/bin/sh\n${lines}\n`,
    });
    const { outputs } = await run(instanceFor({ port: 8123 }), bundle);
    expect(outputs).toEqual([
      ' http://127.0.0.1:9 http://127.0.0.1:8123\n',
      'http://169.254.169.254 http://127.0.0.1\n',
    ]);
  });

  it('writes the environment file after predeploy, so that what a hook appended there is lost', async () => {
    const bundle = bundleOf({
      [`${pre}/append.sh`]: hook(
        `f=$root${deployed}; cat "$f" 2>/dev/null || echo absent; echo LIST=b >>"$f"`,
      ),
      '.platform/hooks/postdeploy/show.sh': hook(`cat "$root${deployed}"`),
    });
    const instance = instanceFor({}, { LIST: 'a' });
    expect((await run(instance, bundle)).outputs).toEqual(['absent\n', 'LIST=a\n']);
    expect((await run(instance, bundle)).outputs).toEqual(['LIST=a\n', 'LIST=a\n']);
    expect(appEnvironment(instance).variables.get('LIST')).toBe('a');
  });

  it('ends at the first hook that fails, and leaves the old app as it is', async () => {
    const instance = instanceFor();
    await run(instance, bundleOf({ 'version.txt': '1' }));
    const broken = bundleOf({
      'version.txt': '2',
      [`${pre}/1.sh`]: hook('echo sorry >&2; exit 3'),
      [`${pre}/2.sh`]: hook('echo never'),
    });
    const app = { stop: () => Promise.reject(new Error('stopped')), start: async () => null };
    const { ok, steps } = await run(instance, broken, { app });
    expect(ok).toBe(false);
    expect(steps.at(-1)).toMatchObject({ hook: `${pre}/1.sh`, ok: false, status: 3, output: 'sorry\n' });
    expect(readInstanceFile(instance, '/var/app/current/version.txt')).toBe('1');
  });

  it('stops the app before the flip and starts it before the postdeploy hooks', async () => {
    const order: string[] = [];
    const app = {
      stop: async () => void order.push('stop'),
      start: async () => {
        order.push('start');
        return null;
      },
    };
    const bundle = bundleOf({ '.platform/hooks/postdeploy/b.sh': hook('true') });
    await run(instanceFor(), bundle, { app, onStep: (step) => order.push(step.phase) });
    expect(order).toEqual(['stage', 'stop', 'flip', 'start', 'start', 'postdeploy']);
  });

  it('passes over the hooks it is told to, and tells which files the others changed', async () => {
    const bundle = bundleOf({
      [`${pre}/a.sh`]: hook('d=$root/var/lib/eb-hosts; mkdir -p "$d"; echo A=1 >"$d/hosts.env"'),
      [`${pre}/b.sh`]: hook('exit 1'),
    });
    const { ok, steps } = await run(instanceFor(), bundle, { runs: (path) => path.endsWith('a.sh') });
    expect(ok).toBe(true);
    const changed = [{ path: '/var/lib/eb-hosts/hosts.env', before: null, after: 'A=1\n' }];
    expect(steps.filter((step) => step.hook !== null)).toMatchObject([
      { ran: true, changed },
      { ran: false, ok: true, status: null },
    ]);
  });

  it('ends a hook and what it started when the person interrupts', async () => {
    const bundle = bundleOf({ [`${pre}/a.sh`]: hook('sleep 600 & echo $! >"$root/pid"; wait') });
    const instance = instanceFor();
    const controller = new AbortController();
    const deployment = run(instance, bundle, { signal: controller.signal });
    deployment.catch(() => {});
    await expect.poll(() => readInstanceFile(instance, '/pid')).toMatch(/\d/);
    controller.abort();
    await expect(deployment).rejects.toMatchObject({ code: 'interrupted', status: 130 });
    const pid = Number(readInstanceFile(instance, '/pid'));
    await expect.poll(() => isRunning(pid)).toBe(false);
  });

  it('of a configuration runs the confighooks only and writes the environment anew', async () => {
    const bundle = bundleOf({
      [`${pre}/a.sh`]: hook('echo hooks'),
      '.platform/confighooks/predeploy/a.sh': hook('echo "confighooks $LIST"'),
    });
    const instance = instanceFor({}, { LIST: 'a' });
    await run(instance, bundle);
    instance.setProperties(new Map([['LIST', 'b']]));
    const { outputs } = await run(instance, bundle, { command: 'config-deploy' });
    expect(outputs).toEqual(['confighooks b\n']);
    expect(readInstanceFile(instance, deployed)).toBe('LIST=b\n');
  });
});

function isRunning(pid: number): boolean {
  try {
    // A killed process whose parent has not asked for its status is still in the table.
    return !/^State:\s*Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

describe('what is staged', () => {
  it.each([
    ['with CRLF runs', '#!/bin/sh\r\necho fine\r\n', true, /fine/],
    ['whose interpreter is missing fails', '#!/no/such/sh\n', false, /no such file or directory/],
  ])('a hook %s as on an instance', async (_, text, expected, words) => {
    const { ok, steps } = await run(instanceFor(), bundleOf({ [`${pre}/a.sh`]: text }));
    expect(ok).toBe(expected);
    const step = steps.find(({ hook }) => hook !== null);
    expect(`${step?.output}${step?.note}`).toMatch(words);
  });

  it('links that lead out of the bundle are left out', async () => {
    const { directory } = bundleOf({ 'secret.txt': 'x', 'app/a.txt': 'a' });
    symlinkSync('../secret.txt', join(directory, 'app/out'));
    symlinkSync('a.txt', join(directory, 'app/in'));
    symlinkSync('/etc', join(directory, 'app/absolute'));
    const instance = instanceFor();
    const { steps } = await run(instance, bundleIn(join(directory, 'app')));
    expect(steps[0]?.note).toBe('left out: absolute, out');
    expect(readInstanceFile(instance, '/var/app/current/in')).toBe('a');
  });
});

describe('the environment by platform', () => {
  it('docker: env.list is there before the first hook, an edit reaches the container raw', async () => {
    const edit = `cd "$root/opt/elasticbeanstalk/deployment"; echo "ADDED='1'" >>env.list`;
    const { variables } = await environmentAfter(edit, 'docker');
    expect(Object.fromEntries(variables)).toEqual({ LIST: 'a "b"', ADDED: "'1'" });
  });

  it('compose: .env lies in staging, moves with the flip, and a .env of the bundle stays', async () => {
    const own = 'echo ADDED="1" >>.env';
    const { variables } = await environmentAfter(own, 'compose');
    expect(Object.fromEntries(variables)).toEqual({ LIST: 'a "b"', ADDED: '1' });
    const bundled = await environmentAfter(own, 'compose', { '.env': 'OWN=1\n' });
    expect(Object.fromEntries(bundled.variables)).toEqual({ OWN: '1', ADDED: '1' });
  });

  it('ecs: the properties, and the list that the app reads from its file', async () => {
    const write = 'd=$root/var/lib/eb-hosts; mkdir -p "$d"; echo LIST=x >"$d/hosts.env"';
    expect(await environmentAfter(write, 'ecs')).toEqual({
      listFromFile: true,
      files: ['/var/lib/eb-hosts/hosts.env'],
      variables: new Map([['LIST', 'x']]),
    });
  });

  it('python: files of drop-ins come later and win; those below /etc go with every deployment', async () => {
    const write = `
      mkdir -p "${units}" "$root/etc/systemd/system/web.service.d" "$root/x"
      printf '[Service]\\nEnvironmentFile=-/x/one\\nEnvironmentFile=-/x/missing\\n' >"${units}/50-a.conf"
      printf '[Service]\\nEnvironmentFile=/x/two\\n' >"$root/etc/systemd/system/web.service.d/60-b.conf"
      echo 'LIST="one, quoted"' >"$root/x/one"
      echo LIST=two >"$root/x/two"`;
    expect(await environmentAfter(write, 'python')).toMatchObject({
      files: [deployed, '/x/one'],
      variables: new Map([['LIST', 'one, quoted']]),
    });
  });

  it('python: a file that systemd insists on and does not find keeps the app from starting', async () => {
    const write = `mkdir -p "${units}"; printf '[Service]\\nEnvironmentFile=/nowhere\\n' >"${units}/a.conf"`;
    await expect(environmentAfter(write, 'python')).rejects.toThrow('/nowhere is missing');
  });
});

it('get-config prints one value bare, all of them as JSON, and fails for an absent one', async () => {
  const nasty = `it's "x" $(id) \`id\` \\n ; * | line\nsecond`;
  const instance = instanceFor({}, { A: nasty, B: '' });
  const ask = async (command: string) => {
    const text = hook(`g=$root/opt/elasticbeanstalk/bin/get-config\n"$g" ${command}`);
    return (await run(instance, bundleOf({ [`${pre}/a.sh`]: text }))).steps[1];
  };
  expect((await ask('environment -k A'))?.output).toBe(`${nasty}\n`);
  expect((await ask('environment -k B'))?.output).toBe('\n');
  expect(JSON.parse((await ask('environment'))?.output ?? '')).toEqual({ A: nasty, B: '' });
  expect(await ask('environment -k C')).toMatchObject({ ok: false, status: 1 });
});

it('an instance leaves nothing behind', () => {
  const instance = instanceFor();
  instance.remove();
  expect(existsSync(instance.root)).toBe(false);
});
