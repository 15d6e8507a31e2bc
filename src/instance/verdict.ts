import { type Matcher, matches } from '../matcher.ts';
import type { CheckAnswer, CheckFailure, CheckOutcome, HealthCheck } from './health-checker.ts';
import { hostRefusal, type Refusal } from './host-refusal.ts';
import { explainRedirect } from './redirect-verdict.ts';
import type { VerdictCode } from './verdict-codes.ts';

/** What a load balancer concludes from one check, and what a person should. */
export interface Verdict {
  readonly healthy: boolean;
  /** Stable, kebab-case. */
  readonly code: VerdictCode;
  /** The reason code that the target group would show; null where it is healthy. */
  readonly reason: 'Target.ResponseCodeMismatch' | 'Target.Timeout' | 'Target.FailedHealthChecks' | null;
  /** What it means, in a sentence. */
  readonly message: string;
  /** The smallest thing to do; null if nothing is. */
  readonly fix: string | null;
}

export type Explanation = Pick<Verdict, 'code' | 'message' | 'fix'>;

/** Judges one check. Reason codes are those of the Application Load Balancer guide (target-group-health-checks). */
export function judge(check: HealthCheck, outcome: CheckOutcome, matcher: Matcher): Verdict {
  const { answer, failure } = outcome;
  if (failure !== null) {
    const reason = failure.endsWith('-timeout') ? 'Target.Timeout' : 'Target.FailedHealthChecks';
    return { healthy: false, reason, ...explainFailure(check, failure) };
  }
  if (answer === null) {
    const message = `port ${check.port} accepts ${check.scheme === 'ssl' ? 'TLS' : 'TCP'} connections`;
    return { healthy: true, code: 'connected', reason: null, message, fix: null };
  }
  const host = outcome.request?.headers.Host ?? '';
  if (matches(matcher, answer.status)) return { healthy: true, reason: null, ...explainMatch(answer, host) };
  const reason = 'Target.ResponseCodeMismatch';
  return { healthy: false, reason, ...explainStatus(check, answer, host) };
}

function explainMatch(answer: CheckAnswer, host: string): Explanation {
  const refusal = hostRefusal(answer);
  if (refusal === undefined) {
    return { code: 'healthy', message: `${answer.status}: the load balancer is content`, fix: null };
  }
  return {
    code: 'masked-refusal',
    message: `${describeRefusal(refusal, host)}; it counts as healthy only because the matcher admits ${answer.status}`,
    fix: `put the address into ${refusal.list} ('eb-hosts init') and set the matcher back to 200`,
  };
}

function describeRefusal({ by, list, certain }: Refusal, host: string): string {
  if (certain) return `${by} refuses Host '${host}'`;
  return `${by}, usually because '${host.replace(/:\d+$/, '')}' is not in ${list}`;
}

function explainStatus(check: HealthCheck, answer: CheckAnswer, host: string): Explanation {
  const { status } = answer;
  const refusal = hostRefusal(answer);
  if (refusal !== undefined) {
    return {
      code: 'host-refused',
      message: `${status}: ${describeRefusal(refusal, host)}`,
      fix: `'eb-hosts init' puts each instance's own address into ${refusal.list}`,
    };
  }
  if (status >= 300 && status <= 399) return explainRedirect(check, answer, host);
  if (status === 400 && /plain HTTP|HTTP request to an HTTPS/i.test(answer.body)) {
    return explainFailure(check, 'tls-port');
  }
  return statusExplanations[status] ?? otherStatus(check, answer);
}

const statusExplanations: Readonly<Record<number, Explanation>> = {
  400: {
    code: 'bad-request',
    message:
      '400: the request was refused as malformed; with a host allow-list that is what an unknown Host gets',
    fix: "look for DisallowedHost or the like in the app's log; if it is there, 'eb-hosts init'",
  },
  401: {
    code: 'login-required',
    message: '401: the path asks for credentials, and the load balancer has none',
    fix: 'check a path that needs no login',
  },
  403: {
    code: 'forbidden',
    message:
      '403: access denied by the app or by the proxy (Rails answers an unknown Host so in production, with an empty page)',
    fix: "if the app's log speaks of a blocked host, 'eb-hosts init'; else check a path that is open to all",
  },
  405: {
    code: 'method-not-allowed',
    message: '405: the path does not answer GET, which is all the load balancer sends',
    fix: 'let the health view answer GET',
  },
  421: {
    code: 'misdirected',
    message: '421: the server does not serve this Host on this connection',
    fix: 'let the default server of the proxy pass the health-check path on to the app',
  },
  429: {
    code: 'rate-limited',
    message: '429: a rate limit counts the checks',
    fix: 'exempt the health-check path from the rate limit',
  },
  502: {
    code: 'bad-gateway',
    message:
      '502: the proxy is up, the app behind it does not answer: it crashed, or listens on another port',
    fix: 'read web.stdout.log; the app must listen on $PORT of 127.0.0.1',
  },
  503: {
    code: 'unavailable',
    message:
      '503: the app, or the proxy before it, declares itself unavailable (maintenance, a failing dependency)',
    fix: 'let the health view answer for this process alone, not for the database and everything else it uses',
  },
  504: {
    code: 'gateway-timeout',
    message: '504: the proxy waited for the app in vain',
    fix: 'check a path that answers at once, without database or network',
  },
};

function otherStatus({ path }: HealthCheck, { status }: CheckAnswer): Explanation {
  if (status === 404 || status === 410) {
    return {
      code: 'not-found',
      message: `${status}: there is nothing at ${path}`,
      fix: "check a path that exists: 'eb-hosts health-check set /health/', or add that view",
    };
  }
  if (status >= 500) {
    return {
      code: 'server-error',
      message: `${status}: the app accepted the Host and failed in the view, or already in a middleware`,
      fix: "read the traceback in the app's log",
    };
  }
  return {
    code: 'unexpected-status',
    message: `${status} is not what the matcher admits`,
    fix: 'let the health view answer 200',
  };
}

function explainFailure(check: HealthCheck, failure: CheckFailure): Explanation {
  const { address, port, timeoutMilliseconds } = check;
  const place = `${address}:${port}`;
  const seconds = timeoutMilliseconds / 1000;
  switch (failure) {
    case 'name':
      return {
        code: 'unknown-name',
        message: `the name ${address} cannot be resolved`,
        fix: 'correct the URL, or give the address itself',
      };
    case 'unreachable':
      return {
        code: 'unreachable',
        message: `no route to ${address}`,
        fix: 'ask from inside the VPC: a private address cannot be reached from elsewhere',
      };
    case 'refused':
      return {
        code: 'refused',
        message: `nothing listens on ${place}: the app or the proxy is not running, or on another port`,
        fix: 'start it, or correct the port',
      };
    case 'connect-timeout':
      return {
        code: 'connect-timeout',
        message: `${place} did not accept a connection within ${seconds} s: a firewall or security group drops it, or the machine is down`,
        fix: "let the load balancer's security group reach that port",
      };
    case 'handshake-timeout':
      return {
        code: 'handshake-timeout',
        message: `${place} accepts connections, but does not speak TLS: within ${seconds} s it said nothing`,
        fix: 'set the protocol of the process to HTTP (the load balancer ends TLS), or use http:// here',
      };
    case 'answer-timeout':
      return {
        code: 'answer-timeout',
        message: `connected, but no complete answer within ${seconds} s`,
        fix: 'check a path that answers at once, without database or network; see whether all workers are busy',
      };
    case 'closed':
      return {
        code: 'closed',
        message:
          'the connection was closed before the answer was complete: a crash, or a proxy told to (nginx: return 444)',
        fix: "read the logs of the app and of the proxy; let the proxy's default server answer an unknown Host",
      };
    case 'plain-port':
      return {
        code: 'plain-port',
        message: `${place} speaks plain HTTP, and was asked for TLS`,
        fix: 'set the protocol of the process to HTTP (the load balancer ends TLS), or use http:// here',
      };
    case 'tls-port':
      return {
        code: 'tls-port',
        message: `${place} speaks TLS, and was asked in plain HTTP`,
        fix: 'set the protocol of the process to HTTPS, or use https:// here',
      };
    case 'tls':
      return {
        code: 'tls-handshake',
        message: `the TLS handshake with ${place} failed`,
        fix: 'offer TLS 1.2 or 1.3 without client certificates; the certificate itself is not verified',
      };
    case 'not-http':
      return {
        code: 'not-http',
        message: `what ${place} answers is no HTTP`,
        fix: 'correct the port: something else listens there',
      };
  }
}
