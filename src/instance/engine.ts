import {
  chmodSync,
  constants,
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, isAbsolute, join, normalize } from 'node:path';
import { interrupted } from '../errors.ts';
import {
  confighookPath,
  generatedHooks,
  hookPath,
  verifierConfighookPath,
  verifierPath,
} from '../generated-paths.ts';
import { startChild } from './child.ts';
import {
  type EmulatedInstance,
  places,
  readInstanceFile,
  type Variables,
  writeInstanceFile,
} from './emulated-instance.ts';

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

export interface DeploymentOptions extends Deployment {
  readonly bundle: Bundle;
  /** What serves; stopped before the flip and started after it. Null: the flip changes files only. */
  readonly app: { stop(): Promise<void>; start(): Promise<StartTrouble | null> } | null;
  readonly onStep: (step: Step) => void;
  readonly signal: AbortSignal;
}

/** Deploys a bundle in the order that the engine's own log shows for Amazon Linux 2023: staging and the files for Docker,
 * the predeploy hook, the flip, in which the environment file of the other platforms is written and the app is restarted,
 * the postdeploy hook. A hook that fails ends it there: before the flip the old app serves on.
 * @returns whether it came to its end
 * @throws UserError `interrupted` */
export async function deploy(instance: EmulatedInstance, options: DeploymentOptions): Promise<boolean> {
  const { command, app } = options;
  const report = (phase: Step['phase'], details: Partial<Step> = {}) => {
    const defaults = { hook: null, ran: true, ok: true, status: null, note: null, output: '', changed: [] };
    const step: Step = { command, phase, ...defaults, ...details };
    // People think in the instance's paths.
    options.onStep({ ...step, output: step.output.replaceAll(instance.root, '') });
    return step.ok;
  };
  const runGenerated = async (phase: 'predeploy' | 'postdeploy', hook: string, directory: string) => {
    const cwd = join(instance.root, directory);
    if (!existsSync(join(cwd, hook))) return true;
    prepareHooks(cwd, instance);
    const before = environmentFiles(instance);
    const result = await runHook(instance, hook, cwd, options.signal);
    return report(phase, { hook, ...result, changed: changesSince(before, instance) });
  };

  instance.properties = options.properties;
  writeInstanceFile(instance, places.getConfig, getConfigScript(instance.properties), 0o755);
  stageBundle(options.bundle, join(instance.root, places.staging));
  writeDockerFiles(instance);
  report('stage');
  const [hook, verifier] = hooksOf[command];
  if (!(await runGenerated('predeploy', hook, places.staging))) return false;
  await app?.stop();
  report('flip', { changed: flip(instance) });
  const trouble = app === null ? null : await app.start();
  if (app !== null) report('start', trouble === null ? {} : { ok: false, ...trouble });
  if (app !== null && trouble === null) return runGenerated('postdeploy', verifier, places.current);
  if (existsSync(join(instance.root, places.current, verifier))) {
    report('postdeploy', { hook: verifier, ran: false });
  }
  return true;
}

/** Copies the bundle to staging, as unpacking the deployed zip would. A link that leads out of the bundle, where there is
 * nothing on an instance, is left out. */
function stageBundle({ directory, paths, dependencies }: Bundle, staging: string): void {
  rmSync(staging, { recursive: true, force: true });
  mkdirSync(staging, { recursive: true });
  for (const path of paths) {
    const source = join(directory, path);
    const target = join(staging, path);
    // Deleted, though git still lists it.
    if (!existsSync(source)) continue;
    mkdirSync(dirname(target), { recursive: true });
    const stats = lstatSync(source);
    if (stats.isSymbolicLink()) {
      const link = readlinkSync(source);
      if (!isAbsolute(link) && !normalize(join(dirname(path), link)).startsWith('..')) {
        symlinkSync(link, target);
      }
    } else if (stats.isFile()) copyFileSync(source, target, constants.COPYFILE_FICLONE);
  }
  for (const name of dependencies) symlinkSync(join(directory, name), join(staging, name));
}

/** Makes the generated hooks executable and turns CRLF into LF, as platform versions since April 2022 do themselves. Three
 * lines are others in a rehearsal, since a hook of production reads no variable that could send it elsewhere. */
function prepareHooks(directory: string, { root, metadataEndpoint, sitePort }: EmulatedInstance): void {
  for (const file of generatedHooks.map((hook) => join(directory, hook)).filter(existsSync)) {
    const text = readFileSync(file, 'utf8')
      .replaceAll('\r\n', '\n')
      .replace(/^root=''$/m, () => `root='${root}'`)
      .replace(/^imds='.*'$/m, `imds='${metadataEndpoint}'`)
      .replace(/^site='.*'$/m, `site='http://127.0.0.1:${sitePort}'`);
    writeFileSync(file, text);
    chmodSync(file, 0o755);
  }
}

/** Runs one hook as the engine does (developer guide, platforms-linux-extend.hooks): a plain fork and exec with the
 * environment properties, `HOME`, `PATH` and `PORT`. */
async function runHook(instance: EmulatedInstance, hook: string, cwd: string, signal: AbortSignal) {
  if (signal.aborted) throw interrupted();
  const env = {
    ...Object.fromEntries(instance.properties),
    HOME: join(instance.root, 'root'),
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    PORT: String(instance.port),
  };
  const child = startChild({ command: join(cwd, hook), args: [], cwd, env, signal });
  const { status, how } = await child.ended;
  if (signal.aborted) throw interrupted();
  return { ok: status === 0, status, note: status === null ? how : null, output: child.output() };
}

/** Staging becomes current; what the platforms without Docker start the app with is written only now. */
function flip(instance: EmulatedInstance): FileChange[] {
  const { root, platform } = instance;
  const before = environmentFiles(instance);
  const current = join(root, places.current);
  rmSync(current, { recursive: true, force: true });
  renameSync(join(root, places.staging), current);
  if (platform === 'python' || platform === 'other') {
    writeInstanceFile(instance, places.environment, assignments(instance), 0o600);
  }
  return changesSince(before, instance);
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
function assignments({ properties }: EmulatedInstance): string {
  return [...properties].map(([name, value]) => `${name}=${value}\n`).join('');
}

/** Text of each file that an app may get variables from; null where it is missing. */
function environmentFiles(instance: EmulatedInstance): Map<string, string | null> {
  const { environment, envList, staging, current, hostsList } = places;
  const paths = [environment, envList, `${staging}/.env`, `${current}/.env`, hostsList];
  return new Map(paths.map((path) => [path, readInstanceFile(instance, path) ?? null]));
}

function changesSince(earlier: ReadonlyMap<string, string | null>, instance: EmulatedInstance): FileChange[] {
  return [...environmentFiles(instance)]
    .map(([path, after]) => ({ path, before: earlier.get(path) ?? null, after }))
    .filter(({ before, after }) => before !== after);
}

/** A stand-in for `/opt/elasticbeanstalk/bin/get-config`: `environment` is all that the hooks ask for. A bare value with
 * `-k`, else JSON; an absent key is a failure (developer guide, custom-platforms-scripts). */
function getConfigScript(properties: Variables): string {
  const quote = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
  const answer = (asked: string, text: string) => `  ${quote(asked)}) printf '%s\\n' ${quote(text)} ;;\n`;
  const single = [...properties].map(([name, value]) => answer(`environment -k ${name}`, value));
  return `#!/bin/sh
case $* in
${answer('environment', JSON.stringify(Object.fromEntries(properties)))}${single.join('')}  *) exit 1 ;;
esac
`;
}
