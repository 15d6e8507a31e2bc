import { afterAll, beforeAll, beforeEach, expect, it, onTestFinished } from 'vitest';
import { makeBundle } from './bundle.ts';
import { describeMachine, expectDone, expectRefused, expectServed, rootTime } from './expectations.ts';
import { bootMachine, type Machine } from './machine.ts';

const list = '/var/lib/eb-hosts/hosts.env';
const filler = '/var/lib/eb-hosts/filler';
/** A hook after ours, which takes so long that the old app crashes and is started again meanwhile. */
const crashOfTheOldApp = `#!/bin/sh
old=$(systemctl show -p MainPID web.service)
systemctl kill --signal=KILL web.service
for _ in $(seq 100); do
  sleep 0.1
  new=$(systemctl show -p MainPID web.service)
  [ "$new" = "$old" ] || [ "$new" = MainPID=0 ] || exit 0
done
exit 1
`;
const properties = { ALLOWED_HOSTS: 'example.com,www.example.com' };

describeMachine('an instance through its life', () => {
  let machine: Machine;
  beforeAll(async () => {
    machine = await bootMachine();
  }, rootTime);
  afterAll(() => machine?.close());

  /** Every test starts from a deployed bundle with hooks. */
  beforeEach(async () => {
    await expectDone(machine.deploy({ bundle: await makeBundle(), properties }));
  });

  it('answers the health check, as it did not without the hook', async () => {
    await expectServed(machine, 'example.com', 'www.example.com', machine.address, `${machine.address}:80`);
    await expectRefused(machine, 'evil.example', '10.0.1.6', '127.0.0.1');

    await expectDone(machine.deploy({ bundle: await makeBundle({ hooks: false }) }));
    await expectServed(machine, 'example.com', 'www.example.com');
    await expectRefused(machine, 'evil.example', machine.address);
  });

  it('answers after a redeploy of the same version, and writes nothing then', async () => {
    const before = await machine.exec(`stat -c '%i %y' ${list} /usr/lib/systemd/system/web.service.d/*`);
    await expectDone(machine.deploy());
    const after = await machine.exec(`stat -c '%i %y' ${list} /usr/lib/systemd/system/web.service.d/*`);
    expect(after.stdout).toBe(before.stdout);
    await expectServed(machine, 'example.com', machine.address);
  });

  it('serves a changed property after a configuration update', async () => {
    await expectDone(machine.updateConfiguration({ ALLOWED_HOSTS: 'new.example' }));
    await expectServed(machine, 'new.example', machine.address);
    await expectRefused(machine, 'example.com', 'evil.example');
  });

  it('answers after RestartAppServer, a crash and a reboot', async () => {
    await expectDone(machine.restartAppServer());
    await expectServed(machine, 'example.com', machine.address);

    await machine.exec('systemctl kill --signal=KILL web.service');
    await expectServed(machine, 'example.com', machine.address);

    await machine.reboot();
    await expectServed(machine, 'example.com', machine.address);
    await expectRefused(machine, 'evil.example');
  });

  it('goes on with the property alone as soon as the hook has left the bundle', async () => {
    await expectDone(machine.deploy({ bundle: await makeBundle({ hooks: false }) }));
    expect(await machine.read(list)).toBeUndefined();
    await expectServed(machine, 'example.com');
    await expectRefused(machine, machine.address);
  });

  it('keeps no list through a crash right after the hook has gone', async () => {
    await machine.exec('rm -r /var/app/current/.platform && systemctl kill --signal=KILL web.service');
    await expectServed(machine, 'example.com');
    await expectRefused(machine, machine.address);
    expect(await machine.read(list)).toBeUndefined();
  });

  it('keeps the list for a bundle that is still in staging when the old app, without the hook, crashes', async () => {
    await expectDone(machine.deploy({ bundle: await makeBundle({ hooks: false }) }));
    await expectRefused(machine, machine.address);
    const bundle = await makeBundle({ files: { '.platform/hooks/predeploy/20_crash.sh': crashOfTheOldApp } });
    await expectDone(machine.deploy({ bundle }));
    await expectServed(machine, 'example.com', machine.address);
  });

  it('leaves systemd at peace when the app crashes again and again after the hook has gone', async () => {
    await machine.exec('rm -r /var/app/current/.platform');
    const crash = 'systemctl reset-failed web.service; systemctl kill --signal=KILL web.service; sleep 0.3';
    await machine.exec(`for _ in 1 2 3 4 5 6 7 8; do ${crash}; done`);
    await expectServed(machine, 'example.com');
    const { stdout } = await machine.exec('systemctl is-system-running; systemctl --failed --no-legend');
    expect(stdout).toBe('running');
  });

  it('is not misled by docker and a compose file for development', async () => {
    await machine.exec('ln -s /bin/true /usr/bin/docker');
    onTestFinished(async () => {
      await machine.exec('rm /usr/bin/docker');
    });
    const bundle = await makeBundle({ files: { 'compose.yml': 'services:\n  web:\n    build: .\n' } });
    await expectDone(machine.deploy({ bundle, properties: { ALLOWED_HOSTS: 'new.example' } }));
    await expectServed(machine, 'new.example', machine.address);
  });

  it('follows a property from list to wildcard, to nothing, to list', async () => {
    await expectDone(machine.updateConfiguration({ ALLOWED_HOSTS: '*' }));
    await expectServed(machine, 'example.com', 'anything.example', machine.address);
    expect(await machine.read(list)).toBeUndefined();

    const unset = await expectDone(machine.updateConfiguration({}));
    expect(unset.log).toContain('ALLOWED_HOSTS');
    await expectRefused(machine, 'example.com', machine.address);
    expect(await machine.read(list)).toBeUndefined();

    await expectDone(machine.updateConfiguration(properties));
    await expectServed(machine, 'example.com', machine.address);
    await expectRefused(machine, 'evil.example');
  });

  it('starts from the default hosts of the settings block where the property is unset', async () => {
    const bundle = await makeBundle({ hooks: { hosts: ['default.example'] } });
    await expectDone(machine.deploy({ bundle, properties: {} }));
    await expectServed(machine, 'default.example', machine.address);
    await expectRefused(machine, 'example.com');
  });

  it.each([
    {
      fault: 'there is no address',
      breakIt: 'ip route del default',
      mendIt: 'ip route add default via 10.0.1.1',
    },
    { fault: 'the disk is full', breakIt: `head -c 64k /dev/zero > ${filler}; true`, mendIt: `rm ${filler}` },
    {
      fault: 'the disk is read-only',
      breakIt: 'mount -o remount,ro /var/lib/eb-hosts',
      mendIt: 'mount -o remount,rw /var/lib/eb-hosts',
    },
  ])('keeps serving the old version, through a crash too, when $fault', async ({ breakIt, mendIt }) => {
    await machine.exec(
      'rm -r /var/lib/eb-hosts; mkdir /var/lib/eb-hosts; mount -t tmpfs -o size=16k none /var/lib/eb-hosts',
    );
    onTestFinished(async () => {
      await machine.exec('umount /var/lib/eb-hosts');
    });
    await expectDone(machine.deploy());
    const { stdout: before } = await machine.exec('systemctl show -p MainPID web.service');

    if (breakIt.startsWith('ip')) await machine.breakMetadata({ fault: 'refused', times: 1, on: 'any' });
    expect((await machine.exec(breakIt)).status).toBe(0);
    const failed = await machine.updateConfiguration({ ALLOWED_HOSTS: 'new.example' });
    await machine.exec(mendIt);
    await machine.breakMetadata(undefined);

    expect(failed).toMatchObject({ ok: false, log: expect.stringContaining('eb-hosts: failed: ') });
    expect(failed.log).not.toContain('FlipApplication');
    expect((await machine.exec('systemctl show -p MainPID web.service')).stdout).toBe(before);
    await machine.exec('systemctl kill --signal=KILL web.service');
    await expectServed(machine, 'example.com', machine.address);
    await expectRefused(machine, 'new.example');
  });

  it('leaves every other variable as it was', async () => {
    const odd = { GREETING: 'a "quoted" $HOME `x` \\n = # ; %s', EMPTY: '', ALLOWED_HOSTS: 'example.com' };
    const environment = async () => {
      const { stdout } = await machine.exec(
        'tr "\\0" "\\n" < /proc/$(systemctl show --value -p MainPID web.service)/environ | sort | grep -v -e ^INVOCATION_ID -e ^JOURNAL_STREAM -e ^SYSTEMD_EXEC_PID',
      );
      return stdout.split('\n');
    };
    await expectDone(machine.deploy({ bundle: await makeBundle({ hooks: false }), properties: odd }));
    const without = await environment();
    await expectDone(machine.deploy({ bundle: await makeBundle() }));
    const withHook = await environment();
    expect(withHook.filter((line) => !without.includes(line))).toEqual([
      `ALLOWED_HOSTS=example.com,${machine.address}`,
    ]);
    expect(withHook).toHaveLength(without.length);
  });
});
