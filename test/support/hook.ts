import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { hookPath, verifierPath } from '../../src/generated-paths.ts';
import { type Choices, defaultChoices, type GivenChoices, writeChoices } from '../../src/hooks/choices.ts';
import { type GeneratedFile, renderFiles } from '../../src/hooks/render.ts';
import { unmet } from './needs.ts';

/** The shells of this machine among those that /bin/sh may be. */
export const shells: Readonly<Record<string, readonly string[]>> = Object.fromEntries(
  Object.entries({ dash: ['dash'], bash: ['bash', '--posix'], busybox: ['busybox', 'sh'] }).filter(
    ([, [program]]) => program !== undefined && unmet([program]) === null,
  ),
);

export const list = 'var/lib/eb-hosts/hosts.env';
export const address = 'var/lib/eb-hosts/address';
export const envList = 'opt/elasticbeanstalk/deployment/env.list';
export const dotenv = 'var/app/staging/.env';
export const dropIn = 'usr/lib/systemd/system/web.service.d/50-eb-hosts.conf';
export { hookPath, verifierPath };

/** The generated files for choices that differ from the defaults. */
export function renderedFiles(choices: Partial<Choices> = {}): GeneratedFile[] {
  const all = { ...defaultChoices, ...choices };
  const { hosts: _, ...remembered }: GivenChoices = all;
  return renderFiles(all, writeChoices(remembered));
}

export interface HookRun {
  readonly status: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

interface RunOptions {
  readonly shell?: readonly string[];
  readonly hook?: string;
  readonly properties?: Readonly<Record<string, string>>;
  /** Of the metadata service; one that refuses by default. */
  readonly endpoint?: string;
  /** Of the app, for the verifier. */
  readonly site?: string;
  /** Kills the run with SIGKILL after so many milliseconds. */
  readonly killAfter?: number;
  /** Keeps copies apart that run at the same time. */
  readonly copy?: string;
}

/** A scratch directory that stands for an instance's root, with a staged bundle that holds the generated hooks and, for Docker,
 * the files by which the hook knows it. */
export interface ScratchInstance {
  readonly root: string;
  path(relative: string): string;
  write(relative: string, text: string, mode?: number): void;
  /** The bytes as Latin-1; undefined if the file is missing. */
  read(relative: string): string | undefined;
  /** A get-config that answers from `properties`, or fails whatever it is asked, or never answers. */
  installGetConfig(properties: Readonly<Record<string, string>> | 'broken' | 'hanging'): void;
  run(options?: RunOptions): Promise<HookRun>;
  remove(): void;
}

export function scratchInstance(choices: Partial<Choices> = {}): ScratchInstance {
  const root = mkdtempSync(join(tmpdir(), 'eb-hosts-instance-'));
  const path = (relative: string) => join(root, relative);
  const write = (relative: string, text: string, mode = 0o644) => {
    mkdirSync(dirname(path(relative)), { recursive: true });
    writeFileSync(path(relative), text, 'latin1');
    chmodSync(path(relative), mode);
  };
  for (const file of renderedFiles(choices)) write(join('var/app/staging', file.path), file.text, 0o755);
  if (choices.delivery === 'env-list') write(envList, '');
  if (choices.delivery === 'dotenv') {
    write('var/app/staging/docker-compose.yml', 'services: {}\n');
    write(dotenv, '');
  }
  const instance: ScratchInstance = {
    root,
    path,
    write,
    read: (relative) => (existsSync(path(relative)) ? readFileSync(path(relative), 'latin1') : undefined),
    installGetConfig: (properties) =>
      write('opt/elasticbeanstalk/bin/get-config', getConfig(properties), 0o755),
    run: (options = {}) => runHook(root, options),
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
  instance.installGetConfig({});
  return instance;
}

/** Runs a copy of the hook whose lines `root` and `imds` (in the verifier: `root` and `site`) lead to this machine. */
async function runHook(root: string, options: RunOptions): Promise<HookRun> {
  const { hook = hookPath, shell = ['/bin/sh'], endpoint = 'http://127.0.0.1:1', killAfter } = options;
  const copy = join(root, `${hook.replaceAll('/', '_')}${options.copy ?? ''}`);
  const text = readFileSync(join(root, 'var/app/staging', hook), 'utf8')
    .replace(/^root=''$/m, `root='${root}'`)
    .replace(/^imds='.*'$/m, `imds='${endpoint}'`)
    .replace(/^site='.*'$/m, `site='${options.site ?? 'http://127.0.0.1:1'}'`);
  writeFileSync(copy, text);
  const [program = '', ...args] = shell;
  const { exitCode, stdout, stderr } = await execa(program, [...args, copy], {
    cwd: join(root, 'var/app/staging'),
    extendEnv: false,
    env: { PATH: '/usr/bin:/bin', ...options.properties },
    stdin: 'ignore',
    reject: false,
    ...(killAfter !== undefined && { timeout: killAfter, killSignal: 'SIGKILL' as const }),
  });
  return { status: exitCode, stdout, stderr };
}

/** A shell program that answers `environment`, with `-k NAME` or without, from literal values. */
function getConfig(properties: Readonly<Record<string, string>> | 'broken' | 'hanging'): string {
  if (properties === 'broken') return '#!/bin/sh\necho "could not parse" >&2\nexit 1\n';
  if (properties === 'hanging') return '#!/bin/sh\nsleep 60\n';
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
