import { spawn } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { describe, expect, it, onTestFinished } from 'vitest';
import { answerOfServer, parseNginx, userAgent } from '../../../src/project/checks/proxy-answer.ts';
import { describeWith } from '../../support/needs.ts';
import { scratchDirectory } from '../../support/scratch.ts';

describe('what is no nginx configuration', () => {
  it.each(['a {', 'a b', 'a "b;', 'a { b }', '}', 'a; }'])('%s', (text) => {
    expect(parseNginx(text, 'a.conf')).toBeUndefined();
  });

  it('is not a brace in quotes, in a variable or in a comment', () => {
    expect(parseNginx('# {\na "{" \'}\' ${b}c; # }\n', 'a.conf')).toMatchObject([
      { name: 'a', args: ['{', '}', '${b}c'], line: 2 },
    ]);
  });
});

const toApp = 'proxy_pass http://unix:app.sock;';
const passing = `${toApp} proxy_set_header Host $host;`;
const closed = 'auth_basic x; auth_basic_user_file /dev/null;';
/** Servers whose answer nginx itself is asked for. The platform's own location, `/`, is added where a case has none. */
const servers = [
  'if ($http_x_forwarded_proto != "https") { return 301 https://$host$request_uri; }',
  'if ($http_x_forwarded_proto = http) { return 301 https://$host$request_uri; }',
  'set $a 0; if ($http_x_forwarded_proto != https) { set $a 1; } if ($http_user_agent ~* elb-health) { set $a 0; } if ($a = 1) { return 301 https://x; }',
  'if ($http_x_forwarded_proto != https) { set $t "${t}1"; } if ($http_user_agent !~ "^ELB") { set $t "${t}1"; } if ($t = 11) { return 301 https://x; }',
  'location = /health/ { return 200 ok; }',
  'location /he { return 403; } location ~ ^/health { return 200; }',
  'location ^~ /he { return 403; } location ~ ^/health { return 200; }',
  'location /health/ { location /health/ { return 201; } return 202; }',
  'location /health/ { if ($request_method = GET) { return 418; } }',
  'return 302 /x; location = /health/ { return 200; }',
  `${closed} location /health/ { auth_basic off; ${passing} }`,
  closed,
  `${closed} satisfy any; allow all;`,
  'deny all; location = /health/ { return 200; }',
  `deny all; location = /health/ { ${passing} }`,
  `deny all; location = /health/ { allow all; ${passing} }`,
  `location /health/ { proxy_set_header Host shop.example.com; ${toApp} }`,
  `proxy_set_header Host $host; location /health/ { ${toApp} }`,
  `location /health/ { ${toApp} }`,
  'if ($host !~ ^(www\\.)?shop\\.example\\.com$) { return 444; }',
  'if ($host = 10.0.1.5) { return 403; } location = /health/ { return 200; }',
  'rewrite ^/(.*)$ https://shop.example.com/$1 permanent;',
  'rewrite ^ https://shop.example.com$request_uri?;',
];

describeWith(['nginx'], 'nginx itself', () => {
  it('answers as foreseen', async () => {
    const directory = scratchDirectory();
    const app = createServer((asked, answer) => answer.end(`passed on with Host ${asked.headers.host}`));
    await new Promise<void>((ready) => app.listen(`${directory}/app.sock`, ready));
    writeFileSync(`${directory}/nginx.conf`, configuration(directory));
    const nginx = spawn('nginx', ['-c', `${directory}/nginx.conf`], { stdio: 'ignore' });
    onTestFinished(() => {
      nginx.kill();
      app.close();
    });
    await expect.poll(() => existsSync(`${directory}/${servers.length - 1}.sock`)).toBe(true);
    const answers = await Promise.all(servers.map((_, index) => ask(`${directory}/${index}.sock`)));
    expect(servers.map((text, index) => [text, answers[index]])).toEqual(
      servers.map((text) => [text, foreseen(text)]),
    );
  });
});

const withPlatform = (text: string): string => `${text} location / { ${passing} }`;

function configuration(directory: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${directory}/${name};`,
  );
  const blocks = servers.map(
    (text, index) => `server { listen unix:${directory}/${index}.sock; ${withPlatform(text)} }`,
  );
  const user = process.getuid?.() === 0 ? 'user root;' : '';
  const main = `${user} daemon off; pid ${directory}/pid; error_log ${directory}/log; events {}`;
  const http = ['access_log off;', ...temporary, ...blocks].join('\n');
  return `${main}\nhttp {\n${http}\n}\n`.replaceAll('unix:app.sock', `unix:${directory}/app.sock`);
}

function foreseen(text: string): unknown {
  const server = parseNginx(withPlatform(text), 'a.conf') ?? [];
  const answer = answerOfServer([], server, { path: '/health/', isSet: true });
  if (answer.kind === 'passes') return `200 passed on with Host ${answer.host ?? '10.0.1.5'}`;
  return answer.kind === 'answers' ? `${answer.status}` : answer.kind;
}

/** The load balancer's request; a connection that is cut without an answer is nginx's 444. */
function ask(socketPath: string): Promise<string> {
  return new Promise((resolve) => {
    const headers = { Host: '10.0.1.5', 'User-Agent': userAgent };
    const asked = request({ socketPath, path: '/health/', headers }, async (answer) => {
      const body = await text(answer);
      resolve(body.startsWith('passed on') ? `${answer.statusCode} ${body}` : `${answer.statusCode}`);
    });
    asked.on('error', () => resolve('444')).end();
  });
}
