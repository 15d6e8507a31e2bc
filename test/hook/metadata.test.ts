import { execaSync } from 'execa';
import { describe, expect, it } from 'vitest';
import { address, list, scratchInstance, shells } from '../support/hook.ts';
import { type Fault, startMetadataService } from '../support/metadata-service.ts';

type Behaviour = Fault['behaviour'];

/** The address that the hook falls back to on this machine, if it has a default route. */
const { stdout: route } = execaSync('ip', ['-4', 'route', 'get', '192.0.2.1'], { reject: false });
const fallback = / src (\S+)/.exec(route ?? '')?.[1];

const at = (on: 'token' | 'item', behaviour: Behaviour, times?: number): Fault =>
  times === undefined ? { on, behaviour } : { on, behaviour, times };
const passing: Behaviour[] = [
  401,
  404,
  429,
  503,
  'reset',
  'close',
  'cut',
  'empty',
  'html',
  'lines',
  'metacharacters',
  'hang',
];
const lasting: Behaviour[] = [
  403,
  500,
  'hang',
  { body: '10.0.1' },
  { body: '10.0.1.256' },
  { body: '10.0.1.5.6' },
  { body: '10.0.1.5\n10.0.1.6' },
];

let hosts = 1;
/** A loopback address of its own: a service that refuses for a while gives its port up. */
const startService = (options: Parameters<typeof startMetadataService>[0]) =>
  startMetadataService({ host: `127.1.0.${hosts++}`, localIpv4: '10.0.1.5', ...options });

describe.each(Object.entries(shells))('the metadata service, %s', (_, shell) => {
  it.concurrent.for(passing.flatMap((behaviour) => [at('token', behaviour, 2), at('item', behaviour, 2)]))(
    'is asked again: $on $behaviour',
    async (fault) => {
      const service = await startService({ faults: [fault] });
      const instance = scratchInstance({ role: 'extra-hosts' });
      const run = await instance.run({ shell, endpoint: service.endpoint });
      expect(run).toMatchObject({ status: 0, stderr: '' });
      expect(instance.read(list)).toBe('ALLOWED_HOSTS=10.0.1.5\n');
      expect(instance.read(address)).toBe('10.0.1.5\n');
      instance.remove();
      await service.close();
    },
  );

  it.concurrent.for(lasting.map((behaviour) => at('item', behaviour)))(
    'is given up: $on $behaviour',
    async (fault) => {
      const service = await startService({ faults: [fault] });
      const instance = scratchInstance({ role: 'extra-hosts' });
      const run = await instance.run({ shell, endpoint: service.endpoint });
      expect(service.requests.filter(({ method }) => method === 'GET')).toHaveLength(6);
      if (fallback === undefined) {
        expect(run).toMatchObject({ status: 1, stderr: expect.stringContaining('no address') });
        expect(instance.read(list)).toBeUndefined();
      } else {
        expect(run).toMatchObject({
          status: 0,
          stderr: expect.stringContaining(`${fallback} is that of the default route`),
        });
        expect(instance.read(list)).toBe(`ALLOWED_HOSTS=${fallback}\n`);
      }
      instance.remove();
      await service.close();
    },
  );

  it.concurrent('is asked past every proxy, with a token, and by nobody else', async () => {
    const service = await startService({});
    const instance = scratchInstance({ role: 'extra-hosts' });
    const proxy = 'http://127.0.0.1:9';
    const properties = {
      http_proxy: proxy,
      ALL_PROXY: proxy,
      CURL_HOME: instance.root,
      imds: proxy,
      root: '/nowhere',
    };
    instance.write('.curlrc', `proxy = ${proxy}\n`);
    expect(await instance.run({ shell, endpoint: service.endpoint, properties })).toMatchObject({
      status: 0,
      stderr: '',
    });
    expect(service.requests.map(({ method, status }) => `${method} ${status}`)).toEqual([
      'PUT 200',
      'GET 200',
    ]);
    instance.remove();
    await service.close();
  });

  it.concurrent('with --ipv6, half an answer is none', async () => {
    const service = await startService({ faults: [at('item', 'cut', 2)], ipv6: ['2600:1f18::5'] });
    const instance = scratchInstance({ role: 'extra-hosts', ipv6: true });
    expect(await instance.run({ shell, endpoint: service.endpoint })).toMatchObject({
      status: 0,
      stderr: '',
    });
    expect(instance.read(list)).toBe('ALLOWED_HOSTS=10.0.1.5,[2600:1f18::5]\n');
    instance.remove();
    await service.close();
  });

  it.concurrent.for([
    ['both', { ipv6: ['2600:1f18::5'] }, 'ALLOWED_HOSTS=10.0.1.5,[2600:1f18::5]\n', '10.0.1.5\n'],
    ['IPv4 only', {}, 'ALLOWED_HOSTS=10.0.1.5\n', '10.0.1.5\n'],
    [
      'IPv6 only',
      { localIpv4: null, ipv6: ['2600:1f18::5'] },
      'ALLOWED_HOSTS=[2600:1f18::5]\n',
      '[2600:1f18::5]\n',
    ],
  ] as const)('with --ipv6, %s', async ([, addresses, text, first]) => {
    const service = await startService(addresses as object);
    const instance = scratchInstance({ role: 'extra-hosts', ipv6: true });
    expect(await instance.run({ shell, endpoint: service.endpoint })).toMatchObject({
      status: 0,
      stderr: '',
    });
    expect(instance.read(list)).toBe(text);
    expect(instance.read(address)).toBe(first);
    instance.remove();
    await service.close();
  });
});
