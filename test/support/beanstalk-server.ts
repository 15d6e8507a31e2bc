import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { act, ServiceError, type World } from './beanstalk-actions.ts';
import { type Parameters, readRequest, xml } from './beanstalk-model.ts';
import type { FakeEnvironment } from './beanstalk-world.ts';

/** Something that goes wrong. `cut-after` happens after the call was carried out. */
export type FaultKind =
  | 'throttled'
  | 'access-denied'
  | 'insufficient-privileges'
  | 'expired-token'
  | 'invalid-token'
  | 'bad-signature'
  | 'old-signature'
  | 'html-500'
  | 'empty-503'
  | 'cut'
  | 'cut-after'
  | 'reset'
  | 'garbage'
  | 'hang'
  | 'stall'
  | 'no-request-id'
  | 'empty'
  | 'login-page'
  | 'broken-off'
  | 'empty-400'
  | 'proxy-403'
  | 'not-enabled'
  | 'quoting'
  | 'quoting-500';

export interface Fault {
  readonly kind: FaultKind;
  /** Any action where there is none. */
  readonly action?: string;
  /** How often; default: for ever. */
  times?: number;
  /** Calls of that action to let pass first. */
  skip?: number;
  /** A share of the calls, by a fixed sequence. */
  readonly share?: number;
}

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
  /** How many calls have met one. */
  faulty: number;
  /** Time each answer takes. */
  latencyMs: number;
  /** How far the server's clock is ahead of this machine's: it refuses requests that are five minutes off. */
  clockMs: number;
  /** Calls that find no token in it are throttled, as the real service does it; undefined: no limit. */
  bucket: TokenBucket | undefined;
  /** What is done to the XML of an answer before it is sent. */
  dress: (text: string) => string;
  /** Called with every call, before it is answered. */
  onCall: (call: Call) => void;
  count(action: string): number;
  close(): Promise<void>;
}

export async function startBeanstalk(...environments: FakeEnvironment[]): Promise<BeanstalkServer> {
  const world: World = { environments, pageSize: 100, nextToken: String, messages: [] };
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
    if (fault !== undefined) server.faulty += 1;
    if (fault !== undefined && before[fault] !== undefined) return before[fault](response, action);
    try {
      const { result, requestId } = act(world, action, parameters);
      if (fault === 'cut-after') return void response.destroy();
      const inner = `<${action}Result>${xml(result)}</${action}Result>`;
      const text = server.dress(
        `<${action}Response xmlns="http://elasticbeanstalk.amazonaws.com/docs/2010-12-01/">${inner}<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata></${action}Response>`,
      );
      if (fault === 'stall') return stall(response, text);
      // Well-formed up to there, and the connection's end is the answer's.
      if (fault === 'broken-off') return breakOff(response, text);
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
    faulty: 0,
    latencyMs: 0,
    clockMs: 0,
    bucket: undefined,
    dress: (text) => text,
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

const before: Partial<Record<FaultKind, (response: ServerResponse, action: string) => void>> = {
  throttled: (response) => sendError(response, 400, 'Throttling', 'Rate exceeded'),
  'access-denied': (response, action) =>
    sendError(
      response,
      403,
      'AccessDenied',
      `User: arn:aws:iam::123456789012:user/dev is not authorized to perform: elasticbeanstalk:${action} on resource: arn:aws:elasticbeanstalk:eu-west-1:123456789012:environment/shop/shop-prod`,
    ),
  'insufficient-privileges': (response) =>
    sendError(
      response,
      403,
      'InsufficientPrivilegesException',
      "You do not have permission to perform the 's3:CreateBucket' action. Verify that your S3 policies and your ACLs allow you to perform these actions.",
    ),
  'expired-token': (response) =>
    sendError(response, 403, 'ExpiredToken', 'The security token included in the request is expired'),
  'invalid-token': (response) =>
    sendError(
      response,
      403,
      'InvalidClientTokenId',
      'The security token included in the request is invalid.',
    ),
  'bad-signature': (response) =>
    sendError(
      response,
      403,
      'SignatureDoesNotMatch',
      'The request signature we calculated does not match. The Canonical String for this request should have been\nAKIAIOSFODNN7EXAMPLE/20260101',
    ),
  'old-signature': (response) =>
    sendError(
      response,
      403,
      'SignatureDoesNotMatch',
      'Signature expired: 20260101T000000Z is now earlier than 20260101T010000Z (20260101T011500Z - 15 min.)',
    ),
  'html-500': (response) =>
    send(response, 500, '<html><body><h1>Internal Server Error</h1>', undefined, 'text/html'),
  'empty-503': (response) => send(response, 503, '', undefined),
  cut: (response) => void response.destroy(),
  reset: (response) => void response.socket?.resetAndDestroy(),
  garbage: (response) => send(response, 200, '<Describe><SECRET_KEY>hunter2-is-secret</oops', randomUUID()),
  hang: () => {},
  empty: (response) => send(response, 200, '', undefined),
  'login-page': (response) => send(response, 200, '<html><body>Log in</body></html>', undefined, 'text/html'),
  'empty-400': (response) => send(response, 400, '', undefined),
  'proxy-403': (response) => send(response, 403, '<html><body>Denied</body></html>', undefined, 'text/html'),
  'quoting-500': (response) => sendError(response, 500, 'Bad-hunter2-is-secret', 'hunter2-is-secret'),
  // The service quotes what is in its configuration.
  quoting: (response) =>
    sendError(
      response,
      400,
      'InvalidParameterValue',
      "Invalid option value: 'hunter2-is-secret' (Namespace: 'aws:elasticbeanstalk:application:environment', OptionName: 'SECRET_KEY')",
    ),
  'not-enabled': (response) =>
    sendError(response, 403, 'OptInRequired', 'The AWS Access Key Id needs a subscription for the service'),
};

function breakOff(response: ServerResponse, text: string): void {
  response.writeHead(200, { 'content-type': 'text/xml', connection: 'close' });
  response.end(text.slice(0, text.indexOf('<ResponseMetadata>')));
}

/** Half an answer, and then nothing. */
function stall(response: ServerResponse, text: string): void {
  response.writeHead(200, { 'content-type': 'text/xml', 'content-length': Buffer.byteLength(text) });
  response.write(text.slice(0, text.length / 2));
}

function dueFault(faults: Fault[], action: string, random: () => number): FaultKind | undefined {
  for (const fault of faults) {
    if (fault.action !== undefined && fault.action !== action) continue;
    if (fault.times === 0) continue;
    if (fault.share !== undefined && random() >= fault.share) continue;
    if (fault.skip !== undefined && fault.skip > 0) {
      fault.skip -= 1;
      continue;
    }
    if (fault.times !== undefined) fault.times -= 1;
    return fault.kind;
  }
  return undefined;
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

/** The same numbers in every run. */
function sequence(): () => number {
  let state = 42;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}

function sendError(response: ServerResponse, status: number, code: string, message: string): void {
  const error = { Error: { Type: 'Sender', Code: code, Message: message }, RequestId: randomUUID() };
  send(response, status, `<ErrorResponse>${xml(error)}</ErrorResponse>`, error.RequestId);
}

function send(
  response: ServerResponse,
  status: number,
  text: string,
  requestId: string | undefined,
  type = 'text/xml',
): void {
  response.writeHead(status, {
    'content-type': type,
    ...(requestId === undefined ? {} : { 'x-amzn-RequestId': requestId }),
  });
  response.end(text);
}
