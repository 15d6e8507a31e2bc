import { setTimeout as sleep } from 'node:timers/promises';
import { interrupted, UserError } from '../errors.ts';
import { type Child, type ChildEnd, startChild } from './child.ts';

export interface AppProcess {
  /** @returns what to say if it does not answer in time; null if it does
   * @throws UserError `app-not-found`, `interrupted` */
  start(
    cwd: string,
    environment: ReadonlyMap<string, string>,
  ): Promise<{ readonly note: string; readonly output: string } | null>;
  stop(): Promise<void>;
  /** What it has printed since it was last started. */
  output(): string;
}

export interface AppOptions {
  /** One word with blanks is a line for the shell, as in a Procfile; several are a program and its arguments, in which
   * `$PORT` is replaced. */
  readonly command: readonly string[];
  readonly port: number;
  /** The person's environment, of which only what programs need to be found and to run is handed on. */
  readonly shellEnvironment: Readonly<Record<string, string | undefined>>;
  readonly patienceMilliseconds: number;
  /** Whether the app answers. That it listens says little: gunicorn does before its workers have loaded the app. */
  readonly answers: () => Promise<boolean>;
  readonly signal: AbortSignal;
}

/** A person's own app, started as `web.service` would, with an environment that is given and not inherited. */
export function appProcess(options: AppOptions): AppProcess {
  let child: Child | undefined;
  return {
    start: async (cwd, environment) => {
      const [command = '', ...args] = programOf(options);
      child = startChild({
        command,
        args,
        cwd,
        env: {
          ...toolsOf(options.shellEnvironment),
          ...Object.fromEntries(environment),
          PATH: options.shellEnvironment.PATH ?? '/usr/local/bin:/usr/bin:/bin',
          PORT: String(options.port),
        },
      });
      return whyNotAnswering(child, command, options);
    },
    stop: async () => {
      await child?.stop();
      child = undefined;
    },
    output: () => child?.output() ?? '',
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

function toolsOf(environment: AppOptions['shellEnvironment']): Record<string, string> {
  const tools: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment)) {
    if (value !== undefined && toolVariable.test(name)) tools[name] = value;
  }
  return tools;
}

async function whyNotAnswering(child: Child, command: string, options: AppOptions) {
  const { port, patienceMilliseconds, signal, answers } = options;
  let end: ChildEnd | undefined;
  void child.ended.then((ended) => {
    end = ended;
  });
  const deadline = Date.now() + patienceMilliseconds;
  while (!(await answers())) {
    if (signal.aborted) throw interrupted();
    if (end?.failure === 'ENOENT') {
      throw new UserError('app-not-found', `the app cannot be started: '${command}' is not found`, {
        hint: 'install it, or activate the virtual environment it is in; one quoted argument is run by sh',
      });
    }
    const output = child.output();
    if (end !== undefined) return { note: `the app ended before it answered (${endText(end)})`, output };
    if (Date.now() > deadline) {
      const seconds = patienceMilliseconds / 1000;
      return { note: `the app does not answer on $PORT, here ${port}, after ${seconds} s`, output };
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
