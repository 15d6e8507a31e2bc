import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { interrupted, UserError } from '../errors.ts';
import type { Matcher } from '../matcher.ts';
import { type AppEnvironment, appEnvironment } from './app-environment.ts';
import { type AppProcess, appProcess } from './app-process.ts';
import type { Bundle } from './bundle.ts';
import { createInstance, type EmulatedInstance, type EnginePlatform } from './emulated-instance.ts';
import { type DeploymentOptions, deploy, type EngineCommand, type Step } from './engine.ts';
import type { Variables } from './environment-file.ts';
import { findFreePort } from './free-port.ts';
import { type MetadataMode, metadataFaults } from './metadata-modes.ts';
import { startMetadataService } from './metadata-service.ts';
import { places } from './places.ts';
import { answersHttp, checkSite, type SiteCheck } from './site-checks.ts';

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
  /** The person's command for the app; null: nothing is started. */
  readonly command: readonly string[] | null;
  readonly shellEnvironment: Readonly<Record<string, string | undefined>>;
  /** The variable that is to hold the address; null: any that does. */
  readonly variable: string | null;
  /** Whether the app itself reads the hook's list from its file. */
  readonly readsList: boolean;
  readonly path: string;
  readonly matcher: Matcher;
  /** The site's own names, from the environment that the app got. */
  readonly ownHosts: (environment: Variables) => readonly string[];
  /** Why the environment file does not reach the app whatever stands in it; null if it does. */
  readonly gap: string | null;
}

export interface RehearsalWorld {
  readonly signal: AbortSignal;
  /** Called as each step is done. */
  readonly onStep: (step: Step) => void;
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
  /** Empty without an app. */
  readonly checks: readonly SiteCheck[];
  /** What the app printed, the checks included; null without an app. */
  readonly appOutput: string | null;
  /** Why the app would not get its environment; null if it would. */
  readonly trouble: string | null;
  /** The deployment went through with the required hook, and an app that was started answered the load balancer and its
   * own site as it should; without an app, the address reached the environment. */
  readonly passed: boolean;
}

const address = '10.0.1.5';

/** How long an app may take until it answers. */
const startPatienceMilliseconds = 30_000;

/** Runs whole deployments on an emulated instance and asks the deployed app. Everything that was started or written is
 * gone when it returns, and when it throws.
 * @throws UserError `interrupted`, `app-not-found` */
export async function rehearse(plan: RehearsalPlan, world: RehearsalWorld): Promise<Rehearsal> {
  const [metadata, port] = await Promise.all([
    startMetadataService({
      localIpv4: address,
      allowV1: plan.metadata !== 'v1-off',
      faults: metadataFaults[plan.metadata],
    }),
    findFreePort(),
  ]);
  try {
    const instance = createInstance({ platform: plan.platform, port, metadataEndpoint: metadata.endpoint });
    const app = plan.command === null ? null : appOf(plan, plan.command, instance, world);
    try {
      const run = await deployAll(plan, instance, app, world);
      const rehearsal = await conclude(plan, instance, run, app?.output ?? null);
      if (world.signal.aborted) throw interrupted();
      return rehearsal;
    } finally {
      await app?.stop();
      instance.remove();
    }
  } finally {
    await metadata.close();
  }
}

type ServedApp = NonNullable<DeploymentOptions['app']> & Pick<AppProcess, 'output'>;

function appOf(
  plan: RehearsalPlan,
  command: readonly string[],
  instance: EmulatedInstance,
  { signal }: RehearsalWorld,
): ServedApp {
  const { port } = instance;
  const app = appProcess({
    command,
    port,
    shellEnvironment: plan.shellEnvironment,
    patienceMilliseconds: startPatienceMilliseconds,
    answers: () => answersHttp(port, plan.path),
    signal,
  });
  return {
    ...app,
    start: async () => {
      const read = readEnvironment(instance, plan);
      if (typeof read === 'string') return { note: read, output: '' };
      return app.start(join(instance.root, places.current), read.variables);
    },
  };
}

interface Run {
  readonly steps: readonly Step[];
  readonly deployed: boolean;
}

async function deployAll(
  plan: RehearsalPlan,
  instance: EmulatedInstance,
  app: ServedApp | null,
  world: RehearsalWorld,
): Promise<Run> {
  const steps: Step[] = [];
  for (const { command, properties } of plan.deployments) {
    instance.setProperties(properties);
    const { ok } = await deploy(instance, {
      command,
      bundle: plan.bundle,
      runs: (hook) => plan.runs(hook) && (isUp(steps) || !plan.verifiers.includes(hook)),
      ...(app !== null && { app }),
      onStep: (step) => {
        steps.push(step);
        world.onStep(step);
      },
      signal: world.signal,
    });
    if (!ok) return { steps, deployed: false };
  }
  return { steps, deployed: true };
}

async function conclude(
  plan: RehearsalPlan,
  instance: EmulatedInstance,
  run: Run,
  appOutput: (() => string) | null,
): Promise<Rehearsal> {
  const flipped = run.steps.some((step) => step.phase === 'flip');
  const read = flipped ? readEnvironment(instance, plan) : null;
  const environment = typeof read === 'string' ? null : read;
  const trouble = typeof read === 'string' ? read : plan.gap;
  const held = environment === null ? undefined : heldItem(plan, environment.variables);
  const shown = held === undefined || held === '*' ? address : held;
  const reached = held !== undefined && trouble === null;
  const up = isUp(run.steps);
  const checks =
    environment === null || !up
      ? []
      : await checkSite({
          port: instance.port,
          path: plan.path,
          matcher: plan.matcher,
          address: shown,
          ownHosts: plan.ownHosts(environment.variables).filter((host) => host !== shown),
          givenBy: reached ? plan.variable : null,
        });
  const proved =
    plan.command === null
      ? reached
      : up && checks.every(({ ok, asker }) => ok || asker === 'foreign host') && trouble === null;
  const hooked = run.steps.some(({ hook, ran }) => ran && hook === plan.requiredHook);
  const passed = run.deployed && hooked && proved;
  return {
    ...run,
    address: shown,
    environment,
    reached,
    checks,
    trouble,
    appOutput: appOutput?.() ?? null,
    passed,
  };
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
