import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { hookPath, verifierPath } from '../../src/generated-paths.ts';
import { type Choices, defaultChoices } from '../../src/hooks/choices.ts';
import { renderFiles } from '../../src/hooks/render.ts';
import { unmet } from './needs.ts';

/** The shells of this machine among those that /bin/sh is on the machines the hook meets: BusyBox stands for the most frugal one. */
export const shells: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  Object.entries({ dash: ['dash'], bash: ['bash', '--posix'], busybox: ['busybox', 'sh'] }).filter(
    ([, [program]]) => program !== undefined && unmet([program]) === null,
  ),
);

export interface HookRun {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A scratch directory that stands for an instance's root, with a staged bundle that holds the generated hooks. */
export interface ScratchInstance {
  readonly root: string;
  path(relative: string): string;
  write(relative: string, text: string, mode?: number): void;
  /** Undefined if the file is missing. */
  read(relative: string): string | undefined;
  /** A get-config as on an instance: `absent`, `broken` (fails whatever it is asked), or answering from `properties`. */
  installGetConfig(properties: Readonly<Record<string, string>> | 'broken'): void;
  run(options?: RunOptions): Promise<HookRun>;
  remove(): void;
}

interface RunOptions {
  readonly shell?: readonly string[];
  readonly hook?: string;
  readonly properties?: Readonly<Record<string, string>>;
  readonly endpoint?: string;
  /** Kills the run with SIGKILL after so many milliseconds. */
  readonly killAfter?: number;
  readonly signal?: NodeJS.Signals;
}

export const staging = 'var/app/staging';
export const list = 'var/lib/eb-hosts/hosts.env';
export const envList = 'opt/elasticbeanstalk/deployment/env.list';
export const dropIn = 'usr/lib/systemd/system/web.service.d/50-eb-hosts.conf';
export { hookPath, verifierPath };

export function scratchInstance(choices: Partial<Choices> = {}): ScratchInstance {
  const root = mkdtempSync(join(tmpdir(), 'eb-hosts-instance-'));
  const path = (relative: string) => join(root, relative);
  const write = (relative: string, text: string, mode = 0o644) => {
    mkdirSync(dirname(path(relative)), { recursive: true });
    writeFileSync(path(relative), text);
    chmodSync(path(relative), mode);
  };
  for (const file of renderFiles({ ...defaultChoices, ...choices }, { version: '0.0.0', command: [] })) {
    write(join(staging, file.path), file.text, file.executable ? 0o755 : 0o644);
  }
  write(join(staging, 'Procfile'), 'web: gunicorn mysite.wsgi\n');
  return {
    root,
    path,
    write,
    read: (relative) => (existsSync(path(relative)) ? readFileSync(path(relative), 'latin1') : undefined),
    installGetConfig: (properties) =>
      write('opt/elasticbeanstalk/bin/get-config', getConfig(properties), 0o755),
    run: (options = {}) => runHook(root, options),
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}

function runHook(root: string, options: RunOptions): Promise<HookRun> {
  const [shell, ...shellArguments] = options.shell ?? ['/bin/sh'];
  const child = spawn(shell ?? '/bin/sh', [...shellArguments, options.hook ?? hookPath], {
    cwd: join(root, staging),
    env: {
      PATH: process.env.PATH,
      ...options.properties,
      EB_HOSTS_ROOT: root,
      AWS_EC2_METADATA_SERVICE_ENDPOINT: options.endpoint ?? 'http://127.0.0.1:1',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const killer =
    options.killAfter === undefined
      ? undefined
      : setTimeout(() => child.kill(options.signal ?? 'SIGKILL'), options.killAfter);
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString('latin1');
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString('latin1');
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => {
      clearTimeout(killer);
      resolve({ status, stdout, stderr });
    });
  });
}

/** A shell program that answers `environment`, with `-k NAME` or without, from literal values. */
function getConfig(properties: Readonly<Record<string, string>> | 'broken'): string {
  if (properties === 'broken') return '#!/bin/sh\necho "could not parse environment variables" >&2\nexit 1\n';
  const cases = Object.entries(properties).map(
    ([name, value]) => `${name}) printf '%s\\n' '${value.replaceAll("'", `'\\''`)}' ;;`,
  );
  return `#!/bin/sh
[ "$1" = environment ] || exit 1
[ "$2" = -k ] || { echo '{}'; exit 0; }
case $3 in ${cases.join('\n')}
*) exit 1 ;; esac
`;
}
