import { describe, expect, it } from 'vitest';
import type { CheckFailure, HealthCheck } from '../../src/instance/health-checker.ts';
import { judge, type VerdictCode } from '../../src/instance/verdict.ts';

const check: HealthCheck = {
  scheme: 'http',
  address: '10.0.1.5',
  port: 80,
  path: '/up',
  timeoutMilliseconds: 5000,
};

function verdictOn(status: number, body = '', headers: Record<string, string> = {}, host = '10.0.1.5') {
  const answer = { status, headers, body };
  return judge({ check, sent: { Host: host }, answer, failure: null }, (admitted) => admitted === 200);
}

const nginx = (status: string) =>
  `<html>\r\n<body>\r\n<center><h1>${status}</h1></center>\r\n<hr><center>nginx/1.28.0</center>\r\n</body>\r\n</html>`;
const disallowed = (host: string) =>
  `<title>DisallowedHost at /up</title><pre class="exception_value">Invalid HTTP_HOST header: &#x27;${host}&#x27;. You may need to add…</pre>`;
const notLoggedIn = '{"detail":"Authentication credentials were not provided."}';
const django = { 'referrer-policy': 'same-origin', 'x-content-type-options': 'nosniff' };
const toHttps = { location: 'https://10.0.1.5/up' };

describe('the verdict on a page', () => {
  it.each<[number, string, VerdictCode, RegExp, Record<string, string>?]>([
    [
      400,
      disallowed('10.0.1.5'),
      'host-refused',
      /Django.* refuses Host '10\.0\.1\.5'.*init.* ALLOWED_HOSTS/,
    ],
    [400, disallowed('10.0.1.5:8000'), 'host-refused', /init/],
    [400, disallowed('shop_backend'), 'host-replaced', /'shop_backend', while '10\.0\.1\.5' was sent/],
    [400, '<h1>Bad Request (400)</h1>', 'host-refused', /usually because .* ALLOWED_HOSTS/],
    [400, 'Invalid host header', 'host-refused', /Starlette.*init.* allowed_hosts/],
    [400, '<h2>Bad Request - Invalid Hostname</h2>', 'host-refused', /ASP.*init/],
    [400, 'Untrusted Host &quot;10.0.1.5&quot;.', 'host-refused', /Symfony.*init/],
    [400, 'Host &#39;10.0.1.5&#39; is not trusted.', 'host-refused', /Werkzeug.*init/],
    [400, 'URL with hostname "10.0.1.5" is not allowed.', 'host-refused', /init --var NG_ALLOWED_HOSTS/],
    [403, '<h1>Blocked hosts: 10.0.1.5</h1>', 'host-refused', /Rails.*init.* config\.hosts/],
    [403, '<h1>Blocked hosts: app_server</h1>', 'host-replaced', /proxy_set_header/],
    [404, 'Bad hostname provided.', 'host-refused', /Laravel.*init/],
    [
      403,
      'Blocked request. This host ("10.0.1.5") is not allowed.',
      'host-refused',
      /Vite.*production build/,
    ],
    [403, 'Invalid Host header', 'host-refused', /webpack.*production build/],
    [421, 'Invalid Host header', 'host-refused', /webpack.*production build/],
    [404, '<h1>No tenant for hostname "10.0.1.5"</h1>', 'tenant-not-found', /before the tenant/],
    [400, nginx('400 Bad Request'), 'bad-request', /from nginx itself/],
    [403, nginx('403 Forbidden'), 'forbidden', /from nginx itself/],
    [404, nginx('404 Not Found'), 'not-found', /from nginx itself.*pass \/up on/],
    [401, nginx('401 Authorization Required'), 'login-required', /auth_basic off/],
    [502, nginx('502 Bad Gateway'), 'bad-gateway', /must listen on \$PORT/],
    [401, '', 'login-required', /basic authentication/, { 'www-authenticate': 'Basic realm="Staging"' }],
    [401, notLoggedIn, 'login-required', /REST framework/],
    [403, notLoggedIn, 'login-required', /REST framework: permission_classes/],
    [403, '<h1>403 Forbidden</h1>', 'forbidden', /open to all/],
    [403, '', 'forbidden', /open to all/],
    [400, '', 'bad-request', /app's log/],
    [404, '<h1>Not Found</h1>', 'not-found', /nothing at \/up.*health-check set/],
    [405, '', 'method-not-allowed', /GET/],
    [503, '', 'unavailable', /unavailable/],
    [500, '', 'server-error', /traceback/],
    [204, '', 'unexpected-status', /200/],
    [301, '', 'redirect', /does not say where/],
    [302, '', 'redirect', /does not follow/, { location: '/en/' }],
    [302, '', 'login-redirect', /needs a login/, { location: '/accounts/login/?next=/up' }],
    [301, '', 'host-redirect', /to http:\/\/www\.example\.com: /, { location: 'http://www.example.com/up' }],
    [
      301,
      '',
      'host-redirect',
      /to https:\/\/www\.example\.com: /,
      { location: 'https://www.example.com/up' },
    ],
    [301, '', 'host-redirect', /to http:\/\/www\.10\.0\.1\.5: /, { location: 'http://www.10.0.1.5/up' }],
    [308, '', 'https-redirect', /exempt \/up from that rule/, toHttps],
    [301, '', 'https-redirect', /SECURE_REDIRECT_EXEMPT = \[r"\^up\$"\]/, { ...toHttps, ...django }],
    [301, nginx('301 Moved Permanently'), 'https-redirect', /configuration of nginx/, toHttps],
    [301, '', 'slash-redirect', /health-check set \/up\//, { location: '/up/' }],
  ])('%i %s: %s', (status, body, code, words, headers) => {
    const { message, fix, ...verdict } = verdictOn(status, body, headers);
    expect(verdict).toEqual({ healthy: false, code, reason: 'Target.ResponseCodeMismatch' });
    expect(`${message}; ${fix}`).toMatch(words);
  });

  it.each([
    [403, notLoggedIn],
    [403, '<h1>403 Forbidden</h1>'],
    [400, disallowed('shop_backend')],
    [400, nginx('400 Bad Request')],
    [404, nginx('404 Not Found')],
    [404, '<h1>No tenant for hostname "10.0.1.5"</h1>'],
  ])('promises nothing of init where it would not help: %i %s', (status, body) => {
    const { message, fix } = verdictOn(status, body);
    expect(`${message} ${fix}`).not.toMatch(/Rails|init/);
  });

  it('names the list, and not init, where a name was sent and refused', () => {
    expect(verdictOn(400, disallowed('shop.example.com'), {}, 'shop.example.com').fix).toBe(
      "put 'shop.example.com' into ALLOWED_HOSTS",
    );
  });
});

it.each<[CheckFailure, VerdictCode, string]>([
  ['refused', 'refused', 'Target.FailedHealthChecks'],
  ['closed', 'closed', 'Target.FailedHealthChecks'],
  ['answer-timeout', 'answer-timeout', 'Target.Timeout'],
  ['tls', 'tls-handshake', 'Target.FailedHealthChecks'],
  ['name', 'unknown-name', 'Target.FailedHealthChecks'],
])('the verdict on no answer: %s', (failure, code, reason) => {
  expect(judge({ check, sent: null, answer: null, failure }, () => false)).toMatchObject({ code, reason });
});
