import type { EnginePlatform } from './emulated-instance.ts';

/** Files below `/etc/nginx` by their path there. */
export type ProxyFiles = ReadonlyMap<string, string>;

/** A directive of an nginx configuration, by its place in the text. */
export interface Directive {
  readonly name: string;
  readonly words: readonly { readonly text: string; readonly start: number; readonly end: number }[];
  readonly start: number;
  /** Behind its `;` or `}`. */
  readonly end: number;
  /** From 1. */
  readonly line: number;
  /** What stands in its braces, and where they open; null without. */
  readonly block: { readonly start: number; readonly directives: readonly Directive[] } | null;
}

const token = /\s+|#[^\n]*|[{};]|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|(?:\\.|\$\{[^}]*\}|[^\s;{}\\])+/gs;

/** Reads the directives of a file as nginx cuts them; what it would refuse is read as far as it goes. */
export function parseDirectives(text: string): Directive[] {
  const tokens = [...text.matchAll(token)].filter(([found]) => !/^[\s#]/.test(found));
  let next = 0;
  const read = (): Directive[] => {
    const directives: Directive[] = [];
    let words: Directive['words'][number][] = [];
    while (next < tokens.length) {
      const { 0: found = '', index = 0 } = tokens[next++] ?? {};
      if (found === '}') return directives;
      if (found !== ';' && found !== '{') {
        words.push({ text: found, start: index, end: index + found.length });
        continue;
      }
      const [first, ...rest] = words;
      words = [];
      const block = found === '{' ? { start: index, directives: read() } : null;
      if (first === undefined) continue;
      const last = tokens[next - 1];
      const line = text.slice(0, first.start).split('\n').length;
      const end = (last?.index ?? 0) + 1;
      directives.push({ name: first.text, words: rest, start: first.start, end, line, block });
    }
    return directives;
  };
  return read();
}

/** What a copy of a configuration is changed to so that an ordinary user can run it beside others. */
export interface Surroundings {
  /** Stands for `/`. */
  readonly root: string;
  /** The loopback port that stands for port 80. */
  readonly port: number;
  /** Where the app listens on an instance, and here. */
  readonly instancePort: number;
  readonly appPort: number;
}

/** Given on the command line of nginx, or of no use here. */
const dropped =
  /^(?:user|pid|daemon|master_process|worker_processes|worker_rlimit_nofile|lock_file|\w+_temp_path)$/;

/** A configuration that means the same here: other places to listen, to log and to write, line for line. */
export function adaptConfiguration(text: string, here: Surroundings): string {
  const edits: { start: number; end: number; text: string }[] = [];
  const visit = (directives: readonly Directive[]) => {
    for (const { name, words, start, end, block } of directives) {
      if (dropped.test(name)) edits.push({ start, end, text: '' });
      else if (name === 'access_log') edits.push({ start, end, text: 'access_log off;' });
      else if (name === 'error_log') edits.push({ start, end, text: 'error_log stderr;' });
      else if (name === 'listen') edits.push({ start, end, text: listenHere(words, here) });
      else {
        for (const word of words) {
          const changed = placeHere(word.text, here);
          if (changed !== word.text) edits.push({ ...word, text: changed });
        }
      }
      if (block === null) continue;
      const inside = { start: block.start + 1, end: block.start + 1 };
      if (name === 'http') edits.push({ ...inside, text: httpHere(here) });
      const listens = block.directives.some((directive) => /^(?:listen|include)$/.test(directive.name));
      if (name === 'server' && !listens) edits.push({ ...inside, text: ` listen 127.0.0.1:${here.port};` });
      visit(block.directives);
    }
  };
  visit(parseDirectives(text));
  return edits
    .sort((a, b) => b.start - a.start)
    .reduce((changed, edit) => {
      const lines = changed.slice(edit.start, edit.end).replace(/[^\n]/g, '');
      return changed.slice(0, edit.start) + edit.text + lines + changed.slice(edit.end);
    }, text);
}

/** Port 80 becomes our port; every other place to listen a socket that nobody asks. */
function listenHere(words: Directive['words'], { root, port }: Surroundings): string {
  const [address = '', ...options] = words.map(({ text }) => text);
  const kept = options.filter((option) => /^(?:default_server|ssl|http2|proxy_protocol)$/.test(option));
  const isMain = /^(?:80|(?:\*|[\d.]+)(?::80)?|localhost(?::80)?)$/.test(address);
  const place = isMain ? `127.0.0.1:${port}` : `unix:${root}/run/${address.replace(/\W/g, '_')}.sock`;
  return `listen ${[place, ...kept].join(' ')};`;
}

function placeHere(word: string, { root, instancePort, appPort }: Surroundings): string {
  return word
    .replace(/^(["']?)\/(?=(?:etc\/nginx|var|run|tmp)\/)/, `$1${root}/`)
    .replace(/\b(?:127\.0\.0\.1|localhost):(\d+)\b/, (place, port) =>
      Number(port) === instancePort ? `127.0.0.1:${appPort}` : place,
    );
}

/** Where nginx would otherwise write into directories of root. */
function httpHere({ root }: Surroundings): string {
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => ` ${name}_temp_path ${root}/run/${name};`,
  );
  return ` access_log off;${paths.join('')}`;
}

/** What Elastic Beanstalk puts below `/etc/nginx` (developer guide, platforms-linux-extend.proxy, and public copies of an
 * instance's files), without its logs. */
export function defaultProxyFiles(platform: EnginePlatform, port: number): ProxyFiles {
  const upstream = platform === 'docker' ? 'docker' : `127.0.0.1:${port}`;
  const location = `location / {
    proxy_pass http://${upstream};
    proxy_http_version 1.1;
    proxy_set_header Connection $connection_upgrade;
    proxy_set_header Upgrade $http_upgrade;
    proxy_set_header Host $host;
    proxy_set_header X-Real-IP $remote_addr;
    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
}
`;
  return new Map([
    [
      'nginx.conf',
      `events { worker_connections 1024; }
http {
    include mime.types;
    default_type application/octet-stream;
    log_format main '$remote_addr - $remote_user [$time_local] "$request" $status';
    include conf.d/*.conf;
    map $http_upgrade $connection_upgrade { default "upgrade"; }
    server {
        listen 80 default_server;
        include conf.d/elasticbeanstalk/*.conf;
    }
}
`,
    ],
    ['mime.types', 'types { text/html html htm; text/css css; application/javascript js; }\n'],
    ['conf.d/healthd_logformat.conf', `log_format healthd '$msec"$uri"$status';\n`],
    ...(platform === 'docker'
      ? ([
          [
            'conf.d/elasticbeanstalk-nginx-docker-upstream.conf',
            `upstream docker { server 127.0.0.1:${port}; }\n`,
          ],
        ] as const)
      : []),
    ['conf.d/elasticbeanstalk/00_application.conf', location],
    ['conf.d/elasticbeanstalk/healthd.conf', ''],
  ]);
}
