import { type Matcher, matches } from '../matcher.ts';
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
  readonly matcher: Matcher;
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

/** Asks as the load balancer, as a visitor of each of the site's own names, and with a name that is none of them. */
export async function checkSite(options: SiteOptions): Promise<SiteCheck[]> {
  const outcomes = new Map<string, CheckOutcome>();
  for (const host of [options.address, ...options.ownHosts, foreignHost]) {
    outcomes.set(host, await checkHealth(requestTo(options, host)));
  }
  const none: CheckOutcome = { request: null, answer: null, failure: null };
  const outcomeOf = (host: string) => outcomes.get(host) ?? none;
  // A path that is forbidden to everyone says nothing of hosts; one that is not, does (Rails, without a word).
  const closed = [...outcomes.values()].every(({ answer }) => answer?.status === 403);
  const refuses = ({ answer }: CheckOutcome) =>
    answer !== null && (answer.status === 400 || refusesHost(answer) || (!closed && answer.status === 403));
  const row = (asker: SiteCheck['asker'], host: string, ok: boolean, verdict: string, fix: string | null) => {
    const status = outcomeOf(host).answer?.status ?? null;
    return { asker, host, via: options.via, status, ok, verdict, fix, changedBy: null };
  };
  const noAnswer = ({ failure }: CheckOutcome) => `no answer (${failure})`;

  const balancer = judgeAddress(options, outcomeOf);
  const visitors = options.ownHosts.map((host) => {
    const outcome = outcomeOf(host);
    if (outcome.answer === null) return row('your site', host, false, noAnswer(outcome), null);
    if (!refuses(outcome)) return row('your site', host, true, 'accepted', null);
    const verdict = 'refused: your own visitors would be locked out';
    return row('your site', host, false, verdict, `put ${host} into the list`);
  });
  if (visitors.length === 0) {
    visitors.push(row('your site', '', true, 'not asked: no host of the site is known', null));
  }
  const stranger = outcomeOf(foreignHost);
  let verdict = `accepted: this app takes any host${options.wildcard ? ', its list holds *' : ''}`;
  // An app that takes every host fails no health check: it is said and not held against it.
  const refused = refuses(stranger) || stranger.failure === 'closed' || stranger.answer?.status === 421;
  if (refused) verdict = 'refused, as it should be';
  else if (stranger.answer !== null && stranger.answer.status >= 300 && stranger.answer.status < 400)
    verdict = 'redirected';
  else if (stranger.answer === null) verdict = noAnswer(stranger);
  return [
    row('load balancer', options.address, balancer.healthy, balancer.verdict, balancer.fix),
    ...visitors,
    row('foreign host', foreignHost, refused, verdict, null),
  ];
}

/** Whether there is any answer at all. */
export async function answersHttp(port: number, path: string): Promise<boolean> {
  const { answer } = await checkHealth(requestTo({ port, path }, 'localhost'));
  return answer !== null;
}

/** The status that the load balancer would get; null without an answer. */
export async function statusFor(
  options: Pick<SiteOptions, 'port' | 'path'>,
  host: string,
): Promise<number | null> {
  return (await checkHealth(requestTo(options, host))).answer?.status ?? null;
}

function judgeAddress(options: SiteOptions, outcomeOf: (host: string) => CheckOutcome) {
  const { address, matcher, givenBy } = options;
  const outcome = outcomeOf(address);
  const { healthy, code, message, fix } = judge(requestTo(options, address), outcome, matcher);
  if (healthy) return { healthy, verdict: 'healthy', fix };
  const served = options.ownHosts.find((host) => {
    const { answer } = outcomeOf(host);
    return answer !== null && matches(matcher, answer.status);
  });
  const byHost = served !== undefined && ['bad-request', 'forbidden', 'not-found'].includes(code);
  const verdict = byHost
    ? `unhealthy: ${outcome.answer?.status} for the address, while ${served} gets ${outcomeOf(served).answer?.status} at the same path: the app or the proxy decides by host name`
    : `unhealthy: ${message}`;
  const hostCheck = code === 'host-refused' || code === 'bad-request' || (byHost && code === 'forbidden');
  // The hook has done its part, and the app refuses all the same.
  if (givenBy !== null && hostCheck) {
    const unheeded = `${givenBy} holds ${address}, so let the app's settings read it: 'eb-hosts doctor' says what they read`;
    return { healthy, verdict, fix: unheeded };
  }
  if (!byHost) return { healthy, verdict, fix };
  const cure = hostCheck
    ? "'eb-hosts init' puts each instance's own address into the app's list"
    : 'let the path answer before the host is looked at';
  return { healthy, verdict, fix: cure };
}

function requestTo({ port, path }: Pick<SiteOptions, 'port' | 'path'>, host: string): HealthCheck {
  const timeoutMilliseconds = 5000;
  return { loadBalancer: 'alb', scheme: 'http', address: '127.0.0.1', port, path, host, timeoutMilliseconds };
}
