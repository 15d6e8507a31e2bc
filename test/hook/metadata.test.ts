import { spawnSync } from 'node:child_process';
import { afterEach, describe, expect, it } from 'vitest';
import type { Choices } from '../../src/hooks/choices.ts';
import {
  type Fault,
  type MetadataOptions,
  startMetadataService,
} from '../support/metadata-service.ts';
import { noteHookRun } from '../support/faults.ts';
import { list, scratchInstance, shells } from '../support/hook.ts';

/** The address that the hook falls back to on this machine: the source address of its default route, if it has one. */
const route = spawnSync('ip', ['-4', '-o', 'route', 'get', '192.0.2.1'], { encoding: 'utf8' }).stdout ?? '';
const fallback = / src (\S+)/.exec(route)?.[1];

interface Case {
  readonly name: string;
  readonly faults: readonly Fault[];
  readonly service?: MetadataOptions;
  readonly choices?: Partial<Choices>;
  /** `recovers`: the service's own address in spite of the fault. `at-once`: the fallback without another try.
   * `after-tries`: the fallback after at least five. */
  readonly outcome: 'recovers' | 'at-once' | 'after-tries';
}

const passing = (behaviour: Fault['behaviour'], times = 2): Case[] =>
  (['token', 'item'] as const).map((on) => ({
    name: `${describeBehaviour(behaviour)} to the ${on} request, ${times === 1 ? 'once' : `${times} times`}`,
    faults: [{ on, behaviour, times }],
    outcome: 'recovers',
  }));

const lasting = (behaviour: Fault['behaviour'], outcome: Case['outcome']): Case[] =>
  (['token', 'item'] as const).map((on) => ({
    name: `${describeBehaviour(behaviour)} to the ${on} request for ever`,
    faults: [{ on, behaviour }],
    outcome,
  }));

function describeBehaviour(behaviour: Fault['behaviour']): string {
  if (typeof behaviour === 'object') return JSON.stringify(behaviour.body);
  return typeof behaviour === 'number' ? `status ${behaviour}` : (inWords[behaviour] ?? behaviour);
}

const inWords: Readonly<Record<string, string>> = {
  reset: 'a connection reset as the answer',
  close: 'a connection closed without an answer',
  cut: 'an answer cut short',
  empty: 'an empty answer',
  html: 'a page of HTML',
  lines: 'several lines',
  metacharacters: 'shell syntax',
  huge: 'an answer without end',
  hang: 'no answer',
  slow: 'a slow answer',
};

const sound = 'a sound service';

const cases: readonly Case[] = [
  { name: sound, faults: [], outcome: 'recovers' },
  ...[401, 429, 500, 503, 'reset', 'close', 'cut', 'empty', 'html', 'lines', 'metacharacters'].flatMap(
    (behaviour) => passing(behaviour as Fault['behaviour']),
  ),
  ...passing('hang', 1),
  ...passing('slow', 1),
  {
    name: 'refused at first',
    faults: [{ on: 'token', behaviour: 'refused', milliseconds: 1500 }],
    outcome: 'recovers',
  },
  ...[400, 403, 404, 405].flatMap((status) => lasting(status, 'at-once')),
  ...['hang', 'reset', 'empty', 'cut', 401, 503].flatMap((behaviour) =>
    lasting(behaviour as Fault['behaviour'], 'after-tries'),
  ),
  ...[
    'html',
    'lines',
    'metacharacters',
    'huge',
    { body: '10.0.1' },
    { body: '10.0.1.256' },
    { body: '10.0.1.5.6' },
  ].map(
    (behaviour): Case => ({
      name: `${describeBehaviour(behaviour as Fault['behaviour'])} as the address for ever`,
      faults: [{ on: 'item', behaviour: behaviour as Fault['behaviour'] }],
      outcome: 'after-tries',
    }),
  ),
  {
    name: 'an IPv6-only interface',
    faults: [],
    service: { localIpv4: null, ipv6: ['2600:1f18::5'] },
    outcome: 'at-once',
  },
];

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

/** A loopback address of its own: a service that refuses for a while gives its port up, and the others here ask for many. */
let hosts = 1;
const ownHost = () => (process.platform === 'linux' ? `127.1.0.${hosts++}` : '127.0.0.1');

describe.each(Object.entries(shells))('the metadata service, %s', (_, shell) => {
  it.concurrent.for(cases)(
    '$name',
    async ({ name, faults, service = {}, choices = {}, outcome }, { task }) => {
      const metadata = await startMetadataService({
        host: ownHost(),
        localIpv4: '10.0.1.5',
        ...service,
        faults,
      });
      const instance = scratchInstance({ role: 'extra-hosts', ...choices });
      try {
        const run = await instance.run({ shell, endpoint: metadata.endpoint });

        const tries = metadata.requests.length;
        const text = instance.read(list);
        if (name !== sound) noteHookRun(name, run, [undefined, text], task);
        if (outcome === 'recovers') {
          expect(run).toMatchObject({ status: 0, stderr: '' });
          expect(text).toBe('ALLOWED_HOSTS=10.0.1.5\n');
          return;
        }
        if (fallback === undefined) {
          expect(run).toMatchObject({ status: 1, stdout: '' });
          expect(run.stderr).toMatch(/no private IP/);
          expect(text).toBeUndefined();
        } else {
          expect(run).toMatchObject({ status: 0 });
          expect(run.stderr).toMatch(/warning: the instance metadata service gave no address/);
          expect(text).toBe(`ALLOWED_HOSTS=${fallback}\n`);
        }
        if (outcome === 'at-once') expect(tries).toBeLessThanOrEqual(2);
        else expect(tries).toBeGreaterThanOrEqual(5);
      } finally {
        instance.remove();
        await metadata.close();
      }
    },
  );

  it.each([
    ['2600:1f18::5', true],
    ['2600:1f18:0:0:0:0:0:5', true],
    ['fd00::', true],
    ['1:2:3', false],
    ['1:2:3:4:5:6:7:8:9', false],
    ['1::2:3:4:5:6:7:8', false],
    ['12345::1', false],
    [':1:2:3:4:5:6:7', false],
    ['1:2:3:4:5:6:7:', false],
  ])('takes %s for an IPv6 address: %s', async (address, taken) => {
    const metadata = await startMetadataService({ localIpv4: '10.0.1.5', ipv6: [address] });
    cleanups.push(() => metadata.close());
    const instance = scratchInstance({ role: 'extra-hosts', ipv6: true });
    cleanups.push(() => instance.remove());
    const run = await instance.run({ shell, endpoint: metadata.endpoint });
    expect(run.status).toBe(0);
    expect(run.stderr.includes('gave no IPv6 address')).toBe(!taken);
    expect(instance.read(list)).toContain(taken ? `10.0.1.5,[${address}]` : 'ALLOWED_HOSTS=10.0.1.5\n');
  });

  it('sends the requests of IMDSv2, past every proxy', async () => {
    const metadata = await startMetadataService({ localIpv4: '10.0.1.5' });
    cleanups.push(() => metadata.close());
    const instance = scratchInstance({ role: 'extra-hosts' });
    cleanups.push(instance.remove);
    const proxy = 'http://127.0.0.1:1';

    await instance.run({
      shell,
      endpoint: metadata.endpoint,
      properties: { http_proxy: proxy, HTTP_PROXY: proxy, ALL_PROXY: proxy, all_proxy: proxy, no_proxy: '' },
    });

    const [token, item, ...rest] = metadata.requests;
    expect(rest).toEqual([]);
    expect(token).toMatchObject({ method: 'PUT', path: '/latest/api/token', status: 200 });
    expect(token?.headers).toHaveProperty('x-aws-ec2-metadata-token-ttl-seconds');
    expect(item).toMatchObject({ method: 'GET', path: '/latest/meta-data/local-ipv4', status: 200 });
    expect(item?.headers).toHaveProperty('x-aws-ec2-metadata-token');
    expect(instance.read(list)).toBe('ALLOWED_HOSTS=10.0.1.5\n');
  });
});
