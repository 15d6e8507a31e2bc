import { Command } from 'commander';
import { type ExitStatus, usage } from '../errors.ts';
import { checkHealth, type HealthCheck } from '../instance/health-checker.ts';
import { judge } from '../instance/verdict.ts';
import type { CommonOptions, Invocation, Io } from '../io.ts';
import { matches, parseMatcher } from '../matcher.ts';
import { asTyped, printJson, styleFor } from '../output/text.ts';

interface ProbeOptions extends CommonOptions {
  readonly host?: string;
  readonly matcher: string;
  readonly timeout: string;
}

export function probeCommand({ io, end }: Invocation): Command {
  const command = new Command('probe')
    .argument('<url>', 'what is checked: http://10.0.1.5/health/')
    .option(
      '--host <host>',
      "the Host header (default: the target's own address, as the load balancer sends it)",
    )
    .option('--matcher <codes>', 'what counts as healthy: 200, 200,301 or 200-299', '200')
    .option('--timeout <seconds>', 'for the whole check', '5')
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
  const check = readCheck(url, options);
  const matcher = parseMatcher(options.matcher);
  if (matcher === undefined) {
    throw usage(
      `--matcher takes codes from 200 to 499 like 200, 200,301 or 200-299, not '${options.matcher}'`,
    );
  }
  const outcome = await checkHealth(check, io.signal);
  const { sent, answer, failure } = outcome;
  const verdict = judge(outcome, (status) => matches(matcher, status));
  const host = sent?.Host ?? '';
  // An address that development settings admit proves nothing about an instance.
  const isLoopback = /^(?:127\.[\d.]+|\[::1\])(?::\d+)?$/.test(host);
  if (!options.quiet && options.host === undefined && isLoopback) {
    io.stderr.write(
      `note: Host is ${host}, which many apps admit in development; an instance is asked by its private IP: try --host 10.0.1.5\n`,
    );
  }
  if (options.json) {
    const { scheme, address, port } = check;
    const request = sent === null ? { method: null, path: null } : { method: 'GET', path: check.path };
    printJson(io.stdout, {
      command: 'probe',
      ok: verdict.healthy,
      request: { loadBalancer: 'alb', scheme, address, port, ...request, headers: sent },
      answer: answer === null ? null : { ...answer, body: answer.body.slice(0, 2000) },
      failure,
      verdict,
    });
  } else {
    if (sent !== null && !options.quiet) {
      const headers = Object.entries(sent).map(([name, value]) => `> ${name}: ${value}\n`);
      io.stdout.write(`> GET ${check.path} HTTP/1.1\n${headers.join('')}\n`);
    }
    const style = styleFor(io.stdout, io.env);
    const mark = verdict.healthy ? style('green', 'healthy') : style('red', 'unhealthy');
    const reason = verdict.reason === null ? '' : ` (${verdict.reason})`;
    const fix = verdict.fix === null ? '' : `  fix: ${asTyped(verdict.fix, io.env)}\n`;
    io.stdout.write(`${mark}${reason}: ${verdict.message}\n${fix}`);
  }
  return verdict.healthy ? 0 : 1;
}

function readCheck(text: string, { host, timeout }: ProbeOptions): HealthCheck {
  const written = /^\w+:\/\//.test(text) ? text : `http://${text}`;
  const url = URL.canParse(written) ? new URL(written) : null;
  const scheme = url?.protocol.slice(0, -1);
  if (url === null || (scheme !== 'http' && scheme !== 'https') || url.username !== '') {
    throw usage(`'${text}' is not a URL to check: http://HOST[:PORT]/PATH or https://…`);
  }
  if (host !== undefined && !/^[\x21-\x7e]+$/.test(host)) {
    throw usage('--host takes a host, without blanks or control characters');
  }
  const seconds = /^\d+(\.\d+)?$/.test(timeout) ? Number(timeout) : 0;
  if (seconds < 0.1 || seconds > 120) {
    throw usage(`--timeout takes a number of seconds from 0.1 to 120, not '${timeout}'`);
  }
  return {
    scheme,
    address: url.hostname.replace(/^\[|\]$/g, ''),
    port: Number(url.port) || (scheme === 'https' ? 443 : 80),
    path: url.pathname + url.search,
    host,
    timeoutMilliseconds: seconds * 1000,
  };
}
