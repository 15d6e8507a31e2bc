import { existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { appEnvironment } from '../../src/instance/app-environment.ts';
import { readInstanceFile } from '../../src/instance/emulated-instance.ts';
import { type DeploymentOptions, deploy } from '../../src/instance/engine.ts';
import { directoryOf, instanceFor } from './bundle.ts';

const hook = (body: string) => `#!/bin/sh\nset -e\n${body}\n`;
const pre = '.platform/hooks/predeploy';
const deployed = '/opt/elasticbeanstalk/deployment/env';
const appDeploy = (directory: string, options: Partial<DeploymentOptions> = {}): DeploymentOptions => ({
  command: 'app-deploy',
  bundle: { directory },
  ...options,
});

describe('an application deployment', () => {
  it('runs the hooks of each phase in byte order, in the directory and with the environment of the engine', async () => {
    const show =
      'echo "$(basename "$0") ${PWD#"$EB_HOSTS_ROOT"} $PORT $LIST ${HOME#"$EB_HOSTS_ROOT"} ${SECRET_OF_MY_SHELL-none}"';
    const directory = directoryOf({
      '.platform/hooks/prebuild/a.sh': hook(show),
      [`${pre}/b.sh`]: hook(show),
      [`${pre}/10_x.sh`]: hook(show),
      [`${pre}/B.sh`]: hook(show),
      '.platform/hooks/postdeploy/c.sh': hook(show),
      '.platform/confighooks/predeploy/never.sh': hook(show),
    });
    process.env.SECRET_OF_MY_SHELL = 'leaked';
    const instance = instanceFor({ port: 8123, properties: new Map([['LIST', 'a,b']]) });
    const { ok, steps } = await deploy(instance, appDeploy(directory));
    delete process.env.SECRET_OF_MY_SHELL;
    expect(ok).toBe(true);
    expect(steps.map((step) => step.output || step.phase)).toEqual([
      'stage',
      'a.sh /var/app/staging 8123 a,b /root none\n',
      'procfile',
      '10_x.sh /var/app/staging 8123 a,b /root none\n',
      'B.sh /var/app/staging 8123 a,b /root none\n',
      'b.sh /var/app/staging 8123 a,b /root none\n',
      'flip',
      'c.sh /var/app/current 8123 a,b /root none\n',
    ]);
  });

  it('writes the environment file after predeploy, so that what a hook appended there is lost', async () => {
    const directory = directoryOf({
      [`${pre}/append.sh`]: hook(
        `f=$EB_HOSTS_ROOT${deployed}; cat "$f" 2>/dev/null || echo absent; echo LIST=b >>"$f"`,
      ),
      '.platform/hooks/postdeploy/show.sh': hook(`cat "$EB_HOSTS_ROOT${deployed}"`),
    });
    const instance = instanceFor({ properties: new Map([['LIST', 'a']]) });
    const first = await deploy(instance, appDeploy(directory));
    expect(first.steps.map((step) => step.output).filter(Boolean)).toEqual(['absent\n', 'LIST=a\n']);
    const second = await deploy(instance, appDeploy(directory));
    expect(second.steps.map((step) => step.output).filter(Boolean)).toEqual(['LIST=a\n', 'LIST=a\n']);
    expect(appEnvironment(instance).variables.get('LIST')).toBe('a');
  });

  it('ends at the first hook that fails, and leaves the old app as it is', async () => {
    const directory = directoryOf({ 'version.txt': '1' });
    const instance = instanceFor();
    await deploy(instance, appDeploy(directory));
    writeFileSync(join(directory, 'version.txt'), '2');
    const broken = directoryOf({
      'version.txt': '2',
      [`${pre}/1.sh`]: hook('echo sorry >&2; exit 3'),
      [`${pre}/2.sh`]: hook('echo never'),
    });
    const calls: string[] = [];
    const app = {
      stop: async () => void calls.push('stop'),
      start: async () => {
        calls.push('start');
        return null;
      },
    };
    const { ok, steps } = await deploy(instance, appDeploy(broken, { app }));
    expect(ok).toBe(false);
    expect(steps.at(-1)).toMatchObject({ hook: `${pre}/1.sh`, ok: false, status: 3, output: 'sorry\n' });
    expect(calls).toEqual([]);
    expect(readInstanceFile(instance, '/var/app/current/version.txt')).toBe('1');
  });

  it('stops the app before the flip and starts it before the postdeploy hooks', async () => {
    const directory = directoryOf({
      [`${pre}/a.sh`]: hook('true'),
      '.platform/hooks/postdeploy/b.sh': hook('true'),
    });
    const order: string[] = [];
    const app = {
      stop: async () => void order.push('stop'),
      start: async () => {
        order.push('start');
        return null;
      },
    };
    const onStep: DeploymentOptions['onStep'] = (step) => order.push(step.phase);
    await deploy(instanceFor(), appDeploy(directory, { app, onStep }));
    expect(order).toEqual(['stage', 'procfile', 'predeploy', 'stop', 'flip', 'start', 'start', 'postdeploy']);
  });

  it('passes over the hooks it is told to', async () => {
    const directory = directoryOf({ [`${pre}/a.sh`]: hook('exit 1') });
    const { ok, steps } = await deploy(instanceFor(), appDeploy(directory, { runs: () => false }));
    expect(ok).toBe(true);
    expect(steps.find((step) => step.hook !== null)).toMatchObject({ ran: false, ok: true, status: null });
  });

  it('tells which files a hook changed', async () => {
    const directory = directoryOf({
      [`${pre}/a.sh`]: hook('d=$EB_HOSTS_ROOT/var/lib/eb-hosts; mkdir -p "$d"; echo A=1 >"$d/hosts.env"'),
    });
    const { steps } = await deploy(instanceFor(), appDeploy(directory));
    expect(steps.find((step) => step.hook !== null)?.changed).toEqual([
      { path: '/var/lib/eb-hosts/hosts.env', before: null, after: 'A=1\n' },
    ]);
  });

  it('ends a hook and what it started when the person interrupts', async () => {
    const directory = directoryOf({
      [`${pre}/a.sh`]: hook('sleep 600 & echo $! >"$EB_HOSTS_ROOT/pid"; wait'),
    });
    const instance = instanceFor();
    const controller = new AbortController();
    const deployment = deploy(instance, appDeploy(directory, { signal: controller.signal }));
    deployment.catch(() => {});
    await expect.poll(() => readInstanceFile(instance, '/pid')).toMatch(/\d/);
    controller.abort();
    await expect(deployment).rejects.toMatchObject({ code: 'interrupted', status: 130 });
    const pid = Number(readInstanceFile(instance, '/pid'));
    await expect.poll(() => isRunning(pid)).toBe(false);
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

describe('what a hook file must be', () => {
  it('is made executable and freed of CRLF by the platform', async () => {
    const directory = directoryOf({ [`${pre}/a.sh`]: '#!/bin/sh\r\necho fine\r\n' });
    const { steps } = await deploy(instanceFor(), appDeploy(directory));
    expect(steps.find((step) => step.hook !== null)).toMatchObject({ ok: true, output: 'fine\n' });
  });

  it.each([
    ['without #! line', 'echo hello\n', 'exec format error'],
    ['with an interpreter that is not there', '#!/no/such/sh\n', 'no such file or directory'],
  ])('%s it fails as on an instance', async (_, text, reason) => {
    const directory = directoryOf({ [`${pre}/a.sh`]: text });
    const { ok, steps } = await deploy(instanceFor(), appDeploy(directory));
    expect(ok).toBe(false);
    expect(steps.at(-1)?.note).toContain(reason);
  });

  it('links that lead out of the bundle are left out', async () => {
    const directory = directoryOf({ 'secret.txt': 'x', 'app/a.txt': 'a' });
    symlinkSync('../secret.txt', join(directory, 'app/out'));
    symlinkSync('a.txt', join(directory, 'app/in'));
    symlinkSync('/etc', join(directory, 'app/absolute'));
    const instance = instanceFor();
    const { steps } = await deploy(instance, appDeploy(join(directory, 'app')));
    expect(steps[0]?.note).toBe('left out: absolute, out');
    expect(readInstanceFile(instance, '/var/app/current/in')).toBe('a');
  });
});

it('a new instance of a running environment runs the hooks, not the confighooks', async () => {
  const directory = directoryOf({
    [`${pre}/a.sh`]: hook('echo hooks'),
    '.platform/confighooks/predeploy/a.sh': hook('echo confighooks'),
  });
  const { steps } = await deploy(instanceFor(), { command: 'self-startup', bundle: { directory } });
  expect(steps.map((step) => step.output).join('')).toBe('hooks\n');
});

describe('a configuration deployment', () => {
  it('runs the confighooks only and writes the environment anew', async () => {
    const directory = directoryOf({
      [`${pre}/a.sh`]: hook('echo hooks'),
      '.platform/confighooks/predeploy/a.sh': hook('echo "confighooks $LIST"'),
    });
    const instance = instanceFor({ properties: new Map([['LIST', 'a']]) });
    await deploy(instance, appDeploy(directory));
    instance.setProperties(new Map([['LIST', 'b']]));
    const { steps } = await deploy(instance, { command: 'config-deploy', bundle: { directory } });
    expect(steps.map((step) => step.output).filter(Boolean)).toEqual(['confighooks b\n']);
    expect(readInstanceFile(instance, deployed)).toBe('LIST=b\n');
  });
});

describe('the environment by platform', () => {
  const list = new Map([['LIST', 'a "b"']]);

  it('docker: env.list is there before the first hook, an edit reaches the container raw', async () => {
    const directory = directoryOf({
      '.platform/hooks/prebuild/a.sh': hook('cat "$EB_HOSTS_ROOT/opt/elasticbeanstalk/deployment/env.list"'),
      [`${pre}/b.sh`]: hook('echo "ADDED=\'1\'" >>"$EB_HOSTS_ROOT/opt/elasticbeanstalk/deployment/env.list"'),
    });
    const instance = instanceFor({ platform: 'docker', properties: list });
    const { steps } = await deploy(instance, appDeploy(directory));
    expect(steps[1]?.output).toBe('LIST=a "b"\n');
    expect(Object.fromEntries(appEnvironment(instance).variables)).toEqual({ LIST: 'a "b"', ADDED: "'1'" });
    expect(readInstanceFile(instance, deployed)).toBeUndefined();
  });

  it('compose: .env lies in staging, moves with the flip, and a .env of the bundle stays', async () => {
    const instance = instanceFor({ platform: 'compose', properties: list });
    const directory = directoryOf({ [`${pre}/b.sh`]: hook('echo ADDED="1" >>.env') });
    await deploy(instance, appDeploy(directory));
    expect(Object.fromEntries(appEnvironment(instance).variables)).toEqual({ LIST: 'a "b"', ADDED: '1' });
    const own = directoryOf({ '.env': 'OWN=1\n' });
    await deploy(instance, appDeploy(own));
    expect(Object.fromEntries(appEnvironment(instance).variables)).toEqual({ OWN: '1' });
  });

  it('ecs: the properties, and the list that the app reads from its file', async () => {
    const directory = directoryOf({
      [`${pre}/a.sh`]: hook('d=$EB_HOSTS_ROOT/var/lib/eb-hosts; mkdir -p "$d"; echo LIST=x >"$d/hosts.env"'),
    });
    const instance = instanceFor({ platform: 'ecs', properties: list });
    await deploy(instance, appDeploy(directory));
    expect(appEnvironment(instance)).toMatchObject({
      listFromFile: true,
      files: ['/var/lib/eb-hosts/hosts.env'],
    });
    expect(appEnvironment(instance).variables.get('LIST')).toBe('x');
  });

  it('python: files of drop-ins come later and win; those below /etc go with every deployment', async () => {
    const units = '$EB_HOSTS_ROOT/usr/lib/systemd/system/web.service.d';
    const directory = directoryOf({
      [`${pre}/a.sh`]: hook(`
        mkdir -p "${units}" "$EB_HOSTS_ROOT/etc/systemd/system/web.service.d" "$EB_HOSTS_ROOT/x"
        printf '[Service]\\nEnvironmentFile=-/x/one\\nEnvironmentFile=-/x/missing\\n' >"${units}/50-a.conf"
        printf '[Service]\\nEnvironmentFile=/x/two\\n' >"$EB_HOSTS_ROOT/etc/systemd/system/web.service.d/60-b.conf"
        echo 'LIST="one, quoted"' >"$EB_HOSTS_ROOT/x/one"
        echo LIST=two >"$EB_HOSTS_ROOT/x/two"`),
    });
    const instance = instanceFor({ properties: list });
    await deploy(instance, appDeploy(directory));
    expect(appEnvironment(instance)).toMatchObject({
      files: [deployed, '/x/one'],
      variables: new Map([['LIST', 'one, quoted']]),
    });
  });

  it('python: an empty assignment forgets the files before it', async () => {
    const units = '$EB_HOSTS_ROOT/usr/lib/systemd/system/web.service.d';
    const settings = '[Service]\\nEnvironmentFile=-/x/one\\nEnvironmentFile=\\nEnvironmentFile=-/x/two\\n';
    const directory = directoryOf({
      [`${pre}/a.sh`]: hook(`
        mkdir -p "${units}" "$EB_HOSTS_ROOT/x"
        printf '${settings}[Unit]\\nEnvironmentFile=/x/one\\n' >"${units}/50-a.conf"
        echo ONE=1 >"$EB_HOSTS_ROOT/x/one"
        echo TWO=2 >"$EB_HOSTS_ROOT/x/two"`),
    });
    const instance = instanceFor({ properties: list });
    await deploy(instance, appDeploy(directory));
    expect(appEnvironment(instance)).toMatchObject({ files: ['/x/two'], variables: new Map([['TWO', '2']]) });
  });

  it('python: a file that systemd insists on and does not find keeps the app from starting', async () => {
    const units = '$EB_HOSTS_ROOT/usr/lib/systemd/system/web.service.d';
    const directory = directoryOf({
      [`${pre}/a.sh`]: hook(
        `mkdir -p "${units}"; printf '[Service]\\nEnvironmentFile=/nowhere\\n' >"${units}/a.conf"`,
      ),
    });
    const instance = instanceFor();
    await deploy(instance, appDeploy(directory));
    expect(() => appEnvironment(instance)).toThrow('web.service would not start: /nowhere is missing');
  });

  it('php has no web.service and no Procfile', async () => {
    const instance = instanceFor({ platform: 'php' });
    const { steps } = await deploy(instance, appDeploy(directoryOf({})));
    expect(steps.map((step) => step.phase)).toEqual(['stage', 'flip']);
    expect(readInstanceFile(instance, '/etc/systemd/system/web.service')).toBeUndefined();
  });
});

describe('get-config', () => {
  const nasty = `it's "x" $(id) \`id\` \\n ; * | line\nsecond`;
  const ask = async (mode: 'works' | 'missing' | 'broken', command: string) => {
    const directory = directoryOf({
      [`${pre}/a.sh`]: hook(`g=$EB_HOSTS_ROOT/opt/elasticbeanstalk/bin/get-config\n${command}`),
    });
    const properties = new Map([
      ['A', nasty],
      ['B', ''],
    ]);
    const { steps } = await deploy(instanceFor({ getConfig: mode, properties }), appDeploy(directory));
    return steps.find((step) => step.hook !== null);
  };

  it('prints one value bare, and all of them as JSON', async () => {
    expect((await ask('works', '"$g" environment -k A'))?.output).toBe(`${nasty}\n`);
    expect((await ask('works', '"$g" environment -k B'))?.output).toBe('\n');
    expect(JSON.parse((await ask('works', '"$g" environment'))?.output ?? '')).toEqual({ A: nasty, B: '' });
    const yaml = await ask('works', '"$g" --output YAML environment');
    expect(JSON.parse(yaml?.output ?? '')).toHaveProperty('A');
    expect((await ask('works', '"$g" platformconfig -k AppStagingDir'))?.output).toBe('/var/app/staging/\n');
  });

  it('fails for an absent key, when it is broken, and when it is not there', async () => {
    expect(await ask('works', '"$g" environment -k C')).toMatchObject({ ok: false, status: 1 });
    expect(await ask('broken', '"$g" environment')).toMatchObject({ ok: false, status: 1 });
    expect(await ask('missing', '"$g" environment')).toMatchObject({ ok: false, status: 127 });
  });
});

it('an instance leaves nothing behind', () => {
  const instance = instanceFor();
  instance.remove();
  expect(existsSync(instance.root)).toBe(false);
});
