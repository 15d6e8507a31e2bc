import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { findFreePort } from './scratch.ts';

export const metadataModes = ['up', 'down', 'slow', 'v1-off', 'flaky'] as const;
/** How the metadata service behaves in a rehearsal: nobody listens where it is `down`, an answer takes half a minute
 * where it is `slow`, and `flaky` is what a fresh instance now and then shows in its first seconds. */
export type MetadataMode = (typeof metadataModes)[number];

interface MetadataService {
  /** Scheme, loopback address and port, no slash at the end. */
  readonly endpoint: string;
  close(): Promise<void>;
}

const token = 'AQAEAeb-hosts-rehearsal-token==';

/** Starts an EC2 instance metadata service on a free loopback port, with the manners of IMDSv2 (EC2 user guide,
 * instancedata-data-retrieval and instance-metadata-v2-how-it-works). It knows one item, the private address. */
export async function startMetadataService(mode: MetadataMode, address: string): Promise<MetadataService> {
  if (mode === 'down') {
    return { endpoint: `http://127.0.0.1:${await findFreePort()}`, close: async () => {} };
  }
  const stumbles: (number | 'reset')[] = mode === 'flaky' ? [503, 'reset', 401] : [];
  const server = createServer((request, response) => {
    const stumble = stumbles.shift();
    if (stumble === 'reset') request.socket.resetAndDestroy();
    else if (stumble !== undefined) send(response, stumble);
    else if (mode === 'slow') setTimeout(() => serve(request, response), 30_000).unref();
    else serve(request, response);
  });
  server.keepAliveTimeout = 1;

  function serve({ method, url, headers }: IncomingMessage, response: ServerResponse): void {
    if (url === '/latest/api/token') {
      const ttl = Number(headers['x-aws-ec2-metadata-token-ttl-seconds']);
      if (method !== 'PUT') send(response, 405);
      else if (headers['x-forwarded-for'] !== undefined) send(response, 403);
      else if (ttl >= 1 && ttl <= 21_600) send(response, 200, token);
      else send(response, 400);
      return;
    }
    const given = headers['x-aws-ec2-metadata-token'];
    if (given !== token && (given !== undefined || mode === 'v1-off')) send(response, 401);
    else if (url === '/latest/meta-data/local-ipv4') send(response, 200, address);
    else send(response, 404);
  }

  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      const done = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await done;
    },
  };
}

/** The service answers errors with a page, which naive clients append to their host list. */
function send(response: ServerResponse, status: number, text = `<html><h1>${status}</h1></html>`): void {
  response.writeHead(status, { 'content-length': text.length, connection: 'close' }).end(text);
}
