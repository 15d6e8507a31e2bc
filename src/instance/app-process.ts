import { setTimeout as sleep } from 'node:timers/promises';
import { interrupted, UserError } from '../errors.ts';
import { type Child, startChild } from './child.ts';
import type { StartTrouble, Variables } from './engine.ts';

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
  /** Whether the app answers on this port. That it listens says little: gunicorn does before its workers have loaded the app. */
  readonly answers: (port: number) => Promise<boolean>;
  readonly signal: AbortSignal;
}

/** The person's environment. */
export type ShellEnvironment = Readonly<Record<string, string | undefined>>;

export interface AppOptions extends WaitOptions {
  /** One word with blanks is a line for the shell, as in a Procfile; several are a program and its arguments, in which
   * `$PORT` is replaced. */
  readonly command: readonly string[];
  readonly port: number;
  readonly cwd: string;
  /** What `web.service` gives it. */
  readonly environment: () => Variables;
  /** Of which only what programs need to be found and to run is handed on. */
  readonly shellEnvironment: ShellEnvironment;
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
      if (child.pid === undefined) {
        throw new UserError('app-not-found', `the app cannot be started: there is no program '${command}'`, {
          hint: 'install it, or activate the virtual environment it is in; one quoted argument is run by sh',
        });
      }
      return waitUntilAnswering(child, port, `$PORT, here ${port}`, options);
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

/** The variables of the shell that tools need, and those that `also` names. */
export function toolsOf(environment: ShellEnvironment, also = /^$/): Record<string, string> {
  const tools: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment)) {
    if (value !== undefined && (toolVariable.test(name) || also.test(name))) tools[name] = value;
  }
  return tools;
}

/** How long an app may take until it answers. */
const patienceSeconds = 30;

/** Waits until the app answers, it ends, or patience does.
 * @param child whose end is the app's
 * @param place where it should answer, in words */
export async function waitUntilAnswering(
  child: Child,
  port: number,
  place: string,
  { answers, signal }: WaitOptions,
): Promise<StartTrouble | null> {
  let end: string | undefined;
  void child.ended.then(({ status, how }) => {
    end = status === 0 ? '' : ` (${how})`;
  });
  const start = Date.now();
  while (!(await answers(port))) {
    if (signal.aborted) throw interrupted();
    const output = child.output();
    if (end !== undefined) return { note: `the app ended before it answered${end}`, output };
    if (Date.now() - start > patienceSeconds * 1000) {
      const note = `the app does not answer on ${place}, after ${patienceSeconds} s: bind it to that port`;
      return { note, output };
    }
    await sleep(25);
  }
  return null;
}
