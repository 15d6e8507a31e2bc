import { dirname } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeBundle } from './bundle.ts';
import { describeMachine, expectDone, expectRefused, expectServed, rootTime } from './expectations.ts';
import { bootMachine, type Machine } from './machine.ts';

const properties = { ALLOWED_HOSTS: 'example.com' };
const hook = '.platform/hooks/predeploy/10_eb_hosts.sh';
const compose = { 'docker-compose.yml': 'services:\n  web:\n    build: .\n' };

/** What an app that was broken into can put in the place of a file. */
const traps = {
  'a symlink to a file of root': 'ln -s /root/secret.env "$path"',
  'a FIFO': 'mkfifo "$path"',
  'a directory': 'mkdir "$path"',
  'a huge file': 'truncate -s 64G "$path"',
  'a symlink to itself': 'ln -s "$path" "$path"',
};

describeMachine("an attack by the app's user", () => {
  let machine: Machine;
  beforeAll(async () => {
    machine = await bootMachine();
    await machine.exec('umask 077; echo SECRET_OF_ROOT=leaked >/root/secret.env');
  }, rootTime);
  afterAll(() => machine?.close());

  it('finds nothing to write in what the hook left, and no place of the app that root or systemd follows', {
    timeout: 90_000,
  }, async () => {
    await expectDone(machine.deploy({ bundle: await makeBundle(), properties }));
    const left =
      '/var/lib/eb-hosts /usr/lib/systemd/system/eb-hosts.service /usr/lib/systemd/system/web.service.d';
    const search = `find ${left} -writable; find ${left} ! -user root; mv /var/lib/eb-hosts /var/lib/x 2>&1 >/dev/null || echo no`;
    expect((await machine.exec(search, 'webapp')).stdout).toMatch(/^[^\n]*\nno$/);
    const modes = "cd /var/lib/eb-hosts; stat -c '%a %U %n' . hosts.env address";
    expect((await machine.exec(modes)).stdout).toBe('755 root .\n644 root hosts.env\n644 root address');

    const places = `/var/app/current/${hook} /var/app/current/.platform /var/app/current/.env`;
    for (const [title, trap] of Object.entries(traps)) {
      const set = `rm -rf "$path"; mkdir -p "$(dirname "$path")"; ${trap}`;
      const { status, output } = await machine.exec(
        `set -e; for path in ${places}; do ${set}; done`,
        'webapp',
      );
      expect(status, `${title}: ${output}`).toBe(0);
      await machine.exec('systemctl reset-failed web.service; systemctl kill --signal=KILL web.service');
      await expectServed(machine, 'example.com');
      await expectRefused(machine, 'evil.example');
      await machine.exec(`rm -rf ${places}`, 'webapp');
    }
    const after = 'timeout 10 systemctl is-system-running; grep -l -s SECRET_OF_ROOT /proc/[0-9]*/environ';
    expect((await machine.exec(after)).stdout).toBe('running');
    await expectDone(machine.updateConfiguration(properties));
    await expectServed(machine, machine.address);
  });

  it('can hold no lock that the hook waits for', async () => {
    await expectDone(machine.deploy({ bundle: await makeBundle(), properties }));
    const hold =
      'for file in /var/lib/eb-hosts /var/lib/eb-hosts/*; do flock "$file" sleep 90 2>/dev/null & done';
    await machine.exec(`{ ${hold}; } >/dev/null 2>&1; sleep 0.3`, 'webapp');
    await expectDone(machine.updateConfiguration(properties));
    await machine.exec('pkill -u webapp sleep');
  });

  /** A staged bundle of the app's user, and its hook in /root. */
  async function stage(delivery: 'env-list' | 'dotenv'): Promise<void> {
    const platform = delivery === 'dotenv' ? 'compose' : 'docker';
    const files = delivery === 'dotenv' ? compose : {};
    const bundle = await makeBundle({ hooks: { delivery, verify: 'off' }, files });
    await expectDone(machine.deploy({ bundle, properties, engine: { platform } }));
    const copies = `cp -a /var/app/current /var/app/staging; cp -a /var/app/current/${hook} /root/hook.sh`;
    await machine.exec(`rm -rf /var/app/staging; ${copies}`);
  }

  it.each(['/root/secret.env', '/root/target', 'fifo'])(
    'wins no race in 40 rounds, with .env by turns a file and %s',
    async (trap) => {
      await stage('dotenv');
      const { stdout } = await machine.exec(`/usr/local/lib/machine/race.sh 40 ${trap}`);
      expect(stdout).toBe('40 ended');
    },
  );

  it.each([
    { delivery: 'env-list', file: '/opt/elasticbeanstalk/deployment/env.list' },
    { delivery: 'dotenv', file: '/var/app/staging/.env' },
  ] as const)(
    'finds no line of $file lost when four hooks run at once, 40 times',
    async ({ delivery, file }) => {
      await stage(delivery);
      const { stdout } = await machine.exec(`/usr/local/lib/machine/four-at-once.sh 40 ${file}`);
      expect(stdout).toBe('160 done');
      const { stdout: left } = await machine.exec(
        `ls -A ${dirname(file)} /var/lib/eb-hosts | grep -e new -e tmp`,
      );
      expect(left).toBe('');
    },
  );
});
