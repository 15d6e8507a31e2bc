import {
  chmodSync,
  constants,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, isAbsolute, join, normalize } from 'node:path';
import { pathToFileURL } from 'node:url';
import { interrupted } from '../errors.ts';
import {
  confighookPath,
  generatedHooks,
  hookPath,
  hostsDirectory,
  hostsFileName,
  verifierConfighookPath,
  verifierPath,
} from '../generated-paths.ts';
import { startChild } from './child.ts';
import { type ProxyOptions, type RunningProxy, readProxyFiles, startProxy } from './nginx.ts';
import { createScratch } from './scratch.ts';

/** Variables of a process, by name, in the order of the file. */
export type Variables = ReadonlyMap<string, string>;

export const enginePlatforms = ['python', 'docker', 'compose', 'ecs', 'other'] as const;
/** What decides where the engine puts the environment. `other`: Node.js, Ruby, Go, Java SE, .NET, which work like
 * `python`. */
export type EnginePlatform = (typeof enginePlatforms)[number];

/** Paths of an instance, without the root before them. */
export const places = {
  staging: '/var/app/staging',
  current: '/var/app/current',
  environment: '/opt/elasticbeanstalk/deployment/env',
  envList: '/opt/elasticbeanstalk/deployment/env.list',
  hostsList: `${hostsDirectory}/${hostsFileName}`,
  address: `${hostsDirectory}/address`,
} as const;

/** A directory that stands for the root of an instance's file system. */
export interface EmulatedInstance {
  readonly root: string;
  readonly platform: EnginePlatform;
  /** `PORT` of the hooks and of the app. */
  readonly port: number;
  /** What stands before the app; null where nothing does. */
  proxy: RunningProxy | null;
  /** Why nginx refuses the bundle's configuration; null where it does not. */
  refusal: string | null;
  /** Removes the directory and all in it. */
  remove(): void;
}

/** The answers of the metadata service lie below it: curl reads them by a file: URL as it would by http:. */
const metadata = '/metadata';

/** Sets up an instance as the platform's image leaves it: nothing is deployed yet.
 * @param address what the metadata service tells; null: it is down */
export function createInstance(platform: EnginePlatform, port: number, address: string | null) {
  const { path: root, remove } = createScratch('rehearsal');
  const instance: EmulatedInstance = { root, remove, platform, port, proxy: null, refusal: null };
  const runsDocker = ['docker', 'compose', 'ecs'].includes(platform);
  for (const directory of ['/var/app', '/root', runsDocker ? '/var/lib/docker' : '/var/lib']) {
    mkdirSync(join(root, directory), { recursive: true });
  }
  mkdirSync(join(root, dirname(places.environment)), { recursive: true });
  // Hooks get the properties as variables; what they ask for is whether it works at all, and what is absent there.
  const getConfig = '/opt/elasticbeanstalk/bin/get-config';
  writeInstanceFile(instance, getConfig, '#!/bin/sh\n[ "$*" = environment ]\n', 0o755);
  if (address !== null) {
    writeInstanceFile(instance, `${metadata}/latest/api/token`, 'token', 0o644);
    writeInstanceFile(instance, `${metadata}/latest/meta-data/local-ipv4`, address, 0o644);
  }
  return instance;
}

/** Text of a file of the instance; null if there is none. */
export function readInstanceFile({ root }: EmulatedInstance, path: string): string | null {
  const file = join(root, path);
  return statSync(file, { throwIfNoEntry: false })?.isFile() ? readFileSync(file, 'utf8') : null;
}

function writeInstanceFile({ root }: EmulatedInstance, path: string, text: string, mode: number): void {
  const file = join(root, path);
  mkdirSync(dirname(file), { recursive: true });
  rmSync(file, { force: true });
  writeFileSync(file, text);
  chmodSync(file, mode);
}

/** What is deployed: files of a directory. */
export interface Bundle {
  readonly directory: string;
  /** Relative to it, with `/`. */
  readonly paths: readonly string[];
  /** Directories of it that are not part of the bundle and stand for what the platform would install: linked, not copied. */
  readonly dependencies: readonly string[];
}

/** What the engine is asked to do, and the environment properties of that moment. */
export interface Deployment {
  readonly command: 'app-deploy' | 'config-deploy';
  readonly properties: Variables;
}

/** The generated hooks that each runs: before the flip, and after it. */
const hooksOf = {
  'app-deploy': [hookPath, verifierPath],
  'config-deploy': [confighookPath, verifierConfighookPath],
} as const;

/** A file before and after; null where it is missing. Its path is one of the instance, without the root. */
export interface FileChange {
  readonly path: string;
  readonly before: string | null;
  readonly after: string | null;
}

/** One thing that happened in a deployment. */
export interface Step {
  readonly command: Deployment['command'];
  readonly phase: 'stage' | 'predeploy' | 'flip' | 'start' | 'postdeploy';
  /** The hook, relative to the bundle's root; null for the engine's own steps. */
  readonly hook: string | null;
  /** False for a verifier where no app is up. */
  readonly ran: boolean;
  readonly ok: boolean;
  /** Exit status of a hook; null where there is none. */
  readonly status: number | null;
  /** What the engine has to say; null if nothing. */
  readonly note: string | null;
  readonly output: string;
  /** The environment files that the step changed. */
  readonly changed: readonly FileChange[];
}

/** Why an app did not come up, and what it printed. */
export interface StartTrouble {
  readonly note: string;
  readonly output: string;
}

/** What serves. */
export interface ServedApp {
  /** @throws UserError `app-not-found`, `interrupted` */
  start(): Promise<StartTrouble | null>;
  stop(): Promise<void>;
  /** What it has printed since it was last started. */
  output(): string;
  /** Its loopback port, once it has started. */
  port(): number;
}

export interface DeploymentOptions extends Deployment {
  readonly bundle: Bundle;
  /** Stopped before the flip and started after it. Null: the flip changes files only. */
  readonly app: ServedApp | null;
  /** The nginx of this machine to put before the app, and the port on which it looks for the app; null: none. */
  readonly nginx: Pick<ProxyOptions, 'program' | 'instancePort'> | null;
  readonly onStep: (step: Step) => void;
  readonly signal: AbortSignal;
}

/** Deploys a bundle in the order that the engine's own log shows for Amazon Linux 2023: staging and the files for Docker,
 * the predeploy hook, the flip, in which the environment file of the other platforms is written and the app is restarted,
 * the postdeploy hook. A hook that fails ends it there: before the flip the old app serves on.
 * @returns whether it came to its end
 * @throws UserError `interrupted` */
export async function deploy(instance: EmulatedInstance, options: DeploymentOptions): Promise<boolean> {
  const { root, platform } = instance;
  const { command, app, nginx } = options;
  const staging = join(root, places.staging);
  const current = join(root, places.current);
  const report = (phase: Step['phase'], details: Partial<Step> = {}) => {
    const defaults = { hook: null, ran: true, ok: true, status: null, note: null, output: '', changed: [] };
    const step: Step = { command, phase, ...defaults, ...details };
    // People think in the instance's paths.
    options.onStep({ ...step, output: step.output.replaceAll(root, '') });
    return step.ok;
  };
  const runGenerated = async (phase: 'predeploy' | 'postdeploy', hook: string, directory: string) => {
    if (!existsSync(join(directory, hook))) return true;
    prepareHooks(directory, root, instance.proxy?.port ?? app?.port() ?? instance.port);
    const before = environmentFiles(instance);
    const result = await runHook(instance, join(directory, hook), directory, options);
    return report(phase, { hook, ...result, changed: changesSince(before, instance) });
  };
  const writeEnvironment = (path: string) => {
    // The engine quotes nothing.
    const lines = [...options.properties].map(([name, value]) => `${name}=${value}\n`);
    writeInstanceFile(instance, path, lines.join(''), 0o600);
  };

  stageBundle(options.bundle, staging);
  // The Docker platforms have theirs before the first hook, the others get it in the flip.
  const usesDocker = platform === 'docker' || platform === 'compose';
  if (usesDocker) writeEnvironment(places.envList);
  const dotenv = `${places.staging}/.env`;
  if (platform === 'compose' && readInstanceFile(instance, dotenv) === null) writeEnvironment(dotenv);
  report('stage');
  const [hook, verifier] = hooksOf[command];
  if (!(await runGenerated('predeploy', hook, staging))) return false;

  await stopServing(instance, app);
  const before = environmentFiles(instance);
  rmSync(current, { recursive: true, force: true });
  renameSync(staging, current);
  if (!usesDocker) writeEnvironment(places.environment);
  report('flip', { changed: changesSince(before, instance) });
  const trouble = app === null ? null : await app.start();
  if (app !== null) report('start', trouble === null ? {} : { ok: false, ...trouble });
  if (app === null || trouble !== null) {
    if (existsSync(join(current, verifier))) report('postdeploy', { hook: verifier, ran: false });
    return true;
  }
  if (nginx !== null) {
    const files = readProxyFiles(current);
    const started = await startProxy({ ...nginx, root, files, appPort: app.port() });
    if (typeof started === 'string') instance.refusal = started;
    else instance.proxy = started;
  }
  return runGenerated('postdeploy', verifier, current);
}

/** Ends the app and what stands before it. */
export async function stopServing(instance: EmulatedInstance, app: ServedApp | null): Promise<void> {
  await instance.proxy?.stop();
  instance.proxy = null;
  await app?.stop();
}

/** Copies the bundle to staging, as unpacking the deployed zip would. */
function stageBundle({ directory, paths, dependencies }: Bundle, staging: string): void {
  rmSync(staging, { recursive: true, force: true });
  mkdirSync(staging, { recursive: true });
  // What is deleted is still listed by git.
  for (const path of paths.filter((path) => existsSync(join(directory, path)))) {
    const source = join(directory, path);
    const stats = lstatSync(source);
    const link = stats.isSymbolicLink() ? readlinkSync(source) : '';
    // On an instance such a link leads nowhere.
    const leadsOut = isAbsolute(link) || normalize(join(dirname(path), link)).startsWith('..');
    if (stats.isDirectory() || leadsOut) continue;
    cpSync(source, join(staging, path), { verbatimSymlinks: true, mode: constants.COPYFILE_FICLONE });
  }
  for (const name of dependencies) symlinkSync(join(directory, name), join(staging, name));
}

/** Makes the generated hooks executable and turns CRLF into LF, as platform versions since April 2022 do themselves. Three
 * lines are others in a rehearsal, since a hook of production reads no variable that could send it elsewhere. */
function prepareHooks(directory: string, root: string, sitePort: number): void {
  const { href } = pathToFileURL(join(root, metadata));
  for (const file of generatedHooks.map((hook) => join(directory, hook)).filter(existsSync)) {
    const text = readFileSync(file, 'utf8')
      .replaceAll('\r\n', '\n')
      .replace(/^root=''$/m, () => `root='${root}'`)
      .replace(/^imds='.*'$/m, () => `imds='${href}'`)
      .replace(/^site='.*'$/m, `site='http://127.0.0.1:${sitePort}'`);
    writeFileSync(file, text);
    chmodSync(file, 0o755);
  }
}

/** Runs one hook as the engine does (developer guide, platforms-linux-extend.hooks): a plain fork and exec with the
 * environment properties, `HOME`, `PATH` and `PORT`. */
async function runHook(
  { root, port }: EmulatedInstance,
  command: string,
  cwd: string,
  { properties, signal }: DeploymentOptions,
) {
  if (signal.aborted) throw interrupted();
  const env = {
    ...Object.fromEntries(properties),
    HOME: join(root, 'root'),
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    PORT: String(port),
  };
  const child = startChild({ command, args: [], cwd, env, signal });
  const { status, how } = await child.ended;
  if (signal.aborted) throw interrupted();
  return { ok: status === 0, status, note: status === null ? how : null, output: child.output() };
}

/** Text of each file that an app may get variables from; null where it is missing. */
function environmentFiles(instance: EmulatedInstance): Map<string, string | null> {
  const { environment, envList, staging, current, hostsList } = places;
  const paths = [environment, envList, `${staging}/.env`, `${current}/.env`, hostsList];
  return new Map(paths.map((path) => [path, readInstanceFile(instance, path)]));
}

function changesSince(earlier: ReadonlyMap<string, string | null>, instance: EmulatedInstance): FileChange[] {
  return [...environmentFiles(instance)]
    .map(([path, after]) => ({ path, before: earlier.get(path) ?? null, after }))
    .filter(({ before, after }) => before !== after);
}

/** The environment that the deployed app would be started with now. The list comes later and wins, also where the app itself
 * reads its file. */
export function appEnvironment(instance: EmulatedInstance): Variables {
  const { platform } = instance;
  const files = { docker: places.envList, compose: `${places.current}/.env` } as const;
  const file = platform === 'docker' || platform === 'compose' ? files[platform] : places.environment;
  const written = parseEnvironment(readInstanceFile(instance, file) ?? '', platform);
  const listed = parseEnvironment(readInstanceFile(instance, places.hostsList) ?? '', 'other');
  return new Map([...written, ...listed]);
}

/** Lines `NAME=value` as whoever starts the app reads them: docker takes a value as it stands (`docker container run`,
 * --env-file), systemd (systemd.exec(5)) and Compose (its page "Env file") take the quotes around it away, Compose a comment
 * behind it too. Values that span lines are cut, and nothing is replaced. */
export function parseEnvironment(text: string, platform: EnginePlatform): Variables {
  const variables = new Map<string, string>();
  for (const [, name = '', raw = ''] of text.matchAll(/^[ \t]*(?:export )?([A-Za-z_][\w.-]*)=(.*?)\r?$/gm)) {
    const [, double, single] = /^\s*(?:"((?:\\.|[^"\\])*)"|'([^']*)')/.exec(raw) ?? [];
    const bare = platform === 'compose' ? raw.replace(/(?:^|\s)#.*/, '') : raw.replace(/\\(.)/g, '$1');
    const value = double?.replace(/\\(["\\`$])/g, '$1') ?? single ?? bare.trim();
    variables.set(name, platform === 'docker' ? raw : value);
  }
  return variables;
}
