import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer, type Server as NetServer } from 'node:net';
import { gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { findFreePort } from '../../src/instance/scratch.ts';
import { runMain } from './in-process.ts';
import { code, probe } from './probing.ts';

function listen(server: NetServer): Promise<number> {
  onTestFinished(() => {
    server.close();
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}

async function serve(listener: RequestListener): Promise<string> {
  return `http://127.0.0.1:${await listen(createHttpServer(listener))}`;
}

/** Answers every connection's first bytes with `answer`, and remembers them. */
async function serveBytes(answer: string | Buffer | null): Promise<{ origin: string; received: string[] }> {
  const received: string[] = [];
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', (data) => {
      received.push(data.toString('latin1'));
      if (answer !== null) socket.end(answer);
    });
  });
  return { origin: `http://127.0.0.1:${await listen(server)}`, received };
}

describe('the request', () => {
  const answer = 'HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n';

  it('of an Application Load Balancer, byte for byte', async () => {
    const { origin, received } = await serveBytes(answer);
    expect(await code(`${origin}/health/?deep=1`, '--host', '10.0.1.5')).toBe('healthy');
    expect(received).toEqual([
      'GET /health/?deep=1 HTTP/1.1\r\nHost: 10.0.1.5\r\nConnection: close\r\nUser-Agent: ELB-HealthChecker/2.0\r\nAccept-Encoding: gzip, compressed\r\n\r\n',
    ]);
  });

  it('carries the target address and a port that is not the standard one, unless told otherwise', async () => {
    const { origin } = await serveBytes(answer);
    const { request } = await probe(origin.replace('127.0.0.1', 'localhost'));
    expect(request.headers?.Host).toBe(origin.slice('http://'.length));
  });

  it('is followed by a note where a loopback address proves nothing', async () => {
    const { origin } = await serveBytes(answer);
    expect((await runMain(['probe', origin])).stderr).toContain('try --host 10.0.1.5');
    expect((await runMain(['probe', origin, '--host', '10.0.1.5'])).stderr).toBe('');
    expect((await runMain(['probe', origin, '--quiet'])).stderr).toBe('');
  });

  it('is shown as it was sent, with the verdict', async () => {
    const { origin } = await serveBytes('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n');
    const { status, stdout } = await runMain(['probe', `${origin}/up`, '--host', '10.0.1.5']);
    expect(status).toBe(1);
    expect(stdout).toBe(
      `> GET /up HTTP/1.1
> Host: 10.0.1.5
> Connection: close
> User-Agent: ELB-HealthChecker/2.0
> Accept-Encoding: gzip, compressed

unhealthy (Target.ResponseCodeMismatch): 404: there is nothing at /up
  fix: check a path that exists: 'eb-hosts health-check set /health/', or add that view
`,
    );
  });

  it('names no host in a TLS handshake', async () => {
    const { origin, received } = await serveBytes(null);
    const url = origin.replace('http://127.0.0.1', 'https://localhost');
    expect(await code(url, '--timeout', '0.3')).toBe('tls-handshake');
    expect(received).toHaveLength(1);
    expect(received[0]).not.toContain('localhost');
  });
});

describe('the verdict on what no well-behaved server does', () => {
  it('nobody listens', async () => {
    const document = await probe(`http://127.0.0.1:${await findFreePort()}`);
    expect(document).toMatchObject({
      failure: 'refused',
      answer: null,
      verdict: { code: 'refused', reason: 'Target.FailedHealthChecks' },
    });
  });

  it('an answer that never comes, or never ends', async () => {
    const { origin } = await serveBytes(null);
    const verdict = { code: 'answer-timeout', reason: 'Target.Timeout' };
    expect(await probe(origin, '--timeout', '0.2')).toMatchObject({ verdict });
    const endless = await serve((_, response) => {
      response.writeHead(200, { 'content-length': 10 });
      response.write('x');
    });
    expect(await probe(endless, '--timeout', '0.2')).toMatchObject({ verdict });
  });

  it('a body without end is read no further than needed', async () => {
    const origin = await serve((_, response) => {
      response.on('error', () => {});
      const pour = () => {
        while (!response.destroyed && response.write('x'.repeat(65_536)));
        response.once('drain', pour);
      };
      pour();
    });
    expect(await code(origin)).toBe('healthy');
  });

  it.each([
    ['nothing at all', '', 'closed'],
    ['half a body', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok', 'closed'],
    ['another protocol', 'SSH-2.0-OpenSSH_9.2\r\n', 'not-http'],
    ['a TLS alert', Buffer.from([0x15, 3, 1, 0, 2, 2, 70]), 'not-http'],
  ])('%s', async (_, bytes, expected) => {
    expect(await code((await serveBytes(bytes)).origin)).toBe(expected);
  });

  it('a name that does not exist', async () => {
    expect(await code('http://no..such.name/')).toBe('unknown-name');
  });

  it('looks into a compressed page', async () => {
    const page = gzipSync('<p>Invalid HTTP_HOST header: 10.0.1.5</p>');
    const origin = await serve((_, response) =>
      response.writeHead(400, { 'content-encoding': 'gzip' }).end(page),
    );
    expect(await code(origin)).toBe('host-refused');
  });

  it('tells when only the matcher makes a refusal look healthy', async () => {
    const origin = await serve((_, response) => response.writeHead(400).end('DisallowedHost'));
    const document = await probe(origin, '--matcher', '200,400');
    expect(document).toMatchObject({ ok: true, verdict: { code: 'masked-refusal', healthy: true } });
  });

  it('applies the matcher', async () => {
    const origin = await serve((_, response) => response.writeHead(302, { location: '/x' }).end());
    expect((await probe(origin, '--matcher', '200-399')).ok).toBe(true);
    expect((await probe(origin)).ok).toBe(false);
  });
});

it('ends at once when interrupted', async () => {
  const controller = new AbortController();
  const origin = await serve(() => controller.abort());
  const { status, stderr } = await runMain(['probe', origin, '-q'], { signal: controller.signal });
  expect({ status, stderr }).toEqual({ status: 130, stderr: 'eb-hosts: interrupted\n' });
});

describe('wrong usage', () => {
  it.each([
    [[], "missing required argument 'url'"],
    [['ftp://x/'], 'is not a URL to check'],
    [['http://user:secret@x/'], 'is not a URL to check'],
    [['tcp://x:80'], 'is not a URL to check'],
    [['http://x:70000'], 'is not a URL to check'],
    [['http://x', '--host', 'a b'], '--host takes a host'],
    [['http://x', '--host', 'a\r\nX: y'], '--host takes a host'],
    [['http://x', '--matcher', '500'], '--matcher takes codes'],
    [['http://x', '--matcher', '301-200'], '--matcher takes codes'],
    [['http://x', '--timeout', 'soon'], '--timeout takes a number'],
  ])('%j', async (argv, message) => {
    const { status, stdout, stderr } = await runMain(['probe', ...argv]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toContain(message);
  });
});
