import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa, execaSync } from 'execa';
import { interrupted, UserError } from '../errors.ts';
import { type Child, startChild } from './child.ts';
import {
  appEnvironment,
  type EmulatedInstance,
  type EnginePlatform,
  places,
  type ServedApp,
  type StartTrouble,
} from './engine.ts';
import { undoAtExit } from './scratch.ts';

/** The person's environment. */
export type ShellEnvironment = Readonly<Record<string, string | undefined>>;

export interface AppOptions {
  /** Of which only what programs need to be found and to run is handed on. */
  readonly shellEnvironment: ShellEnvironment;
  /** Whether the app answers on this port. That it listens says little: gunicorn does before its workers have loaded the app. */
  readonly answers: (port: number) => Promise<boolean>;
  readonly signal: AbortSignal;
}

/** A person's own app, started as `web.service` would, with an environment that is given and not inherited.
 * @param command one word with blanks is a line for the shell, as in a Procfile; several are a program and its arguments,
 * in which `$PORT` is replaced */
export function appProcess(
  instance: EmulatedInstance,
  command: readonly string[],
  options: AppOptions,
): ServedApp {
  const { root, port } = instance;
  const { shellEnvironment } = options;
  let child: Child | undefined;
  return {
    start: async () => {
      const [program = '', ...args] = programOf(command, port);
      const env = {
        ...toolsOf(shellEnvironment),
        ...Object.fromEntries(appEnvironment(instance)),
        PATH: shellEnvironment.PATH ?? '/usr/local/bin:/usr/bin:/bin',
        PORT: String(port),
      };
      const before = listeningPorts();
      child = startChild({ command: program, args, cwd: join(root, places.current), env });
      if (child.pid === undefined) {
        const hint =
          'install it, or activate the virtual environment it is in; one quoted argument is run by sh';
        throw new UserError('app-not-found', `the app cannot be started: no program '${program}'`, { hint });
      }
      const elsewhere = () => listeningPorts().filter((other) => other !== port && !before.includes(other));
      return waitUntilAnswering(child, port, `$PORT, here ${port}`, options, elsewhere);
    },
    stop: async () => {
      await child?.stop();
      child = undefined;
    },
    output: () => child?.output() ?? '',
    port: () => port,
  };
}

function programOf(command: readonly string[], port: number): readonly string[] {
  const [first = '', ...rest] = command;
  if (rest.length === 0 && /\s/.test(first)) return ['/bin/sh', '-c', first];
  return command.map((word) => word.replace(/\$(?:PORT\b|\{PORT\})/g, String(port)));
}

/** Where tools are found, who runs them and in which language they speak: no setting of an app. */
const toolVariable =
  /^(?:HOME|USER|LOGNAME|SHELL|TERM|TMPDIR|TZ|LANG|LC_\w+|VIRTUAL_ENV|(?:CONDA|PYENV|RBENV|NODENV|NVM|ASDF|MISE|RTX|SDKMAN)_\w+|GEM_(?:HOME|PATH)|JAVA_HOME|DOTNET_ROOT|GOPATH|LD_LIBRARY_PATH|DYLD_\w+|NIX_\w+)$/;

/** The variables of the shell that tools need, and those that `also` names. */
function toolsOf(environment: ShellEnvironment, also = /^$/): Record<string, string> {
  const tools: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment)) {
    if (value !== undefined && (toolVariable.test(name) || also.test(name))) tools[name] = value;
  }
  return tools;
}

/** TCP ports on which anybody listens; none where there is no /proc (proc(5): `0A` is LISTEN). */
function listeningPorts(): number[] {
  return ['/proc/net/tcp', '/proc/net/tcp6'].filter(existsSync).flatMap((table) =>
    readFileSync(table, 'utf8')
      .split('\n')
      .map((row) => /^ *\d+: \w+:(\w{4}) \w+:\w+ 0A /.exec(row)?.[1])
      .flatMap((port) => (port === undefined ? [] : [Number.parseInt(port, 16)])),
  );
}

/** How long an app may take until it answers, and how long where it listens on another port: no wait helps there. */
const patienceSeconds = 30;
const patienceElsewhereSeconds = 5;

/** Waits until the app answers, it ends, or patience does.
 * @param child whose end is the app's
 * @param place where it should answer, in words
 * @param elsewhere other ports on which somebody listens since it was started */
async function waitUntilAnswering(
  child: Child,
  port: number,
  place: string,
  { answers, signal }: AppOptions,
  elsewhere: () => readonly number[] = () => [],
): Promise<StartTrouble | null> {
  const start = Date.now();
  while (!(await answers(port))) {
    if (signal.aborted) throw interrupted();
    const [output, end] = [child.output(), child.end()];
    if (end !== null) {
      return { note: `the app ended before it answered${end.status === 0 ? '' : ` (${end.how})`}`, output };
    }
    const seconds = (Date.now() - start) / 1000;
    const others = seconds > patienceElsewhereSeconds ? elsewhere() : [];
    if (others.length > 0) {
      const note = `the app does not answer on ${place}: it listens on ${others.join(', ')}; bind it to $PORT`;
      return { note, output };
    }
    if (seconds > patienceSeconds) {
      const note = `the app does not answer on ${place}, after ${patienceSeconds} s: bind it to that port`;
      return { note, output };
    }
    await sleep(25);
  }
  return null;
}

/** Only what bears it, with a name of our own, is removed. Compose puts it on all that it makes for a project. */
const label = 'com.docker.compose.project';

/** Variables by which docker finds its daemon and its registries. The rest of a shell would win over `.env` in Compose. */
const dockerVariable = /^(?:PATH|DOCKER_\w+|BUILDKIT_\w+|XDG_\w+|SSH_AUTH_SOCK|(?:https?|no)_proxy)$/i;

/** @throws UserError `missing-program` where docker, its daemon, or a Compose that knows `!override` is not there */
export async function checkDocker(platform: EnginePlatform, shell: ShellEnvironment): Promise<void> {
  const options = { env: toolsOf(shell, dockerVariable), extendEnv: false, reject: false } as const;
  const daemon = await execa('docker', ['version', '--format', '{{.Server.Version}}'], options);
  if (daemon.failed) {
    const why = daemon.code === 'ENOENT' ? 'is not in PATH' : 'does not reach its daemon';
    const hint =
      'install Docker (https://docs.docker.com/engine/install) and start it, or give -- COMMAND instead';
    throw new UserError('missing-program', `--docker needs docker, which ${why}`, { hint });
  }
  if (platform !== 'compose') return;
  const compose = await execa('docker', ['compose', 'version', '--short'], options);
  const [, major = 0, minor = 0] = /^v?(\d+)\.(\d+)/.exec(compose.stdout) ?? [];
  if (Number(major) > 2 || (Number(major) === 2 && Number(minor) >= 24)) return;
  const hint = 'install the Compose plugin (https://docs.docker.com/compose/install)';
  throw new UserError('missing-program', '--docker needs Docker Compose 2.24 or newer here', { hint });
}

/** The containers of a bundle, built and started as Elastic Beanstalk does, but published on a free loopback port only
 * and under names of their own. */
export function containerApp({ root, platform }: EmulatedInstance, options: AppOptions): ServedApp {
  const { signal } = options;
  const cwd = join(root, places.current);
  const id = `eb-hosts-${process.pid}-${Date.now().toString(36)}`;
  const env = toolsOf(options.shellEnvironment, dockerVariable);
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
      ['ps --all', 'rm --force --volumes'],
      ['network ls', 'network rm'],
      ['volume ls', 'volume rm'],
      ['images', 'rmi --force'],
    ] as const) {
      const own = [...list.split(' '), '--quiet', '--filter', `label=${label}=${id}`];
      const found = execaSync('docker', own, settings).stdout.split('\n').filter(Boolean);
      if (found.length > 0) execaSync('docker', [...remove.split(' '), ...found], settings);
    }
  };

  const startOne = async (): Promise<{ container: string; inside: number }> => {
    await docker('build', '--force-rm', '--label', `${label}=${id}`, '--tag', id, '.');
    const exposed = await docker('image', 'inspect', '--format', '{{json .Config.ExposedPorts}}', id);
    const inside = Number(/"(\d+)\/tcp"/.exec(exposed)?.[1]);
    if (!inside) throw new CommandFailed('the image exposes no port: add EXPOSE to the Dockerfile', '');
    const environment = ['--env-file', join(root, places.envList)];
    const published = ['--publish', `127.0.0.1::${inside}`];
    const flags = ['--detach', '--label', `${label}=${id}`, ...environment, ...published];
    return { container: await docker('run', ...flags, id), inside };
  };

  const startCompose = async (): Promise<{ container: string; inside: number }> => {
    const files = ['docker-compose.yml', 'docker-compose.yaml', 'docker-compose.override.yml']
      .filter((file) => existsSync(join(cwd, file)))
      .flatMap((file) => ['--file', file]);
    const compose = (...args: string[]) =>
      docker('compose', '--project-name', id, '--project-directory', cwd, ...files, ...args);
    const { services } = JSON.parse(await compose('config', '--format', 'json'));
    const { service, inside } = publishedService(services);
    const override = join(root, 'compose-override.yml');
    writeFileSync(override, composeOverride(services, service, inside, id));
    files.push('--file', override);
    await compose('up', '--build', '--detach', '--quiet-pull');
    return { container: await compose('ps', '--all', '--quiet', service), inside };
  };

  return {
    start: async () => {
      forget = undoAtExit(removeAll);
      try {
        const { container, inside } = await (platform === 'compose' ? startCompose() : startOne());
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

/** The services of what `docker compose config --format json` prints, as far as they are looked at. */
type ComposeServices = Readonly<
  Record<string, { build?: unknown; ports?: readonly { target: number; published?: string }[] }>
>;

/** The service that has the instance's port 80, where the load balancer asks, or else the first one with a port. */
function publishedService(services: ComposeServices): { service: string; inside: number } {
  const ports = Object.entries(services).flatMap(([service, { ports = [] }]) =>
    ports.map(({ target, published }) => ({ service, inside: target, published })),
  );
  const found = ports.find(({ published }) => published === '80') ?? ports[0];
  if (found !== undefined) return found;
  throw new CommandFailed("no service publishes a port: give the app's service 'ports: [\"80:8000\"]'", '');
}

/** No service publishes a port but the one that is asked, and none has a name or an image of the person's own. */
function composeOverride(services: ComposeServices, published: string, inside: number, id: string): string {
  const lines = Object.entries(services).flatMap(([name, { build }]) => [
    `  ${name}:`,
    `    ports: ${name === published ? `!override ["127.0.0.1::${inside}"]` : '!reset []'}`,
    '    container_name: !reset null',
    ...(build === undefined ? [] : [`    image: ${id}-${name}`]),
  ]);
  return ['services:', ...lines, ''].join('\n');
}
