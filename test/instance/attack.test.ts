import { dirname } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { makeBundle } from './bundle.ts';
import { describeMachine, expectDone, expectRefused, expectServed, rootTime } from './expectations.ts';
import { bootMachine, type Machine } from './machine.ts';

const secret = '/root/secret.env';

/** What an app that was broken into can put in the place of a file. */
const traps = {
  'a symlink to a file of root': `ln -s ${secret} "$path"`,
  'a FIFO': 'mkfifo "$path"',
  'a directory': 'mkdir "$path"',
  'a huge file': 'truncate -s 64G "$path"',
  'a symlink to itself': 'ln -s "$path" "$path"',
};

describeMachine("an attack by the app's user", () => {
  let machine: Machine;
  beforeAll(async () => {
    machine = await bootMachine();
    await machine.exec(`echo SECRET_OF_ROOT=leaked > ${secret} && chmod 600 ${secret}`);
  }, rootTime);
  afterAll(() => machine?.close());
  beforeEach(async () => {
    const properties = { ALLOWED_HOSTS: 'example.com' };
    await expectDone(machine.deploy({ bundle: await makeBundle(), properties }));
  });

  it('finds nothing to write in what the hook left outside of the app', async () => {
    const left =
      '/var/lib/eb-hosts /usr/lib/systemd/system/eb-hosts.service /usr/lib/systemd/system/web.service.d';
    const { stdout } = await machine.exec(`find ${left} -writable; find ${left} ! -user root`, 'webapp');
    expect(stdout).toBe('');
    const probes = [
      'echo x > /var/lib/eb-hosts/x',
      'mv /var/lib/eb-hosts /var/lib/x',
      'rm /var/lib/eb-hosts/hosts.env',
    ];
    for (const probe of probes) {
      expect((await machine.exec(probe, 'webapp')).status, probe).not.toBe(0);
    }
    const { stdout: modes } = await machine.exec(`stat -c '%a %U %n' /var/lib/eb-hosts /var/lib/eb-hosts/*`);
    expect(modes).toBe('755 root /var/lib/eb-hosts\n644 root /var/lib/eb-hosts/hosts.env');
  });

  it.each(Object.entries(traps))('puts %s in every place of the app, to no effect', async (_, trap) => {
    const hook = '/var/app/current/.platform/hooks/predeploy/10_eb_hosts.sh';
    const elsewhere = [
      '/var/app/current/.env',
      '/var/app/current/hosts.env',
      '/var/app/current/.eb-hosts.tmp.1',
      '/tmp/.eb-hosts.tmp.1',
      '/var/tmp/hosts.env',
      '/var/pids/hosts.env',
    ];
    for (const place of [hook, dirname(hook), '/var/app/current/.platform']) {
      for (const path of [place, ...elsewhere]) {
        const { status, output } = await machine.exec(`path=${path}; rm -rf "$path"; ${trap}`, 'webapp');
        expect(status, `${path}: ${output}`).toBe(0);
      }
      await machine.exec('systemctl reset-failed web.service; systemctl kill --signal=KILL web.service');
      await expectUnharmed(machine);
    }
    await expectDone(machine.updateConfiguration({ ALLOWED_HOSTS: 'example.com' }));
    await expectServed(machine, machine.address);
    await expectUnharmed(machine);
  });

  it('steers no tool of the hook through the properties', async () => {
    const tools = 'curl systemctl sed tr rm mv timeout date printenv get-config ip cat grep head';
    await machine.exec(
      `mkdir -p /tmp/evil && cd /tmp/evil && for tool in ${tools}; do
        printf '#!/bin/sh\\n[ $(/usr/bin/id -u) != 0 ] || touch /tmp/hijacked\\nexec /usr/bin/%s "$@"\\n' $tool > $tool && chmod 755 $tool; done
      printf '[ $(/usr/bin/id -u) != 0 ] || touch /tmp/hijacked\\n' > rc; printf 'output = /tmp/hijacked\\n' > .curlrc; cp .curlrc curlrc`,
      'webapp',
    );
    const properties = {
      ALLOWED_HOSTS: 'example.com',
      BASH_ENV: '/tmp/evil/rc',
      CURL_HOME: '/tmp/evil',
      ENV: '/tmp/evil/rc',
      IFS: 'abcdefghijklmnop/.',
      LC_ALL: 'tr_TR.UTF-8',
      TMPDIR: '/tmp/evil',
      XDG_CONFIG_HOME: '/tmp/evil',
    };
    const path = '/tmp/evil:/usr/local/bin:/usr/bin:/bin';
    const { log } = await expectDone(machine.deploy({ bundle: await makeBundle(), properties }));
    expect(log).toContain('200, healthy');
    await expectServed(machine, 'example.com', machine.address);
    await expectDone(
      machine.updateConfiguration({ ...properties, PATH: path, ALLOWED_HOSTS: 'new.example' }),
    );
    await expectServed(machine, 'new.example', machine.address);
    expect(await machine.read('/tmp/hijacked')).toBeUndefined();
  });
});

/** The app serves its own domain with no secret in its environment, and systemd answers. */
async function expectUnharmed(machine: Machine): Promise<void> {
  await expectServed(machine, 'example.com');
  await expectRefused(machine, 'evil.example');
  const { stdout: state } = await machine.exec('timeout 10 systemctl is-system-running');
  expect(state).toBe('running');
  const { stdout: leaks } = await machine.exec('grep -l -s SECRET_OF_ROOT /proc/[0-9]*/environ');
  expect(leaks).toBe('');
}
