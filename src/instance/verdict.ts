import { isIP } from 'node:net';
import { type Matcher, matches } from '../matcher.ts';
import type { CheckAnswer, CheckFailure, CheckOutcome, HealthCheck } from './health-checker.ts';

/** Every code of a verdict on one check; part of the JSON contract (schemas/probe.json lists them for scripts). */
export const verdictCodes = [
  'answer-timeout',
  'bad-gateway',
  'bad-request',
  'closed',
  'connect-timeout',
  'connected',
  'forbidden',
  'gateway-timeout',
  'handshake-timeout',
  'healthy',
  'host-redirect',
  'host-refused',
  'host-replaced',
  'https-redirect',
  'login-redirect',
  'login-required',
  'masked-refusal',
  'method-not-allowed',
  'misdirected',
  'not-found',
  'not-http',
  'plain-port',
  'rate-limited',
  'redirect',
  'refused',
  'server-error',
  'slash-redirect',
  'tenant-not-found',
  'tls-handshake',
  'tls-port',
  'unavailable',
  'unexpected-status',
  'unknown-name',
  'unreachable',
] as const;

export type VerdictCode = (typeof verdictCodes)[number];

/** What a load balancer concludes from one check, and what a person should. */
export interface Verdict {
  readonly healthy: boolean;
  /** Stable, kebab-case. */
  readonly code: VerdictCode;
  /** The reason code that the target group would show; null where it is healthy. */
  readonly reason: 'Target.ResponseCodeMismatch' | 'Target.Timeout' | 'Target.FailedHealthChecks' | null;
  /** What it means, in a sentence. */
  readonly message: string;
  /** The smallest thing to do; null if nothing is, or nothing is known. */
  readonly fix: string | null;
}

type Explanation = Pick<Verdict, 'code' | 'message' | 'fix'>;

const explain = (code: VerdictCode, message: string, fix: string | null): Explanation => ({
  code,
  message,
  fix,
});

/** Judges one check. Reason codes are those of the Application Load Balancer guide (target-group-health-checks). */
export function judge(check: HealthCheck, outcome: CheckOutcome, matcher: Matcher): Verdict {
  const { answer, failure } = outcome;
  if (failure !== null) {
    const reason = failure.endsWith('-timeout') ? 'Target.Timeout' : 'Target.FailedHealthChecks';
    return { healthy: false, reason, ...failures[failure](check, `${check.address}:${check.port}`) };
  }
  if (answer === null) {
    const message = `port ${check.port} accepts ${check.scheme === 'ssl' ? 'TLS' : 'TCP'} connections`;
    return { healthy: true, reason: null, ...explain('connected', message, null) };
  }
  const host = outcome.request?.headers.Host ?? '';
  if (!matches(matcher, answer.status)) {
    const reason = 'Target.ResponseCodeMismatch';
    return { healthy: false, reason, ...explainAnswer(check, answer, host) };
  }
  const refusal = explainRefusal(answer, host);
  if (refusal === undefined) {
    const message = `${answer.status}: the load balancer is content`;
    return { healthy: true, reason: null, ...explain('healthy', message, null) };
  }
  const message = `${refusal.message}; it counts as healthy only because the matcher admits ${answer.status}`;
  const fix = `${refusal.fix ?? 'let the app admit the Host'}, and set the matcher back to 200`;
  return { healthy: true, reason: null, ...explain('masked-refusal', message, fix) };
}

/** Whether the answer is the page by which a framework refuses a host. */
export function refusesHost(answer: CheckAnswer): boolean {
  return signatureOf(answer) !== undefined;
}

/** Pages of the frameworks' own host checks: statuses, the page (group 1 is the refused host, where it names one), who
 * refuses, and where its list is (null for a development server, which `init` does not configure). */
type Signature = readonly [statuses: readonly number[], page: RegExp, by: string, list: string | null];

const djangoPage = "Django's page for a bad request";

const signatures: readonly Signature[] = [
  [[400], /Invalid HTTP_HOST header: '([^']*)'/, 'Django (DisallowedHost)', 'ALLOWED_HOSTS'],
  [[400], /DisallowedHost|Invalid HTTP_HOST header/, 'Django (DisallowedHost)', 'ALLOWED_HOSTS'],
  [[400], /<h1>Bad Request \(400\)<\/h1>/, djangoPage, 'ALLOWED_HOSTS'],
  [[400], /^\s*Invalid host header\s*$/, 'Starlette (TrustedHostMiddleware)', 'allowed_hosts'],
  [[400], /Invalid Hostname|request hostname is invalid/i, 'ASP.NET Core (host filtering)', 'AllowedHosts'],
  [[400], /Untrusted Host(?: "([^"]*)")?/i, 'Symfony (trusted hosts)', 'trusted_hosts'],
  [[400], /Host '([^']*)' is not trusted/, 'Werkzeug (trusted hosts)', 'TRUSTED_HOSTS'],
  [[400], /(?:hostname|with value) "([^"]*)" is not allowed/, 'Angular SSR', 'NG_ALLOWED_HOSTS'],
  [[404], /Bad hostname provided/, 'Laravel (TrustHosts)', 'its trusted hosts'],
  [[403], /Blocked hosts?: ([^\s<,]+)/, 'Rails (HostAuthorization)', 'config.hosts'],
  [[403], /Blocked request\. This host(?: \("([^"]*)"\))?/, 'the development server of Vite', null],
  [[400, 403, 421], /^\s*Invalid Host(?:\/Origin)? header\s*$/, 'the development server of webpack', null],
];

function signatureOf({ status, body }: CheckAnswer) {
  const text = body.replace(/&#(?:x27|0?39);/gi, "'").replace(/&(?:quot|#34);/gi, '"');
  for (const [statuses, page, by, list] of signatures) {
    const match = statuses.includes(status) ? page.exec(text) : null;
    if (match !== null) return { by, list, named: match[1] };
  }
  return undefined;
}

const withoutPort = (host: string): string => host.replace(/:\d+$/, '').toLowerCase();

function explainRefusal(answer: CheckAnswer, sent: string): Explanation | undefined {
  const found = signatureOf(answer);
  if (found === undefined) return undefined;
  const { by, list, named } = found;
  const host = withoutPort(sent);
  if (named !== undefined && withoutPort(named) !== host) {
    return explain(
      'host-replaced',
      `${answer.status}: ${by} refuses Host '${named}', while '${sent}' was sent: a proxy on the way replaces the Host`,
      'let that proxy pass on the Host it was given (nginx: proxy_set_header Host $host)',
    );
  }
  const message =
    by === djangoPage
      ? `${answer.status}: ${by}, usually because '${host}' is not in ${list}`
      : `${answer.status}: ${by} refuses Host '${sent}'`;
  let fix = 'run the production build on an instance: only the development server checks the Host like this';
  if (list !== null) {
    const isAddress = isIP(host.replace(/^\[|\]$/g, '')) !== 0;
    const flag = list === 'NG_ALLOWED_HOSTS' ? ` --var ${list}` : '';
    fix = isAddress
      ? `'eb-hosts init${flag}' puts each instance's own address into ${list}`
      : `put '${host}' into ${list}`;
  }
  return explain('host-refused', message, fix);
}

/** The proxy that wrote this page itself, without asking the app. */
function proxyOf({ body }: CheckAnswer): string | undefined {
  const match = /<center>(nginx|openresty)(?:\/[\w.]+)?<\/center>|<address>(Apache)[/ ]/i.exec(body);
  return match?.[1] ?? match?.[2];
}

function explainAnswer(check: HealthCheck, answer: CheckAnswer, host: string): Explanation {
  const { status, body } = answer;
  const refusal = explainRefusal(answer, host);
  if (refusal !== undefined) return refusal;
  if (status >= 300 && status <= 399) return explainRedirect(check, answer, host);
  if (status === 400 && /plain HTTP|HTTP request to an HTTPS/i.test(body)) {
    return failures['tls-port'](check, `${check.address}:${check.port}`);
  }
  const tenant = /no tenant for (?:hostname|domain)|tenant could not be identified|TenantNotFound/i;
  if (status >= 400 && tenant.test(body)) {
    return explain(
      'tenant-not-found',
      `${status}: the app looks for a tenant by host name, and '${withoutPort(host)}' belongs to none`,
      `answer ${check.path} before the tenant is looked up, in a middleware in front of it`,
    );
  }
  const proxy = proxyOf(answer);
  return (
    (proxy === undefined ? undefined : proxyStatuses[status]?.(check.path, proxy)) ??
    statuses[status]?.(check.path, answer) ??
    otherStatus(status)
  );
}

type ByStatus<T> = Readonly<Record<number, (path: string, from: T) => Explanation>>;

/** Pages that the proxy wrote itself: the app was not asked. */
const proxyStatuses: ByStatus<string> = {
  400: (path, proxy) =>
    explain(
      'bad-request',
      `400 from ${proxy} itself, the app was not asked: a server or location that returns it, or a request it cannot read`,
      `let the default server of ${proxy} pass ${path} on to the app`,
    ),
  401: (path, proxy) =>
    explain(
      'login-required',
      `401 from ${proxy} itself: its password (auth_basic) stands before the health check too`,
      `give ${path} a location of its own with 'auth_basic off;'`,
    ),
  403: (path, proxy) =>
    explain(
      'forbidden',
      `403 from ${proxy} itself, the app was not asked: a deny rule, or a directory without an index`,
      `let ${proxy} pass ${path} on to the app`,
    ),
  404: (path, proxy) =>
    explain(
      'not-found',
      `404 from ${proxy} itself: it does not pass ${path} on to the app`,
      `let the default server of ${proxy} pass ${path} on to the app`,
    ),
};

/** Servers by which Rails is never run. */
const notRails = /gunicorn|uvicorn|hypercorn|daphne|waitress|werkzeug|kestrel|express|php/i;

const statuses: ByStatus<CheckAnswer> = {
  400: () =>
    explain(
      'bad-request',
      '400: the request was refused as malformed; with a host allow-list that is what an unknown Host gets',
      "look for DisallowedHost or the like in the app's log; if it is there, 'eb-hosts init'",
    ),
  401: (_path, answer) => loginRequired(answer),
  403: (_path, answer) => {
    if (/credentials|authenticat|log ?in\b/i.test(answer.body)) return loginRequired(answer);
    const server = `${answer.headers.server} ${answer.headers['x-powered-by']}`;
    if (answer.body.trim() === '' && !notRails.test(server)) {
      return explain(
        'forbidden',
        '403 with an empty page: access denied by the app or the proxy; Rails in production answers an unknown Host so',
        "if the app's log speaks of a blocked host, 'eb-hosts init'; else check a path that is open to all",
      );
    }
    return explain('forbidden', '403: access to the path is denied', 'check a path that is open to all');
  },
  404: (path, answer) => notFound(path, answer),
  405: () =>
    explain(
      'method-not-allowed',
      '405: the path does not answer GET, which is all the load balancer sends',
      'let the health view answer GET',
    ),
  410: (path, answer) => notFound(path, answer),
  421: () =>
    explain(
      'misdirected',
      '421: the server does not serve this Host on this connection',
      'let the default server of the proxy pass the health-check path on to the app',
    ),
  429: () =>
    explain(
      'rate-limited',
      '429: a rate limit counts the checks',
      'exempt the health-check path from the rate limit',
    ),
  502: () =>
    explain(
      'bad-gateway',
      '502: the proxy is up, the app behind it does not answer: it crashed, or listens on another port',
      'read web.stdout.log; the app must listen on $PORT (8000 on Python, 8080 on Node.js, 5000 elsewhere, unless the property PORT says otherwise)',
    ),
  503: () =>
    explain(
      'unavailable',
      '503: the app, or the proxy before it, declares itself unavailable (maintenance, a limit, a failing dependency)',
      'let the health view answer for this process alone, not for the database and everything else it uses',
    ),
  504: () =>
    explain(
      'gateway-timeout',
      '504: the proxy waited for the app in vain',
      'check a path that answers at once, without database or network',
    ),
};

function loginRequired({ status, headers, body }: CheckAnswer): Explanation {
  const basic = /^basic/i.test(headers['www-authenticate'] ?? '') ? ' (HTTP basic authentication)' : '';
  const isRestFramework = /"detail"\s*:/.test(body);
  return explain(
    'login-required',
    `${status}: the path asks for credentials${basic}, and the load balancer has none`,
    `${isRestFramework ? 'open the view (Django REST framework: permission_classes = [AllowAny]), or ' : ''}check a path that needs no login`,
  );
}

function notFound(path: string, { status, body }: CheckAnswer): Explanation {
  if (/<title>Not Found<\/title>/.test(body) && /\bantialiased\b/.test(body)) {
    return explain(
      'not-found',
      `${status}, Laravel's page: there is no route ${path}, or TrustHosts refuses the Host`,
      "ask again with --host and the site's own name: if that gets 200, 'eb-hosts init'; else check a path that exists",
    );
  }
  return explain(
    'not-found',
    `${status}: there is nothing at ${path}`,
    "check a path that exists: 'eb-hosts health-check set /health/', or add that view",
  );
}

function otherStatus(status: number): Explanation {
  if (status >= 500) {
    return explain(
      'server-error',
      `${status}: the app accepted the Host and failed in the view, or already in a middleware`,
      "read the traceback in the app's log",
    );
  }
  return explain(
    'unexpected-status',
    `${status} is not what the matcher admits`,
    'let the health view answer 200',
  );
}

const loginPath = /(?:^|[/_-])(?:log-?in|log_in|sign-?in|sign_in|sso|auth|oauth2?|accounts?)(?:[/_.-]|$)/i;

/** What a redirect says: the load balancer never follows one. */
function explainRedirect(check: HealthCheck, answer: CheckAnswer, sent: string): Explanation {
  const { status } = answer;
  const { location } = answer.headers;
  if (location === undefined) {
    return explain('redirect', `${status}: a redirect that does not say where to`, 'let the path answer 200');
  }
  const [, scheme = check.scheme, authority = sent, path = '', query = ''] =
    /^(?:(https?):)?(?:\/\/([^/?#]*))?([^?#]*)(.*)$/i.exec(location) ?? [];
  const [asked = ''] = check.path.split('?');
  const slashAdded = path === `${asked}/`;
  if (withoutPort(authority) !== withoutPort(sent)) {
    const site = `${scheme.toLowerCase()}://${authority}`;
    return explain(
      'host-redirect',
      `${status} to ${site}: a rule sends every other host name to the site's own`,
      `exempt ${asked} from that rule`,
    );
  }
  if (check.scheme === 'http' && scheme.toLowerCase() === 'https' && (path === asked || slashAdded)) {
    return explain(
      'https-redirect',
      `${status} to https: a rule that sends everyone to TLS takes the health check along, which always comes in plain HTTP`,
      `${exemption(slashAdded ? path : asked, answer)}, or redirect at the load balancer instead`,
    );
  }
  if (slashAdded) {
    return explain(
      'slash-redirect',
      `${status} to ${path}: the path lacks its slash at the end`,
      `check ${path}: 'eb-hosts health-check set ${path}'`,
    );
  }
  if (loginPath.test(path) || /[?&](?:next|return_?to|redirect_?uri)=/i.test(query)) {
    return explain(
      'login-redirect',
      `${status} to ${path}: the path needs a login`,
      'check a path that needs none, a health view of its own for example',
    );
  }
  return explain(
    'redirect',
    `${status} to ${location}: the load balancer does not follow it`,
    'check a path that answers 200 itself',
  );
}

/** How whoever sent the redirect exempts a path. Django's SecurityMiddleware is known by the headers that it adds. */
function exemption(path: string, answer: CheckAnswer): string {
  const { headers, body } = answer;
  const proxy = proxyOf(answer);
  if (proxy !== undefined) return `exempt ${path} in the configuration of ${proxy}`;
  if (body === '' && headers['referrer-policy'] !== undefined && headers['x-content-type-options']) {
    return `exempt the path: SECURE_REDIRECT_EXEMPT = [r"^${path.slice(1).replaceAll('.', '\\.')}$"]`;
  }
  return `exempt ${path} from that rule`;
}

const useHttp = 'set the protocol of the process to HTTP (the load balancer ends TLS), or use http:// here';

const failures: Readonly<Record<CheckFailure, (check: HealthCheck, place: string) => Explanation>> = {
  name: ({ address }) =>
    explain(
      'unknown-name',
      `the name ${address} cannot be resolved`,
      'correct the URL, or give the address itself',
    ),
  unreachable: ({ address }) =>
    explain(
      'unreachable',
      `no route to ${address}`,
      'ask from inside the VPC: a private address cannot be reached from elsewhere',
    ),
  refused: (_, place) =>
    explain(
      'refused',
      `nothing listens on ${place}: the app or the proxy is not running, or on another port`,
      'start it, or correct the port',
    ),
  'connect-timeout': ({ timeoutMilliseconds }, place) =>
    explain(
      'connect-timeout',
      `${place} did not accept a connection within ${timeoutMilliseconds / 1000} s: a firewall or security group drops it, or the machine is down`,
      "let the load balancer's security group reach that port",
    ),
  'handshake-timeout': ({ timeoutMilliseconds }, place) =>
    explain(
      'handshake-timeout',
      `${place} accepts connections, but does not speak TLS: within ${timeoutMilliseconds / 1000} s it said nothing`,
      useHttp,
    ),
  'answer-timeout': ({ timeoutMilliseconds }) =>
    explain(
      'answer-timeout',
      `connected, but no complete answer within ${timeoutMilliseconds / 1000} s`,
      'check a path that answers at once, without database or network; see whether all workers are busy',
    ),
  closed: () =>
    explain(
      'closed',
      'the connection was closed before the answer was complete: a crash, or a proxy told to (nginx: return 444)',
      "read the logs of the app and of the proxy; let the proxy's default server answer an unknown Host",
    ),
  'plain-port': (_, place) =>
    explain('plain-port', `${place} speaks plain HTTP, and was asked for TLS`, useHttp),
  'tls-port': (_, place) =>
    explain(
      'tls-port',
      `${place} speaks TLS, and was asked in plain HTTP`,
      'set the protocol of the process to HTTPS, or use https:// here',
    ),
  tls: (_, place) =>
    explain(
      'tls-handshake',
      `the TLS handshake with ${place} failed`,
      'offer TLS 1.2 or 1.3 without client certificates; the certificate itself is not verified',
    ),
  'not-http': (_, place) =>
    explain(
      'not-http',
      `what ${place} answers is not HTTP`,
      'correct the port: something else listens there',
    ),
};
