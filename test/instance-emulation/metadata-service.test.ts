import { type IncomingHttpHeaders, request } from 'node:http';
import { execa } from 'execa';
import { afterEach, describe, expect, it } from 'vitest';
import {
  type Behaviour,
  type MetadataOptions,
  type MetadataService,
  startMetadataService,
} from '../support/metadata-service.ts';

let service: MetadataService | undefined;
afterEach(async () => {
  await service?.close();
  service = undefined;
});

async function start(options: MetadataOptions = {}): Promise<MetadataService> {
  service = await startMetadataService(options);
  return service;
}

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

/** Rejects with the system's error code where there is no whole answer. */
function ask(
  url: string,
  options: { method?: string; headers?: Record<string, string> } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { ...options, agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (text) => {
        body += text;
      });
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
      );
    });
    sent.on('error', reject);
    sent.end();
  });
}

const ttl = { 'X-aws-ec2-metadata-token-ttl-seconds': '21600' };

function token({ endpoint }: MetadataService, headers: Record<string, string> = ttl): Promise<Answer> {
  return ask(`${endpoint}/latest/api/token`, { method: 'PUT', headers });
}

async function item(imds: MetadataService, path: string): Promise<Answer> {
  const { body } = await token(imds);
  return ask(`${imds.endpoint}/latest/meta-data/${path}`, { headers: { 'X-aws-ec2-metadata-token': body } });
}

describe('the manners of IMDSv2', () => {
  it('hands out a one-line token and answers an item with it', async () => {
    const imds = await start({ localIpv4: '172.31.7.9' });
    const { status, headers, body } = await token(imds);
    expect({ status, type: headers['content-type'] }).toEqual({ status: 200, type: 'text/plain' });
    expect(body).toMatch(/^[A-Za-z0-9_=-]{40,}$/);
    expect(await item(imds, 'local-ipv4')).toMatchObject({ status: 200, body: '172.31.7.9' });
    expect(imds.requests.map(({ method, path, status }) => [method, path, status])).toEqual([
      ['PUT', '/latest/api/token', 200],
      ['PUT', '/latest/api/token', 200],
      ['GET', '/latest/meta-data/local-ipv4', 200],
    ]);
  });

  it.each([[{}], [{ ...ttl, 'X-aws-ec2-metadata-token-ttl-seconds': '0' }]])(
    'answers 400 to a token request without a valid time to live: %j',
    async (headers) => {
      expect((await token(await start(), headers)).status).toBe(400);
    },
  );

  it.each(['21601', '-1', 'soon', ''])('answers 400 to the time to live "%s"', async (seconds) => {
    const answer = await token(await start(), { 'X-aws-ec2-metadata-token-ttl-seconds': seconds });
    expect(answer.status).toBe(400);
  });

  it('refuses a versioned token path, a proxied token request and other methods', async () => {
    const imds = await start();
    const versioned = await ask(`${imds.endpoint}/2021-07-15/api/token`, { method: 'PUT', headers: ttl });
    expect(versioned.status).toBe(403);
    expect((await token(imds, { ...ttl, 'X-Forwarded-For': '10.0.0.1' })).status).toBe(403);
    expect((await ask(`${imds.endpoint}/latest/api/token`)).status).toBe(405);
    expect((await ask(`${imds.endpoint}/latest/meta-data/`, { method: 'DELETE' })).status).toBe(405);
  });

  it('answers 401 without a token, with an unknown one and with an expired one', async () => {
    const imds = await start();
    const url = `${imds.endpoint}/latest/meta-data/local-ipv4`;
    const { body } = await token(imds);
    const withToken = (value: string) => ask(url, { headers: { 'X-aws-ec2-metadata-token': value } });
    expect((await ask(url)).status).toBe(401);
    expect((await withToken('made-up')).status).toBe(401);
    expect((await withToken(body)).status).toBe(200);
    imds.expireTokens();
    expect((await withToken(body)).status).toBe(401);
  });

  it('answers without a token where IMDSv1 is allowed, but not with a wrong one', async () => {
    const imds = await start({ allowV1: true });
    const url = `${imds.endpoint}/latest/meta-data/local-ipv4`;
    expect((await ask(url)).status).toBe(200);
    expect((await ask(url, { headers: { 'X-aws-ec2-metadata-token': 'x' } })).status).toBe(401);
  });

  it('lists directories and answers 404 to what the instance lacks', async () => {
    const imds = await start();
    expect((await item(imds, '')).body.split('\n')).toContain('network/');
    const macs = (await item(imds, 'network/interfaces/macs/')).body;
    expect(macs).toMatch(/^([0-9a-f]{2}:){5}[0-9a-f]{2}\/$/);
    expect((await item(imds, `network/interfaces/macs/${macs}local-ipv4s`)).body).toBe('10.0.1.5');
    expect((await item(imds, 'ipv6')).status).toBe(404);
    expect((await item(imds, 'no-such-thing')).status).toBe(404);
  });

  it('has no local-ipv4 on an IPv6-only interface', async () => {
    const imds = await start({ localIpv4: null, ipv6: ['2001:db8::5', '2001:db8::6'] });
    expect((await item(imds, 'local-ipv4')).status).toBe(404);
    expect((await item(imds, 'ipv6')).body).toBe('2001:db8::5');
  });
});

describe('the faults', () => {
  it.each<[Behaviour, string]>([
    ['empty', '^$'],
    ['html', '<html>'],
    ['lines', '\n'],
    ['metacharacters', '`id`'],
    ['huge', '^A{4194304}$'],
    [{ body: '999.1.1.1' }, '^999.1.1.1$'],
  ])('gives an item the body %j', async (behaviour, expected) => {
    const imds = await start({ faults: [{ on: 'item', behaviour }] });
    const answer = await item(imds, 'local-ipv4');
    expect(answer.status).toBe(200);
    expect(new RegExp(expected).test(answer.body)).toBe(true);
  });

  it.each([401, 403, 404, 500, 503])('answers a token request with %i and a page', async (status) => {
    const imds = await start({ faults: [{ on: 'token', behaviour: status }] });
    const answer = await token(imds);
    expect(answer.status).toBe(status);
    expect(answer.body).toContain(`<title>${status} - `);
  });

  it.each<Behaviour>(['reset', 'close', 'cut'])('breaks the connection: %s', async (behaviour) => {
    const imds = await start({ faults: [{ on: 'token', behaviour }] });
    await expect(token(imds)).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  it('is sound again after the given number of requests, each kind on its own, in order', async () => {
    const imds = await start({
      faults: [
        { on: 'token', behaviour: 503, times: 1 },
        { on: 'token', behaviour: 'reset', times: 1 },
        { on: 'item', behaviour: 401, times: 1 },
      ],
    });
    expect((await token(imds)).status).toBe(503);
    await expect(token(imds)).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect((await item(imds, 'local-ipv4')).status).toBe(401);
    expect((await item(imds, 'local-ipv4')).status).toBe(200);
    expect(imds.requests.map(({ status }) => status)).toEqual([503, null, 200, 401, 200, 200]);
  });

  it('hits one item only where a path is given', async () => {
    const imds = await start({ faults: [{ on: 'item', behaviour: 500, path: 'ipv6' }] });
    expect((await item(imds, 'ipv6')).status).toBe(500);
    expect((await item(imds, 'local-ipv4')).status).toBe(200);
  });

  it('refuses from the start, and listens again once the fault is taken back', async () => {
    const imds = await start({ faults: [{ on: 'token', behaviour: 'refused' }] });
    await expect(token(imds)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await imds.set();
    expect((await token(imds)).status).toBe(200);
  });

  it('refuses the reading of items once a token is out', async () => {
    const imds = await start({ faults: [{ on: 'item', behaviour: 'refused', times: 1 }] });
    await expect(item(imds, 'local-ipv4')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await imds.set();
    expect((await item(imds, 'local-ipv4')).status).toBe(200);
  });

  it('refuses for a while only where a time is given', async () => {
    const imds = await start({ faults: [{ on: 'token', behaviour: 'refused', milliseconds: 50 }] });
    await expect.poll(() => item(imds, 'local-ipv4').catch(() => null)).toMatchObject({ status: 200 });
  });

  it.each<[Behaviour, string]>([
    ['hang', ''],
    ['slow', 'A'],
  ])('outlasts a client that waits two seconds: %s', async (behaviour, begin) => {
    const imds = await start({ faults: [{ on: 'token', behaviour }] });
    const url = `${imds.endpoint}/latest/api/token`;
    const { exitCode, stdout } = await execa(
      'curl',
      [
        '-q',
        '-sS',
        '--noproxy',
        '*',
        '--max-time',
        '2',
        '-X',
        'PUT',
        '-H',
        'X-aws-ec2-metadata-token-ttl-seconds: 60',
        url,
      ],
      { reject: false },
    );
    expect(exitCode).toBe(28); // curl's own time-out
    expect(stdout.startsWith(begin)).toBe(true);
  });

  it('closes although requests hang', async () => {
    const imds = await start({ faults: [{ on: 'token', behaviour: 'hang' }] });
    const pending = token(imds);
    pending.catch(() => {});
    await expect.poll(() => imds.requests.length).toBe(1);
    await imds.close();
    await expect(pending).rejects.toMatchObject({ code: 'ECONNRESET' });
  });
});
