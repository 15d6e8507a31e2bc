import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { act, ServiceError, type World } from './beanstalk-actions.ts';
import {
  answersInstead,
  dueFault,
  type Fault,
  send,
  sendError,
  sequence,
  stall,
} from './beanstalk-faults.ts';
import { type Parameters, readRequest, xml } from './beanstalk-model.ts';
import type { FakeEnvironment } from './beanstalk-world.ts';

export interface Call {
  readonly action: string;
  readonly parameters: Parameters;
  readonly region: string;
  readonly accessKey: string;
}

/** A limit of calls: `burst` at once, and `perSecond` in the long run. */
export interface TokenBucket {
  readonly perSecond: number;
  readonly burst: number;
}

/** Elastic Beanstalk on the loopback: the Query protocol, a state machine behind it, faults on demand. */
export interface BeanstalkServer {
  readonly url: string;
  readonly world: World;
  readonly calls: Call[];
  /** What was wrong with requests, by the service's model: to be empty at the end. */
  readonly violations: string[];
  readonly faults: Fault[];
  /** Time each answer takes. */
  latencyMs: number;
  /** How far the server's clock is ahead of this machine's: it refuses requests that are five minutes off. */
  clockMs: number;
  /** Calls that find no token in it are throttled, as the real service does it; undefined: no limit. */
  bucket: TokenBucket | undefined;
  /** Called with every call, before it is answered. */
  onCall: (call: Call) => void;
  count(action: string): number;
  close(): Promise<void>;
}

export async function startBeanstalk(...environments: FakeEnvironment[]): Promise<BeanstalkServer> {
  const world: World = { environments, pageSize: 100, messages: [] };
  const calls: Call[] = [];
  const violations: string[] = [];
  const faults: Fault[] = [];
  const random = sequence();
  const hasToken = tokens();
  const http = createServer((request, response) => {
    void answer(request, response).catch((error: unknown) => {
      violations.push(`the server failed: ${error}`);
      response.destroy();
    });
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let body = '';
    for await (const chunk of request) body += chunk;
    const { action, parameters, violations: found } = readRequest(body);
    const scope = /Credential=([^/]+)\/\d{8}\/([a-z0-9-]+)\/elasticbeanstalk\/aws4_request/.exec(
      request.headers.authorization ?? '',
    );
    if (request.method !== 'POST' || request.url !== '/') found.push(`${request.method} ${request.url}`);
    if (!/^application\/x-www-form-urlencoded/.test(request.headers['content-type'] ?? ''))
      found.push('content type');
    if (scope === null) found.push(`authorization ${request.headers.authorization}`);
    violations.push(...found);
    const call = { action, parameters, region: scope?.[2] ?? '', accessKey: scope?.[1] ?? '' };
    calls.push(call);
    server.onCall(call);
    if (server.latencyMs > 0) await sleep(server.latencyMs);
    const clock = Date.now() + server.clockMs;
    response.setHeader('date', new Date(clock).toUTCString());
    if (Math.abs(clock - signedAt(request)) > 300_000) {
      const message = 'The difference between the request time and the current time is too large.';
      return sendError(response, 403, 'RequestTimeTooSkewed', message);
    }
    const fault = hasToken(server.bucket) ? dueFault(faults, action, random) : 'throttled';
    if (fault !== undefined && answersInstead[fault] !== undefined)
      return answersInstead[fault](response, action);
    try {
      const { result, requestId } = act(world, action, parameters);
      if (fault === 'cut-after') return void response.destroy();
      const inner = `<${action}Result>${xml(result)}</${action}Result>`;
      const text = `<${action}Response xmlns="http://elasticbeanstalk.amazonaws.com/docs/2010-12-01/">${inner}<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata></${action}Response>`;
      if (fault === 'stall') return stall(response, text);
      send(response, 200, text, fault === 'no-request-id' ? undefined : requestId);
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      sendError(response, error.status, error.code, error.message);
    }
  }

  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const { port } = http.address() as AddressInfo;
  const server: BeanstalkServer = {
    url: `http://127.0.0.1:${port}`,
    world,
    calls,
    violations,
    faults,
    latencyMs: 0,
    clockMs: 0,
    bucket: undefined,
    onCall: () => {},
    count: (action) => calls.filter((call) => call.action === action).length,
    close: () => {
      http.closeAllConnections();
      return new Promise((resolve) => http.close(() => resolve()));
    },
  };
  return server;
}

/** `20260101T120000Z` of the signature. */
function signedAt({ headers }: IncomingMessage): number {
  const text = String(headers['x-amz-date']);
  return Date.parse(text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
}

/** Whether a call may pass; takes its token. */
function tokens(): (bucket: TokenBucket | undefined) => boolean {
  let left: number | undefined;
  let filled = performance.now();
  return (bucket) => {
    if (bucket === undefined) return true;
    const now = performance.now();
    left = Math.min(bucket.burst, (left ?? bucket.burst) + ((now - filled) / 1000) * bucket.perSecond);
    filled = now;
    if (left < 1) return false;
    left -= 1;
    return true;
  };
}
