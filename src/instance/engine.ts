import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type Bundle, listHooks, prepareHooks, stageBundle } from './bundle.ts';
import {
  type EmulatedInstance,
  hasInstanceFile,
  readInstanceFile,
  runsDocker,
  writeInstanceFile,
} from './emulated-instance.ts';
import type { Variables } from './environment-file.ts';
import { runHook } from './hook-run.ts';
import { places } from './places.ts';
import { changedFiles, type FileChange, watchedFiles } from './watched-files.ts';

/** What the engine was asked to do. `self-startup` is what a new instance of a running environment does. */
export type EngineCommand = 'app-deploy' | 'config-deploy' | 'self-startup';

type HookPhase = 'prebuild' | 'predeploy' | 'postdeploy';

export type Phase = HookPhase | 'stage' | 'procfile' | 'flip' | 'start';

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
  /** Files outside the bundle that the step changed, and its `.env`. */
  readonly changed: readonly FileChange[];
}

export interface DeploymentOptions {
  readonly command: EngineCommand;
  readonly bundle: Bundle;
  /** Which hooks run, by their path in the bundle. Default: all. */
  readonly runs?: (hook: string) => boolean;
  /** What serves; stopped before the flip and started after it. Without it the flip changes files only. */
  readonly app?: {
    stop(): Promise<void>;
    /** @returns what there is to say if it does not come up, with what it printed; else null */
    start(): Promise<{ readonly note: string; readonly output: string } | null>;
  };
  readonly onStep?: (step: Step) => void;
  readonly signal?: AbortSignal;
}

export interface Deployment {
  readonly ok: boolean;
  readonly steps: readonly Step[];
}

/** Deploys a bundle in the order that the engine's own log shows for Amazon Linux 2023: staging and the files for Docker,
 * prebuild hooks, Procfile, predeploy hooks, the flip, in which the environment file of the other platforms is written
 * and the app is restarted, postdeploy hooks. A hook that fails ends it there: before the flip the old app serves on. */
export async function deploy(instance: EmulatedInstance, options: DeploymentOptions): Promise<Deployment> {
  const { command, app } = options;
  const steps: Step[] = [];
  const report = (phase: Phase, details: Partial<Step> = {}) => {
    const defaults = { hook: null, ran: true, ok: true, status: null, note: null, output: '', changed: [] };
    const merged: Step = { command, phase, ...defaults, ...details };
    // People think in the instance's paths.
    const step = { ...merged, output: merged.output.replaceAll(instance.root, '') };
    steps.push(step);
    options.onStep?.(step);
    return step.ok;
  };
  const runHooks = async (phase: HookPhase, directory: string) => {
    const kind = command === 'config-deploy' ? 'confighooks' : 'hooks';
    const cwd = join(instance.root, directory);
    for (const hook of listHooks(cwd, `.platform/${kind}/${phase}`)) {
      if (options.runs?.(hook) === false) {
        report(phase, { hook, ran: false });
        continue;
      }
      const before = watchedFiles(instance);
      const { failure, ...result } = await runHook(instance, hook, cwd, options.signal);
      const changed = changedFiles(before, watchedFiles(instance));
      if (!report(phase, { hook, ...result, note: failure, changed })) return false;
    }
    return true;
  };

  const leftOut = stage(instance, options.bundle);
  report('stage', { note: leftOut.length === 0 ? null : `left out: ${leftOut.join(', ')}` });
  if (!(await runHooks('prebuild', places.staging))) return { ok: false, steps };
  const procfile = defaultProcfile(instance);
  if (procfile !== null) {
    writeInstanceFile(instance, `${places.staging}/Procfile`, `${procfile}\n`);
    report('procfile', { note: `the bundle has none; the platform's: ${procfile}` });
  }
  if (!(await runHooks('predeploy', places.staging))) return { ok: false, steps };
  await app?.stop();
  report('flip', { changed: flip(instance) });
  if (app !== undefined) {
    const trouble = await app.start();
    report('start', trouble === null ? {} : { ok: false, ...trouble });
  }
  return { ok: await runHooks('postdeploy', places.current), steps };
}

/** @returns what of the bundle was left out */
function stage(instance: EmulatedInstance, bundle: Bundle): string[] {
  const staging = join(instance.root, places.staging);
  rmSync(staging, { recursive: true, force: true });
  mkdirSync(staging, { recursive: true });
  const leftOut = stageBundle(bundle, staging);
  prepareHooks(staging);
  writeDockerFiles(instance);
  return leftOut;
}

/** Staging becomes current; what the other platforms start the app with is written only now. */
function flip(instance: EmulatedInstance): FileChange[] {
  const { root, platform } = instance;
  const before = watchedFiles(instance);
  const current = join(root, places.current);
  rmSync(current, { recursive: true, force: true });
  renameSync(join(root, places.staging), current);
  rmSync(join(root, `${places.webService}.d`), { recursive: true, force: true });
  if (!runsDocker(platform)) {
    writeInstanceFile(instance, places.environment, assignments(instance.properties()), 0o600);
    if (platform !== 'php') writeInstanceFile(instance, places.webService, webServiceUnit);
  }
  return changedFiles(before, watchedFiles(instance));
}

/** The Docker platforms have their environment files before the first hook, the others get theirs in the flip. Compose
 * keeps a `.env` of the bundle; ECS has its environment in the task definition. */
function writeDockerFiles(instance: EmulatedInstance): void {
  const { platform } = instance;
  if (platform !== 'docker' && platform !== 'compose') return;
  const text = assignments(instance.properties());
  writeInstanceFile(instance, places.envList, text, 0o600);
  const dotenv = `${places.staging}/.env`;
  if (platform === 'compose' && readInstanceFile(instance, dotenv) === undefined) {
    writeInstanceFile(instance, dotenv, text, 0o600);
  }
}

/** The engine quotes nothing. */
function assignments(properties: Variables): string {
  return [...properties].map(([name, value]) => `${name}=${value}\n`).join('');
}

function defaultProcfile(instance: EmulatedInstance): string | null {
  const { platform } = instance;
  if (runsDocker(platform) || platform === 'php') return null;
  if (hasInstanceFile(instance, `${places.staging}/Procfile`)) return null;
  return platform === 'python'
    ? 'web: gunicorn --bind 127.0.0.1:8000 --workers=1 --threads=15 application'
    : 'web: npm start';
}

const webServiceUnit = `[Unit]
Description=This is web daemon
PartOf=eb-app.target

[Service]
User=webapp
Type=simple
EnvironmentFile=${places.environment}
WorkingDirectory=${places.current}/
Restart=always

[Install]
WantedBy=multi-user.target
`;
