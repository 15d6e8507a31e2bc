import { expect } from 'vitest';
import { makeBundle } from './bundle.ts';
import type { Engine, Properties } from './engine.ts';
import { expectDone, expectRefused, expectServed } from './expectations.ts';
import type { Machine } from './machine.ts';

export interface SoakOptions {
  readonly seed: number;
  readonly steps: number;
  readonly platform: 'python' | 'docker' | 'compose';
  /** Is handed a line a step. */
  readonly report: (line: string) => void;
}

/** A version of the app, as far as it matters for who is served. */
interface Version {
  readonly bundle: string;
  readonly hooks: boolean;
  /** The hosts of the settings block. */
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

/** Where the hook leaves files. */
const traces = [
  '/var/lib/eb-hosts',
  '/usr/lib/systemd/system/eb-hosts.service',
  '/usr/lib/systemd/system/web.service.d',
  '/etc/systemd/system/web.service.d',
];

/** Does random things to an instance, the same for the same seed, and checks after each that the right hosts are served,
 * all others refused, and no file has grown. */
export async function soak(machine: Machine, { seed, steps, platform, report }: SoakOptions): Promise<void> {
  const random = generator(seed);
  const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
  const files = filesOf(platform);
  const version = async (hooks: boolean, defaults: readonly string[]): Promise<Version> => ({
    bundle: await makeBundle({ hooks: hooks && { hosts: defaults }, files }),
    hooks,
    defaults,
  });
  const first = await version(true, []);
  const versions = [
    first,
    await version(true, ['default.example', 'www.default.example']),
    await version(false, []),
  ];
  const model: Model = { version: first, property: 'example.com' };
  const service = platform === 'python' ? 'web.service' : 'eb-docker.service';
  const engine = (): Engine => (random() < 0.2 ? { platform, dropIns: 'deleted' } : { platform });

  const actions = {
    async deploy() {
      Object.assign(model, { version: pick(versions), property: pick(values) });
      const { bundle } = model.version;
      await expectDone(machine.deploy({ bundle, properties: propertiesOf(model), engine: engine() }));
    },
    async redeploy() {
      await expectDone(machine.deploy({ engine: engine() }));
    },
    async updateConfiguration() {
      model.property = pick(values);
      await expectDone(machine.updateConfiguration(propertiesOf(model)));
    },
    async deployWhileMetadataStumbles() {
      await machine.breakMetadata({
        fault: pick(['401', '503', 'empty', 'html'] as const),
        times: 2,
        on: 'any',
      });
      await actions.updateConfiguration();
      await machine.breakMetadata(undefined);
    },
    async failToDeploy() {
      await machine.breakMetadata({ fault: 'refused', times: 1, on: 'any' });
      await machine.exec('ip route del default');
      const properties = { ALLOWED_HOSTS: 'never.example' };
      const { ok, log } = await machine.deploy({ bundle: first.bundle, properties });
      expect(ok, log).toBe(false);
      await machine.breakMetadata(undefined);
      await machine.exec('ip route add default via 10.0.1.1');
    },
    async restartAppServer() {
      await expectDone(machine.restartAppServer());
    },
    async crash() {
      await machine.exec(`systemctl reset-failed ${service}; systemctl kill --signal=KILL ${service}`);
    },
    async reboot() {
      await machine.reboot();
    },
    async launchCopy() {
      const { machine: copy, launch } = await machine.launchCopy({
        address: '10.0.7.77',
        baked: random() < 0.5,
      });
      try {
        await expectDone(Promise.resolve(launch));
        await expectModel(copy, model);
      } finally {
        await copy.close();
      }
    },
  };
  const names = Object.keys(actions) as (keyof typeof actions)[];
  const often = [
    'deploy',
    'deploy',
    'redeploy',
    'updateConfiguration',
    'updateConfiguration',
    'crash',
  ] as const;

  await expectDone(
    machine.deploy({ bundle: first.bundle, properties: propertiesOf(model), engine: { platform } }),
  );
  for (let step = 1; step <= steps; step += 1) {
    const name = pick([...names, ...often]);
    const { version: before, property } = model;
    report(
      `${platform}, seed ${seed}, step ${step}: ${name}, from hooks ${before.hooks}, property ${property}`,
    );
    await actions[name]();
    await expectModel(machine, model);
  }
}

function filesOf(platform: SoakOptions['platform']): Record<string, string | null> {
  if (platform === 'python') return {};
  if (platform === 'docker') return { Procfile: null, Dockerfile: 'FROM python:3.11\n' };
  return { Procfile: null, 'docker-compose.yml': 'services:\n  web:\n    build: .\n    env_file: .env\n' };
}

function propertiesOf({ property }: Model): Properties {
  return property === undefined ? {} : { ALLOWED_HOSTS: property };
}

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
  await expectSmallFiles(machine);
}

async function expectSmallFiles(machine: Machine): Promise<void> {
  const { stdout } = await machine.exec(`find ${traces.join(' ')} -type f -printf '%s\\n' 2> /dev/null`);
  const sizes = stdout.split('\n').map(Number);
  expect(sizes.length, 'files of the hook').toBeLessThanOrEqual(traces.length);
  expect(Math.max(...sizes), 'bytes of the largest').toBeLessThan(1500);
  const { stdout: leftovers } = await machine.exec("find / -xdev -name '.eb-hosts.tmp.*'");
  expect(leftovers).toBe('');
}

/** Mulberry32: numbers in [0, 1). */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
