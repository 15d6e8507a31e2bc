import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { findFreePort } from './scratch.ts';

export const metadataModes = ['up', 'down'] as const;
/** How the metadata service behaves in a rehearsal: nobody listens where it is `down`. */
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
  const server = createServer(({ method, url, headers }, response) => {
    if (url === '/latest/api/token') {
      const ttl = Number(headers['x-aws-ec2-metadata-token-ttl-seconds']);
      if (method !== 'PUT') send(response, 405);
      else if (ttl >= 1 && ttl <= 21_600) send(response, 200, token);
      else send(response, 400);
    } else if (headers['x-aws-ec2-metadata-token'] !== token) send(response, 401);
    else if (url === '/latest/meta-data/local-ipv4') send(response, 200, address);
    else send(response, 404);
  });
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
