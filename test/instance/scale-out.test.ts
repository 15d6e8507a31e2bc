import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { makeBundle } from './bundle.ts';
import { describeMachine, expectDone, expectRefused, expectServed, rootTime } from './expectations.ts';
import { bootMachine, type Machine } from './machine.ts';

describeMachine('an instance launched by scale-out', () => {
  let first: Machine;
  beforeAll(async () => {
    first = await bootMachine({ properties: { ALLOWED_HOSTS: 'example.com' } });
    await expectDone(first.deploy({ bundle: await makeBundle() }));
  }, rootTime);
  afterAll(() => first?.close());

  it.each([
    { from: 'the platform', baked: false },
    { from: 'an image of a live instance, with its list in it', baked: true },
  ])('answers at its own address alone, from $from', async ({ baked }) => {
    const { machine, launch } = await first.launchCopy({ address: '10.0.7.77', baked });
    onTestFinished(() => machine.close());
    await expectDone(Promise.resolve(launch));
    await expectServed(machine, 'example.com', '10.0.7.77');
    await expectRefused(machine, first.address, 'evil.example');
    expect(await machine.read('/var/lib/eb-hosts/hosts.env')).toBe('ALLOWED_HOSTS=example.com,10.0.7.77\n');
    await expectServed(first, 'example.com', first.address);
  });
});
