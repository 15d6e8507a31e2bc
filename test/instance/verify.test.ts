import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Choices } from '../../src/hooks/choices.ts';
import { makeBundle } from './bundle.ts';
import { describeMachine, expectDone, expectRefused, expectServed, rootTime } from './expectations.ts';
import { bootMachine, type Machine } from './machine.ts';

const python = { platform: 'python' } as const;
const properties = { ALLOWED_HOSTS: 'example.com' };
const repairDropIn = '/etc/systemd/system/web.service.d/zz-eb-hosts.conf';

describeMachine('the verifier', () => {
  let machine: Machine;
  beforeAll(async () => {
    machine = await bootMachine();
  }, rootTime);
  afterAll(() => machine?.close());

  beforeEach(async () => {
    const undo =
      'rm -rf /usr/lib/systemd/system/web.service.d; systemctl reset-failed; journalctl --rotate --quiet';
    await machine.exec(`${undo}; journalctl --vacuum-time=1s --quiet`);
  });

  /** How often systemd has started the app since `mark`. */
  async function startsSince(mark: string): Promise<number> {
    const { stdout } = await machine.exec(
      `journalctl --unit=web.service --after-cursor='${mark}' --output=cat --no-pager`,
    );
    return stdout.split('\n').filter((line) => line.startsWith('Started web.service')).length;
  }

  async function mark(): Promise<string> {
    const { stdout } = await machine.exec(
      'journalctl --lines=1 --show-cursor --output=cat | sed -n "s/^-- cursor: //p"',
    );
    return stdout;
  }

  async function deploy(hooks: Partial<Choices>, files: Record<string, string> = {}, engine = {}) {
    return machine.deploy({
      bundle: await makeBundle({ hooks, files }),
      properties,
      engine: { ...python, ...engine },
    });
  }

  it('restarts nothing when the app is fine', async () => {
    const before = await mark();
    for (const verify of ['warn', 'fail'] as const) {
      const { log } = await expectDone(deploy({ verify }));
      expect(log).toContain(`with Host ${machine.address} through port 80: 200, healthy`);
      expect(log).not.toContain('repaired');
    }
    await expectDone(machine.updateConfiguration(properties));
    expect(await startsSince(before)).toBe(3);
    expect(await machine.read(repairDropIn)).toBeUndefined();
  });

  it('repairs once, in every deployment, where the engine deletes drop-ins below /usr/lib', async () => {
    const engine = { dropIns: 'deleted' };
    for (const deployment of [
      () => deploy({ verify: 'fail' }, {}, engine),
      () => machine.deploy(),
      () => machine.updateConfiguration({ ALLOWED_HOSTS: 'new.example' }),
    ]) {
      const before = await mark();
      const { log } = await expectDone(deployment());
      expect(log).toContain('eb-hosts: repaired');
      expect(await startsSince(before)).toBe(2);
      await expectServed(machine, machine.address);
    }
    await expectServed(machine, 'new.example');
    await expectRefused(machine, 'example.com', 'evil.example');
    await machine.exec('systemctl reset-failed web.service; systemctl kill --signal=KILL web.service');
    await expectServed(machine, 'new.example', machine.address);

    await expectDone(machine.deploy({ bundle: await makeBundle({ hooks: false }) }));
    await expectServed(machine, 'new.example');
    await expectRefused(machine, machine.address);
  });

  it('has nothing to repair where the engine writes the environment file after the start', async () => {
    const { log } = await expectDone(deploy({ verify: 'fail' }, {}, { environmentFile: 'late' }));
    expect(log).not.toContain('repaired');
    await expectServed(machine, 'example.com', machine.address);
  });

  it('wins over a drop-in of the user that sets the list', async () => {
    const { log } = await expectDone(deploy({ verify: 'fail' }, dropInHook('90-user.conf')));
    expect(log).toContain('eb-hosts: repaired');
    await expectServed(machine, 'example.com', machine.address);
    await expectRefused(machine, 'user.example');
  });

  it('says so after one restart where a drop-in of the user wins over the repair as well', async () => {
    const before = await mark();
    const { ok, log } = await deploy({ verify: 'fail' }, dropInHook('zzz-user.conf'));
    expect(ok).toBe(false);
    expect(log).toContain('another drop-in');
    expect(log).toMatch(/with Host 10\.0\.1\.5 through port 80: 400/);
    expect(await startsSince(before)).toBe(2);
    await expectServed(machine, 'user.example');
  });

  it.each([
    { problem: 'a wrong path', choices: { healthCheckPath: '/nowhere/' }, files: {}, status: 404 },
    { problem: 'a redirect', choices: {}, files: settings(redirectAll), status: 301 },
    {
      problem: 'an app with its own list',
      choices: {},
      files: settings('ALLOWED_HOSTS = ["example.com"]'),
      status: 400,
    },
  ])('names the status of $problem and restarts nothing', async ({ choices, files, status }) => {
    const before = await mark();
    const { ok, log } = await deploy({ verify: 'fail', ...choices }, files);
    expect(ok).toBe(false);
    expect(log).toContain(`through port 80: ${status}`);
    const { log: warned } = await expectDone(deploy(choices, files));
    expect(warned).toContain(`through port 80: ${status}`);
    expect(await startsSince(before)).toBe(2);
  });

  it('takes the statuses of the matcher for healthy', async () => {
    const { log } = await expectDone(
      deploy({ verify: 'fail', healthCheckPath: '/nowhere/', matcher: '200-299,404' }),
    );
    expect(log).toContain(': 404, healthy');
  });

  it('waits for an app that starts slowly', async () => {
    const { log } = await expectDone(deploy({ verify: 'fail' }, settings('import time; time.sleep(6)')));
    expect(log).toContain('200, healthy');
  });

  it('asks the app itself where there is no proxy', async () => {
    await machine.exec('systemctl stop nginx.service');
    const files = { Procfile: 'web: gunicorn --bind 0.0.0.0:8000 mysite.wsgi:application\n' };
    const { log } = await expectDone(deploy({ verify: 'fail' }, files, { proxy: 'none' }));
    expect(log).toContain('through port 8000: 200, healthy');
    await expectServed(machine, machine.address);
  });

  it('leaves a crash-looping app to systemd, and gives up', async () => {
    const { ok, log } = await deploy({ verify: 'fail' }, settings('raise SystemExit("broken")'));
    expect(ok).toBe(false);
    expect(log).toMatch(/through port \d+: (000|502|504), /);
    expect(log).not.toContain('repaired');
    expect(await machine.read(repairDropIn)).toBeUndefined();
  }, 60_000);
});

/** A hook of the user's own, which runs after ours and gives web.service another list. */
function dropInHook(name: string): Record<string, string> {
  const directory = '/usr/lib/systemd/system/web.service.d';
  const script = `#!/bin/sh
mkdir -p ${directory}
echo ALLOWED_HOSTS=user.example > /root/user.env
printf '[Service]\\nEnvironmentFile=/root/user.env\\n' > ${directory}/${name}
`;
  return { '.platform/hooks/predeploy/20_user.sh': script };
}

/** The app's settings with another line at their end. */
function settings(line: string): Record<string, string> {
  return { 'mysite/more.py': `from mysite.settings import *\n\n${line}\n`, 'mysite/wsgi.py': wsgi };
}

const redirectAll = `SECURE_SSL_REDIRECT = True
MIDDLEWARE = ["django.middleware.security.SecurityMiddleware", *MIDDLEWARE]`;

const wsgi = `import os
from django.core.wsgi import get_wsgi_application
os.environ["DJANGO_SETTINGS_MODULE"] = "mysite.more"
application = get_wsgi_application()
`;
