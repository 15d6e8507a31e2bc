import { isIP } from 'node:net';
import { type ExitStatus, interrupted } from '../errors.ts';
import {
  type CheckOutcome,
  checkHealth,
  type HealthCheck,
  type LoadBalancer,
  loadBalancers,
} from '../instance/health-checker.ts';
import { judge, type Verdict } from '../instance/verdict.ts';
import type { Io } from '../io.ts';
import { parseMatcher } from '../matcher.ts';
import { commonHelp, commonOptions, type OptionTable, parseOptions, usage } from '../options.ts';
import { printJson } from '../output/json.ts';
import { renderRequest, renderVerdict } from '../output/probe.ts';
import { styleFor } from '../output/style.ts';

export const options = {
  ...commonOptions,
  lb: { type: 'string', values: loadBalancers },
  host: { type: 'string' },
  path: { type: 'string' },
  matcher: { type: 'string' },
  timeout: { type: 'string' },
} as const satisfies OptionTable;

export const operand = 'URL';

export const help = `eb-hosts probe: the load balancer's health check, request for request, and what
its outcome means
The result goes to stdout, everything else to stderr.

Usage: eb-hosts probe URL [OPTIONS]

URL names what is checked: http://10.0.1.5/health/, https://…, or
tcp://10.0.1.5:80 for a mere connection. Redirects are not followed and
certificates are not verified: the load balancer does neither.

Options
  --lb alb|classic|nlb  which load balancer asks (default: alb)
  --host HOST           the Host header, as it is to be sent; default: what the
                        load balancer forms from the target's own address,
                        with the port unless it is the standard one
  --path PATH           the path, instead of the URL's
  --matcher CODES       what counts as healthy: 200, 200,301 or 200-299
                        (default: 200; nlb: 200-399)
  --timeout SECONDS     for a whole check (default: 5)

${commonHelp}

Exit status: 0 healthy, 1 unhealthy, 2 wrong usage, 130 interrupted.

Examples
  eb-hosts probe http://localhost:8000/health/ --host 10.0.1.5
  eb-hosts probe http://10.0.1.5/health/ --matcher 200,301
`;

/** Exit status 0 if the check passes. */
export async function run(argv: readonly string[], io: Io): Promise<ExitStatus> {
  const { values, positionals } = parseOptions('probe', argv, options, { atMost: 1 });
  const loadBalancer = values.lb ?? 'alb';
  const check = readCheck(positionals[0], loadBalancer, values);
  const matcher = readMatcher(values.matcher, loadBalancer);

  const outcome = await Promise.race([checkHealth(check), untilInterrupted(io.signal)]);
  const verdict = judge(check, outcome, matcher);
  if (values.json === true) printJson(io.stdout, document(check, outcome, verdict));
  else {
    const shows = values.quiet !== true && outcome.request !== null;
    if (shows) io.stdout.write(`${renderRequest(outcome.request)}\n`);
    io.stdout.write(renderVerdict(verdict, styleFor(io.stdout, io.env), io.env));
  }
  if (values.quiet !== true) noteLoopback(outcome, values.host, io);
  return verdict.healthy ? 0 : 1;
}

function untilInterrupted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(interrupted());
    signal.addEventListener('abort', () => reject(interrupted()), { once: true });
  });
}

function document(check: HealthCheck, { request, answer, failure }: CheckOutcome, verdict: Verdict) {
  const { loadBalancer, scheme, address, port } = check;
  return {
    command: 'probe',
    ok: verdict.healthy,
    request: {
      loadBalancer,
      scheme,
      address,
      port,
      method: request?.method ?? null,
      path: request?.path ?? null,
      headers: request?.headers ?? null,
    },
    answer: answer === null ? null : { ...answer, body: answer.body.slice(0, 2000) },
    failure,
    verdict,
  };
}

function readCheck(
  url: string | undefined,
  loadBalancer: LoadBalancer,
  flags: { host?: string | undefined; path?: string | undefined; timeout?: string | undefined },
): HealthCheck {
  if (url === undefined) throw usage('probe', 'the URL to check is missing');
  const target = readUrl(url);
  const { host } = flags;
  if (host !== undefined && !/^[\x21-\x7e]+$/.test(host)) {
    throw usage('probe', '--host takes a host, without blanks or control characters');
  }
  const path = flags.path ?? target.path;
  if (!/^\/[\x21-\x7e]*$/.test(path)) {
    throw usage('probe', `the path begins with / and holds no blanks or control characters, not '${path}'`);
  }
  return { ...target, loadBalancer, path, host, timeoutMilliseconds: readTimeout(flags.timeout ?? '5') };
}

const standardPorts = { http: 80, https: 443, tcp: undefined, ssl: undefined } as const;

function readUrl(text: string): Pick<HealthCheck, 'scheme' | 'address' | 'port' | 'path'> {
  const match = /^(?:([a-z]+):\/\/)?(\[[0-9a-f:.]+\]|[^/:?#@[\]]+)(?::(\d{1,5}))?([/?][^#]*)?$/i.exec(text);
  const scheme = (match?.[1] ?? 'http').toLowerCase();
  const address = match?.[2];
  if (address === undefined || !isScheme(scheme)) {
    throw usage(
      'probe',
      `'${text}' is not a URL to check: http://HOST[:PORT]/PATH, https://… or tcp://HOST:PORT`,
    );
  }
  const port = match?.[3] === undefined ? standardPorts[scheme] : Number(match[3]);
  if (port === undefined || port < 1 || port > 65_535) {
    throw usage('probe', `'${text}' ${port === undefined ? 'lacks a port' : 'has a port that cannot be'}`);
  }
  const path = match?.[4] ?? '/';
  return {
    scheme,
    address: address.replace(/^\[|\]$/g, ''),
    port,
    path: path.startsWith('/') ? path : `/${path}`,
  };
}

function isScheme(text: string): text is keyof typeof standardPorts {
  return Object.hasOwn(standardPorts, text);
}

function readMatcher(text: string | undefined, loadBalancer: LoadBalancer) {
  if (text !== undefined && loadBalancer === 'classic') {
    throw usage('probe', '--matcher does not apply to a classic load balancer, which accepts 200 only');
  }
  const matcher = parseMatcher(text ?? (loadBalancer === 'nlb' ? '200-399' : '200'));
  if (matcher === undefined) {
    throw usage('probe', `--matcher takes codes from 200 to 499 like 200, 200,301 or 200-299, not '${text}'`);
  }
  return matcher;
}

function readTimeout(text: string): number {
  const seconds = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (!(seconds >= 0.1 && seconds <= 120)) {
    throw usage('probe', `--timeout takes a number from 0.1 to 120, not '${text}'`);
  }
  return seconds * 1000;
}

/** An address that development settings admit proves nothing about an instance. */
function noteLoopback({ request }: CheckOutcome, given: string | undefined, io: Io): void {
  const host = request?.headers.Host;
  if (given !== undefined || host === undefined) return;
  const address = host.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
  if (isIP(address) === 0 || !(address.startsWith('127.') || address === '::1')) return;
  io.stderr.write(
    `note: Host is ${host}, which many apps admit in development; an instance is asked by its private IP: try --host 10.0.1.5\n`,
  );
}
