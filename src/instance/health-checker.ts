import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import { connect, isIPv6, type Socket } from 'node:net';
import { constants, gunzipSync } from 'node:zlib';
import { systemErrorCode } from '../errors.ts';

export const loadBalancers = ['alb', 'classic', 'nlb'] as const;
export type LoadBalancer = (typeof loadBalancers)[number];

export interface HealthCheck {
  readonly loadBalancer: LoadBalancer;
  /** `tcp` and `ssl`: a connection, and a handshake, are all that is asked. */
  readonly scheme: 'http' | 'https' | 'tcp' | 'ssl';
  /** Address or name to connect to. */
  readonly address: string;
  readonly port: number;
  readonly path: string;
  /** The Host header; not given: what the load balancer forms itself from the address and the port. */
  readonly host?: string | undefined;
  /** For the whole check, connecting included. */
  readonly timeoutMilliseconds: number;
}

export interface CheckRequest {
  readonly method: 'GET';
  readonly path: string;
  /** In the order in which they are sent. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface CheckAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** The beginning of the body as text, decompressed. */
  readonly body: string;
}

/** Why there is no answer.
 * - `name`: the host name is unknown; `unreachable`: no route; `refused`: nobody listens;
 * - `connect-timeout`, `handshake-timeout`, `answer-timeout`: it took longer than the check may;
 * - `closed`: the connection ended before the answer did;
 * - `plain-port`: TLS was asked of a port that speaks none; `tls-port`: the other way round; `tls`: the handshake failed;
 * - `not-http`: what came is no HTTP. */
export type CheckFailure =
  | 'name'
  | 'unreachable'
  | 'refused'
  | 'connect-timeout'
  | 'handshake-timeout'
  | 'answer-timeout'
  | 'closed'
  | 'plain-port'
  | 'tls-port'
  | 'tls'
  | 'not-http';

export interface CheckOutcome {
  /** Null where a connection is all there is, or none came about. */
  readonly request: CheckRequest | null;
  readonly answer: CheckAnswer | null;
  readonly failure: CheckFailure | null;
}

const bodyLimit = 64 * 1024;

/** Asks once, as the load balancer's health checker does: a fresh connection, no redirect followed, no certificate
 * verified (none of the load balancers does). Never rejects. */
export async function checkHealth(check: HealthCheck): Promise<CheckOutcome> {
  const { address, port, scheme } = check;
  // Loading it takes longer than a check without it.
  const tls = scheme === 'https' || scheme === 'ssl' ? await import('node:tls') : null;
  // No name is indicated: the checker knows its targets by their addresses alone.
  const socket =
    tls === null
      ? connect({ host: address, port })
      : tls.connect({ host: address, port, rejectUnauthorized: false });
  let waitingFor: CheckFailure = 'connect-timeout';
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    socket.destroy();
  }, check.timeoutMilliseconds);
  socket.once('connect', () => {
    waitingFor = tls === null ? 'answer-timeout' : 'handshake-timeout';
  });
  let request: CheckRequest | null = null;
  try {
    await once(socket, tls === null ? 'connect' : 'secureConnect');
    if (scheme === 'tcp' || scheme === 'ssl') return { request, answer: null, failure: null };
    waitingFor = 'answer-timeout';
    request = { method: 'GET', path: check.path, headers: checkHeaders(check, socket) };
    return { request, answer: await exchange(socket, request), failure: null };
  } catch (error) {
    return { request, answer: null, failure: late ? waitingFor : classify(error) };
  } finally {
    clearTimeout(timer);
    socket.destroy();
  }
}

/** What is sent: see the user guides' pages on troubleshooting and captures in public threads. The accepted encodings of
 * the Application Load Balancer are from such captures alone. */
function checkHeaders(
  { loadBalancer, host, address, port, scheme }: HealthCheck,
  socket: Socket,
): Record<string, string> {
  const standardPort = port === (scheme === 'https' ? 443 : 80);
  const target = socket.remoteAddress ?? address;
  switch (loadBalancer) {
    case 'classic':
      return {
        Host: host ?? `${bracketed(target)}:${port}`,
        'User-Agent': 'ELB-HealthChecker/1.0',
        Accept: '*/*',
        Connection: 'keep-alive',
      };
    case 'nlb':
      // The node's own address, which is ours here, and the listener's port.
      return {
        Host: host ?? `${bracketed(socket.localAddress ?? target)}:${port}`,
        'User-Agent': 'ELB-HealthChecker/2.0',
        Connection: 'close',
      };
    default:
      return {
        Host: host ?? (standardPort ? bracketed(target) : `${bracketed(target)}:${port}`),
        Connection: 'close',
        'User-Agent': 'ELB-HealthChecker/2.0',
        'Accept-Encoding': 'gzip, compressed',
      };
  }
}

function bracketed(address: string): string {
  return isIPv6(address) ? `[${address}]` : address;
}

function once(socket: Socket, event: string): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once(event, () => resolve());
    // The listener stays: an error after the decision must not end the process.
    socket.on('error', reject);
    socket.once('close', () => reject(new Error('closed')));
  });
}

function exchange(socket: Socket, { path, headers }: CheckRequest): Promise<CheckAnswer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({
      // Without an agent: one would open a connection of its own.
      createConnection: () => socket,
      method: 'GET',
      path,
      headers,
      setHost: false,
    });
    request.on('response', (response) => readAnswer(response).then(resolve, reject));
    request.on('error', reject);
    socket.once('close', () => reject(new Error('closed')));
    request.end();
  });
}

function readAnswer(response: IncomingMessage): Promise<CheckAnswer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const finish = () =>
      resolve({
        status: response.statusCode ?? 0,
        headers: response.headers,
        body: decode(Buffer.concat(chunks), response.headers['content-encoding']),
      });
    response.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      length += chunk.length;
      if (length >= bodyLimit) finish();
    });
    response.on('end', finish);
    response.on('error', reject);
  });
}

function decode(body: Buffer, encoding: string | undefined): string {
  if (encoding !== 'gzip') return body.toString('utf8');
  try {
    // What was cut off at our limit has no proper end.
    return gunzipSync(body, { finishFlush: constants.Z_SYNC_FLUSH }).toString('utf8');
  } catch {
    return '';
  }
}

function classify(error: unknown): CheckFailure {
  const code = systemErrorCode(error) ?? '';
  const message = error instanceof Error ? error.message : '';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'name';
  if (code === 'ECONNREFUSED') return 'refused';
  if (code === 'ETIMEDOUT') return 'connect-timeout';
  if (['EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL', 'EACCES', 'EINVAL'].includes(code))
    return 'unreachable';
  if (code.startsWith('HPE_')) return looksLikeTls(error) ? 'tls-port' : 'not-http';
  if (code === 'EPROTO' || code.startsWith('ERR_SSL') || code.startsWith('ERR_TLS')) {
    return /wrong version number|packet length too long|http request|record layer/i.test(message)
      ? 'plain-port'
      : 'tls';
  }
  return 'closed';
}

/** The parser hands over what it could not read: a TLS server answers plain HTTP with an alert record. */
function looksLikeTls(error: unknown): boolean {
  if (!(error instanceof Error) || !('rawPacket' in error) || !Buffer.isBuffer(error.rawPacket)) return false;
  const [type, major] = error.rawPacket;
  return (type === 0x15 || type === 0x16) && major === 3;
}
