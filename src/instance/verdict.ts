import { isIP } from 'node:net';
import type { CheckAnswer, CheckOutcome } from './health-checker.ts';

/** What each verdict says, and the smallest thing to do about it; what stands in braces is filled in. The codes are part
 * of the JSON contract (schemas/probe.json lists them for scripts). */
const texts = {
  'answer-timeout': [
    'connected, but no complete answer within {seconds} s',
    'check a path that answers at once, without database or network; see whether all workers are busy',
  ],
  'bad-gateway': [
    '{status}: the proxy is up, the app behind it does not answer: it crashed, is busy, or listens on another port',
    'read web.stdout.log; the app must listen on $PORT (8000 on Python, 8080 on Node.js, 5000 elsewhere, unless the property PORT says otherwise)',
  ],
  'bad-request': [
    '400: the request was refused as malformed; with a host allow-list that is what an unknown Host gets',
    "look for DisallowedHost or the like in the app's log; if it is there, 'eb-hosts init'",
  ],
  closed: [
    'the connection was closed before the answer was complete: a crash, or a proxy told to (nginx: return 444)',
    "read the logs of the app and of the proxy; let the proxy's default server answer an unknown Host",
  ],
  'connect-timeout': [
    '{place} did not accept a connection within {seconds} s: a firewall or security group drops it, or the machine is down',
    "let the load balancer's security group reach that port",
  ],
  forbidden: [
    '403: access is denied',
    'check a path that is open to all; see with --host whether it is the Host',
  ],
  healthy: ['{status}: the health check passes', null],
  'host-redirect': ["{status} to {to}: a rule sends others to the site's own name", 'exempt {path} from it'],
  'host-refused': ["{status}: {by} refuses Host '{host}'", '{cure}'],
  'host-replaced': [
    "{status}: {by} refuses Host '{named}', while '{host}' was sent: a proxy on the way replaces the Host",
    'let that proxy pass on the Host it was given (nginx: proxy_set_header Host $host)',
  ],
  'https-redirect': [
    '{status} to https: a rule redirects every plain HTTP request, and the health check always comes in plain HTTP',
    '{exemption}, or redirect at the load balancer instead',
  ],
  'login-redirect': ['{status} to {to}: the path needs a login', 'check a path without, a health view'],
  'login-required': ['{status}: the path asks for credentials{how}', 'check a path that needs no login'],
  'masked-refusal': [
    '{refusal}; it counts as healthy only because the matcher admits {status}',
    '{cure}, and set the matcher back to 200',
  ],
  'method-not-allowed': ['405: the path does not answer GET', 'let the health view answer GET'],
  'not-found': [
    '404: there is nothing at {path}',
    "check a path that exists: 'eb-hosts health-check set /health/', or add that view",
  ],
  'not-http': ['{place} answers, but not in plain HTTP', 'correct the port, or ask with https://'],
  redirect: ['{status} to {to}, which the load balancer does not follow', 'check a path that answers 200'],
  refused: ['nothing listens on {place}', 'start the app or the proxy, or correct the port'],
  'server-error': ['{status}: the app failed in the view or a middleware', 'read the traceback in its log'],
  'slash-redirect': ['{status} to {to}: the path lacks its slash', "'eb-hosts health-check set {to}'"],
  'tenant-not-found': [
    "{status}: the app looks for a tenant by host name, and '{host}' belongs to none",
    'answer {path} before the tenant is looked up, in a middleware in front of it',
  ],
  'tls-handshake': [
    'the TLS handshake with {place} failed: it speaks plain HTTP, or only what the load balancer does not',
    'set the protocol of the process to HTTP (here: http://), or offer TLS 1.2 or 1.3 without client certificates',
  ],
  unavailable: [
    '503: the app, or the proxy before it, declares itself unavailable (maintenance, a limit, a failing dependency)',
    'let the health view answer for this process alone, not for the database and everything else it uses',
  ],
  'unexpected-status': ['{status} is not what the matcher admits', 'let the health view answer 200'],
  'unknown-name': ['the name {address} cannot be resolved', 'correct the URL, or give the address itself'],
  unreachable: ['no route to {address}', 'ask from inside the VPC: it cannot be reached from elsewhere'],
} as const satisfies Record<string, readonly [message: string, fix: string | null]>;

export type VerdictCode = keyof typeof texts;
export const verdictCodes = Object.keys(texts) as VerdictCode[];

/** What a load balancer concludes from one check, and what a person should. */
export interface Verdict {
  readonly healthy: boolean;
  readonly code: VerdictCode;
  /** The reason code that the target group would show; null where it is healthy. */
  readonly reason: 'Target.ResponseCodeMismatch' | 'Target.Timeout' | 'Target.FailedHealthChecks' | null;
  /** What it means, in a sentence. */
  readonly message: string;
  /** The smallest thing to do; null if nothing is. */
  readonly fix: string | null;
}

type Explanation = Pick<Verdict, 'code' | 'message' | 'fix'>;

/** What is filled in. `host` was sent, without its port. */
type Values = Readonly<Record<string, string | number> & Record<'host' | 'path' | 'scheme', string>>;

/** @param other texts that know more than the usual ones of this code */
function explain(code: VerdictCode, values: Values, other: { message?: string; fix?: string } = {}) {
  const fill = (text: string) => text.replace(/\{(\w+)\}/g, (_, name: string) => String(values[name]));
  const [message, fix] = texts[code];
  const shown = other.fix ?? fix;
  return { code, message: fill(other.message ?? message), fix: shown === null ? null : fill(shown) };
}

/** Judges one check. Reason codes are those of the Application Load Balancer guide (target-group-health-checks).
 * @param admits whether a status counts as healthy */
export function judge(
  { check, sent, answer, failure }: CheckOutcome,
  admits: (status: number) => boolean,
): Verdict {
  const { address, port, scheme } = check;
  const [path = ''] = check.path.split('?');
  const host = withoutPort(sent?.Host ?? '');
  const seconds = check.timeoutMilliseconds / 1000;
  const about = { address, place: `${address}:${port}`, path, scheme, seconds, host };
  if (answer === null) {
    const reason = failure?.endsWith('-timeout') ? 'Target.Timeout' : 'Target.FailedHealthChecks';
    const codes = { name: 'unknown-name', tls: 'tls-handshake' } as const;
    const code = failure === 'name' || failure === 'tls' ? codes[failure] : (failure ?? 'closed');
    return { healthy: false, reason, ...explain(code, about) };
  }
  const values = { ...about, status: answer.status };
  const refusal = explainRefusal(answer, values);
  if (!admits(answer.status)) {
    const explanation = refusal ?? explainAnswer(answer, values);
    return { healthy: false, reason: 'Target.ResponseCodeMismatch', ...explanation };
  }
  if (refusal === undefined) return { healthy: true, reason: null, ...explain('healthy', values) };
  const masked = { ...values, refusal: refusal.message, cure: refusal.fix ?? '' };
  return { healthy: true, reason: null, ...explain('masked-refusal', masked) };
}

const withoutPort = (host: string): string => host.replace(/:\d+$/, '').toLowerCase();

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

/** By whom the answer says that the host is refused; undefined where it is not the page of a framework's host check. */
export function refusalOf({ status, body }: CheckAnswer) {
  const text = body.replace(/&#(?:x27|0?39);/gi, "'").replace(/&(?:quot|#34);/gi, '"');
  for (const [statuses, page, by, list] of signatures) {
    const match = statuses.includes(status) ? page.exec(text) : null;
    if (match !== null) return { by, list, named: match[1] };
  }
  return undefined;
}

function explainRefusal(answer: CheckAnswer, values: Values): Explanation | undefined {
  const found = refusalOf(answer);
  if (found === undefined) return undefined;
  const { by, list, named } = found;
  const { host } = values;
  if (named !== undefined && withoutPort(named) !== host) {
    return explain('host-replaced', { ...values, by, named });
  }
  let cure = `put '${host}' into ${list}`;
  if (list === null) {
    cure = 'run the production build on an instance: only the development server checks the Host like this';
  } else if (isIP(host.replace(/^\[|\]$/g, '')) !== 0) {
    const flag = list === 'NG_ALLOWED_HOSTS' ? ` --var ${list}` : '';
    cure = `'eb-hosts init${flag}' puts each instance's own address into ${list}`;
  }
  const usually = { message: `{status}: {by}, usually because '{host}' is not in ${list}` };
  return explain('host-refused', { ...values, by, cure }, by === djangoPage ? usually : {});
}

/** The proxy that wrote this page itself, without asking the app. */
function proxyOf({ body }: CheckAnswer): string | undefined {
  const match = /<center>(nginx|openresty)(?:\/[\w.]+)?<\/center>|<address>(Apache)[/ ]/i.exec(body);
  return match?.[1] ?? match?.[2];
}

const codes: Readonly<Record<number, VerdictCode>> = {
  400: 'bad-request',
  401: 'login-required',
  403: 'forbidden',
  404: 'not-found',
  405: 'method-not-allowed',
  502: 'bad-gateway',
  503: 'unavailable',
  504: 'bad-gateway',
};

function explainAnswer(answer: CheckAnswer, values: Values): Explanation {
  const { status, body, headers } = answer;
  if (status >= 300 && status <= 399) return explainRedirect(answer, values);
  if (/no tenant for (?:hostname|domain)|tenant could not be identified|TenantNotFound/i.test(body)) {
    return explain('tenant-not-found', values);
  }
  const code = codes[status] ?? (status >= 500 ? 'server-error' : 'unexpected-status');
  const by = proxyOf(answer);
  if (by !== undefined && status < 500) {
    const open = "give {path} a location of its own with 'auth_basic off;'";
    const passOn = 'let the default server of {by} pass {path} on to the app';
    const message = '{status} from {by} itself: a rule of its configuration answers, the app was not asked';
    return explain(code, { ...values, by }, { message, fix: status === 401 ? open : passOn });
  }
  if (status === 401 || (status === 403 && /credentials|authenticat|log ?in\b/i.test(body))) {
    const how = /^basic/i.test(headers['www-authenticate'] ?? '') ? ' (HTTP basic authentication)' : '';
    const open =
      'open the view (Django REST framework: permission_classes = [AllowAny]), or check a path that needs no login';
    return explain('login-required', { ...values, how }, /"detail"\s*:/.test(body) ? { fix: open } : {});
  }
  return explain(code, values);
}

const loginPath = /(?:^|[/_-])(?:log-?in|log_in|sign-?in|sign_in|sso|auth|oauth2?|accounts?)(?:[/_.-]|$)/i;

/** What a redirect says: the load balancer never follows one. */
function explainRedirect(answer: CheckAnswer, values: Values): Explanation {
  const { location = '(it does not say where)' } = answer.headers;
  const [, scheme = values.scheme, authority = values.host, path = '', query = ''] =
    /^(?:(https?):)?(?:\/\/([^/?#]*))?([^?#]*)(.*)$/i.exec(location) ?? [];
  const slashAdded = path === `${values.path}/`;
  if (withoutPort(authority) !== values.host) {
    return explain('host-redirect', { ...values, to: `${scheme.toLowerCase()}://${authority}` });
  }
  const samePath = path === values.path || slashAdded;
  if (values.scheme === 'http' && scheme.toLowerCase() === 'https' && samePath) {
    return explain('https-redirect', { ...values, exemption: exemptionOf(path, answer) });
  }
  if (slashAdded) return explain('slash-redirect', { ...values, to: path });
  if (loginPath.test(path) || /[?&](?:next|return_?to|redirect_?uri)=/i.test(query)) {
    return explain('login-redirect', { ...values, to: path });
  }
  return explain('redirect', { ...values, to: location });
}

/** How whoever sent the redirect exempts a path. Django's SecurityMiddleware is known by the headers that it adds. */
function exemptionOf(path: string, answer: CheckAnswer): string {
  const { headers, body } = answer;
  if (body === '' && headers['referrer-policy'] !== undefined && headers['x-content-type-options']) {
    return `exempt the path: SECURE_REDIRECT_EXEMPT = [r"^${path.slice(1).replaceAll('.', '\\.')}$"]`;
  }
  const proxy = proxyOf(answer);
  return `exempt ${path} ${proxy === undefined ? 'from that rule' : `in the configuration of ${proxy}`}`;
}
