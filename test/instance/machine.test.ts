import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeMachine, rootTime } from './expectations.ts';
import { bootMachine, type Machine } from './machine.ts';

describeMachine('a booted instance', () => {
  let machine: Machine;
  beforeAll(async () => {
    machine = await bootMachine({ properties: { ALLOWED_HOSTS: 'example.com' } });
  }, rootTime);
  afterAll(() => machine?.close());

  it('runs the systemd of Amazon Linux 2023', async () => {
    const { stdout } = await machine.exec('systemctl --version; systemctl is-system-running');
    expect(stdout).toMatch(/^systemd 252 /);
    expect(stdout).toMatch(/^running$/m);
  });

  it('refuses the health check of an app without the hook', async () => {
    expect(await machine.deploy({ bundle: join(import.meta.dirname, 'app') })).toMatchObject({ ok: true });
    expect(await machine.check('example.com')).toBe(200);
    expect(await machine.check('evil.example')).toBe(400);
    expect(await machine.check(machine.address)).toBe(400);
  });
});
