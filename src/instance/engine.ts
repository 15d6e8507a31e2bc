import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { interrupted } from '../errors.ts';
import { type Bundle, listHooks, prepareHooks, stageBundle } from './bundle.ts';
import { startChild } from './child.ts';
import {
  type EmulatedInstance,
  environmentFilePaths,
  places,
  readInstanceFile,
  writeInstanceFile,
} from './emulated-instance.ts';

/** What the engine was asked to do. */
export type EngineCommand = 'app-deploy' | 'config-deploy';

type HookPhase = 'prebuild' | 'predeploy' | 'postdeploy';

export type Phase = HookPhase | 'stage' | 'flip' | 'start';

/** A file before and after; null where it is missing. Its path is one of the instance, without the root. */
export interface FileChange {
  readonly path: string;
  readonly before: string | null;
  readonly after: string | null;
}

/** One thing that happened in a deployment. */
export interface Step {
  readonly command: EngineCommand;
  readonly phase: Phase;
  /** The hook, relative to the bundle's root; null for the engine's own steps. */
  readonly hook: string | null;
  /** False for a hook that was passed over. */
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

export interface DeploymentOptions {
  readonly command: EngineCommand;
  readonly bundle: Bundle;
  /** Which hooks run, by their path in the bundle. */
  readonly runs: (hook: string) => boolean;
  /** What serves; stopped before the flip and started after it. Null: the flip changes files only. */
  readonly app: { stop(): Promise<void>; start(): Promise<StartTrouble | null> } | null;
  readonly onStep: (step: Step) => void;
  readonly signal: AbortSignal;
}

/** Deploys a bundle in the order that the engine's own log shows for Amazon Linux 2023: staging and the files for Docker,
 * prebuild hooks, predeploy hooks, the flip, in which the environment file of the other platforms is written and the app
 * is restarted, postdeploy hooks. A hook that fails ends it there: before the flip the old app serves on.
 * @returns whether it came to its end
 * @throws UserError `interrupted` */
export async function deploy(instance: EmulatedInstance, options: DeploymentOptions): Promise<boolean> {
  const { command, app } = options;
  const report = (phase: Phase, details: Partial<Step> = {}) => {
    const defaults = { hook: null, ran: true, ok: true, status: null, note: null, output: '', changed: [] };
    const step: Step = { command, phase, ...defaults, ...details };
    // People think in the instance's paths.
    options.onStep({ ...step, output: step.output.replaceAll(instance.root, '') });
    return step.ok;
  };
  const runHooks = async (phase: HookPhase, directory: string) => {
    const kind = command === 'config-deploy' ? 'confighooks' : 'hooks';
    const cwd = join(instance.root, directory);
    prepareHooks(cwd, linesOfRehearsal(instance));
    for (const hook of listHooks(cwd, `.platform/${kind}/${phase}`)) {
      if (!options.runs(hook)) {
        report(phase, { hook, ran: false });
        continue;
      }
      const before = watchedFiles(instance);
      const result = await runHook(instance, hook, cwd, options.signal);
      const changed = changedFiles(before, watchedFiles(instance));
      if (!report(phase, { hook, ...result, changed })) return false;
    }
    return true;
  };

  const staging = join(instance.root, places.staging);
  rmSync(staging, { recursive: true, force: true });
  mkdirSync(staging, { recursive: true });
  const leftOut = stageBundle(options.bundle, staging);
  writeDockerFiles(instance);
  report('stage', { note: leftOut.length === 0 ? null : `left out: ${leftOut.join(', ')}` });
  if (!(await runHooks('prebuild', places.staging))) return false;
  if (!(await runHooks('predeploy', places.staging))) return false;
  await app?.stop();
  report('flip', { changed: flip(instance) });
  if (app !== null) {
    const trouble = await app.start();
    report('start', trouble === null ? {} : { ok: false, ...trouble });
  }
  return runHooks('postdeploy', places.current);
}

/** The lines that a copy of the generated hooks has instead, since a hook of production reads no variable that could send
 * it elsewhere. */
function linesOfRehearsal({ root, metadataEndpoint, sitePort }: EmulatedInstance): Map<RegExp, string> {
  return new Map([
    [/^root=''$/m, `root='${root}'`],
    [/^imds='.*'$/m, `imds='${metadataEndpoint}'`],
    [/^site='.*'$/m, `site='http://127.0.0.1:${sitePort}'`],
  ]);
}

/** Staging becomes current; what the other platforms start the app with is written only now. */
function flip(instance: EmulatedInstance): FileChange[] {
  const { root, platform } = instance;
  const before = watchedFiles(instance);
  const current = join(root, places.current);
  rmSync(current, { recursive: true, force: true });
  renameSync(join(root, places.staging), current);
  rmSync(join(root, `${places.webService}.d`), { recursive: true, force: true });
  if (!['docker', 'compose', 'ecs'].includes(platform)) {
    writeInstanceFile(instance, places.environment, assignments(instance), 0o600);
  }
  return changedFiles(before, watchedFiles(instance));
}

/** The Docker platforms have their environment files before the first hook, the others get theirs in the flip. Compose
 * keeps a `.env` of the bundle; ECS has its environment in the task definition. */
function writeDockerFiles(instance: EmulatedInstance): void {
  const { platform } = instance;
  if (platform !== 'docker' && platform !== 'compose') return;
  writeInstanceFile(instance, places.envList, assignments(instance), 0o600);
  const dotenv = `${places.staging}/.env`;
  if (platform === 'compose' && readInstanceFile(instance, dotenv) === undefined) {
    writeInstanceFile(instance, dotenv, assignments(instance), 0o600);
  }
}

/** The engine quotes nothing. */
function assignments(instance: EmulatedInstance): string {
  return [...instance.properties()].map(([name, value]) => `${name}=${value}\n`).join('');
}

/** Text of the environment files that there are, by path. */
function watchedFiles(instance: EmulatedInstance): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  for (const path of environmentFilePaths) {
    const text = readInstanceFile(instance, path);
    if (text !== undefined) files.set(path, text);
  }
  return files;
}

function changedFiles(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): FileChange[] {
  return environmentFilePaths
    .map((path) => ({ path, before: before.get(path) ?? null, after: after.get(path) ?? null }))
    .filter((change) => change.before !== change.after);
}

/** Runs one hook as the engine does (developer guide, platforms-linux-extend.hooks): a plain fork and exec with the
 * environment properties, `HOME`, `PATH` and `PORT`. */
async function runHook(instance: EmulatedInstance, hook: string, cwd: string, signal: AbortSignal) {
  if (signal.aborted) throw interrupted();
  const env = {
    ...Object.fromEntries(instance.properties()),
    HOME: join(instance.root, 'root'),
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    PORT: String(instance.port),
  };
  const child = startChild({ command: join(cwd, hook), args: [], cwd, env });
  const onAbort = () => void child.stop();
  signal.addEventListener('abort', onAbort, { once: true });
  const { status, signal: killer, failure } = await child.ended;
  signal.removeEventListener('abort', onAbort);
  if (signal.aborted) throw interrupted();
  let note = killer === null ? null : `killed by ${killer}`;
  if (failure !== null) note = `cannot be run: ${failure}`;
  // The file itself is there.
  if (failure === 'ENOENT') note = 'no such file or directory: the interpreter of its first line';
  return { ok: status === 0, status, note, output: child.output() };
}
