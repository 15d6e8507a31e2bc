import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startChild } from './child.ts';
import { findFreePort } from './scratch.ts';

/** Files below `/etc/nginx` by their path there. */
export type ProxyFiles = ReadonlyMap<string, string>;

export interface ProxyOptions {
  /** The nginx of this machine. */
  readonly program: string;
  /** Stands for the instance's `/`. */
  readonly root: string;
  /** The bundle's `.platform/nginx`, by path below it. */
  readonly files: ProxyFiles;
  /** Where the app listens on an instance, and here. */
  readonly instancePort: number;
  readonly appPort: number;
}

export interface RunningProxy extends ProxyOptions {
  readonly port: number;
  stop(): Promise<void>;
}

/** A place in the bundle. */
export type FileLine = Readonly<{ file: string; line: number }>;

const folder = '.platform/nginx';

/** The nginx of this machine; null if there is none. */
export function findNginx(path = ''): string | null {
  const directories = `${path}:/usr/sbin:/usr/local/sbin:/opt/homebrew/bin`.split(':').filter(Boolean);
  return directories.map((directory) => join(directory, 'nginx')).find(existsSync) ?? null;
}

/** The text of every file below the bundle's `.platform/nginx`. */
export function readProxyFiles(bundle: string): ProxyFiles {
  const directory = join(bundle, folder);
  if (!existsSync(directory)) return new Map();
  const files = readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  return new Map(files.map((file) => [file.slice(directory.length + 1), readFileSync(file, 'utf8')]));
}

/** Starts nginx with Elastic Beanstalk's configuration and the bundle's laid over it, on a free loopback port.
 * @returns why not, where nginx refuses the configuration on this machine: `.platform/nginx/…:3: unknown directive …` */
export async function startProxy(options: ProxyOptions): Promise<RunningProxy | string> {
  const { program, root, files, instancePort } = options;
  const open = [...files].find(([path, text]) => path.endsWith('.conf') && lacksListen(text));
  if (open !== undefined) return `${folder}/${open[0]}: a server without 'listen'`;
  const port = await findFreePort();
  const directory = join(root, 'etc/nginx');
  rmSync(directory, { recursive: true, force: true });
  for (const needed of ['run', 'var/log/nginx', 'var/cache/nginx']) {
    mkdirSync(join(root, needed), { recursive: true });
  }
  for (const [path, text] of new Map([...defaultProxyFiles(instancePort), ...files])) {
    const file = join(directory, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, path.endsWith('.conf') ? adaptConfiguration(text, port, options) : text);
  }
  const user = process.getuid?.() === 0 ? ' user root;' : '';
  const settings = `daemon off; worker_processes 1; error_log stderr notice; pid ${root}/run/nginx.pid;${user}`;
  const args = ['-p', root, '-e', 'stderr', '-c', join(directory, 'nginx.conf'), '-g', settings];
  const child = startChild({ command: program, args, cwd: root, env: {} });
  while (child.end() === null && !/start worker process \d/.test(child.output())) await sleep(10);
  if (child.end() === null) return { ...options, port, stop: child.stop };
  const [, reason = 'it does not start', file, line] =
    /\[emerg\] (?:\d+#\d+: )?(.*?)(?: in (\S+):(\d+))?$/m.exec(child.output()) ?? [];
  const said = reason.replaceAll(root, '');
  return file === undefined ? said : `${file.replace(`${directory}/`, `${folder}/`)}:${line}: ${said}`;
}

/** Whether a server leaves it to nginx where to listen: that is another place for an ordinary user than for root. */
function lacksListen(text: string): boolean {
  const count = (directive: RegExp) => text.split(directive).length;
  return count(/^(?:.*[;{}])?\s*server\s*\{/m) > count(/^(?:.*[;{}])?\s*listen\s/m);
}

/** Directives that give an answer of their own, or change the request on its way. */
const answering =
  /(?<=(?:^|[;{}])\s*)(?:return|rewrite|auth_basic|auth_request|deny|try_files|alias|root|limit_req|proxy_set_header\s+host|proxy_pass)\s[^;]*;/gim;

/** The place in the bundle's configuration that makes the answer another than the app's: the file without which it is the
 * app's own, and in it such a directive, or else the first that may answer at all.
 * @param restored whether the answer through this port is the app's own
 * @returns null if no single file is to blame */
export async function findChange(
  options: ProxyOptions,
  restored: (port: number) => Promise<boolean>,
): Promise<FileLine | null> {
  const isRestoredWith = async (files: ProxyFiles) => {
    const proxy = await startProxy({ ...options, files });
    if (typeof proxy === 'string') return false;
    return restored(proxy.port).finally(proxy.stop);
  };
  for (const [path, text] of options.files) {
    const others = new Map(options.files);
    others.delete(path);
    if (!path.endsWith('.conf') || !(await isRestoredWith(others))) continue;
    const suspects = [...text.matchAll(answering)];
    let culprit = suspects.find(([directive]) => !/^proxy_pass/i.test(directive)) ?? suspects[0];
    for (const suspect of suspects) {
      const without = text.slice(0, suspect.index) + text.slice(suspect.index + suspect[0].length);
      if (!(await isRestoredWith(new Map(options.files).set(path, without)))) continue;
      culprit = suspect;
      break;
    }
    const line = text.slice(0, culprit?.index ?? 0).split('\n').length;
    return { file: `${folder}/${path}`, line };
  }
  return null;
}

/** Directives that decide where nginx listens, logs and writes, and as whom. */
const local =
  /(?<=(?:^|[;{}])\s*)(listen|access_log|error_log|user|pid|daemon|master_process|worker_processes|worker_rlimit_nofile|lock_file|\w+_temp_path)\s([^;]*);/gm;

/** A configuration that means the same here, line for line, but that an ordinary user can run beside others. */
function adaptConfiguration(text: string, port: number, options: ProxyOptions): string {
  const { root, instancePort, appPort } = options;
  // Where nginx would otherwise write into directories of root.
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${root}/run/${name};`,
  );
  return text
    .replace(/(?<=\s["']?)\/(?=(?:etc\/nginx|var|run|tmp)\/)/g, () => `${root}/`)
    .replace(/\b(?:127\.0\.0\.1|localhost):(\d+)\b/g, (place, given) =>
      Number(given) === instancePort ? `127.0.0.1:${appPort}` : place,
    )
    .replace(local, (written, name, words) => {
      let here = '';
      if (name === 'listen') here = listenHere(words, root, port);
      else if (name.endsWith('_log')) here = name === 'error_log' ? 'error_log stderr;' : 'access_log off;';
      return here + written.replace(/[^\n]/g, '');
    })
    .replace(/^\s*http\s*\{/m, (opening) => `${opening} access_log off; ${temporary.join(' ')}`);
}

/** Port 80 becomes our port; every other place to listen a socket that nobody asks. */
function listenHere(words: string, root: string, port: number): string {
  const [address = '', ...options] = words.trim().split(/\s+/);
  const kept = options.filter((option) => /^(?:default_server|ssl|http2|proxy_protocol)$/.test(option));
  const isMain = /^(?:80|(?:\*|[\d.]+)(?::80)?|localhost(?::80)?)$/.test(address);
  const place = isMain ? `127.0.0.1:${port}` : `unix:${root}/run/${address.replace(/\W/g, '_')}.sock`;
  return `listen ${[place, ...kept].join(' ')};`;
}

/** What Elastic Beanstalk puts below `/etc/nginx` (developer guide, platforms-linux-extend.proxy, and public copies of an
 * instance's files), without its logs. The upstream `docker` is there on Docker only, where bundles name it. */
function defaultProxyFiles(port: number): ProxyFiles {
  return new Map([
    [
      'nginx.conf',
      `events { worker_connections 1024; }
http {
    include mime.types;
    default_type application/octet-stream;
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
    ['conf.d/elasticbeanstalk-nginx-docker-upstream.conf', `upstream docker { server 127.0.0.1:${port}; }\n`],
    [
      'conf.d/elasticbeanstalk/00_application.conf',
      `location / {
    proxy_pass http://127.0.0.1:${port};
    proxy_http_version 1.1;
    proxy_set_header Connection $connection_upgrade;
    proxy_set_header Upgrade $http_upgrade;
    proxy_set_header Host $host;
    proxy_set_header X-Real-IP $remote_addr;
    proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
}
`,
    ],
    ['conf.d/elasticbeanstalk/healthd.conf', ''],
  ]);
}
