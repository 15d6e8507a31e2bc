import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it, onTestFinished } from 'vitest';
import { ebHosts, scratchProject } from '../support/command-line.ts';
import { makeBundle } from './bundle.ts';
import { describeMachine, expectDone, expectRefused, expectServed, rootTime } from './expectations.ts';
import { bootMachine, type Machine, type Properties } from './machine.ts';

const list = '/var/lib/eb-hosts/hosts.env';
const properties = { ALLOWED_HOSTS: 'example.com' };
const crash = 'systemctl reset-failed web.service; systemctl kill --signal=KILL web.service';

/** A hook after ours, which takes so long that the old app crashes and is started again meanwhile. */
const crashOfTheOldApp = `#!/bin/sh
old=$(systemctl show -p MainPID web.service)
${crash}
for _ in $(seq 100); do
  sleep 0.1
  new=$(systemctl show -p MainPID web.service)
  [ "$new" = "$old" ] || [ "$new" = MainPID=0 ] || exit 0
done
exit 1
`;

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

  it('answers after a redeploy, which writes nothing, a restart, a crash and a reboot', async () => {
    expect((await machine.exec('systemctl --version')).stdout).toMatch(/^systemd 252 /); // Amazon Linux 2023
    const stat = "stat -c '%n %i %y' /var/lib/eb-hosts/*.* /usr/lib/systemd/system/web.service.d/*";
    const before = await machine.exec(stat);
    await expectDone(machine.deploy());
    expect((await machine.exec(stat)).stdout).toBe(before.stdout);
    for (const event of [
      () => machine.restartAppServer(),
      () => machine.exec(crash),
      () => machine.reboot(),
    ]) {
      await event();
      await expectServed(machine, 'example.com', machine.address);
      await expectRefused(machine, 'evil.example');
    }
  });

  it('follows configuration updates from list to another list, to *, to nothing, to list', async () => {
    const steps: { property: Properties; served: string[]; refused: string[] }[] = [
      {
        property: { ALLOWED_HOSTS: 'new.example' },
        served: ['new.example', machine.address],
        refused: ['example.com'],
      },
      { property: { ALLOWED_HOSTS: '*' }, served: ['any.example', machine.address], refused: [] },
      { property: {}, served: [], refused: ['example.com', machine.address] },
      { property: properties, served: ['example.com', machine.address], refused: ['any.example'] },
    ];
    for (const { property, served, refused } of steps) {
      await expectDone(machine.updateConfiguration(property));
      await expectServed(machine, ...served);
      await expectRefused(machine, ...refused);
      const written = served.includes(machine.address) && !served.includes('any.example');
      for (const file of [list, '/var/lib/eb-hosts/address'])
        expect((await machine.read(file)) !== undefined, file).toBe(written);
    }
  });

  it('goes on with the property alone as soon as the hook has left the bundle', async () => {
    await machine.exec(`rm -r /var/app/current/.platform; ${crash}`);
    await expectServed(machine, 'example.com');
    await expectRefused(machine, machine.address);
    expect(await machine.read(list)).toBeUndefined();
    await machine.exec(`for _ in 1 2 3 4 5 6; do ${crash}; sleep 0.3; done`);
    await expectServed(machine, 'example.com');
    const { stdout } = await machine.exec('systemctl is-system-running; systemctl --failed --no-legend');
    expect(stdout).toBe('running');
  });

  it('keeps the list for a bundle in staging when the old app, without the hook, crashes before the flip', async () => {
    await expectDone(machine.deploy({ bundle: await makeBundle({ hooks: false }) }));
    expect(await machine.read(list)).toBeUndefined();
    await expectRefused(machine, machine.address);
    const files = { '.platform/hooks/predeploy/20_crash.sh*': crashOfTheOldApp };
    await expectDone(machine.deploy({ bundle: await makeBundle({ files }) }));
    await expectServed(machine, 'example.com', machine.address);
  });

  it('changes no other variable, and hands over what systemd would take for more than text', async () => {
    const odd = {
      GREETING: 'a "quoted" $HOME `x` \\n = # ; %s',
      EMPTY: '',
      ALLOWED_HOSTS: 'example.com,%h,{a},#x',
    };
    const environment = async () => {
      const main = '$(systemctl show --value -p MainPID web.service)';
      const { stdout } = await machine.exec(`tr "\\0" "\\n" </proc/${main}/environ | sort`);
      return stdout
        .split('\n')
        .filter((line) => !/^(INVOCATION_ID|JOURNAL_STREAM|SYSTEMD_EXEC_PID)=/.test(line));
    };
    await expectDone(machine.deploy({ bundle: await makeBundle({ hooks: false }), properties: odd }));
    const without = await environment();
    await expectDone(machine.deploy({ bundle: await makeBundle() }));
    const expected = without.map((line) => line.replace(/,#x$/, `,#x,${machine.address}`));
    expect(await environment()).toEqual(expected);
  });

  it.each([false, true])(
    'answers at its own address alone when launched by scale-out (baked: %s)',
    async (baked) => {
      const { machine: copy, launch } = await machine.launchCopy({ address: '10.0.7.77', baked });
      onTestFinished(() => copy.close());
      await expectDone(Promise.resolve(launch));
      await expectServed(copy, 'example.com', '10.0.7.77');
      await expectRefused(copy, machine.address, 'evil.example');
      expect(await copy.read(list)).toBe('ALLOWED_HOSTS=example.com,10.0.7.77\n');
    },
  );

  it('goes from 400 to 200 with what a person does: init, commit, deploy; and back with remove', async () => {
    const project = scratchProject();
    onTestFinished(project.remove);
    cpSync(join(import.meta.dirname, '../fixtures/project'), project.root, { recursive: true });
    project.commit();

    /** Commits, and deploys what `git archive` makes of it, as the EB CLI does. */
    const deploy = async (version: string, change = {}) => {
      project.git('add', '--all');
      project.git('commit', '--allow-empty', '--quiet', '--message', version);
      const bundle = join(project.root, '.git', version);
      mkdirSync(bundle);
      project.git('archive', '--output', `${bundle}.tar`, 'HEAD');
      execFileSync('tar', ['-xf', `${bundle}.tar`, '-C', bundle]);
      await expectDone(machine.deploy({ bundle, ...change }));
    };
    await deploy('before', { properties: { SECRET_KEY: 'of this test' } });
    await expectServed(machine, 'example.com', 'www.example.com');
    await expectRefused(machine, machine.address, 'evil.example');

    const { status, stderr } = await ebHosts(project.root, [
      'init',
      '--yes',
      '--health-check-path',
      '/health/',
    ]);
    expect(status, stderr).toBe(0);
    await deploy('with-hooks');
    await expectServed(machine, 'example.com', 'www.example.com', machine.address);
    await expectRefused(machine, 'evil.example');

    expect(await ebHosts(project.root, ['remove', '--yes'])).toMatchObject({ status: 0 });
    await deploy('removed');
    await expectServed(machine, 'example.com');
    await expectRefused(machine, machine.address);
  });
});
