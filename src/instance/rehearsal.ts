import { join } from 'node:path';
import { interrupted } from '../errors.ts';
import { hookPath } from '../generated-paths.ts';
import { appProcess, containerApp, type ShellEnvironment } from './app.ts';
import {
  appEnvironment,
  type Bundle,
  createInstance,
  type Deployment,
  type DeploymentOptions,
  deploy,
  type EmulatedInstance,
  type EnginePlatform,
  places,
  readInstanceFile,
  type ServedApp,
  type Step,
  stopServing,
  type Variables,
} from './engine.ts';
import { type CheckOutcome, checkHealth } from './health-checker.ts';
import { type FileLine, findChange, type RunningProxy, readProxyFiles } from './nginx.ts';
import { findFreePort } from './scratch.ts';
import { judge, refusalOf } from './verdict.ts';

export interface RehearsalPlan {
  readonly bundle: Bundle;
  readonly platform: EnginePlatform;
  /** What is done, in order. */
  readonly deployments: readonly Deployment[];
  readonly metadata: 'up' | 'down';
  /** The person's command for the app; `docker`: the bundle's own containers; null: nothing is started. */
  readonly app: readonly string[] | 'docker' | null;
  /** Whether Elastic Beanstalk puts nginx before the app. */
  readonly behindNginx: boolean;
  /** That of this machine, and the port on which it looks for the app; null: not installed, or not wanted. */
  readonly nginx: DeploymentOptions['nginx'];
  readonly shellEnvironment: ShellEnvironment;
  /** The variable that is to hold the address; null: any that does. */
  readonly variable: string | null;
  readonly path: string;
  /** Whether the status counts as healthy. */
  readonly admits: (status: number) => boolean;
  /** The site's own names, from the environment that the app got. */
  readonly ownHosts: (environment: Variables) => readonly string[];
  /** Why its container would not get the list whatever stands in the environment file; null if nothing is known, or the
   * containers themselves are started. */
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
  /** The address the load balancer would ask by: the one that the hook put down. */
  readonly address: string;
  /** What the app was, or would be, started with; null if the deployment did not get so far. */
  readonly environment: Variables | null;
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

const instanceAddress = '10.0.1.5';

/** Runs whole deployments on an emulated instance and asks the deployed app. Everything that was started or written is
 * gone when it returns, and when it throws.
 * @throws UserError `interrupted`, `app-not-found` */
export async function rehearse(plan: RehearsalPlan, world: RehearsalWorld): Promise<Rehearsal> {
  // A command may name the port of the property instead of $PORT.
  const named = Number(plan.deployments.at(-1)?.properties.get('PORT'));
  const port = await findFreePort(Number.isInteger(named) && named < 65_536 ? named : 0);
  const instance = createInstance(plan.platform, port, plan.metadata === 'up' ? instanceAddress : null);
  const app = appOf(plan, instance, world);
  const steps: Step[] = [];
  const onStep = (step: Step) => {
    steps.push(step);
    world.onStep(step);
  };
  try {
    for (const deployment of plan.deployments) {
      const options = { ...deployment, bundle: plan.bundle, app, nginx: plan.nginx };
      if (!(await deploy(instance, { ...options, onStep, signal: world.signal }))) break;
    }
    const rehearsal = await conclude(plan, instance, steps, app);
    if (world.signal.aborted) throw interrupted();
    return rehearsal;
  } finally {
    await stopServing(instance, app);
    instance.remove();
  }
}

function appOf(plan: RehearsalPlan, instance: EmulatedInstance, world: RehearsalWorld): ServedApp | null {
  if (plan.app === null) return null;
  const answers = async (port: number) => (await ask(port, plan.path, 'localhost')).answer !== null;
  const options = { shellEnvironment: plan.shellEnvironment, answers, signal: world.signal };
  const app =
    plan.app === 'docker' ? containerApp(instance, options) : appProcess(instance, plan.app, options);
  return { ...app, start: () => app.start().finally(world.onStart(app.output)) };
}

async function conclude(
  plan: RehearsalPlan,
  instance: EmulatedInstance,
  steps: readonly Step[],
  app: ServedApp | null,
): Promise<Rehearsal> {
  const flipped = steps.some((step) => step.phase === 'flip');
  const environment = flipped ? appEnvironment(instance) : null;
  const address = readInstanceFile(instance, places.address)?.trim() ?? instanceAddress;
  // Of all variables where the one is not known.
  const variables = [...(environment ?? [])].filter(([name]) => name === (plan.variable ?? name));
  const items = variables.flatMap(([, value]) => splitHosts(value));
  const wildcard = items.includes('*');
  const up = steps.findLast(({ phase }) => phase === 'start')?.ok === true;
  const trouble = plan.gap ?? (up ? null : plan.unwired);
  const reached = (wildcard || items.includes(address)) && trouble === null;
  const { path, admits } = plan;
  const ownHosts = environment === null ? [] : plan.ownHosts(environment);
  const asked = { path, admits, address, ownHosts, givenBy: reached ? plan.variable : null, wildcard };
  const checks = app !== null && up ? await askSite(app, instance.proxy, asked) : [];
  const answered = decisiveChecks(checks).every(({ ok, asker }) => ok || asker === 'foreign host');
  const proved = plan.app === null ? reached : up && trouble === null && answered;
  const deployed = steps.some(({ hook, ok }) => hook === hookPath && ok) && !hookFailed(steps);
  return {
    steps,
    address,
    environment,
    reached,
    wildcard,
    checks,
    notExercised: app === null ? [] : notExercised(plan, instance),
    trouble,
    appOutput: app?.output() ?? null,
    passed: deployed && proved,
  };
}

/** A hook that fails ends its deployment. */
export function hookFailed(steps: readonly Step[]): boolean {
  return steps.some(({ hook, ok }) => hook !== null && !ok);
}

/** Hosts of a list, whatever its separator. */
export function splitHosts(list: string): string[] {
  return list.split(/[\s,;"'[\]]+/);
}

/** What the load balancer sees: the proxy's answers, where it was run. */
export function decisiveChecks(checks: readonly SiteCheck[]): readonly SiteCheck[] {
  return checks.filter(({ via }) => via === checks.at(-1)?.via);
}

/** Asks the app, and then through the proxy before it. */
async function askSite(app: ServedApp, proxy: RunningProxy | null, site: SiteOptions): Promise<SiteCheck[]> {
  const direct = await checkSite(app.port(), 'app', site);
  if (proxy === null) return direct;
  const through = await checkSite(proxy.port, 'proxy', site);
  const [own, balancer] = [direct[0]?.status ?? null, through[0]];
  if (balancer === undefined || balancer.status === own) return [...direct, ...through];
  const changedBy = await findChange(proxy, async (port) => {
    const { answer } = await ask(port, site.path, site.address);
    return (answer?.status ?? null) === own;
  });
  return [...direct, { ...balancer, changedBy }, ...through.slice(1)];
}

/** Somebody asked the app; the table that a rehearsal ends with. */
export interface SiteCheck {
  readonly asker: 'load balancer' | 'your site' | 'foreign host';
  /** Empty where no host of the site is known. */
  readonly host: string;
  /** Whether the app was asked itself, or through the proxy before it. */
  readonly via: 'app' | 'proxy';
  /** Null if there was no answer. */
  readonly status: number | null;
  readonly ok: boolean;
  readonly verdict: string;
  /** What to do; null if nothing is. */
  readonly fix: string | null;
  /** What of the bundle's proxy configuration gives another answer than the app. */
  readonly changedBy: FileLine | null;
}

/** What is asked of a site, and by what its answers are judged. */
export interface SiteOptions extends Pick<RehearsalPlan, 'path' | 'admits'> {
  /** The instance's own address, as the proxy hands it on: without a port. */
  readonly address: string;
  /** Names the site is known by. */
  readonly ownHosts: readonly string[];
  /** The variable by which the app was given the address; null if it was not. */
  readonly givenBy: string | null;
  /** Whether the app was given `*`. */
  readonly wildcard: boolean;
}

/** RFC 2606 keeps that domain from ever being somebody's. */
const foreignHost = 'somebody-else.example.net';

type Judgement = Pick<SiteCheck, 'ok' | 'verdict'> & Partial<Pick<SiteCheck, 'fix'>>;

/** Asks as the load balancer, as a visitor of each of the site's own names, and with a name that is none of them. */
export async function checkSite(
  port: number,
  via: SiteCheck['via'],
  site: SiteOptions,
): Promise<SiteCheck[]> {
  const { path, address, ownHosts, wildcard } = site;
  const balancer = await ask(port, path, address);
  const visits: CheckOutcome[] = [];
  for (const host of ownHosts) visits.push(await ask(port, path, host));
  const stranger = await ask(port, path, foreignHost);
  // A path that is forbidden to everyone says nothing of hosts; one that is not, does (Rails, without a word).
  const closed = [balancer, ...visits, stranger].every(({ answer }) => answer?.status === 403);
  const refuses = ({ answer }: CheckOutcome) =>
    answer !== null &&
    (answer.status === 400 || (answer.status === 403 && !closed) || refusalOf(answer) !== undefined);

  const judgeVisit = (visit: CheckOutcome): Judgement => {
    if (visit.answer === null) return { ok: false, verdict: `no answer (${visit.failure})` };
    if (!refuses(visit)) return { ok: true, verdict: 'accepted' };
    const verdict = 'refused: your own visitors would be locked out';
    return { ok: false, verdict, fix: `put ${visit.check.host} into the list` };
  };
  // An app that takes every host fails no health check: it is said and not held against it.
  const judgeStranger = (): Judgement => {
    const { answer, failure } = stranger;
    const refused = refuses(stranger) || failure === 'closed' || answer?.status === 421;
    if (refused) return { ok: true, verdict: 'refused, as it should be' };
    if (answer === null) return { ok: false, verdict: `no answer (${failure})` };
    if (answer.status >= 300 && answer.status < 400) return { ok: false, verdict: 'redirected' };
    const why = wildcard ? ', its list holds *' : '';
    return { ok: false, verdict: `accepted: this app takes any host${why}` };
  };
  const row = (asker: SiteCheck['asker'], { check, answer }: CheckOutcome, judged: Judgement): SiteCheck => {
    const { host = '' } = check;
    return { asker, host, via, status: answer?.status ?? null, fix: null, changedBy: null, ...judged };
  };
  const own = visits.map((visit) => row('your site', visit, judgeVisit(visit)));
  // Where no host of the site is known.
  const nobody = { check: { ...balancer.check, host: '' }, answer: null, failure: null, sent: null };
  const notAsked = { ok: true, verdict: 'not asked: no host of the site is known' };
  return [
    row('load balancer', balancer, judgeBalancer(site, balancer, visits)),
    ...(own.length > 0 ? own : [row('your site', nobody, notAsked)]),
    row('foreign host', stranger, judgeStranger()),
  ];
}

function judgeBalancer(
  site: SiteOptions,
  balancer: CheckOutcome,
  visits: readonly CheckOutcome[],
): Judgement {
  const { address, admits, givenBy } = site;
  const { healthy, code, message, fix } = judge(balancer, admits);
  if (healthy) return { ok: true, verdict: 'healthy', fix };
  const served = visits.find(({ answer }) => answer !== null && admits(answer.status));
  const byHost = served !== undefined && ['bad-request', 'forbidden', 'not-found'].includes(code);
  const verdict = byHost
    ? `unhealthy: ${balancer.answer?.status} for the address, while ${served.check.host} gets ${served.answer?.status} at the same path: the app or the proxy decides by host name`
    : `unhealthy: ${message}`;
  const isHostCheck = code === 'host-refused' || code === 'bad-request' || (byHost && code === 'forbidden');
  if (isHostCheck && givenBy !== null) {
    // The hook has done its part, and the app refuses all the same.
    const unheeded = `${givenBy} holds ${address}, so let the app's settings read it: 'eb-hosts doctor' says what they read`;
    return { ok: false, verdict, fix: unheeded };
  }
  if (!byHost) return { ok: false, verdict, fix };
  const init = "'eb-hosts init' puts each instance's own address into the app's list";
  return { ok: false, verdict, fix: isHostCheck ? init : 'let the path answer before the host is looked at' };
}

/** Asks as the load balancer does. */
function ask(port: number, path: string, host: string): Promise<CheckOutcome> {
  const timeoutMilliseconds = 5000;
  return checkHealth({ scheme: 'http', address: '127.0.0.1', port, path, host, timeoutMilliseconds });
}

function notExercised({ bundle, behindNginx, nginx }: RehearsalPlan, { root, refusal }: EmulatedInstance) {
  const files = [...readProxyFiles(join(root, places.current)).keys()];
  const httpd = bundle.paths.filter((path) => path.startsWith('.platform/httpd/'));
  const told = httpd.slice(0, 1).map((path) => `${path} (Apache is not run here)`);
  if (!behindNginx || files.length === 0) return told;
  if (refusal !== null) return [refusal, ...told];
  const all = files.map((file) => `.platform/nginx/${file}`).join(', ');
  return nginx === null ? [`${all} (install nginx)`, ...told] : told;
}
