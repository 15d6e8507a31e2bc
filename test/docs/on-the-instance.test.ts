import { afterAll, beforeAll, expect, it } from 'vitest';
import { makeBundle } from '../instance/bundle.ts';
import { describeMachine, expectDone, rootTime } from '../instance/expectations.ts';
import { bootMachine, type Machine } from '../instance/machine.ts';
import { codeLines, pages } from './pages.ts';

/** In docs/troubleshooting.md a block in `bash` is what to type on an instance. */
const page = pages.filter(({ path }) => path === 'docs/troubleshooting.md');
const lines = page.flatMap((one) => codeLines(one, 'bash'));

describeMachine('what to type on the instance', () => {
  let machine: Machine;
  beforeAll(async () => {
    machine = await bootMachine();
  }, rootTime);
  afterAll(() => machine?.close());

  async function type(log: string): Promise<string> {
    const script = ['sudo() { "$@"; }', ...lines].join('\n');
    const keep = `cat >/var/log/eb-hooks.log <<'LOG'\n${log}\nLOG\n`;
    const { stdout } = await machine.exec(`${keep}bash -c '${script.replaceAll("'", `'\\''`)}'`);
    return stdout;
  }

  it('shows the answer, the hook, the list and the process of a healthy app', async () => {
    const properties = { ALLOWED_HOSTS: 'example.com', SECRET_KEY: 'hunter2-is-secret' };
    const { log } = await expectDone(machine.deploy({ bundle: await makeBundle(), properties }));
    await machine.check(machine.address, '/health/');
    const shown = await type(log);
    expect(shown).toMatch(/^HTTP\/1\.1 200 /);
    expect(shown).toContain('eb-hosts: wrote /var/lib/eb-hosts/hosts.env\n');
    expect(shown.match(/^ALLOWED_HOSTS=example\.com,10\.0\.1\.5$/gm)).toHaveLength(2);
    expect(shown).not.toContain('hunter2-is-secret');
  });

  it('shows the refusal of an app without the hooks', async () => {
    const bundle = await makeBundle({ hooks: false });
    await expectDone(machine.deploy({ bundle, properties: { ALLOWED_HOSTS: 'example.com' } }));
    await machine.check('example.com', '/health/');
    const shown = await type('');
    expect(shown).toMatch(/^HTTP\/1\.1 400 /);
    expect(shown.match(/^ALLOWED_HOSTS=.*$/gm)).toEqual(['ALLOWED_HOSTS=example.com']);
  });
});
