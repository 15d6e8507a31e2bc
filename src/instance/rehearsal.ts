import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { interrupted, UserError } from '../errors.ts';
import type { Matcher } from '../matcher.ts';
import { appProcess, type ServedApp } from './app-process.ts';
import type { Bundle } from './bundle.ts';
import { containerApp } from './containers.ts';
import {
  createInstance,
  type EmulatedInstance,
  type EnginePlatform,
  places,
  type Variables,
} from './emulated-instance.ts';
import { deploy, type EngineCommand, type Step } from './engine.ts';
import { type AppEnvironment, appEnvironment } from './environment.ts';
import { type MetadataMode, startMetadataService } from './metadata-service.ts';
import { findChange, type ProxyOptions, type RunningProxy, readProxyFiles, startProxy } from './nginx.ts';
import { findFreePort } from './scratch.ts';
import { answersHttp, checkSite, type SiteCheck, type SiteOptions, statusFor } from './site-checks.ts';

export interface RehearsalPlan {
  readonly bundle: Bundle;
  readonly platform: EnginePlatform;
  /** What is done, in order, each with the environment properties of that moment. */
  readonly deployments: readonly { readonly command: EngineCommand; readonly properties: Variables }[];
  /** Which hooks run, by their path in the bundle. */
  readonly runs: (hook: string) => boolean;
  /** The hook without which nothing is proved. */
  readonly requiredHook: string;
  /** Hooks that wait for the app: passed over where none is up. */
  readonly verifiers: readonly string[];
  readonly metadata: MetadataMode;
  /** The person's command for the app; `docker`: the bundle's own containers; null: nothing is started. */
  readonly app: readonly string[] | 'docker' | null;
  /** The proxy before the app; null where the platform has none, or not nginx. */
  readonly proxy: {
    /** The nginx of this machine; null: not installed. */
    readonly program: string | null;
    /** Where the app listens on an instance. */
    readonly instancePort: number;
  } | null;
  readonly shellEnvironment: Readonly<Record<string, string | undefined>>;
  /** The variable that is to hold the address; null: any that does. */
  readonly variable: string | null;
  /** Whether the app itself reads the hook's list from its file. */
  readonly readsList: boolean;
  readonly path: string;
  readonly matcher: Matcher;
  /** The site's own names, from the environment that the app got. */
  readonly ownHosts: (environment: Variables) => readonly string[];
  /** Why its container would not get the list whatever stands in the environment file; null if nothing is known. Only the
   * containers themselves decide otherwise. */
  readonly gap: string | null;
  /** Why the app would not read the list, by its code; null if nothing is known. Where an app is asked, its answers decide. */
  readonly unwired: string | null;
}

interface RehearsalWorld {
  readonly signal: AbortSignal;
  /** Called as each step is done. */
  readonly onStep: (step: Step) => void;
  /** Called when the app is being started, with what it prints; the returned function when that is over. */
  readonly onStart: (output: () => string) => () => void;
}

export interface Rehearsal {
  readonly steps: readonly Step[];
  /** Whether every deployment came to its end. */
  readonly deployed: boolean;
  /** The address the load balancer would ask by. */
  readonly address: string;
  /** What the app was, or would be, started with; null if the deployment did not get so far. */
  readonly environment: AppEnvironment | null;
  /** Whether the address stands in that environment, or every host is allowed there. */
  readonly reached: boolean;
  /** Whether `*` stands there. */
  readonly wildcard: boolean;
  /** Empty without an app. */
  readonly checks: readonly SiteCheck[];
  /** What of the bundle's proxy configuration was not run, and why. */
  readonly notExercised: readonly string[];
  /** What the app printed, the checks included; null without an app. */
  readonly appOutput: string | null;
  /** Why the app would not get its environment or not heed it; null if nothing is known against it. */
  readonly trouble: string | null;
  /** The deployment went through with the required hook, and an app that was started answered the load balancer and its
   * own site as it should; without an app, the address reached the environment and nothing is known against it. */
  readonly passed: boolean;
}

const address = '10.0.1.5';

/** How long an app may take until it answers. */
const startPatienceMilliseconds = 30_000;

/** Runs whole deployments on an emulated instance and asks the deployed app. Everything that was started or written is
 * gone when it returns, and when it throws.
 * @throws UserError `interrupted`, `app-not-found` */
export async function rehearse(plan: RehearsalPlan, world: RehearsalWorld): Promise<Rehearsal> {
  // A command may name the port of the property instead of $PORT.
  const named = Number(plan.deployments.at(-1)?.properties.get('PORT'));
  const wanted = Number.isInteger(named) && named < 65_536 ? named : 0;
  const [metadata, port] = await Promise.all([
    startMetadataService(plan.metadata, address),
    findFreePort(wanted),
  ]);
  try {
    const instance = createInstance({ platform: plan.platform, port, metadataEndpoint: metadata.endpoint });
    const site = siteOf(plan, instance, world);
    try {
      const run = await deployAll(plan, instance, site, world);
      const rehearsal = await conclude(plan, instance, run, site);
      if (world.signal.aborted) throw interrupted();
      return rehearsal;
    } finally {
      await site?.stop();
      instance.remove();
    }
  } finally {
    await metadata.close();
  }
}

/** The app and the proxy before it. */
interface Site extends ServedApp {
  /** Why the bundle's proxy configuration was not run; undefined where it was, or there is none. */
  readonly refusal: () => string | undefined;
  /** How the proxy is run; undefined where it is not. */
  readonly proxy: () => (ProxyOptions & { readonly port: number }) | undefined;
}

function siteOf(
  plan: RehearsalPlan,
  instance: EmulatedInstance,
  { signal, onStart }: RehearsalWorld,
): Site | null {
  if (plan.app === null) return null;
  const { root, port } = instance;
  const common = {
    cwd: join(root, places.current),
    shellEnvironment: plan.shellEnvironment,
    patienceMilliseconds: startPatienceMilliseconds,
    signal,
  };
  const app =
    plan.app === 'docker'
      ? containerApp({
          ...common,
          platform: plan.platform === 'compose' ? 'compose' : 'docker',
          root,
          envFile: join(root, places.envList),
          answers: (published) => answersHttp(published, plan.path),
        })
      : appProcess({
          ...common,
          command: plan.app,
          port,
          environment: () => appEnvironment(instance, plan.readsList).variables,
          answers: () => answersHttp(port, plan.path),
        });
  let proxy: (RunningProxy & ProxyOptions) | undefined;
  let refusal: string | undefined;
  const stop = async () => {
    await proxy?.stop();
    proxy = undefined;
    await app.stop();
  };
  const start = async () => {
    const read = readEnvironment(instance, plan);
    if (typeof read === 'string') return { note: read, output: '' };
    const end = onStart(app.output);
    const trouble = await app.start().finally(end);
    if (trouble !== null) return trouble;
    instance.sitePort = app.port();
    if (plan.proxy === null || plan.proxy.program === null) return null;
    const options = {
      program: plan.proxy.program,
      root,
      platform: plan.platform,
      files: readProxyFiles(common.cwd),
      instancePort: plan.proxy.instancePort,
      appPort: app.port(),
    };
    const started = await startProxy(options);
    if (typeof started === 'string') refusal = started;
    else {
      proxy = { ...options, ...started };
      instance.sitePort = started.port;
    }
    return null;
  };
  return { ...app, start, stop, proxy: () => proxy, refusal: () => refusal };
}

interface Run {
  readonly steps: readonly Step[];
  readonly deployed: boolean;
}

async function deployAll(
  plan: RehearsalPlan,
  instance: EmulatedInstance,
  app: Site | null,
  { signal, onStep }: RehearsalWorld,
): Promise<Run> {
  const steps: Step[] = [];
  for (const { command, properties } of plan.deployments) {
    instance.setProperties(properties);
    const deployed = await deploy(instance, {
      command,
      bundle: plan.bundle,
      runs: (hook) => plan.runs(hook) && (isUp(steps) || !plan.verifiers.includes(hook)),
      app,
      onStep: (step) => {
        steps.push(step);
        onStep(step);
      },
      signal,
    });
    if (!deployed) return { steps, deployed };
  }
  return { steps, deployed: true };
}

async function conclude(
  plan: RehearsalPlan,
  instance: EmulatedInstance,
  run: Run,
  site: Site | null,
): Promise<Rehearsal> {
  const flipped = run.steps.some((step) => step.phase === 'flip');
  const read = flipped ? readEnvironment(instance, plan) : null;
  const environment = typeof read === 'string' ? null : read;
  const held = environment === null ? undefined : heldItem(plan, environment.variables);
  const shown = held === undefined || held === '*' ? address : held;
  const up = isUp(run.steps);
  const known = (plan.app === 'docker' && up ? null : plan.gap) ?? (up ? null : plan.unwired);
  const trouble = typeof read === 'string' ? read : known;
  const reached = held !== undefined && trouble === null;
  const checks =
    environment === null || site === null || !up
      ? []
      : await askSite(site, {
          path: plan.path,
          matcher: plan.matcher,
          address: shown,
          ownHosts: plan.ownHosts(environment.variables).filter((host) => host !== shown),
          givenBy: reached ? plan.variable : null,
          wildcard: held === '*',
        });
  // What the load balancer sees is the proxy's answer, where it was run.
  const decisive = checks.filter(({ via }) => via === checks.at(-1)?.via);
  const proved =
    plan.app === null
      ? reached
      : up && trouble === null && decisive.every(({ ok, asker }) => ok || asker === 'foreign host');
  const hooked = run.steps.some(({ hook, ran }) => ran && hook === plan.requiredHook);
  return {
    ...run,
    address: shown,
    environment,
    reached,
    wildcard: held === '*',
    checks,
    notExercised: notExercised(plan, instance, site),
    trouble,
    appOutput: site?.output() ?? null,
    passed: run.deployed && hooked && proved,
  };
}

/** Asks the app, and then through the proxy before it. */
async function askSite(site: Site, asked: Omit<SiteOptions, 'port' | 'via'>): Promise<SiteCheck[]> {
  const direct = await checkSite({ ...asked, port: site.port(), via: 'app' });
  const proxy = site.proxy();
  if (proxy === undefined) return direct;
  const through = await checkSite({ ...asked, port: proxy.port, via: 'proxy' });
  const own = direct[0]?.status ?? null;
  if (through[0] === undefined || through[0].status === own) return [...direct, ...through];
  const changedBy = await findChange(
    proxy,
    async (port) => (await statusFor({ path: asked.path, port }, asked.address)) === own,
  );
  return [...direct, { ...through[0], changedBy }, ...through.slice(1)];
}

function notExercised(plan: RehearsalPlan, instance: EmulatedInstance, site: Site | null): string[] {
  if (site === null || !plan.bundle.paths.some((path) => path.startsWith('.platform/'))) return [];
  const told: string[] = [];
  const files = [...readProxyFiles(join(instance.root, places.current)).keys()];
  const all = files.map((file) => `.platform/nginx/${file}`).join(', ');
  const refusal = site.refusal();
  if (plan.proxy !== null && files.length > 0 && refusal !== undefined) told.push(refusal);
  else if (plan.proxy?.program === null && files.length > 0) told.push(`${all} (install nginx)`);
  const httpd = plan.bundle.paths.find((path) => path.startsWith('.platform/httpd/'));
  if (httpd !== undefined) told.push(`${httpd} (Apache is not run here)`);
  return told;
}

function isUp(steps: readonly Step[]): boolean {
  return steps.findLast(({ phase }) => phase === 'start')?.ok === true;
}

function readEnvironment(instance: EmulatedInstance, plan: RehearsalPlan): AppEnvironment | string {
  try {
    return appEnvironment(instance, plan.readsList);
  } catch (error) {
    if (error instanceof UserError && error.code === 'environment-file') return error.message;
    throw error;
  }
}

/** The instance's address if it is an item of the variable's value, or `*`. Where the metadata service is out of order,
 * the hook may take the address of the default route, which is one of this machine's here. */
function heldItem(plan: RehearsalPlan, variables: Variables): string | undefined {
  const candidates = [address];
  if (plan.metadata === 'down' || plan.metadata === 'slow') candidates.push(...ownAddresses());
  const values = plan.variable === null ? [...variables.values()] : [variables.get(plan.variable) ?? ''];
  const items = new Set(values.flatMap((value) => value.split(/[\s,;"'[\]]+/)));
  return [...candidates, '*'].find((candidate) => items.has(candidate));
}

function ownAddresses(): string[] {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ family, internal }) => family === 'IPv4' && !internal)
    .map((own) => own.address);
}
