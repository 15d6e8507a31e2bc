import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { checkHealth } from '../../src/instance/health-checker.ts';
import { findChange, findNginx, type ProxyOptions, startProxy } from '../../src/instance/nginx.ts';
import { createScratch, type Scratch } from '../../src/instance/scratch.ts';
import { describeWith } from '../support/needs.ts';

const server = createServer((request, response) => {
  const admits = ['10.0.1.5', 'shop.example.com'].includes(request.headers.host ?? '');
  response.writeHead(admits ? 200 : 400).end();
});

const inServer = 'conf.d/elasticbeanstalk/own.conf';
const redirect = "if ($http_x_forwarded_proto != 'https') {\n  return 301 https://$host$request_uri;\n}\n";
const whole = (location: string) => `user nginx;
error_log /var/log/nginx/error.log warn;
pid /var/run/nginx.pid;
worker_processes auto;
worker_rlimit_nofile 33282;
events { worker_connections 1024; }
http {
  include /etc/nginx/mime.types;
  log_format main '$remote_addr "$request" {braces;}';
  include conf.d/*.conf;
  map $http_upgrade $connection_upgrade { default "upgrade"; }
  server {
    listen 80 default_server;
    listen [::]:80 default_server; # also IPv6
    access_log /var/log/nginx/access.log main;
    ${location}
    include conf.d/elasticbeanstalk/*.conf;
  }
}
`;

describeWith(['nginx'], "the bundle's nginx configuration", () => {
  let options: ProxyOptions;
  let scratch: Scratch;
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    scratch = createScratch('test');
    options = {
      program: findNginx(process.env.PATH) ?? '',
      root: scratch.path,
      files: new Map(),
      instancePort: 8000,
      appPort: (server.address() as AddressInfo).port,
    };
  });
  afterAll(() => {
    server.close();
    scratch.remove();
  });

  const ask = async (port: number, host = '10.0.1.5') => {
    const asked = { scheme: 'http', address: '127.0.0.1', path: '/health/' } as const;
    const { answer, failure } = await checkHealth({ ...asked, port, host, timeoutMilliseconds: 5000 });
    return answer?.status ?? failure;
  };

  it.each<[string, Record<string, string>, number | string | null, number?]>([
    ['none', {}, 200],
    ['for http', { 'conf.d/size.conf': 'client_max_body_size 20M;\n' }, 200],
    ['a redirect to https', { [inServer]: `gzip on;\n${redirect}` }, 301, 3],
    ['a rewrite', { [inServer]: 'rewrite ^ https://$host$request_uri permanent;\n' }, 301, 1],
    [
      'an answer of its own',
      { [inServer]: 'location = /health/ {\n  access_log off;\n  return 204;\n}\n' },
      204,
      3,
    ],
    [
      'a password',
      { [inServer]: '\nauth_basic "Staging";\nauth_basic_user_file /etc/nginx/.htpasswd;\n' },
      401,
      2,
    ],
    ['a rule', { [inServer]: 'deny all;\n' }, 403, 1],
    ['444', { [inServer]: '# nobody by address\nif ($host ~ "^[0-9.]+$") { return 444; }\n' }, 'closed', 2],
    [
      'another Host for the app',
      {
        'conf.d/elasticbeanstalk/00_application.conf':
          'location / {\n  proxy_pass http://127.0.0.1:8000;\n  proxy_set_header Host shop_backend;\n}\n',
      },
      400,
      3,
    ],
    [
      'a server of its own for unknown names',
      {
        'conf.d/names.conf':
          'server {\n  listen 80;\n  server_name 10.0.1.5;\n  return 404;\n}\nupstream app { server localhost:8000; }\n',
      },
      404,
      4,
    ],
    ['a whole nginx.conf', { 'nginx.conf': whole('gzip off;') }, 200],
    ['a whole nginx.conf that redirects', { 'nginx.conf': whole('return 301 https://$host/;') }, 301, 16],
    [
      'a port where nobody listens',
      { 'nginx.conf': whole('location /health/ { proxy_pass http://127.0.0.1:1; }') },
      502,
      16,
    ],
  ])('%s', async (_, files, expected, line) => {
    const given = { ...options, files: new Map(Object.entries(files)) };
    const proxy = await startProxy(given);
    if (typeof proxy === 'string') throw new Error(proxy);
    expect(await ask(proxy.port)).toBe(expected);
    await proxy.stop();
    if (line === undefined) return;
    const change = await findChange(given, async (port) => (await ask(port)) === 200);
    expect(change).toEqual({ file: `.platform/nginx/${Object.keys(files)[0]}`, line });
  });

  it('is left alone where nginx refuses it, with the line', async () => {
    const files = new Map([[inServer, '\nfastcgi_magic on;\n']]);
    expect(await startProxy({ ...options, files })).toBe(
      '.platform/nginx/conf.d/elasticbeanstalk/own.conf:2: unknown directive "fastcgi_magic"',
    );
    const open = new Map([['conf.d/open.conf', 'server {\n  return 404;\n}\n']]);
    expect(await startProxy({ ...options, files: open })).toBe(
      ".platform/nginx/conf.d/open.conf: a server without 'listen'",
    );
  });
});
