import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { interrupted, UserError } from '../errors.ts';
import { type Child, type ChildEnd, startChild } from './child.ts';
import type { Variables } from './emulated-instance.ts';
import type { StartTrouble } from './engine.ts';

/** What a rehearsal asks. */
export interface ServedApp {
  /** @throws UserError `app-not-found`, `interrupted` */
  start(): Promise<StartTrouble | null>;
  stop(): Promise<void>;
  /** What it has printed since it was last started. */
  output(): string;
  /** Its loopback port, once it has started. */
  port(): number;
}

export interface WaitOptions {
  /** Whether the app answers. That it listens says little: gunicorn does before its workers have loaded the app. */
  readonly answers: () => Promise<boolean>;
  readonly patienceMilliseconds: number;
  readonly signal: AbortSignal;
}

export interface AppOptions extends WaitOptions {
  /** One word with blanks is a line for the shell, as in a Procfile; several are a program and its arguments, in which
   * `$PORT` is replaced. */
  readonly command: readonly string[];
  readonly port: number;
  readonly cwd: string;
  /** What `web.service` gives it. */
  readonly environment: () => Variables;
  /** The person's environment, of which only what programs need to be found and to run is handed on. */
  readonly shellEnvironment: Readonly<Record<string, string | undefined>>;
}

/** A person's own app, started as `web.service` would, with an environment that is given and not inherited. */
export function appProcess(options: AppOptions): ServedApp {
  const { port, cwd, shellEnvironment } = options;
  let child: Child | undefined;
  return {
    start: async () => {
      const [command = '', ...args] = programOf(options);
      child = startChild({
        command,
        args,
        cwd,
        env: {
          ...toolsOf(shellEnvironment),
          ...Object.fromEntries(options.environment()),
          PATH: shellEnvironment.PATH ?? '/usr/local/bin:/usr/bin:/bin',
          PORT: String(port),
        },
      });
      const { pid } = child;
      if (pid === undefined && (await child.ended).failure === 'ENOENT') {
        throw new UserError('app-not-found', `the app cannot be started: '${command}' is not found`, {
          hint: 'install it, or activate the virtual environment it is in; one quoted argument is run by sh',
        });
      }
      const elsewhere = () =>
        (pid === undefined ? [] : listeningPorts(pid)).filter((other) => other !== port);
      return whyNotAnswering(child, options, { place: `$PORT, here ${port}`, endText, elsewhere });
    },
    stop: async () => {
      await child?.stop();
      child = undefined;
    },
    output: () => child?.output() ?? '',
    port: () => port,
  };
}

function programOf({ command, port }: AppOptions): readonly string[] {
  const [first = '', ...rest] = command;
  if (rest.length === 0 && /\s/.test(first)) return ['/bin/sh', '-c', first];
  return command.map((word) => word.replace(/\$(?:PORT\b|\{PORT\})/g, String(port)));
}

/** Where tools are found, who runs them and in which language they speak: no setting of an app. */
const toolVariable =
  /^(?:HOME|USER|LOGNAME|SHELL|TERM|TMPDIR|TZ|LANG|LC_\w+|VIRTUAL_ENV|(?:CONDA|PYENV|RBENV|NODENV|NVM|ASDF|MISE|RTX|SDKMAN)_\w+|GEM_(?:HOME|PATH)|JAVA_HOME|DOTNET_ROOT|GOPATH|LD_LIBRARY_PATH|DYLD_\w+|NIX_\w+)$/;

export function toolsOf(environment: AppOptions['shellEnvironment'], also = /^$/): Record<string, string> {
  const tools: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment)) {
    if (value !== undefined && (toolVariable.test(name) || also.test(name))) tools[name] = value;
  }
  return tools;
}

/** Where an app listens on other ports only, waiting longer helps nobody. */
const elsewherePatienceMilliseconds = 5000;

interface WaitWords {
  /** Where it should answer. */
  readonly place: string;
  readonly endText: (end: ChildEnd) => string;
  /** The ports on which it listens instead, where that can be known. */
  readonly elsewhere?: () => readonly number[];
}

/** Waits until the app answers, it ends, or patience does.
 * @param child whose end is the app's */
export async function whyNotAnswering(
  child: Child,
  { answers, patienceMilliseconds, signal }: WaitOptions,
  { place, endText, elsewhere = () => [] }: WaitWords,
): Promise<StartTrouble | null> {
  let end: ChildEnd | undefined;
  void child.ended.then((ended) => {
    end = ended;
  });
  const start = Date.now();
  let elsewhereSince: number | undefined;
  for (let round = 1; !(await answers()); round++) {
    if (signal.aborted) throw interrupted();
    const trouble = (note: string) => ({ note, output: child.output() });
    if (end !== undefined) return trouble(`the app ended before it answered (${endText(end)})`);
    const ports = round % 20 === 0 ? elsewhere() : [];
    if (ports.length > 0) elsewhereSince ??= Date.now();
    const late = Date.now() - start > patienceMilliseconds;
    if (late || Date.now() - (elsewhereSince ?? Date.now()) > elsewherePatienceMilliseconds) {
      const others = elsewhere().join(', ');
      const where = others === '' ? '' : `: it listens on ${others}; bind it to $PORT`;
      const after = others === '' ? ` after ${patienceMilliseconds / 1000} s` : '';
      return trouble(`the app does not answer on ${place}${after}${where}`);
    }
    await sleep(25);
  }
  return null;
}

function endText({ status, signal, failure }: ChildEnd): string {
  if (failure !== null) return failure;
  if (status === 0) return 'status 0: it must stay in the foreground';
  return signal === null ? `status ${status}` : `killed by ${signal}`;
}

/** The TCP ports on which processes of this group listen; none where there is no /proc (proc(5)). */
function listeningPorts(group: number): number[] {
  const inodes = new Set<string>();
  for (const pid of readNames('/proc').filter((name) => /^\d+$/.test(name))) {
    const fields = readText(`/proc/${pid}/stat`)
      .replace(/^.*\) /s, '')
      .split(' ');
    if (Number(fields[2]) !== group) continue;
    for (const descriptor of readNames(`/proc/${pid}/fd`)) {
      const inode = /^socket:\[(\d+)\]$/.exec(readText(`/proc/${pid}/fd/${descriptor}`, readlinkSync))?.[1];
      if (inode !== undefined) inodes.add(inode);
    }
  }
  const ports = ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((table) =>
    readText(table)
      .split('\n')
      .map((row) => row.trim().split(/\s+/))
      .filter(([, , , state, , , , , , inode]) => state === '0A' && inodes.has(inode ?? ''))
      .map(([, local = '']) => Number.parseInt(local.split(':')[1] ?? '', 16)),
  );
  return [...new Set(ports)];
}

function readNames(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

/** Processes come and go: what cannot be read is empty. */
function readText(path: string, read = (file: string) => readFileSync(file, 'utf8')): string {
  try {
    return read(path);
  } catch {
    return '';
  }
}
