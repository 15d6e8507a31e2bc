import { expect, it, onTestFinished } from 'vitest';
import { makeBundle } from './bundle.ts';
import { describeMachine, expectDone, expectRefused, expectServed, rootTime } from './expectations.ts';
import { bootMachine, type Machine } from './machine.ts';

// The whole soak: EB_HOSTS_SOAK=1000 npx vitest run test/instance/soak.test.ts
const steps = Number(process.env.EB_HOSTS_SOAK ?? 10);
const seed = Number(process.env.EB_HOSTS_SOAK_SEED ?? 1);

/** A version of the app, as far as it matters for who is served. */
interface Version {
  readonly bundle: string;
  readonly hooks: boolean;
  readonly defaults: readonly string[];
}

/** What the app was last started with. */
interface Model {
  version: Version;
  property: string | undefined;
}

const values = [
  'example.com',
  'example.com,www.example.com',
  ' example.com , .example.org,',
  'example.com,10.0.1.5,example.com',
  'example.com,*',
  '*',
  '',
  undefined,
];

/** Does random things to an instance, the same for the same seed, and checks after each that the right hosts are served,
 * all others refused, and no file has grown. */
describeMachine('an instance that is changed again and again', () => {
  it(`serves the right hosts, whatever happens (seed ${seed})`, {
    timeout: rootTime + steps * 20_000,
  }, async () => {
    const machine = await bootMachine();
    onTestFinished(() => machine.close());
    const random = generator(seed);
    const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
    const version = async (hooks: boolean, hosts: readonly string[] = []): Promise<Version> => ({
      bundle: await makeBundle({ hooks: hooks && { hosts } }),
      hooks,
      defaults: hosts,
    });
    const first = await version(true);
    const versions = [first, await version(true, ['default.example']), await version(false)];
    const model: Model = { version: first, property: 'example.com' };
    const engine = { platform: 'python' } as const;
    const change = (next: Partial<Model>) => {
      Object.assign(model, next);
      return model.property === undefined ? {} : { ALLOWED_HOSTS: model.property };
    };

    const actions: Record<string, () => Promise<unknown>> = {
      deploy: async () => {
        const properties = change({ version: pick(versions), property: pick(values) });
        await expectDone(machine.deploy({ bundle: model.version.bundle, properties, engine }));
      },
      redeploy: () => expectDone(machine.deploy()),
      'configuration update': () =>
        expectDone(machine.updateConfiguration(change({ property: pick(values) }))),
      'configuration update while the metadata service stumbles': async () => {
        await machine.breakMetadata({ fault: pick(['401', '503', 'empty', 'html']), times: 2, on: 'any' });
        await expectDone(machine.updateConfiguration(change({ property: pick(values) })));
        await machine.breakMetadata(undefined);
      },
      'failed deployment': async () => {
        await machine.breakMetadata({ fault: 'refused', times: 1, on: 'any' });
        await machine.exec('ip route del default');
        const properties = { ALLOWED_HOSTS: 'never.example' };
        const { ok, log } = await machine.deploy({ bundle: first.bundle, properties });
        expect(ok, log).toBe(false);
        await machine.breakMetadata(undefined);
        await machine.exec('ip route add default via 10.0.1.1');
      },
      'restart of the app server': () => expectDone(machine.restartAppServer()),
      crash: () =>
        machine.exec('systemctl reset-failed web.service; systemctl kill --signal=KILL web.service'),
      reboot: () => machine.reboot(),
      'scale-out': async () => {
        const baked = random() < 0.5;
        const { machine: copy, launch } = await machine.launchCopy({ address: '10.0.7.77', baked });
        try {
          await expectDone(Promise.resolve(launch));
          await expectModel(copy, model);
        } finally {
          await copy.close();
        }
      },
    };
    const names = [...Object.keys(actions), 'deploy', 'deploy', 'configuration update', 'crash'];

    await expectDone(machine.deploy({ bundle: first.bundle, properties: change({}), engine }));
    for (let step = 1; step <= steps; step += 1) {
      const name = pick(names);
      process.stderr.write(
        `step ${step}: ${name}, from hooks ${model.version.hooks}, property ${model.property}\n`,
      );
      await actions[name]?.();
      await expectModel(machine, model);
    }
  });
});

async function expectModel(machine: Machine, { version, property = '' }: Model): Promise<void> {
  // Without the hook the app takes the property as it is, blanks and all.
  const items = property.split(',').map((item) => (version.hooks ? item.trim() : item));
  const own = items.filter((item) => item !== '');
  const base = own.length > 0 ? own : version.defaults;
  const open = base.includes('*');
  const visitors = base.map((item) => (item.startsWith('.') ? `any${item}` : item));
  await expectServed(machine, ...visitors.filter((host) => /^[\w.]+$/.test(host)));
  const known = open || base.includes(machine.address) || (version.hooks && base.length > 0);
  await (known ? expectServed : expectRefused)(machine, machine.address);
  await (open ? expectServed : expectRefused)(machine, 'evil.example', 'never.example');
  const places =
    '/var/lib/eb-hosts /usr/lib/systemd/system/eb-hosts.service /usr/lib/systemd/system/web.service.d';
  const { stdout } = await machine.exec(`find ${places} -type f -printf '%s\\n' 2>/dev/null`);
  const sizes = stdout.split('\n').map(Number);
  expect(sizes.length, 'files of the hook').toBeLessThanOrEqual(5);
  expect(Math.max(...sizes), 'bytes of the largest').toBeLessThan(1500);
}

/** Mulberry32: numbers in [0, 1). */
function generator(state: number): () => number {
  let next = state;
  return () => {
    next = (next + 0x6d2b79f5) | 0;
    let mixed = Math.imul(next ^ (next >>> 15), 1 | next);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
