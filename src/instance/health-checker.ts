import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { isIPv6 } from 'node:net';
import { constants, gunzipSync } from 'node:zlib';
import { interrupted, systemErrorCode } from '../errors.ts';

export interface HealthCheck {
  readonly scheme: 'http' | 'https';
  /** Address or name to connect to. */
  readonly address: string;
  readonly port: number;
  readonly path: string;
  /** The Host header; not given: what the load balancer forms itself from the address and the port. */
  readonly host?: string | undefined;
  /** For the whole check, connecting included. */
  readonly timeoutMilliseconds: number;
}

export interface CheckAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** The beginning of the body as text, decompressed. */
  readonly body: string;
}

/** Why there is no answer. */
export type CheckFailure =
  | 'name' // the host name is unknown
  | 'unreachable' // no route
  | 'refused' // nobody listens
  | 'connect-timeout'
  | 'answer-timeout' // no complete answer in the time that the check may take
  | 'closed' // the connection ended before the answer did
  | 'tls' // the handshake failed, or did not end in time
  | 'not-http';

export interface CheckOutcome {
  readonly check: HealthCheck;
  /** The headers that were sent, in their order; null where no connection came about. */
  readonly sent: Readonly<Record<string, string>> | null;
  readonly answer: CheckAnswer | null;
  readonly failure: CheckFailure | null;
}

const bodyLimit = 64 * 1024;

/** Asks once, as the health checker of an Application Load Balancer does: a fresh connection, no redirect followed, no
 * certificate verified.
 * @throws UserError `interrupted` */
export async function checkHealth(check: HealthCheck, interruption?: AbortSignal): Promise<CheckOutcome> {
  const { address, port, path, scheme } = check;
  const late = AbortSignal.timeout(check.timeoutMilliseconds);
  const signal = interruption === undefined ? late : AbortSignal.any([late, interruption]);
  const { request: open } = scheme === 'https' ? await import('node:https') : await import('node:http');
  // Without a server name in the handshake: the checker knows its targets by their addresses alone.
  const tls = { rejectUnauthorized: false, servername: '' };
  let sent: Record<string, string> | null = null;
  let waitingFor: CheckFailure = 'connect-timeout';
  try {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const request = open({ ...tls, host: address, port, path, agent: false, setHost: false, signal });
      request.once('response', resolve).on('error', reject);
      request.once('socket', (socket) => {
        if (scheme === 'https') socket.once('connect', () => (waitingFor = 'tls'));
        socket.once(scheme === 'https' ? 'secureConnect' : 'connect', () => {
          waitingFor = 'answer-timeout';
          sent = checkHeaders(check, socket.remoteAddress ?? address);
          for (const [name, value] of Object.entries(sent)) request.setHeader(name, value);
          request.end();
        });
      });
    });
    return { check, sent, answer: await readAnswer(response), failure: null };
  } catch (error) {
    if (interruption?.aborted) throw interrupted();
    return { check, sent, answer: null, failure: late.aborted ? waitingFor : classify(error) };
  }
}

/** What is sent: see the user guide's page on troubleshooting and captures in public threads. The accepted encodings are
 * from such captures alone. */
function checkHeaders({ host, port, scheme }: HealthCheck, target: string): Record<string, string> {
  const name = isIPv6(target) ? `[${target}]` : target;
  const isStandardPort = port === (scheme === 'https' ? 443 : 80);
  return {
    Host: host ?? (isStandardPort ? name : `${name}:${port}`),
    Connection: 'close',
    'User-Agent': 'ELB-HealthChecker/2.0',
    'Accept-Encoding': 'gzip, compressed',
  };
}

async function readAnswer(response: IncomingMessage): Promise<CheckAnswer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response) {
    chunks.push(chunk);
    length += chunk.length;
    if (length >= bodyLimit) break;
  }
  const { statusCode: status = 0, headers } = response;
  return { status, headers, body: decode(Buffer.concat(chunks), headers['content-encoding']) };
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
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'name';
  if (code === 'ECONNREFUSED') return 'refused';
  if (code === 'ETIMEDOUT') return 'connect-timeout';
  if (/^E(?:HOSTUNREACH|NETUNREACH|ADDRNOTAVAIL|ACCES|INVAL)$/.test(code)) return 'unreachable';
  if (code.startsWith('HPE_')) return 'not-http';
  return /^(?:EPROTO|ERR_SSL|ERR_TLS)/.test(code) ? 'tls' : 'closed';
}
