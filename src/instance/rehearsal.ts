import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { interrupted } from '../errors.ts';
import { hookPath } from '../generated-paths.ts';
import type { Matcher } from '../matcher.ts';
import { appProcess, type ServedApp, type ShellEnvironment } from './app-process.ts';
import { containerApp } from './containers.ts';
import {
  type AppEnvironment,
  appEnvironment,
  type Bundle,
  createInstance,
  type Deployment,
  deploy,
  type EmulatedInstance,
  type EnginePlatform,
  places,
  type StartTrouble,
  type Step,
  type Variables,
} from './engine.ts';
import { findChange, type ProxyOptions, type RunningProxy, readProxyFiles, startProxy } from './nginx.ts';
import { findFreePort } from './scratch.ts';
import { answersHttp, checkSite, type SiteCheck, type SiteOptions, statusFor } from './site-checks.ts';

export interface RehearsalPlan {
  readonly bundle: Bundle;
  readonly platform: EnginePlatform;
  /** What is done, in order. */
  readonly deployments: readonly Deployment[];
  readonly metadata: 'up' | 'down';
  /** The person's command for the app; `docker`: the bundle's own containers; null: nothing is started. */
  readonly app: readonly string[] | 'docker' | null;
  /** The proxy before the app; null where the platform has none, or not nginx. */
  readonly proxy: {
    /** The nginx of this machine; null: not installed. */
    readonly program: string | null;
    /** Where the app listens on an instance. */
    readonly instancePort: number;
  } | null;
  readonly shellEnvironment: ShellEnvironment;
  /** The variable that is to hold the address; null: any that does. */
  readonly variable: string | null;
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
  /** Why the app would not get the list or not heed it; null if nothing is known against it. */
  readonly trouble: string | null;
  /** The deployment went through with the hook, and an app that was started answered the load balancer and its own site as
   * it should; without an app, the address reached the environment and nothing is known against it. */
  readonly passed: boolean;
}

const address = '10.0.1.5';

/** Runs whole deployments on an emulated instance and asks the deployed app. Everything that was started or written is
 * gone when it returns, and when it throws.
 * @throws UserError `interrupted`, `app-not-found` */
export async function rehearse(plan: RehearsalPlan, world: RehearsalWorld): Promise<Rehearsal> {
  // A command may name the port of the property instead of $PORT.
  const named = Number(plan.deployments.at(-1)?.properties.get('PORT'));
  const port = await findFreePort(Number.isInteger(named) && named < 65_536 ? named : 0);
  const instance = createInstance(plan.platform, port, plan.metadata === 'up' ? address : null);
  const site = plan.app === null ? null : siteOf(plan, instance, world);
  const steps: Step[] = [];
  const onStep = (step: Step) => {
    steps.push(step);
    world.onStep(step);
  };
  try {
    let deployed = true;
    for (const deployment of plan.deployments) {
      const options = { ...deployment, bundle: plan.bundle, app: site, onStep, signal: world.signal };
      deployed &&= await deploy(instance, options);
    }
    const rehearsal = await conclude(plan, instance, steps, deployed, site);
    if (world.signal.aborted) throw interrupted();
    return rehearsal;
  } finally {
    await site?.stop();
    instance.remove();
  }
}

/** The app and the proxy before it. */
interface Site {
  readonly app: ServedApp;
  /** Null where it does not run. */
  proxy: (RunningProxy & ProxyOptions) | null;
  /** Why nginx refused the bundle's configuration. */
  refusal: string | null;
  start(): Promise<StartTrouble | null>;
  stop(): Promise<void>;
}

function siteOf(plan: RehearsalPlan, instance: EmulatedInstance, world: RehearsalWorld): Site {
  const { root } = instance;
  const app = appOf(plan, instance, world.signal);
  const start = async () => {
    const trouble = await app.start().finally(world.onStart(app.output));
    if (trouble !== null) return trouble;
    instance.sitePort = app.port();
    if (plan.proxy === null || plan.proxy.program === null) return null;
    const { program, instancePort } = plan.proxy;
    const files = readProxyFiles(join(root, places.current));
    const options = { program, root, files, instancePort, appPort: app.port() };
    const started = await startProxy(options);
    if (typeof started === 'string') site.refusal = started;
    else {
      site.proxy = { ...options, ...started };
      instance.sitePort = started.port;
    }
    return null;
  };
  const stop = async () => {
    await site.proxy?.stop();
    site.proxy = null;
    await app.stop();
  };
  const site: Site = { app, proxy: null, refusal: null, start, stop };
  return site;
}

function appOf(plan: RehearsalPlan, instance: EmulatedInstance, signal: AbortSignal): ServedApp {
  const { root, port } = instance;
  const { app, platform, shellEnvironment } = plan;
  const answers = (asked: number) => answersHttp(asked, plan.path);
  const common = { cwd: join(root, places.current), shellEnvironment, answers, signal };
  if (app === 'docker') {
    const envFile = join(root, places.envList);
    return containerApp({ ...common, platform: platform === 'compose' ? platform : 'docker', root, envFile });
  }
  const environment = () => appEnvironment(instance).variables;
  return appProcess({ ...common, command: app ?? [], port, environment });
}

async function conclude(
  plan: RehearsalPlan,
  instance: EmulatedInstance,
  steps: readonly Step[],
  deployed: boolean,
  site: Site | null,
): Promise<Rehearsal> {
  const flipped = steps.some((step) => step.phase === 'flip');
  const environment = flipped ? appEnvironment(instance) : null;
  const held = environment === null ? undefined : heldItem(plan, environment.variables);
  const shown = held === undefined || held === '*' ? address : held;
  const up = steps.findLast(({ phase }) => phase === 'start')?.ok === true;
  const trouble = (plan.app === 'docker' && up ? null : plan.gap) ?? (up ? null : plan.unwired);
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
  const answered = decisiveChecks(checks).every(({ ok, asker }) => ok || asker === 'foreign host');
  const proved = plan.app === null ? reached : up && trouble === null && answered;
  return {
    steps,
    deployed,
    address: shown,
    environment,
    reached,
    wildcard: held === '*',
    checks,
    notExercised: site === null ? [] : notExercised(plan, instance, site.refusal),
    trouble,
    appOutput: site?.app.output() ?? null,
    passed: deployed && proved && steps.some(({ hook }) => hook === hookPath),
  };
}

/** What the load balancer sees: the proxy's answers, where it was run. */
export function decisiveChecks(checks: readonly SiteCheck[]): readonly SiteCheck[] {
  return checks.filter(({ via }) => via === checks.at(-1)?.via);
}

/** Asks the app, and then through the proxy before it. */
async function askSite(
  { app, proxy }: Site,
  asked: Omit<SiteOptions, 'port' | 'via'>,
): Promise<readonly SiteCheck[]> {
  const direct = await checkSite({ ...asked, port: app.port(), via: 'app' });
  if (proxy === null) return direct;
  const through = await checkSite({ ...asked, port: proxy.port, via: 'proxy' });
  const [own, balancer] = [direct[0]?.status ?? null, through[0]];
  if (balancer === undefined || balancer.status === own) return [...direct, ...through];
  const isOwn = async (port: number) => (await statusFor(port, asked.path, asked.address)) === own;
  const changedBy = await findChange(proxy, isOwn);
  return [...direct, { ...balancer, changedBy }, ...through.slice(1)];
}

function notExercised(plan: RehearsalPlan, instance: EmulatedInstance, refusal: string | null): string[] {
  const told: string[] = [];
  const files = [...readProxyFiles(join(instance.root, places.current)).keys()];
  if (plan.proxy !== null && files.length > 0) {
    const all = files.map((file) => `.platform/nginx/${file}`).join(', ');
    if (refusal !== null) told.push(refusal);
    else if (plan.proxy.program === null) told.push(`${all} (install nginx)`);
  }
  const httpd = plan.bundle.paths.find((path) => path.startsWith('.platform/httpd/'));
  if (httpd !== undefined) told.push(`${httpd} (Apache is not run here)`);
  return told;
}

/** The instance's address if it is an item of the variable's value, or `*`. Where the metadata service is out of order,
 * the hook may take the address of the default route, which is one of this machine's here. */
function heldItem(plan: RehearsalPlan, variables: Variables): string | undefined {
  const interfaces = plan.metadata === 'up' ? [] : Object.values(networkInterfaces()).flat();
  const ownAddresses = interfaces.flatMap((own) =>
    own?.family === 'IPv4' && !own.internal ? own.address : [],
  );
  const values = plan.variable === null ? [...variables.values()] : [variables.get(plan.variable) ?? ''];
  const items = new Set(values.flatMap((value) => value.split(/[\s,;"'[\]]+/)));
  return [address, ...ownAddresses, '*'].find((candidate) => items.has(candidate));
}
