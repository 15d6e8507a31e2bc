import { type CheckOutcome, checkHealth, type HealthCheck } from './health-checker.ts';
import type { FileLine } from './nginx.ts';
import { judge, refusesHost } from './verdict.ts';

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

export interface SiteOptions {
  readonly port: number;
  readonly via: SiteCheck['via'];
  readonly path: string;
  /** Whether the status counts as healthy. */
  readonly admits: (status: number) => boolean;
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

interface Judgement {
  readonly ok: boolean;
  readonly verdict: string;
  readonly fix?: string | null;
}

/** Asks as the load balancer, as a visitor of each of the site's own names, and with a name that is none of them. */
export async function checkSite(options: SiteOptions): Promise<SiteCheck[]> {
  const { port, path, address, ownHosts, via } = options;
  const outcomes = new Map<string, CheckOutcome>();
  for (const host of [address, ...ownHosts, foreignHost]) {
    outcomes.set(host, await checkHealth(requestTo(port, path, host)));
  }
  // A path that is forbidden to everyone says nothing of hosts; one that is not, does (Rails, without a word).
  const closed = [...outcomes.values()].every(({ answer }) => answer?.status === 403);
  const refuses = ({ answer }: CheckOutcome) =>
    answer !== null && (answer.status === 400 || refusesHost(answer) || (!closed && answer.status === 403));

  const judgeVisitor = (outcome: CheckOutcome, host: string): Judgement => {
    if (outcome.answer === null) return { ok: false, verdict: `no answer (${outcome.failure})` };
    if (!refuses(outcome)) return { ok: true, verdict: 'accepted' };
    const verdict = 'refused: your own visitors would be locked out';
    return { ok: false, verdict, fix: `put ${host} into the list` };
  };
  // An app that takes every host fails no health check: it is said and not held against it.
  const judgeStranger = (outcome: CheckOutcome): Judgement => {
    const { answer, failure } = outcome;
    if (refuses(outcome) || failure === 'closed' || answer?.status === 421) {
      return { ok: true, verdict: 'refused, as it should be' };
    }
    if (answer === null) return { ok: false, verdict: `no answer (${failure})` };
    if (answer.status >= 300 && answer.status < 400) return { ok: false, verdict: 'redirected' };
    const why = options.wildcard ? ', its list holds *' : '';
    return { ok: false, verdict: `accepted: this app takes any host${why}` };
  };
  const ask = (
    asker: SiteCheck['asker'],
    host: string,
    judgeOutcome: (outcome: CheckOutcome, host: string) => Judgement,
  ): SiteCheck => {
    const outcome = outcomes.get(host) ?? { sent: null, answer: null, failure: null };
    const status = outcome.answer?.status ?? null;
    return { asker, host, via, status, fix: null, changedBy: null, ...judgeOutcome(outcome, host) };
  };
  const unknown = { ok: true, verdict: 'not asked: no host of the site is known' };
  return [
    ask('load balancer', address, (outcome) => judgeAddress(options, outcome, outcomes)),
    ...ownHosts.map((host) => ask('your site', host, judgeVisitor)),
    ...(ownHosts.length > 0 ? [] : [ask('your site', '', () => unknown)]),
    ask('foreign host', foreignHost, judgeStranger),
  ];
}

function judgeAddress(
  { port, path, address, admits, ownHosts, givenBy }: SiteOptions,
  outcome: CheckOutcome,
  outcomes: ReadonlyMap<string, CheckOutcome>,
): Judgement {
  const { healthy, code, message, fix } = judge(requestTo(port, path, address), outcome, admits);
  if (healthy) return { ok: true, verdict: 'healthy', fix };
  const served = ownHosts
    .map((host) => ({ host, status: outcomes.get(host)?.answer?.status ?? 0 }))
    .find(({ status }) => admits(status));
  const byHost = served !== undefined && ['bad-request', 'forbidden', 'not-found'].includes(code);
  const verdict = byHost
    ? `unhealthy: ${outcome.answer?.status} for the address, while ${served.host} gets ${served.status} at the same path: the app or the proxy decides by host name`
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

/** Whether there is any answer at all. */
export async function answersHttp(port: number, path: string): Promise<boolean> {
  return (await statusFor(port, path, 'localhost')) !== null;
}

/** The status that the load balancer would get; null without an answer. */
export async function statusFor(port: number, path: string, host: string): Promise<number | null> {
  return (await checkHealth(requestTo(port, path, host))).answer?.status ?? null;
}

function requestTo(port: number, path: string, host: string): HealthCheck {
  const timeoutMilliseconds = 5000;
  return { scheme: 'http', address: '127.0.0.1', port, path, host, timeoutMilliseconds };
}
