import { randomBytes } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemErrorCode } from '../errors.ts';
import { type Fault, misbehave, sendErrorPage, sendText } from './metadata-faults.ts';
import { type InstanceAddresses, metadataItems, readItem } from './metadata-items.ts';

export type { Behaviour, Fault } from './metadata-faults.ts';

export interface MetadataOptions extends Partial<InstanceAddresses> {
  /** Whether requests without a token are answered (IMDSv1). Default false, as on Amazon Linux 2023. */
  readonly allowV1?: boolean;
  /** The loopback address to listen on, default 127.0.0.1. On one of its own nobody else is given the port while the
   * fault `refused` has set it free. */
  readonly host?: string;
  readonly faults?: readonly Fault[];
}

export interface MetadataRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** What it was answered with; null if the connection was left without an answer. */
  readonly status: number | null;
}

export interface MetadataService {
  /** For `AWS_EC2_METADATA_SERVICE_ENDPOINT`: scheme, loopback address and port, no slash at the end. */
  readonly endpoint: string;
  /** What has arrived so far, oldest first. */
  readonly requests: readonly MetadataRequest[];
  /** Replaces the faults; without arguments the service is sound. */
  set(...faults: readonly Fault[]): Promise<void>;
  /** Makes every token handed out so far unknown. */
  expireTokens(): void;
  close(): Promise<void>;
}

const tokenPath = '/latest/api/token';
const ttlHeader = 'x-aws-ec2-metadata-token-ttl-seconds';
const longestTtl = 21_600;

/** Starts an EC2 instance metadata service on a free loopback port, with the manners of IMDSv2 (EC2 user guide,
 * instancedata-data-retrieval and instance-metadata-v2-how-it-works) and, if asked, its faults. */
export async function startMetadataService(options: MetadataOptions = {}): Promise<MetadataService> {
  const items = metadataItems({
    localIpv4: options.localIpv4 === undefined ? '10.0.1.5' : options.localIpv4,
    ipv6: options.ipv6 ?? [],
  });
  const host = options.host ?? '127.0.0.1';
  const requests: MetadataRequest[] = [];
  const expiryByToken = new Map<string, number>();
  const timers = new Set<NodeJS.Timeout>();
  let faults: { fault: Fault; left: number }[] = [];
  let closed = false;

  const server = createServer((request, response) => {
    const status = serve(request, response);
    requests.push({
      method: request.method ?? '',
      path: request.url ?? '',
      headers: request.headers,
      status,
    });
  });
  server.keepAliveTimeout = 1;

  function serve(request: IncomingMessage, response: ServerResponse): number | null {
    const path = (request.url ?? '').split('?')[0] ?? '';
    const item = /^\/(?:latest|1\.0|\d{4}-\d\d-\d\d)\/meta-data\/(.*)$/.exec(path)?.[1];
    const fault = takeFault(path === tokenPath ? 'token' : 'item', item);
    if (fault !== undefined && fault.behaviour !== 'refused') {
      const body = path === tokenPath ? newToken(longestTtl) : (readItem(items, item ?? '') ?? '');
      return misbehave(response, fault.behaviour, body, repeat);
    }
    if (request.method === 'PUT') return issueToken(request, response, path);
    if (request.method !== 'GET' && request.method !== 'HEAD') return sendErrorPage(response, 405);
    if (path === tokenPath) return sendErrorPage(response, 405);
    const remaining = remainingSeconds(request);
    if (remaining === undefined) return sendErrorPage(response, 401);
    const body = item === undefined ? undefined : readItem(items, item);
    if (body === undefined) return sendErrorPage(response, 404);
    return sendText(response, body, remaining === null ? {} : { [ttlHeader]: remaining });
  }

  function issueToken(request: IncomingMessage, response: ServerResponse, path: string): number {
    // Only the unversioned path hands out tokens, and never to what looks like a proxy's request.
    if (path !== tokenPath || request.headers['x-forwarded-for'] !== undefined) {
      return sendErrorPage(response, 403);
    }
    const given = request.headers[ttlHeader];
    const ttl = typeof given === 'string' && /^\d{1,5}$/.test(given) ? Number(given) : 0;
    if (ttl < 1 || ttl > longestTtl) return sendErrorPage(response, 400);
    const refused = takeFault('item', undefined, 'refused');
    if (refused !== undefined) stopListening(refused.milliseconds);
    return sendText(response, newToken(ttl), { [ttlHeader]: ttl });
  }

  function newToken(ttl: number): string {
    const token = `AQAEA${randomBytes(38).toString('base64url')}==`;
    expiryByToken.set(token, Date.now() + ttl * 1000);
    return token;
  }

  /** Null: IMDSv1, no token needed. Undefined: not authorised. A wrong token is refused even where v1 is allowed. */
  function remainingSeconds(request: IncomingMessage): number | null | undefined {
    const token = request.headers['x-aws-ec2-metadata-token'];
    if (token === undefined) return options.allowV1 === true ? null : undefined;
    const expiry = typeof token === 'string' ? expiryByToken.get(token) : undefined;
    const remaining = expiry === undefined ? 0 : expiry - Date.now();
    return remaining > 0 ? Math.ceil(remaining / 1000) : undefined;
  }

  function takeFault(on: Fault['on'], item: string | undefined, only?: 'refused'): Fault | undefined {
    const found = faults.find(
      ({ fault, left }) =>
        fault.on === on &&
        left > 0 &&
        (fault.behaviour === 'refused') === (only === 'refused') &&
        (fault.path === undefined || fault.path === item),
    );
    if (found !== undefined) found.left--;
    return found?.fault;
  }

  function repeat(step: () => void, milliseconds: number): () => void {
    const timer = setInterval(step, milliseconds);
    timers.add(timer);
    return () => {
      clearInterval(timer);
      timers.delete(timer);
    };
  }

  function stopListening(milliseconds: number | undefined): void {
    server.close();
    if (milliseconds === undefined) return;
    const stop = repeat(() => {
      stop();
      void listenAgain();
    }, milliseconds);
  }

  async function listenAgain(): Promise<void> {
    if (!closed && !server.listening) await listen(port);
  }

  function listen(wanted: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const onError = (error: Error) => {
        // Somebody's short-lived connection may hold our port for a moment.
        if (wanted !== 0 && systemErrorCode(error) === 'EADDRINUSE' && !closed) {
          const stop = repeat(() => {
            stop();
            listen(wanted).then(resolve, reject);
          }, 20);
        } else reject(error);
      };
      server.once('error', onError);
      server.listen(wanted, host, () => {
        server.off('error', onError);
        resolve();
      });
    });
  }

  async function set(...wanted: readonly Fault[]): Promise<void> {
    faults = wanted.map((fault) => ({ fault, left: fault.times ?? Number.POSITIVE_INFINITY }));
    const refused = takeFault('token', undefined, 'refused');
    if (refused === undefined) await listenAgain();
    else if (server.listening) stopListening(refused.milliseconds);
  }

  await listen(0);
  const { port } = server.address() as AddressInfo;
  await set(...(options.faults ?? []));

  return {
    endpoint: `http://${host}:${port}`,
    requests,
    set,
    expireTokens: () => expiryByToken.clear(),
    close: async () => {
      closed = true;
      for (const timer of timers) clearInterval(timer);
      const done = server.listening ? new Promise((resolve) => server.close(resolve)) : undefined;
      server.closeAllConnections();
      await done;
    },
  };
}
