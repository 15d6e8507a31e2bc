import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa, execaSync } from 'execa';
import { interrupted, UserError } from '../errors.ts';
import {
  type ServedApp,
  type ShellEnvironment,
  toolsOf,
  type WaitOptions,
  waitUntilAnswering,
} from './app-process.ts';
import { type Child, startChild } from './child.ts';
import { undoAtExit } from './scratch.ts';

interface ContainerOptions extends WaitOptions {
  readonly platform: 'docker' | 'compose';
  /** The deployed bundle. */
  readonly cwd: string;
  /** Stands for the instance's `/`; below it what the engine would hand over. */
  readonly root: string;
  readonly envFile: string;
  readonly shellEnvironment: ShellEnvironment;
}

/** Only what bears it is removed. */
const label = 'eb-hosts.rehearsal';

/** Variables by which docker finds its daemon and its registries. The rest of a shell would win over `.env` in Compose. */
const dockerVariable = /^(?:PATH|DOCKER_\w+|BUILDKIT_\w+|XDG_\w+|SSH_AUTH_SOCK|(?:https?|no)_proxy)$/i;

const environmentOf = (shell: ShellEnvironment): Record<string, string> => toolsOf(shell, dockerVariable);

/** @throws UserError `missing-program` where docker, its daemon, or a Compose that knows `!override` is not there */
export async function checkDocker(platform: 'docker' | 'compose', shell: ShellEnvironment): Promise<void> {
  const options = { env: environmentOf(shell), extendEnv: false, reject: false } as const;
  const daemon = await execa('docker', ['version', '--format', '{{.Server.Version}}'], options);
  if (daemon.failed) {
    const why = daemon.code === 'ENOENT' ? 'is not in PATH' : 'does not reach its daemon';
    throw new UserError('missing-program', `--docker needs docker, which ${why}`, {
      hint: 'install Docker (https://docs.docker.com/engine/install) and start it, or give -- COMMAND instead',
    });
  }
  if (platform === 'docker') return;
  const compose = await execa('docker', ['compose', 'version', '--short'], options);
  const [, major = 0, minor = 0] = /^v?(\d+)\.(\d+)/.exec(compose.stdout) ?? [];
  if (compose.failed || Number(major) < 2 || (Number(major) === 2 && Number(minor) < 24)) {
    throw new UserError('missing-program', '--docker needs Docker Compose 2.24 or newer for this bundle', {
      hint: 'install the Compose plugin (https://docs.docker.com/compose/install)',
    });
  }
}

/** The containers of a bundle, built and started as Elastic Beanstalk does, but published on a free loopback port only
 * and under names of their own. */
export function containerApp(options: ContainerOptions): ServedApp {
  const { platform, cwd, shellEnvironment, signal } = options;
  const id = `eb-hosts-${process.pid}-${Date.now().toString(36)}`;
  const env = environmentOf(shellEnvironment);
  let port = 0;
  let output = () => '';
  let logs: Child | undefined;
  let forget: (() => void) | undefined;

  /** @throws UserError `interrupted`; CommandFailed with what it printed */
  const docker = async (...args: string[]): Promise<string> => {
    const child = startChild({ command: 'docker', args, cwd, env, signal });
    output = child.output;
    const { status } = await child.ended;
    if (signal.aborted) throw interrupted();
    if (status !== 0) throw new CommandFailed(`docker ${args.slice(0, 2).join(' ')}`, child.output());
    // Warnings go to the other stream.
    return child.stdout().trim();
  };

  /** Also when this process ends in the middle of it, hence without waiting for anything else. */
  const removeAll = () => {
    const settings = { cwd, env, extendEnv: false, reject: false } as const;
    for (const [list, remove] of [
      [
        ['ps', '--all'],
        ['rm', '--force', '--volumes'],
      ],
      [
        ['network', 'ls'],
        ['network', 'rm'],
      ],
      [
        ['volume', 'ls'],
        ['volume', 'rm'],
      ],
      [['images'], ['rmi', '--force']],
    ] as const) {
      const own = [...list, '--quiet', '--filter', `label=${label}=${id}`];
      const found = execaSync('docker', own, settings).stdout.split('\n').filter(Boolean);
      if (found.length > 0) execaSync('docker', [...remove, ...found], settings);
    }
  };

  const startOne = async (): Promise<{ container: string; inside: number }> => {
    await docker('build', '--force-rm', '--label', `${label}=${id}`, '--tag', id, '.');
    const exposed = await docker('image', 'inspect', '--format', '{{json .Config.ExposedPorts}}', id);
    const inside = Number(/"(\d+)\/tcp"/.exec(exposed)?.[1]);
    if (!inside) throw new CommandFailed('the image exposes no port: add EXPOSE to the Dockerfile', '');
    const published = ['--publish', `127.0.0.1::${inside}`];
    const flags = ['--detach', '--label', `${label}=${id}`, '--env-file', options.envFile, ...published];
    return { container: await docker('run', ...flags, id), inside };
  };

  const startCompose = async (): Promise<{ container: string; inside: number }> => {
    const files = ['docker-compose.yml', 'docker-compose.yaml', 'docker-compose.override.yml']
      .filter((file) => existsSync(join(cwd, file)))
      .flatMap((file) => ['--file', file]);
    const compose = (...args: string[]) =>
      docker('compose', '--project-name', id, '--project-directory', cwd, ...files, ...args);
    const model = JSON.parse(await compose('config', '--format', 'json')) as ComposeModel;
    const { service, inside } = publishedService(model);
    const override = join(options.root, 'compose-override.yml');
    writeFileSync(override, composeOverride(model, service, inside, id));
    files.push('--file', override);
    await compose('up', '--build', '--detach', '--quiet-pull');
    return { container: await compose('ps', '--all', '--quiet', service), inside };
  };

  return {
    start: async () => {
      forget = undoAtExit(removeAll);
      try {
        const { container, inside } = await (platform === 'docker' ? startOne() : startCompose());
        // None where it has ended already: its log says why.
        const published = await docker('port', container, `${inside}/tcp`).catch(() => '');
        port = Number(/127\.0\.0\.1:(\d+)/.exec(published)?.[1] ?? 0);
        logs = startChild({ command: 'docker', args: ['logs', '--follow', container], cwd, env });
        output = logs.output;
        return await waitUntilAnswering(logs, port, `port ${inside} of its container`, options);
      } catch (error) {
        if (error instanceof CommandFailed) return { note: error.message, output: error.output };
        throw error;
      }
    },
    stop: async () => {
      await logs?.stop();
      if (forget !== undefined) removeAll();
      forget?.();
      forget = undefined;
    },
    output: () => output(),
    port: () => port,
  };
}

class CommandFailed extends Error {
  readonly output: string;
  constructor(message: string, output: string) {
    super(message);
    this.output = output;
  }
}

/** What `docker compose config --format json` prints, as far as it is looked at. */
interface ComposeModel {
  readonly services: Readonly<
    Record<string, { build?: unknown; ports?: readonly { target: number; published?: string }[] }>
  >;
  readonly networks?: Readonly<Record<string, { external?: boolean }>>;
  readonly volumes?: Readonly<Record<string, { external?: boolean }>>;
}

/** The service that has the instance's port 80, where the load balancer asks, or else the first one with a port. */
function publishedService({ services }: ComposeModel): { service: string; inside: number } {
  const ports = Object.entries(services).flatMap(([service, { ports = [] }]) =>
    ports.map(({ target, published }) => ({ service, inside: target, published })),
  );
  const found = ports.find(({ published }) => published === '80') ?? ports[0];
  if (found === undefined) {
    throw new CommandFailed("no service publishes a port: give the app's service 'ports: [\"80:8000\"]'", '');
  }
  return found;
}

function composeOverride(model: ComposeModel, service: string, inside: number, id: string): string {
  const labels = `labels: { ${label}: ${id} }`;
  const lines = ['services:'];
  for (const [name, { build }] of Object.entries(model.services)) {
    const ports = name === service ? `!override ["127.0.0.1::${inside}"]` : '!reset []';
    lines.push(`  ${name}:`, `    ports: ${ports}`, '    container_name: !reset null', `    ${labels}`);
    if (build !== undefined) lines.push(`    image: ${id}-${name}`, `    build: { ${labels} }`);
  }
  for (const kind of ['networks', 'volumes'] as const) {
    const own = Object.entries(model[kind] ?? {}).filter(([, { external }]) => external !== true);
    if (own.length > 0) lines.push(`${kind}:`, ...own.map(([name]) => `  ${name}: { ${labels} }`));
  }
  return `${lines.join('\n')}\n`;
}
