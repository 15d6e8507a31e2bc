import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readFile, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { cacheDirectory, instanceRoot } from '../instance/root.ts';
import { describeWith } from '../support/needs.ts';

/** The image every daemon holds: a Debian with Django and gunicorn. */
export const image = 'eb-hosts-test';

export interface Output {
  readonly status: number;
  readonly stdout: string;
  /** stdout and stderr in the order they came. */
  readonly output: string;
}

/** A real docker daemon with a network, images and containers of its own, which knows `image` and reaches nothing else. */
export interface Docker {
  /** Runs a program in the daemon's network, where published ports are on 127.0.0.1, with `docker` and
   * `docker compose` (v2) talking to this daemon. Never rejects for its status. */
  run(command: readonly string[], options?: { cwd?: string; env?: Record<string, string> }): Promise<Output>;
  /** `docker ARGUMENTS`.
   * @returns its stdout
   * @throws Error with its output if it fails */
  docker(args: readonly string[], options?: { cwd?: string }): Promise<string>;
  /** Asks what listens on this port of 127.0.0.1 in the daemon's network, again while nothing does.
   * @returns the status of the answer; 0: never one */
  ask(request: { port: number; host: string; path?: string }): Promise<number>;
  /** Ends the daemon with all that it holds. */
  stop(): Promise<void>;
}

const programs = [
  'root',
  'mount',
  'docker',
  'dockerd',
  'unshare',
  'nsenter',
  'ip',
  'debootstrap',
  'apt-get',
  'curl',
];

/** `describe` for tests that start a docker daemon, skipped with its reason in the title where that is not possible. */
export function describeDocker(title: string, body: () => void): void {
  describeWith(programs, title, body);
}

/** Starts a daemon and imports `image`, which takes a few seconds; the first on a machine makes the Debian root, which
 * takes a minute. All of it is gone after `stop`, or when this process ends. */
export async function startDocker(): Promise<Docker> {
  const root = await instanceRoot();
  const scratch = await mkdtemp(join(tmpdir(), 'eb-hosts-docker-'));
  const name = `eb-hosts-${randomBytes(4).toString('hex')}`;
  // Its own session: Ctrl-C ends the tests, the end of its input ends the daemon.
  const supervisor = spawn(join(import.meta.dirname, 'dockerd.sh'), [name, scratch], {
    stdio: ['pipe', 'ignore', 'pipe'],
    detached: true,
  });
  const ended = once(supervisor, 'exit');
  const stop = async () => {
    supervisor.stdin?.end();
    await ended;
  };
  try {
    const env = {
      DOCKER_HOST: `unix://${join(scratch, 'docker.sock')}`,
      DOCKER_CONFIG: join(scratch, 'client'),
    };
    await untilItAnswers(supervisor, env);
    await provideCompose(env);
    const files = 'tar --create --directory "$1" . | docker import - "$2"';
    await execa('bash', ['-o', 'pipefail', '-c', files, 'bash', root, image], { env });
    return daemon({ env, network: Number(await readFile(join(scratch, 'pid'), 'utf8')), stop });
  } catch (error) {
    await stop();
    throw error;
  }
}

type Environment = { DOCKER_HOST: string; DOCKER_CONFIG: string };

function daemon(about: { env: Environment; network: number; stop: () => Promise<void> }): Docker {
  const run: Docker['run'] = async (command, { cwd, env = {} } = {}) => {
    const result = await execa('nsenter', ['--target', `${about.network}`, '--net', '--', ...command], {
      ...(cwd === undefined ? {} : { cwd }),
      env: { ...about.env, ...env },
      reject: false,
      all: true,
      stdin: 'ignore',
    });
    return { status: result.exitCode ?? 255, stdout: result.stdout, output: result.all };
  };
  return {
    run,
    async docker(args, options) {
      const { status, stdout, output } = await run(['docker', ...args], options);
      if (status !== 0) throw new Error(`docker ${args.join(' ')}: ${output}`);
      return stdout;
    },
    async ask({ port, host, path = '/' }) {
      const header = ['--header', `Host: ${host}`];
      const curl = [
        'curl',
        '-q',
        '--silent',
        '--output',
        '/dev/null',
        '--max-time',
        '5',
        '--write-out',
        '%{http_code}',
      ];
      for (let tries = 0; tries < 100; tries += 1) {
        const { stdout } = await run([...curl, ...header, `http://127.0.0.1:${port}${path}`]);
        if (stdout !== '000') return Number(stdout);
        await sleep(100);
      }
      return 0;
    },
    stop: about.stop,
  };
}

async function untilItAnswers(supervisor: ChildProcess, env: Environment): Promise<void> {
  let log = '';
  supervisor.stderr?.on('data', (chunk: Buffer) => {
    log = (log + chunk).slice(-20_000);
  });
  for (let tries = 0; tries < 300 && supervisor.exitCode === null; tries += 1) {
    const { exitCode } = await execa('docker', ['version'], { env, reject: false });
    if (exitCode === 0) return;
    await sleep(100);
  }
  throw new Error(`the docker daemon does not start: ${log}`);
}

/** `docker compose` of this machine if it is v2.24 or later, which knows `!override`; else that of Debian 13. */
async function provideCompose(env: Environment): Promise<void> {
  const { stdout } = await execa('docker', ['compose', 'version', '--short'], { env, reject: false });
  const [major = 0, minor = 0] = (stdout ?? '').split('.').map(Number);
  if (major > 2 || (major === 2 && minor >= 24)) return;
  const recipe = join(import.meta.dirname, 'get-compose.sh');
  const program = join(cacheDirectory(), 'docker-compose-2.26.1');
  await execa(recipe, [program]);
  const plugins = join(env.DOCKER_CONFIG, 'cli-plugins');
  await mkdir(plugins, { recursive: true });
  await symlink(program, join(plugins, 'docker-compose'));
}
