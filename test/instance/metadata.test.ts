import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { makeBundle } from './bundle.ts';
import { describeMachine, expectDone, expectRefused, expectServed, rootTime } from './expectations.ts';
import { bootMachine, type Machine } from './machine.ts';

const list = '/var/lib/eb-hosts/hosts.env';
const stale = `mkdir -p /var/lib/eb-hosts && echo ALLOWED_HOSTS=example.com,10.9.9.9 > ${list}`;

describeMachine('a metadata service with faults', () => {
  let machine: Machine;
  beforeAll(async () => {
    machine = await bootMachine({ properties: { ALLOWED_HOSTS: 'example.com' } });
  }, rootTime);
  afterAll(() => machine?.close());
  afterEach(async () => {
    await machine.breakMetadata(undefined);
    await machine.exec('ip route replace default via 10.0.1.1');
  });

  it.each([
    { fault: '401', times: 3, on: 'any' },
    { fault: '500', times: 3, on: 'any' },
    { fault: '503', times: 3, on: 'any' },
    { fault: 'hang', times: 2, on: 'any' },
    { fault: 'empty', times: 3, on: 'any' },
    { fault: 'html', times: 3, on: 'any' },
    { fault: '401', times: 2, on: 'GET' },
    { fault: 'empty', times: 2, on: 'GET' },
    { fault: 'html', times: 2, on: 'GET' },
  ] as const)('is asked again after $times answers like $fault (on $on)', async (fault) => {
    await machine.exec(stale);
    await machine.breakMetadata(fault);
    const { log } = await expectDone(
      machine.deploy({ bundle: await makeBundle({ hooks: { verify: 'off' } }) }),
    );
    expect(log).not.toContain('default route');
    await expectServed(machine, 'example.com', machine.address);
    await expectRefused(machine, '10.9.9.9');
  });

  it.each([
    { fault: 'refused', times: 1, on: 'any' },
    { fault: '403', times: 9999, on: 'any' },
    { fault: '404', times: 9999, on: 'any' },
    { fault: 'shell', times: 9999, on: 'PUT' },
    { fault: 'shell', times: 9999, on: 'GET' },
  ] as const)('is replaced by the default route if it stays with $fault (on $on)', async (fault) => {
    await machine.breakMetadata(fault);
    const { log } = await expectDone(
      machine.deploy({ bundle: await makeBundle({ hooks: { verify: 'off' } }) }),
    );
    expect(log).toMatch(/eb-hosts: warning: .*default route/);
    await expectServed(machine, 'example.com', machine.address);
    expect(await machine.read('/tmp/pwned')).toBeUndefined();
  });

  it('leaves no list of an earlier deployment when there is no address at all and the deployment is to go on', async () => {
    await machine.exec(stale);
    await machine.breakMetadata({ fault: 'refused', times: 1, on: 'any' });
    await machine.exec('ip route del default');
    const bundle = await makeBundle({ hooks: { onFailure: 'warn', verify: 'off' } });
    await expectDone(machine.deploy({ bundle }));
    expect(await machine.read(list)).toBeUndefined();
    await expectServed(machine, 'example.com');
    await expectRefused(machine, machine.address, '10.9.9.9');
  });

  it('aborts the launch when there is no address at all', async () => {
    await machine.exec(stale);
    await machine.breakMetadata({ fault: 'refused', times: 1, on: 'any' });
    await machine.exec('ip route del default');
    const { ok, log } = await machine.deploy({ bundle: await makeBundle() });
    expect(ok).toBe(false);
    expect(log).toContain('eb-hosts: failed: no private IP');
    expect(log).not.toContain('FlipApplication');
  });

  it('is asked directly whatever proxy the properties name', async () => {
    const proxies = { http_proxy: 'http://10.0.1.1:3128', ALL_PROXY: 'http://10.0.1.1:3128', no_proxy: '' };
    const properties = { ALLOWED_HOSTS: 'example.com', ...proxies };
    const { log } = await expectDone(machine.deploy({ bundle: await makeBundle(), properties }));
    expect(log).not.toContain('default route');
    expect(log).toContain(`with Host ${machine.address} through port 80: 200`);
    await expectServed(machine, 'example.com', machine.address);
  });
});
