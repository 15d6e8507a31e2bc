import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { makeBundle } from './bundle.ts';
import { describeMachine, expectDone, expectRefused, expectServed, rootTime } from './expectations.ts';
import { bootMachine, type Machine } from './machine.ts';

/** The app's settings with its list read in another way. */
function listFrom(expression: string): Record<string, string> {
  const settings = `import json
import os

SECRET_KEY = "not a secret: this site only lives in a test"
ROOT_URLCONF = "mysite.urls"
MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]
ALLOWED_HOSTS = ${expression}
`;
  return { 'mysite/settings.py': settings };
}

const names = ['example.com', '.example.org'];

describeMachine('a list as the app reads it', () => {
  let machine: Machine;
  beforeAll(async () => {
    machine = await bootMachine();
  }, rootTime);
  afterAll(() => machine?.close());

  it.each([
    { separator: 'comma', list: names.join(','), reads: 'os.environ["HOSTS"].split(",")' },
    {
      separator: 'comma',
      list: names.join(', '),
      reads: '[host.strip() for host in os.environ["HOSTS"].split(",")]',
    },
    { separator: 'space', list: names.join(' '), reads: 'os.environ["HOSTS"].split()' },
    { separator: 'semicolon', list: names.join(';'), reads: 'os.environ["HOSTS"].split(";")' },
    { separator: 'json', list: JSON.stringify(names), reads: 'json.loads(os.environ["HOSTS"])' },
  ] as const)('reaches it with separator $separator from $list', async ({ separator, list, reads }) => {
    const bundle = await makeBundle({ hooks: { variable: 'HOSTS', separator }, files: listFrom(reads) });
    await expectDone(machine.deploy({ bundle, properties: { HOSTS: list } }));
    await expectServed(machine, 'example.com', 'www.example.org', machine.address);
    await expectRefused(machine, 'evil.example');
    await expectDone(machine.deploy());
    await expectServed(machine, 'example.com', machine.address);
  });

  it('reaches the process as raw text, whatever systemd makes of such characters', async () => {
    const odd = 'example.com,we\\ird,$HOME,`id`,%h,#x,{a}';
    await expectDone(machine.deploy({ bundle: await makeBundle(), properties: { ALLOWED_HOSTS: odd } }));
    const { stdout } = await machine.exec(
      'tr "\\0" "\\n" < /proc/$(systemctl show --value --property MainPID web.service)/environ | grep ^ALLOWED_HOSTS=',
    );
    expect(stdout).toBe(`ALLOWED_HOSTS=${odd},${machine.address}`);
    await expectServed(machine, machine.address);
  });

  it('adds the address to a list of the app itself, property or not', async () => {
    const files = listFrom('["example.com"] + os.environ.get("EB_HOSTS", "").split(",")');
    const hooks = { variable: 'EB_HOSTS', role: 'extra-hosts' } as const;
    await expectDone(machine.deploy({ bundle: await makeBundle({ hooks, files }), properties: {} }));
    await expectServed(machine, 'example.com', machine.address);
    await expectDone(machine.updateConfiguration({ EB_HOSTS: 'more.example' }));
    await expectServed(machine, 'example.com', 'more.example', machine.address);
    await expectRefused(machine, 'evil.example');
  });

  it('gives one host to an app that takes one', async () => {
    const files = listFrom('["example.com", os.environ.get("OWN_HOST", "")]');
    const hooks = { variable: 'OWN_HOST', separator: 'none', role: 'extra-hosts' } as const;
    await expectDone(machine.deploy({ bundle: await makeBundle({ hooks, files }), properties: {} }));
    await expectServed(machine, 'example.com', machine.address);
    await expectDone(machine.updateConfiguration({ OWN_HOST: 'one.example' }));
    await expectServed(machine, 'example.com', 'one.example');
    await expectRefused(machine, machine.address);
  });

  it.each([
    { get: 'the engine gives hooks no properties', engine: { hooksLackProperties: true } },
    { get: 'the staging directory is another', engine: { stagingDirectory: '/var/app/elsewhere' } },
  ])('is found where $get', async ({ engine }) => {
    const properties = { ALLOWED_HOSTS: 'example.com' };
    await expectDone(
      machine.deploy({ bundle: await makeBundle(), properties, engine: { platform: 'python', ...engine } }),
    );
    await expectServed(machine, 'example.com', machine.address);
  });

  it('comes from the environment of the hook where there is no get-config', async () => {
    const getConfig = '/opt/elasticbeanstalk/bin/get-config';
    await machine.exec(`mv ${getConfig} ${getConfig}.away`);
    const deployment = await machine.deploy({
      bundle: await makeBundle(),
      properties: { ALLOWED_HOSTS: 'new.example' },
      engine: { platform: 'python' },
    });
    await machine.exec(`mv ${getConfig}.away ${getConfig}`);
    await expectDone(Promise.resolve(deployment));
    await expectServed(machine, 'new.example', machine.address);
    await expectDone(machine.deploy({ properties: { ALLOWED_HOSTS: 'example.com' } }));
  });

  it('is not guessed where the property cannot be known', async () => {
    const engine = { platform: 'python', hooksLackProperties: true, getConfig: 'broken' } as const;
    const properties = { ALLOWED_HOSTS: 'example.com' };
    const { ok, log } = await machine.deploy({ bundle: await makeBundle(), properties, engine });
    expect(ok).toBe(false);
    expect(log).toContain('get-config');
    await expectServed(machine, 'example.com', machine.address); // the version before
  });
});

describeMachine('an instance with an IPv6 address', () => {
  it(
    'answers at both addresses, in brackets and not',
    async () => {
      const machine = await bootMachine({ address6: 'fd00:10::5' });
      onTestFinished(() => machine.close());
      const properties = { ALLOWED_HOSTS: 'example.com' };
      await expectDone(machine.deploy({ bundle: await makeBundle({ hooks: { ipv6: true } }), properties }));
      await expectServed(machine, 'example.com', '[fd00:10::5]', '10.0.1.5');
      await expectRefused(machine, '[fd00:10::6]');
    },
    rootTime,
  );
});
