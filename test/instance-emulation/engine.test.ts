import { existsSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { confighookPath, hookPath, verifierPath } from '../../src/generated-paths.ts';
import {
  appEnvironment,
  type Bundle,
  type DeploymentOptions,
  deploy,
  type EmulatedInstance,
  readInstanceFile,
  type Step,
} from '../../src/instance/engine.ts';
import { bundleIn, bundleOf, instanceFor } from './bundle.ts';

/** A hook as ours are: the line with the root is another one in a rehearsal. */
const hook = (body: string) => `#!/bin/sh\nset -e\nroot=''\n${body}\n`;
const deployed = '/opt/elasticbeanstalk/deployment/env';
const listed = 'd=$root/var/lib/eb-hosts; mkdir -p "$d"; echo LIST=x >"$d/hosts.env"';
const up = { stop: async () => {}, start: async () => null, output: () => '', port: () => 8123 };

async function run(
  instance: EmulatedInstance,
  bundle: Bundle,
  properties: Record<string, string> = {},
  options: Partial<DeploymentOptions> = {},
): Promise<{ ok: boolean; steps: Step[]; outputs: string[] }> {
  const steps: Step[] = [];
  const ok = await deploy(instance, {
    command: 'app-deploy',
    properties: new Map(Object.entries(properties)),
    bundle,
    app: null,
    nginx: null,
    onStep: (step) => steps.push(step),
    signal: new AbortController().signal,
    ...options,
  });
  return { ok, steps, outputs: steps.map(({ output }) => output).filter(Boolean) };
}

/** The environment of the app after a deployment with this hook. */
async function environmentAfter(body: string, platform: 'python' | 'docker' | 'compose' | 'ecs', files = {}) {
  const instance = instanceFor(platform);
  await run(instance, bundleOf({ [hookPath]: hook(body), ...files }), { LIST: 'a "b"' });
  return appEnvironment(instance);
}

describe('an application deployment', () => {
  it('runs the generated hooks in the directory and with the environment of the engine, and no others', async () => {
    const show =
      'echo "$(basename "$0") ${PWD#"$root"} $PORT $LIST ${HOME#"$root"} ${SECRET_OF_MY_SHELL-none}"';
    const paths = [hookPath, verifierPath, confighookPath, '.platform/hooks/predeploy/99_mine.sh'];
    const bundle = bundleOf(Object.fromEntries(paths.map((path) => [path, hook(show)])));
    process.env.SECRET_OF_MY_SHELL = 'leaked';
    const { ok, steps } = await run(instanceFor(), bundle, { LIST: 'a,b' }, { app: up });
    delete process.env.SECRET_OF_MY_SHELL;
    expect(ok).toBe(true);
    expect(steps.map((step) => step.output || step.phase)).toEqual([
      'stage',
      '10_eb_hosts.sh /var/app/staging 8123 a,b /root none\n',
      'flip',
      'start',
      '10_eb_hosts_verify.sh /var/app/current 8123 a,b /root none\n',
    ]);
  });

  it('sends the hooks to the emulated instance', async () => {
    const ask =
      'curl -s -X PUT $imds/latest/api/token; curl -s $imds/latest/meta-data/local-ipv4; echo " $site"';
    const lines = `imds='http://169.254.169.254'\nsite='http://127.0.0.1'\n${ask}`;
    const { outputs } = await run(instanceFor(), bundleOf({ [hookPath]: hook(lines) }));
    expect(outputs).toEqual(['token10.0.1.5 http://127.0.0.1:8123\n']);
  });

  it('writes the environment file after predeploy, so that what a hook appended there is lost', async () => {
    const append = `f=$root${deployed}; cat "$f" 2>/dev/null || echo absent; echo LIST=b >>"$f"`;
    const bundle = bundleOf({ [hookPath]: hook(append) });
    const instance = instanceFor();
    expect((await run(instance, bundle, { LIST: 'a' })).outputs).toEqual(['absent\n']);
    expect((await run(instance, bundle, { LIST: 'a' })).outputs).toEqual(['LIST=a\n']);
    expect(appEnvironment(instance).get('LIST')).toBe('a');
  });

  it('ends at a hook that fails, and leaves the old app as it is', async () => {
    const instance = instanceFor();
    await run(instance, bundleOf({ 'version.txt': '1' }));
    const broken = bundleOf({ 'version.txt': '2', [hookPath]: hook('echo sorry >&2; exit 3') });
    const app = { ...up, stop: () => Promise.reject(new Error('stopped')) };
    const { ok, steps } = await run(instance, broken, {}, { app });
    expect(ok).toBe(false);
    expect(steps.at(-1)).toMatchObject({ hook: hookPath, ok: false, status: 3, output: 'sorry\n' });
    expect(readInstanceFile(instance, '/var/app/current/version.txt')).toBe('1');
  });

  it('stops the app before the flip and starts it before the verifier', async () => {
    const order: string[] = [];
    const app = {
      ...up,
      stop: async () => void order.push('stop'),
      start: async () => {
        order.push('start');
        return null;
      },
    };
    const bundle = bundleOf({ [verifierPath]: hook('true') });
    await run(instanceFor(), bundle, {}, { app, onStep: (step) => order.push(step.phase) });
    expect(order).toEqual(['stage', 'stop', 'flip', 'start', 'start', 'postdeploy']);
  });

  it('tells which files a hook changed, and passes over the verifier where no app is up', async () => {
    const bundle = bundleOf({ [hookPath]: hook(listed), [verifierPath]: hook('exit 1') });
    const { ok, steps } = await run(instanceFor(), bundle);
    expect(ok).toBe(true);
    const changed = [{ path: '/var/lib/eb-hosts/hosts.env', before: null, after: 'LIST=x\n' }];
    expect(steps.filter((step) => step.hook !== null)).toMatchObject([
      { ran: true, changed },
      { ran: false, ok: true, status: null },
    ]);
  });

  it('ends a hook and what it started when the person interrupts', async () => {
    const bundle = bundleOf({ [hookPath]: hook('sleep 600 & echo $! >"$root/pid"; wait') });
    const instance = instanceFor();
    const controller = new AbortController();
    const deployment = run(instance, bundle, {}, { signal: controller.signal });
    deployment.catch(() => {});
    await expect.poll(() => readInstanceFile(instance, '/pid')).toMatch(/\d/);
    controller.abort();
    await expect(deployment).rejects.toMatchObject({ code: 'interrupted', status: 130 });
    const pid = Number(readInstanceFile(instance, '/pid'));
    await expect.poll(() => isRunning(pid)).toBe(false);
  });

  it('of a configuration runs the confighook only and writes the environment anew', async () => {
    const bundle = bundleOf({
      [hookPath]: hook('echo hook'),
      [confighookPath]: hook('echo "confighook $LIST"'),
    });
    const instance = instanceFor();
    await run(instance, bundle, { LIST: 'a' });
    const { outputs } = await run(instance, bundle, { LIST: 'b' }, { command: 'config-deploy' });
    expect(outputs).toEqual(['confighook b\n']);
    expect(readInstanceFile(instance, deployed)).toBe('LIST=b\n');
  });

  it('runs a hook with CRLF, as an instance does', async () => {
    const { ok, outputs } = await run(instanceFor(), bundleOf({ [hookPath]: '#!/bin/sh\r\necho fine\r\n' }));
    expect({ ok, outputs }).toEqual({ ok: true, outputs: ['fine\n'] });
  });

  it('leaves out links that lead out of the bundle', async () => {
    const { directory } = bundleOf({ 'secret.txt': 'x', 'app/a.txt': 'a' });
    symlinkSync('../secret.txt', join(directory, 'app/out'));
    symlinkSync('a.txt', join(directory, 'app/in'));
    symlinkSync('/etc/hostname', join(directory, 'app/absolute'));
    const instance = instanceFor();
    await run(instance, bundleIn(join(directory, 'app')));
    const read = ['in', 'out', 'absolute'].map((name) =>
      readInstanceFile(instance, `/var/app/current/${name}`),
    );
    expect(read).toEqual(['a', null, null]);
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

describe('the environment by platform', () => {
  it('docker: env.list is there before the hook, an edit reaches the container raw', async () => {
    const edit = `cd "$root/opt/elasticbeanstalk/deployment"; echo "ADDED='1'" >>env.list`;
    const variables = await environmentAfter(edit, 'docker');
    expect(Object.fromEntries(variables)).toEqual({ LIST: 'a "b"', ADDED: "'1'" });
  });

  it('compose: .env lies in staging, moves with the flip, and a .env of the bundle stays', async () => {
    const own = 'echo ADDED="1" >>.env';
    const variables = await environmentAfter(own, 'compose');
    expect(Object.fromEntries(variables)).toEqual({ LIST: 'a "b"', ADDED: '1' });
    const bundled = await environmentAfter(own, 'compose', { '.env': 'OWN=1\n' });
    expect(Object.fromEntries(bundled)).toEqual({ OWN: '1', ADDED: '1' });
  });

  it.each(['ecs', 'python'] as const)('%s: the list comes later and wins', async (platform) => {
    expect(await environmentAfter(listed, platform)).toEqual(new Map([['LIST', 'x']]));
  });
});

it('get-config works, and knows no variable that hooks do not get already', async () => {
  const ask = 'g=$root/opt/elasticbeanstalk/bin/get-config; "$g" environment && ! "$g" environment -k A';
  expect((await run(instanceFor(), bundleOf({ [hookPath]: hook(ask) }))).ok).toBe(true);
});

it('an instance leaves nothing behind', () => {
  const instance = instanceFor();
  instance.remove();
  expect(existsSync(instance.root)).toBe(false);
});
