import { mkdirSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { appProcess } from '../../src/instance/app.ts';
import { createInstance, places } from '../../src/instance/engine.ts';
import { checkHealth } from '../../src/instance/health-checker.ts';
import { checkSite } from '../../src/instance/rehearsal.ts';
import { findFreePort } from '../../src/instance/scratch.ts';

async function app(script: string, signal = new AbortController().signal) {
  const port = await findFreePort();
  const instance = createInstance('python', port, null);
  mkdirSync(join(instance.root, places.current));
  const options = { shellEnvironment: { PATH: process.env.PATH }, answers: answersHttp, signal };
  const served = appProcess(instance, [process.execPath, '-e', script], options);
  onTestFinished(async () => {
    await served.stop();
    instance.remove();
  });
  return { port, start: served.start, stop: served.stop };
}

async function answersHttp(port: number): Promise<boolean> {
  const check = { scheme: 'http', address: '127.0.0.1', port, path: '/', timeoutMilliseconds: 5000 } as const;
  return (await checkHealth(check)).answer !== null;
}

describe('starting the app', () => {
  it('waits until it answers, and ends it', async () => {
    const { start, stop, port } = await app(
      'setTimeout(() => http.createServer((q, r) => r.end()).listen(process.env.PORT), 200)',
    );
    expect(await start()).toBeNull();
    await stop();
    expect(await answersHttp(port)).toBe(false);
  });

  it('is not content with a port that is merely open', async () => {
    const { start } = await app(
      'net.createServer((s) => { console.error("no worker"); process.exit(4) }).listen(process.env.PORT)',
    );
    expect(await start()).toEqual({
      note: 'the app ended before it answered (status 4)',
      output: 'no worker\n',
    });
  });

  it('gives up after half a minute', async () => {
    const silent = await app('setInterval(() => {}, 1000)');
    const started = silent.start();
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 31_000 });
    onTestFinished(() => {
      vi.useRealTimers();
    });
    expect((await started)?.note).toBe(
      `the app does not answer on $PORT, here ${silent.port}, after 30 s: bind it to that port`,
    );
  });

  it('names the port on which the app listens instead', async () => {
    const other = await findFreePort();
    const { start, port } = await app(`http.createServer(() => {}).listen(${other}, "127.0.0.1")`);
    expect((await start())?.note).toBe(
      `the app does not answer on $PORT, here ${port}: it listens on ${other}; bind it to $PORT`,
    );
  });

  it('stops waiting when interrupted', async () => {
    const controller = new AbortController();
    const { start } = await app('setInterval(() => {}, 1000)', controller.signal);
    const started = start();
    controller.abort();
    await expect(started).rejects.toMatchObject({ code: 'interrupted' });
  });

  it('ends an app that does not listen to SIGTERM', async () => {
    const { start, stop, port } = await app(
      'process.on("SIGTERM", () => {}); http.createServer((q, r) => r.end()).listen(process.env.PORT)',
    );
    await start();
    await stop();
    expect(await answersHttp(port)).toBe(false);
  });
});

describe('asking the app', () => {
  /** Statuses by host; for others `rest`. */
  async function ask(byHost: Record<string, number>, rest: number, ownHosts = ['a.example']) {
    const server = createServer((request, response) => {
      response.statusCode = byHost[request.headers.host ?? ''] ?? rest;
      response.end();
    });
    onTestFinished(() => {
      server.close();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const admits = (status: number) => status === 200;
    const asked = { path: '/', admits, address: '10.0.1.5', ownHosts, givenBy: null, wildcard: false };
    return checkSite(port, 'app', asked);
  }
  const ok = (checks: Awaited<ReturnType<typeof ask>>) => checks.map((check) => check.ok);

  it('takes 403 for a refusal where others are let in', async () => {
    expect(ok(await ask({ '10.0.1.5': 200, 'a.example': 200 }, 403))).toEqual([true, true, true]);
    expect(ok(await ask({ '10.0.1.5': 200, 'a.example': 403 }, 403))).toEqual([true, false, true]);
    expect(ok(await ask({ 'a.example': 200 }, 403))).toEqual([false, true, true]);
  });

  it('and for a closed path where nobody is', async () => {
    expect(ok(await ask({}, 403))).toEqual([false, true, false]);
  });

  it('takes redirects and missing pages for an accepted host', async () => {
    expect(ok(await ask({ '10.0.1.5': 200, 'a.example': 301 }, 400))).toEqual([true, true, true]);
    expect(ok(await ask({ 'a.example': 404 }, 200))).toEqual([true, true, false]);
  });

  it('sees by the own site that the host decides', async () => {
    const [balancer] = await ask({ 'a.example': 200 }, 404);
    expect(balancer?.verdict).toContain('404 for the address, while a.example gets 200');
    expect(balancer?.fix).not.toContain('init');
    // Rails in production: no word in the page.
    const [refused] = await ask({ 'a.example': 200 }, 403);
    expect(refused?.verdict).toContain('403 for the address, while a.example gets 200');
    expect(refused?.fix).toContain("'eb-hosts init'");
  });

  it('says so where no host of the site is known', async () => {
    const [, site] = await ask({}, 200, []);
    expect(site).toMatchObject({ asker: 'your site', host: '', status: null, ok: true });
    expect(site?.verdict).toContain('not asked');
  });
});
