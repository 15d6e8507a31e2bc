import { randomBytes } from 'node:crypto';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemErrorCode } from '../../src/errors.ts';

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

/** How the service misbehaves instead of answering.
 * - a number: that status, with an error page as body, as the real service sends it;
 * - `reset`, `close`: the connection is reset, or closed without a byte;
 * - `hang`: accepts and never answers; `slow`: the right answer, a byte a second;
 * - `cut`: the body ends before its Content-Length;
 * - `refused`: nobody listens (see `Fault`);
 * - the rest: status 200 with a body that is none. */
export type Behaviour =
  | number
  | 'reset'
  | 'close'
  | 'hang'
  | 'slow'
  | 'cut'
  | 'refused'
  | 'empty'
  | 'html'
  | 'lines'
  | 'metacharacters'
  | 'huge'
  | { readonly body: string };

/** One misbehaviour. Of several the first that applies and is not used up takes the request. */
export interface Fault {
  /** Which request it hits: `PUT …/api/token`, or the reading of an item. */
  readonly on: 'token' | 'item';
  readonly behaviour: Behaviour;
  /** So many requests, then it is over; not given: for ever. Not for `refused`: what never arrives cannot be counted. */
  readonly times?: number;
  /** Only the item whose path below `meta-data/` this is. */
  readonly path?: string;
  /** `refused` only: how long nobody listens; not given: for ever. On `token` it begins at once, on `item` as soon as a
   * token is handed out. */
  readonly milliseconds?: number;
}

/** Bodies that look like success to a client that checks the status alone. */
const oddBodies = {
  empty: '',
  html: '<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body>10.9.9.9</body></html>\n',
  lines: '10.9.9.9\n10.8.8.8\nALLOWED_HOSTS=*\n',
  metacharacters: '$(touch /tmp/eb-hosts-was-here);`id`;"&|\\\'*?[<>',
  huge: 'A'.repeat(4 * 1024 * 1024),
} as const;

/** Answers as `behaviour` wants instead of with `body`.
 * @returns the status sent; null if none was
 * @param later runs a step again and again, until the returned function is called or the service closes */
function misbehave(
  response: ServerResponse,
  behaviour: Exclude<Behaviour, 'refused'>,
  body: string,
  later: (step: () => void, milliseconds: number) => () => void,
): number | null {
  if (typeof behaviour === 'number') return sendErrorPage(response, behaviour);
  if (typeof behaviour === 'object') return sendText(response, behaviour.body);
  switch (behaviour) {
    case 'hang':
      return null;
    case 'reset':
      response.socket?.resetAndDestroy();
      return null;
    case 'close':
      response.socket?.destroy();
      return null;
    case 'cut':
      response.writeHead(200, { 'content-type': 'text/plain', 'content-length': body.length + 16 });
      response.write(body, () => response.socket?.end());
      return 200;
    case 'slow':
      drip(response, body, later);
      return 200;
    default:
      return sendText(response, oddBodies[behaviour]);
  }
}

function drip(
  response: ServerResponse,
  body: string,
  later: (step: () => void, milliseconds: number) => () => void,
): void {
  response.writeHead(200, { 'content-type': 'text/plain', 'content-length': body.length });
  response.flushHeaders();
  let sent = 0;
  const stop = later(() => {
    if (sent < body.length && !response.destroyed) response.write(body.charAt(sent++));
    else {
      stop();
      response.end();
    }
  }, 1000);
}

/** A plain answer, status 200. */
function sendText(
  response: ServerResponse,
  body: string,
  headers: Readonly<Record<string, string | number>> = {},
): number {
  response.writeHead(200, {
    server: 'EC2ws',
    'content-type': 'text/plain',
    'content-length': Buffer.byteLength(body),
    connection: 'close',
    ...headers,
  });
  response.end(body);
  return 200;
}

/** The service answers errors with an XHTML page, which naive clients append to their host list. */
function sendErrorPage(response: ServerResponse, status: number): number {
  const title = `${status} - ${STATUS_CODES[status] ?? 'Error'}`;
  const page = `<?xml version="1.0" encoding="iso-8859-1"?>
<html xmlns="http://www.w3.org/1999/xhtml" lang="en">
 <head>
  <title>${title}</title>
 </head>
 <body>
  <h1>${title}</h1>
 </body>
</html>
`;
  response.writeHead(status, {
    server: 'EC2ws',
    'content-type': 'text/html',
    'content-length': page.length,
    connection: 'close',
  });
  response.end(page);
  return status;
}

/** What the metadata service knows of its instance. */
interface InstanceAddresses {
  /** Primary private IPv4 of the primary interface; null on an IPv6-only interface. */
  readonly localIpv4: string | null;
  /** IPv6 addresses of that interface, the primary one first. */
  readonly ipv6: readonly string[];
}

const mac = '0a:1b:2c:3d:4e:5f';

/** The items below `meta-data/`, by path, as EC2's user guide lists them (instancedata-data-categories). What an
 * instance does not have is absent, and therefore 404. */
function metadataItems({ localIpv4, ipv6 }: InstanceAddresses): ReadonlyMap<string, string> {
  const [firstIpv6] = ipv6;
  const hostname = localIpv4 === null ? 'i-0123456789abcdef0' : `ip-${localIpv4.replaceAll('.', '-')}`;
  const network = `network/interfaces/macs/${mac}`;
  const items: [string, string][] = [
    ['instance-id', 'i-0123456789abcdef0'],
    ['instance-type', 't3.micro'],
    ['local-hostname', `${hostname}.ec2.internal`],
    ['mac', mac],
    ['placement/region', 'eu-west-1'],
    [`${network}/device-number`, '0'],
    [`${network}/mac`, mac],
  ];
  if (localIpv4 !== null) {
    items.push(['local-ipv4', localIpv4], [`${network}/local-ipv4s`, localIpv4]);
  }
  if (firstIpv6 !== undefined) {
    items.push(['ipv6', firstIpv6], [`${network}/ipv6s`, ipv6.join('\n')]);
  }
  return new Map(items);
}

/** The answer to a path below `meta-data/`: an item, or for a path that ends in `/` the names below it, directories
 * marked by a slash. Undefined: there is no such item. */
function readItem(items: ReadonlyMap<string, string>, path: string): string | undefined {
  const exact = items.get(path);
  if (exact !== undefined) return exact;
  if (path !== '' && !path.endsWith('/')) return undefined;
  const names = new Set<string>();
  for (const key of items.keys()) {
    if (!key.startsWith(path)) continue;
    const [name = '', ...below] = key.slice(path.length).split('/');
    names.add(below.length > 0 ? `${name}/` : name);
  }
  return names.size === 0 ? undefined : [...names].sort().join('\n');
}
