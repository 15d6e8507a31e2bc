import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Choices } from '../../src/hooks/choices.ts';
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

/** The app's user changes what lies in staging as fast as it can: each new file is replaced by a link to a file of
 * root, and `.env` is by turns a file and one of the traps. */
const racer = `
import os, sys
staging, kind = "/var/app/staging", sys.argv[1]
made, env = staging + "/.made-by-racer", staging + "/.env"
known = set(os.listdir(staging)) | {".made-by-racer", ".env"}
def put():
    if kind == "fifo": os.mkfifo(made)
    else: os.symlink({"file": "/root/secret.env", "directory": "/root/target"}[kind], made)
def swap(make):
    try:
        make()
        os.rename(made, env)
    except OSError: pass
def plain():
    with open(made, "w") as file: file.write("ALLOWED_HOSTS=example.com\\n")
while True:
    for make in (put, plain):
        swap(make)
        for name in set(os.listdir(staging)) - known:
            try:
                os.symlink("/root/secret.env", made)
                os.rename(made, staging + "/" + name)
            except OSError: pass
`;

describeMachine("an attack by the app's user", () => {
  let machine: Machine;
  beforeAll(async () => {
    machine = await bootMachine();
    await machine.exec(
      'echo SECRET_OF_ROOT=leaked >/root/secret.env; chmod 600 /root/secret.env; mkdir /root/target',
    );
  }, rootTime);
  afterAll(() => machine?.close());

  it('finds nothing to write in what the hook left, and no place of the app that root or systemd follows', async () => {
    await expectDone(machine.deploy({ bundle: await makeBundle(), properties }));
    const left =
      '/var/lib/eb-hosts /usr/lib/systemd/system/eb-hosts.service /usr/lib/systemd/system/web.service.d';
    const search = `find ${left} -writable; find ${left} ! -user root; mv /var/lib/eb-hosts /var/lib/x 2>&1 >/dev/null || echo no`;
    expect((await machine.exec(search, 'webapp')).stdout).toMatch(/^[^\n]*\nno$/);
    const modes = "cd /var/lib/eb-hosts; stat -c '%a %U %n' . hosts.env address";
    expect((await machine.exec(modes)).stdout).toBe('755 root .\n644 root hosts.env\n644 root address');

    for (const [title, trap] of Object.entries(traps)) {
      for (const place of [
        `/var/app/current/${hook}`,
        '/var/app/current/.platform',
        '/var/app/current/.env',
      ]) {
        const { status, output } = await machine.exec(
          `path=${place}; rm -rf "$path"; mkdir -p "$(dirname "$path")"; ${trap}`,
          'webapp',
        );
        expect(status, `${title}: ${output}`).toBe(0);
        await machine.exec('systemctl reset-failed web.service; systemctl kill --signal=KILL web.service');
        await expectServed(machine, 'example.com');
        await expectRefused(machine, 'evil.example');
        await machine.exec(`rm -rf ${place}`, 'webapp');
      }
    }
    const after = 'timeout 10 systemctl is-system-running; grep -l -s SECRET_OF_ROOT /proc/[0-9]*/environ';
    expect((await machine.exec(after)).stdout).toBe('running');
    await expectDone(machine.updateConfiguration(properties));
    await expectServed(machine, machine.address);
  });

  /** A staged bundle whose hook has been copied to /root, as the app's user owns what is staged. */
  async function stage(hooks: Partial<Choices>, files = {}): Promise<void> {
    const bundle = await makeBundle({ hooks, files });
    const platform = hooks.delivery === 'dotenv' ? 'compose' : 'docker';
    await expectDone(machine.deploy({ bundle, properties, engine: { platform } }));
    await machine.exec(
      `rm -rf /var/app/staging; cp -a /var/app/current /var/app/staging; cp -a /var/app/current/${hook} /root/hook.sh`,
    );
  }

  it.each(['file', 'directory', 'fifo'])(
    'wins no race for .env against a %s in 40 rounds',
    { timeout: 300_000 },
    async (kind) => {
      await stage({ delivery: 'dotenv' }, compose);
      const script = `cd /var/app/staging
cat >/var/tmp/racer.py <<'PYTHON'
${racer}
PYTHON
setpriv --reuid webapp --regid webapp --clear-groups python3 /var/tmp/racer.py ${kind} & racer=$!
sleep 0.3
for round in $(seq 40); do
  ALLOWED_HOSTS=example.com timeout 60 /root/hook.sh >/root/log 2>&1
  case $? in 0) done=$((done + 1)) ;; 1) refused=$((refused + 1)) ;; *) echo "round $round: $?"; tail -n 1 /root/log ;; esac
  [ "$(stat -c '%U %a' /root/secret.env)" = 'root 600' ] || echo "round $round: root's file was given away"
  grep -qs SECRET_OF_ROOT .env .made-by-racer /var/lib/eb-hosts/* && [ ! -L .env ] && echo "round $round: root's file was read"
  [ -z "$(ls -A /root/target)" ] || { echo "round $round: planted: $(ls -A /root/target)"; rm -rf /root/target/* /root/target/.[!.]*; }
  chown root /root/secret.env; chmod 600 /root/secret.env
done
kill $racer
echo "$((done + refused)) rounds"`;
      const { stdout } = await machine.exec(script);
      expect(stdout).toBe('40 rounds');
    },
  );

  it.each([
    { delivery: 'env-list', file: '/opt/elasticbeanstalk/deployment/env.list', files: {} },
    { delivery: 'dotenv', file: '/var/app/staging/.env', files: compose },
  ] as const)(
    'loses no line of $file when four hooks run at once, 40 times',
    { timeout: 300_000 },
    async ({ delivery, file, files }) => {
      await stage({ delivery }, files);
      const script = `cd /var/app/staging
export ALLOWED_HOSTS=example.com
for round in $(seq 40); do
  printf 'A=1\\nB=2\\nALLOWED_HOSTS=example.com\\nC=3\\nD=4\\n' >${file}
  pids=
  for _ in 1 2 3 4; do /root/hook.sh >/root/log.$_ 2>&1 & pids="$pids $!"; done
  for pid in $pids; do wait "$pid" || { echo "round $round: $?"; tail -qn 1 /root/log.*; }; done
  printf 'A=1\\nB=2\\nALLOWED_HOSTS=example.com,10.0.1.5\\nC=3\\nD=4\\n' | cmp -s - ${file} || { echo "round $round"; cat ${file}; }
done; ls -A /opt/elasticbeanstalk/deployment /var/lib/eb-hosts | grep -v -e '^address$' -e '^lock$'`;
      const { stdout } = await machine.exec(script);
      expect(stdout).toMatch(/^\/opt/);
    },
  );
});
