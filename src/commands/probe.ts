import { isIP } from 'node:net';
import { Command, Option } from 'commander';
import { type ExitStatus, interrupted, usage } from '../errors.ts';
import {
  type CheckOutcome,
  checkHealth,
  type HealthCheck,
  type LoadBalancer,
  loadBalancers,
} from '../instance/health-checker.ts';
import { judge, type Verdict } from '../instance/verdict.ts';
import type { CommonOptions, Invocation, Io } from '../io.ts';
import { parseMatcher } from '../matcher.ts';
import { renderRequest, renderVerdict } from '../output/probe.ts';
import { printJson, styleFor } from '../output/text.ts';

interface ProbeOptions extends CommonOptions {
  readonly lb: LoadBalancer;
  readonly host?: string;
  readonly path?: string;
  readonly matcher?: string;
  readonly timeout?: string;
}

export function probeCommand({ io, end }: Invocation): Command {
  const command = new Command('probe')
    .argument(
      '<url>',
      'what is checked: http://10.0.1.5/health/, https://…, or tcp://10.0.1.5:80 for a mere connection',
    )
    .addOption(new Option('--lb <word>', 'which load balancer asks').choices(loadBalancers).default('alb'))
    .option(
      '--host <host>',
      "the Host header, as it is to be sent (default: what the load balancer forms from the target's own address, with the port unless it is the standard one)",
    )
    .option('--path <path>', "the path, instead of the URL's")
    .option(
      '--matcher <codes>',
      'what counts as healthy: 200, 200,301 or 200-299 (default: 200; nlb: 200-399)',
    )
    .option('--timeout <seconds>', 'for the whole check (default: 5)')
    .addHelpText(
      'after',
      `
Redirects are not followed and certificates are not verified: the load balancer
does neither.

Exit status: 0 healthy, 1 unhealthy, 2 wrong usage, 130 interrupted.

Example
  eb-hosts probe http://localhost:8000/health/ --host 10.0.1.5`,
    );
  return command.action(async (url: string) => end(await probe(url, command.optsWithGlobals(), io)));
}

async function probe(url: string, options: ProbeOptions, io: Io): Promise<ExitStatus> {
  const check = readCheck(url, options.lb, options);
  const matcher = readMatcher(options.matcher, options.lb);
  const style = styleFor(io.stdout, io.env);
  const outcome = await Promise.race([checkHealth(check), untilInterrupted(io.signal)]);
  const verdict = judge(check, outcome, matcher);
  if (!options.quiet) warnOfLoopback(outcome, options.host, io);
  if (options.json) printJson(io.stdout, document(check, outcome, verdict));
  else {
    if (outcome.request !== null && !options.quiet) io.stdout.write(`${renderRequest(outcome.request)}\n`);
    io.stdout.write(renderVerdict(verdict, style, io.env));
  }
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
  const { method = null, path = null, headers = null } = request ?? {};
  return {
    command: 'probe',
    ok: verdict.healthy,
    request: { loadBalancer, scheme, address, port, method, path, headers },
    answer: answer === null ? null : { ...answer, body: answer.body.slice(0, 2000) },
    failure,
    verdict,
  };
}

function readCheck(url: string, loadBalancer: LoadBalancer, flags: ProbeOptions): HealthCheck {
  const target = readUrl(url);
  const { host } = flags;
  if (host !== undefined && !/^[\x21-\x7e]+$/.test(host)) {
    throw usage('--host takes a host, without blanks or control characters');
  }
  const path = flags.path ?? target.path;
  if (!/^\/[\x21-\x7e]*$/.test(path)) {
    throw usage(`the path begins with / and holds no blanks or control characters, not '${path}'`);
  }
  return { ...target, loadBalancer, path, host, timeoutMilliseconds: readMilliseconds(flags.timeout) };
}

const standardPorts: Readonly<Record<string, number>> = { http: 80, https: 443 };

function readUrl(text: string): Pick<HealthCheck, 'scheme' | 'address' | 'port' | 'path'> {
  const [, named = 'http', address, digits, path = '/'] =
    /^(?:(https?|tcp|ssl):\/\/)?(\[[0-9a-f:.]+\]|[^/:?#@[\]]+)(?::(\d{1,5}))?([/?][^#]*)?$/i.exec(text) ?? [];
  if (address === undefined) {
    throw usage(`'${text}' is not a URL to check: http://HOST[:PORT]/PATH, https://… or tcp://HOST:PORT`);
  }
  const scheme = named.toLowerCase() as HealthCheck['scheme'];
  const port = digits === undefined ? standardPorts[scheme] : Number(digits);
  if (port === undefined || port < 1 || port > 65_535) {
    throw usage(`'${text}' ${port === undefined ? 'lacks a port' : 'has a port that cannot be'}`);
  }
  const rooted = path.startsWith('/') ? path : `/${path}`;
  return { scheme, address: address.replace(/^\[|\]$/g, ''), port, path: rooted };
}

function readMatcher(text: string | undefined, loadBalancer: LoadBalancer) {
  if (text !== undefined && loadBalancer === 'classic') {
    throw usage('--matcher does not apply to a classic load balancer, which accepts 200 only');
  }
  const matcher = parseMatcher(text ?? (loadBalancer === 'nlb' ? '200-399' : '200'));
  if (matcher === undefined) {
    throw usage(`--matcher takes codes from 200 to 499 like 200, 200,301 or 200-299, not '${text}'`);
  }
  return matcher;
}

function readMilliseconds(text = '5'): number {
  const seconds = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (seconds >= 0.1 && seconds <= 120) return seconds * 1000;
  throw usage(`--timeout takes a number of seconds from 0.1 to 120, not '${text}'`);
}

/** An address that development settings admit proves nothing about an instance. */
function warnOfLoopback({ request }: CheckOutcome, given: string | undefined, io: Io): void {
  const host = request?.headers.Host;
  if (given !== undefined || host === undefined) return;
  const address = host.replace(/:\d+$/, '').replace(/^\[|\]$/g, '');
  if (isIP(address) === 0 || !(address.startsWith('127.') || address === '::1')) return;
  io.stderr.write(
    `note: Host is ${host}, which many apps admit in development; an instance is asked by its private IP: try --host 10.0.1.5\n`,
  );
}
