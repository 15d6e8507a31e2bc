import { isIP } from 'node:net';
import type { ExitStatus } from '../errors.ts';
import { type HealthCheck, type LoadBalancer, loadBalancers } from '../instance/health-checker.ts';
import { type Checked, probeTarget } from '../instance/probe-target.ts';
import { checkDefaults } from '../instance/target-health.ts';
import type { Io } from '../io.ts';
import { parseMatcher } from '../matcher.ts';
import { commonHelp, commonOptions, type OptionTable, parseOptions, usage } from '../options.ts';
import { printJson } from '../output/json.ts';
import { renderCheck, renderRequest, renderVerdict } from '../output/probe.ts';
import { styleFor } from '../output/style.ts';

export const options = {
  ...commonOptions,
  lb: { type: 'string', values: loadBalancers },
  host: { type: 'string' },
  path: { type: 'string' },
  matcher: { type: 'string' },
  timeout: { type: 'string' },
  count: { type: 'string' },
  interval: { type: 'string' },
  'healthy-threshold': { type: 'string' },
  'unhealthy-threshold': { type: 'string' },
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
  --count N             check N times and follow the target's state
  --interval SECONDS    between checks; default: Elastic Beanstalk's for that
                        load balancer
  --healthy-threshold N, --unhealthy-threshold N
                        checks in a row that change the state
                        (default: 3 and 5; nlb: 5 and 5)

${commonHelp}

Exit status: 0 healthy, 1 unhealthy, 2 wrong usage, 130 interrupted.

Examples
  eb-hosts probe http://localhost:8000/health/ --host 10.0.1.5
  eb-hosts probe http://localhost:8000 --count 10 --interval 5
`;

/** Exit status 0 if the target is healthy after the last check. */
export async function run(argv: readonly string[], io: Io): Promise<ExitStatus> {
  const { values, positionals } = parseOptions('probe', argv, options, { atMost: 1 });
  const loadBalancer = values.lb ?? 'alb';
  const check = readCheck(positionals[0], loadBalancer, values);
  const matcher = readMatcher(values.matcher, loadBalancer);
  const defaults = checkDefaults[loadBalancer];
  const count = readNumber('--count', values.count, 1, 100_000, 'whole') ?? 1;
  const thresholds = {
    healthy:
      readNumber('--healthy-threshold', values['healthy-threshold'], 2, 10, 'whole') ?? defaults.healthy,
    unhealthy:
      readNumber('--unhealthy-threshold', values['unhealthy-threshold'], 2, 10, 'whole') ??
      defaults.unhealthy,
  };
  const interval = readNumber('--interval', values.interval, 0, 300) ?? defaults.intervalSeconds;
  const style = styleFor(io.stdout, io.env);
  const showsText = values.json !== true;

  const checks = await probeTarget({
    check,
    matcher,
    thresholds,
    count,
    intervalMilliseconds: interval * 1000,
    signal: io.signal,
    onCheck: (checked) => {
      if (checked.number === 1 && values.quiet !== true) warnOfLoopback(checked, values.host, io);
      if (!showsText) return;
      if (checked.number === 1 && checked.outcome.request !== null && values.quiet !== true) {
        io.stdout.write(`${renderRequest(checked.outcome.request)}\n`);
      }
      if (count > 1) io.stdout.write(renderCheck(checked, style));
    },
  });

  const last = checks.at(-1);
  if (last === undefined) throw new Error('no check was made');
  const healthy = count === 1 ? last.verdict.healthy : last.to === 'healthy';
  if (showsText) io.stdout.write(renderVerdict(last.verdict, style, io.env));
  else printJson(io.stdout, document(check, checks, last, healthy));
  return healthy ? 0 : 1;
}

function document(check: HealthCheck, checks: readonly Checked[], last: Checked, healthy: boolean) {
  const { outcome, verdict } = last;
  return {
    command: 'probe',
    ok: healthy,
    request: {
      loadBalancer: check.loadBalancer,
      scheme: check.scheme,
      address: check.address,
      port: check.port,
      method: outcome.request?.method ?? null,
      path: outcome.request?.path ?? null,
      headers: outcome.request?.headers ?? null,
    },
    answer: outcome.answer === null ? null : { ...outcome.answer, body: outcome.answer.body.slice(0, 2000) },
    failure: outcome.failure,
    verdict,
    state: last.to,
    checks: checks.map((checked) => ({
      status: checked.outcome.answer?.status ?? null,
      failure: checked.outcome.failure,
      healthy: checked.verdict.healthy,
      code: checked.verdict.code,
      state: checked.to,
    })),
    changes: checks
      .filter(({ from, to }) => from !== to)
      .map(({ number, from, to }) => ({ check: number, from, to })),
  };
}

function readCheck(
  url: string | undefined,
  loadBalancer: LoadBalancer,
  flags: { host?: string | undefined; path?: string | undefined; timeout?: string | undefined },
): HealthCheck {
  if (url === undefined) throw usage('probe', 'the URL to check is missing');
  const target = readUrl(url);
  const timeout = readNumber('--timeout', flags.timeout, 0.1, 120) ?? 5;
  const { host } = flags;
  if (host !== undefined && !/^[\x21-\x7e]+$/.test(host)) {
    throw usage('probe', '--host takes a host, without blanks or control characters');
  }
  const path = flags.path ?? target.path;
  if (!/^\/[\x21-\x7e]*$/.test(path)) {
    throw usage('probe', `the path begins with / and holds no blanks or control characters, not '${path}'`);
  }
  return { ...target, loadBalancer, path, host, timeoutMilliseconds: timeout * 1000 };
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

function readNumber(
  flag: string,
  text: string | undefined,
  least: number,
  most: number,
  kind: 'whole' | 'any' = 'any',
): number | undefined {
  if (text === undefined) return undefined;
  const pattern = kind === 'whole' ? /^\d+$/ : /^\d+(\.\d+)?$/;
  const number = pattern.test(text) ? Number(text) : Number.NaN;
  if (!(number >= least && number <= most)) {
    throw usage(
      'probe',
      `${flag} takes a ${kind === 'whole' ? 'whole ' : ''}number from ${least} to ${most}, not '${text}'`,
    );
  }
  return number;
}

/** An address that development settings admit proves nothing about an instance. */
function warnOfLoopback({ outcome }: Checked, given: string | undefined, io: Io): void {
  const host = outcome.request?.headers.Host;
  if (given !== undefined || host === undefined) return;
  const address = host.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
  if (isIP(address) === 0 || !(address.startsWith('127.') || address === '::1')) return;
  io.stderr.write(
    `note: Host is ${host}, which many apps admit in development; an instance is asked by its private IP: try --host 10.0.1.5\n`,
  );
}
