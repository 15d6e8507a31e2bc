import type { Matcher } from '../matcher.ts';
import { type CheckOutcome, checkHealth, type HealthCheck } from './health-checker.ts';
import { judge, refusesHost, type Verdict } from './verdict.ts';

/** Somebody asked the app; the table that a rehearsal ends with. */
export interface SiteCheck {
  readonly asker: 'load balancer' | 'your site' | 'foreign host';
  readonly host: string;
  /** Null if there was no answer. */
  readonly status: number | null;
  readonly ok: boolean;
  readonly verdict: string;
  /** What to do; null if nothing is. */
  readonly fix: string | null;
}

export interface SiteOptions {
  readonly port: number;
  readonly path: string;
  readonly matcher: Matcher;
  /** The instance's own address, as the proxy hands it on: without a port. */
  readonly address: string;
  /** Names the site is known by. */
  readonly ownHosts: readonly string[];
  /** The variable by which the app was given the address; null if it was not. */
  readonly givenBy: string | null;
}

/** RFC 2606 keeps that domain from ever being somebody's. */
const foreignHost = 'somebody-else.example.net';

/** Asks the app as the load balancer, as a visitor of each of the site's own names, and with a name that is none of them. */
export async function checkSite(options: SiteOptions): Promise<SiteCheck[]> {
  const outcomes = new Map<string, CheckOutcome>();
  for (const host of [options.address, ...options.ownHosts, foreignHost]) {
    outcomes.set(host, await checkHealth(asked(options, host)));
  }
  const none: CheckOutcome = { request: null, answer: null, failure: null };
  const outcomeOf = (host: string) => outcomes.get(host) ?? none;
  // A path that is forbidden to everyone says nothing of hosts; one that is not, does (Rails, without a word).
  const closed = [...outcomes.values()].every(({ answer }) => answer?.status === 403);
  const refuses = (outcome: CheckOutcome) =>
    isRefusal(outcome) || (!closed && outcome.answer?.status === 403);
  return [
    asLoadBalancer(options, outcomeOf(options.address)),
    ...options.ownHosts.map((host) => asVisitor(host, outcomeOf(host), refuses)),
    asStranger(outcomeOf(foreignHost), refuses),
  ];
}

/** Whether there is any answer at all. */
export async function answersHttp(port: number, path: string): Promise<boolean> {
  const { answer } = await checkHealth(asked({ port, path }, 'localhost'));
  return answer !== null;
}

function asLoadBalancer(options: SiteOptions, outcome: CheckOutcome): SiteCheck {
  const verdict = judge(asked(options, options.address), outcome, options.matcher);
  return {
    asker: 'load balancer',
    host: options.address,
    status: outcome.answer?.status ?? null,
    ok: verdict.healthy,
    verdict: verdict.healthy ? 'healthy' : `unhealthy: ${verdict.message}`,
    fix: unheeded(verdict, options) ?? verdict.fix,
  };
}

/** The hook has done its part, and the app refuses all the same. */
function unheeded({ code }: Verdict, { givenBy, address }: SiteOptions): string | null {
  if (givenBy === null || (code !== 'host-refused' && code !== 'bad-request')) return null;
  return `${givenBy} holds ${address}, so let the app's settings read it: 'eb-hosts doctor' says what they read`;
}

function asVisitor(
  host: string,
  outcome: CheckOutcome,
  refuses: (outcome: CheckOutcome) => boolean,
): SiteCheck {
  const asker = 'your site';
  const status = outcome.answer?.status ?? null;
  if (status === null)
    return { asker, host, status, ok: false, verdict: `no answer (${outcome.failure})`, fix: null };
  if (refuses(outcome)) {
    const verdict = 'refused: your own visitors would be locked out';
    return { asker, host, status, ok: false, verdict, fix: `put ${host} into the list` };
  }
  return { asker, host, status, ok: true, verdict: 'accepted', fix: null };
}

/** An app that takes every host fails no health check, so it is said and not held against it. */
function asStranger(outcome: CheckOutcome, refuses: (outcome: CheckOutcome) => boolean): SiteCheck {
  const status = outcome.answer?.status ?? null;
  const ok = refuses(outcome);
  let verdict = 'accepted: this app takes any host';
  if (ok) verdict = 'refused, as it should be';
  else if (status === null) verdict = `no answer (${outcome.failure})`;
  return { asker: 'foreign host', host: foreignHost, status, ok, verdict, fix: null };
}

function isRefusal({ answer }: CheckOutcome): boolean {
  return answer !== null && (answer.status === 400 || refusesHost(answer));
}

function asked({ port, path }: Pick<SiteOptions, 'port' | 'path'>, host: string): HealthCheck {
  const timeoutMilliseconds = 5000;
  return { loadBalancer: 'alb', scheme: 'http', address: '127.0.0.1', port, path, host, timeoutMilliseconds };
}
