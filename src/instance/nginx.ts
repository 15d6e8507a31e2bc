import { accessSync, constants, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startChild } from './child.ts';
import type { EnginePlatform } from './emulated-instance.ts';
import {
  adaptConfiguration,
  type Directive,
  defaultProxyFiles,
  type ProxyFiles,
  parseDirectives,
} from './nginx-configuration.ts';
import { findFreePort } from './scratch.ts';

export interface ProxyOptions {
  /** The nginx of this machine. */
  readonly program: string;
  /** Stands for the instance's `/`. */
  readonly root: string;
  readonly platform: EnginePlatform;
  /** The bundle's `.platform/nginx`, by path below it. */
  readonly files: ProxyFiles;
  /** Where the app listens on an instance, and here. */
  readonly instancePort: number;
  readonly appPort: number;
}

export interface RunningProxy {
  readonly port: number;
  stop(): Promise<void>;
}

/** A place in the bundle. */
export interface FileLine {
  readonly file: string;
  readonly line: number;
}

const folder = '.platform/nginx';

/** The nginx of this machine; null if there is none. */
export function findNginx(path = ''): string | null {
  const directories = [...path.split(':'), '/usr/sbin', '/usr/local/sbin', '/opt/homebrew/bin'];
  for (const directory of directories) {
    const program = join(directory, 'nginx');
    try {
      if (directory !== '') accessSync(program, constants.X_OK);
      else continue;
      return program;
    } catch {
      // Not there: the next one.
    }
  }
  return null;
}

/** The text of every file below the bundle's `.platform/nginx`. */
export function readProxyFiles(bundle: string): ProxyFiles {
  const directory = join(bundle, folder);
  try {
    return new Map(
      readdirSync(directory, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
        .sort()
        .map((file) => [file.slice(directory.length + 1), readFileSync(file, 'utf8')]),
    );
  } catch {
    return new Map();
  }
}

/** Starts nginx with Elastic Beanstalk's configuration and the bundle's laid over it, on a free loopback port.
 * @returns why not, where nginx refuses the configuration on this machine: `.platform/nginx/…:3: unknown directive …` */
export async function startProxy(options: ProxyOptions): Promise<RunningProxy | string> {
  const { program, root, platform, files, instancePort, appPort } = options;
  const port = await findFreePort();
  const directory = join(root, 'etc/nginx');
  rmSync(directory, { recursive: true, force: true });
  for (const needed of ['run', 'var/log/nginx', 'var/cache/nginx']) {
    mkdirSync(join(root, needed), { recursive: true });
  }
  for (const [path, text] of new Map([...defaultProxyFiles(platform, instancePort), ...files])) {
    const file = join(directory, path);
    mkdirSync(dirname(file), { recursive: true });
    const isConfiguration = path.endsWith('.conf');
    writeFileSync(
      file,
      isConfiguration ? adaptConfiguration(text, { root, port, instancePort, appPort }) : text,
    );
  }
  const user = process.getuid?.() === 0 ? ' user root;' : '';
  const child = startChild({
    command: program,
    args: [
      ...['-p', root, '-e', 'stderr', '-c', join(directory, 'nginx.conf')],
      ...['-g', `daemon off; worker_processes 1; error_log stderr notice; pid ${root}/run/nginx.pid;${user}`],
    ],
    cwd: root,
    env: {},
  });
  let ended = false;
  void child.ended.then(() => {
    ended = true;
  });
  while (!ended && !/start worker process \d/.test(child.output())) await sleep(10);
  if (!ended) return { port, stop: child.stop };
  const [, reason = 'it does not start', file, line] =
    /\[emerg\] (?:\d+#\d+: )?(.*?)(?: in (\S+):(\d+))?$/m.exec(child.output()) ?? [];
  const said = reason.replaceAll(root, '');
  return file === undefined ? said : `${file.replace(`${directory}/`, `${folder}/`)}:${line}: ${said}`;
}

/** What a directive must be to give an answer of its own, or to change the request on its way. */
const answering =
  /^(?:return|rewrite|auth_basic|auth_request|deny|try_files|alias|root|limit_req|proxy_set_header host)\b/i;

/** The place in the bundle's configuration that makes the answer another than the app's: a file and then a directive
 * without which it is the app's own.
 * @param restored whether the answer through this port is the app's own
 * @returns null if no single file is to blame */
export async function findChange(
  options: ProxyOptions,
  restored: (port: number) => Promise<boolean>,
): Promise<FileLine | null> {
  const isRestoredWith = async (files: ProxyFiles) => {
    const proxy = await startProxy({ ...options, files });
    if (typeof proxy === 'string') return false;
    try {
      return await restored(proxy.port);
    } finally {
      await proxy.stop();
    }
  };
  for (const [path, text] of options.files) {
    const others = new Map(options.files);
    others.delete(path);
    if (!path.endsWith('.conf') || !(await isRestoredWith(others))) continue;
    const all = withNested(parseDirectives(text));
    let suspects = all;
    // The innermost ones come first.
    for (const directive of all.slice(0, 100)) {
      const without = text.slice(0, directive.start) + text.slice(directive.end);
      if (!(await isRestoredWith(new Map(options.files).set(path, without)))) continue;
      suspects = withNested([directive]);
      break;
    }
    const culprit =
      suspects.find(({ name, words }) => answering.test(`${name} ${words[0]?.text}`)) ??
      suspects.find(({ name }) => name === 'proxy_pass') ??
      suspects.at(-1);
    return { file: `${folder}/${path}`, line: culprit?.line ?? 1 };
  }
  return null;
}

function withNested(directives: readonly Directive[]): Directive[] {
  return directives.flatMap((directive) => [...withNested(directive.block?.directives ?? []), directive]);
}
