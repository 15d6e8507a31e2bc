import { type ServerResponse, STATUS_CODES } from 'node:http';

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
export function misbehave(
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
export function sendText(
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
export function sendErrorPage(response: ServerResponse, status: number): number {
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
