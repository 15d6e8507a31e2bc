import { afterAll, beforeAll, expect, it } from 'vitest';
import { createScratch, findFreePort, type Scratch } from '../../src/instance/scratch.ts';
import { describeWithDjango, type Server, startGunicorn, startNginx } from '../instance-emulation/servers.ts';
import { describeWith } from '../support/needs.ts';
import { writeTree } from '../support/scratch.ts';
import { code, probe } from './probing.ts';

const djangoApp = `
import os, time
from django.conf import settings
env = os.environ
settings.configure(
    DEBUG=env.get("DEBUG") == "1", SECRET_KEY="x", ROOT_URLCONF=__name__,
    ALLOWED_HOSTS=env.get("ALLOWED_HOSTS", "example.com").split(","),
    SECURE_SSL_REDIRECT=env.get("SSL") == "1", SECURE_REDIRECT_EXEMPT=[r"^exempt/$"], LOGGING_CONFIG=None,
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions"],
    SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
    MIDDLEWARE=["django.middleware.security.SecurityMiddleware", "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware", "django.contrib.auth.middleware.AuthenticationMiddleware"],
)
import django
django.setup()
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.urls import path
def ok(request): return HttpResponse("ok")
def denied(request): raise PermissionDenied()
def broken(request): raise RuntimeError("broken")
def slow(request): time.sleep(30)
urlpatterns = [path("health/", ok), path("exempt/", ok), path("home/", login_required(ok)), path("denied/", denied),
    path("broken/", broken), path("slow/", slow)]
from django.core.wsgi import get_wsgi_application
application = get_wsgi_application()
`;

describeWithDjango([], 'against Django under gunicorn', (python) => {
  let plain: Server;
  let debug: Server;
  let ssl: Server;
  let scratch: Scratch;
  const address = '10.0.1.5';

  beforeAll(async () => {
    scratch = createScratch('test');
    writeTree(scratch.path, { 'app.py': djangoApp });
    const start = (env: Record<string, string>) => startGunicorn(python, scratch.path, 'app', env);
    [plain, debug, ssl] = await Promise.all([
      start({ ALLOWED_HOSTS: `example.com,${address}` }),
      start({ DEBUG: '1' }),
      start({ SSL: '1', ALLOWED_HOSTS: address }),
    ]);
  });
  afterAll(async () => {
    await Promise.all([plain, debug, ssl].map((server) => server?.stop()));
    scratch?.remove();
  });
  const at = (server: Server, path: string, host = address) =>
    probe(`http://127.0.0.1:${server.port}${path}`, '--host', host);

  it('200 for a host on the list', async () => {
    expect(await at(plain, '/health/')).toMatchObject({ ok: true, answer: { status: 200, body: 'ok' } });
  });

  it('400 for one that is not, with and without DEBUG', async () => {
    const refused = await at(plain, '/health/', '10.0.1.6');
    expect(refused.verdict).toMatchObject({ code: 'host-refused', reason: 'Target.ResponseCodeMismatch' });
    expect(refused.verdict.message).toContain(
      "Django's page for a bad request, usually because '10.0.1.6' is not in ALLOWED_HOSTS",
    );
    expect(refused.verdict.fix).toContain('ALLOWED_HOSTS');
    expect((await at(debug, '/health/')).verdict.message).toContain('Django (DisallowedHost) refuses');
  });

  it.each([
    ['/health', 'slash-redirect', '/health/'],
    ['/home/', 'login-redirect', 'a health view'],
    ['/denied/', 'forbidden', 'open to all'],
    ['/nowhere/', 'not-found', 'health-check set'],
    ['/broken/', 'server-error', 'traceback'],
  ])('%s: %s', async (path, expected, fix) => {
    const { verdict } = await at(plain, path);
    expect(verdict.code).toBe(expected);
    expect(verdict.fix).toContain(fix);
  });

  it('301 by SECURE_SSL_REDIRECT, and the exemption that cures it', async () => {
    const { verdict } = await at(ssl, '/health/');
    expect(verdict).toMatchObject({ code: 'https-redirect' });
    expect(verdict.fix).toContain('SECURE_REDIRECT_EXEMPT = [r"^health/$"]');
    expect((await at(ssl, '/exempt/')).ok).toBe(true);
  });

  it('a view that takes too long', async () => {
    const { verdict } = await probe(
      `http://127.0.0.1:${plain.port}/slow/`,
      '--host',
      address,
      '--timeout',
      '0.3',
    );
    expect(verdict).toMatchObject({ code: 'answer-timeout', reason: 'Target.Timeout' });
  });

  it('TLS asked of its plain port, where it waits for a line that never comes', async () => {
    const url = `https://127.0.0.1:${plain.port}/health/`;
    expect(await code(url, '--timeout', '0.5')).toBe('tls-handshake');
  });
});

describeWith(['nginx', 'openssl'], 'against nginx', () => {
  let plain: Server;
  let tls: Server;

  beforeAll(async () => {
    const dead = await findFreePort();
    plain = await startNginx(`listen 127.0.0.1:PORT;
      location /closed { return 444; }
      location /gone { proxy_pass http://127.0.0.1:${dead}; }
      location /https { return 301 https://$host$request_uri; }
      location /www { return 301 http://www.example.com$request_uri; }
      location / { return 200 "ok"; }`);
    tls = await startNginx(`listen 127.0.0.1:PORT ssl;
      ssl_certificate SCRATCH/cert.pem; ssl_certificate_key SCRATCH/key.pem;
      location / { return 200 "ok"; }`);
  });
  afterAll(() => Promise.all([plain, tls].map((server) => server?.stop())));

  it.each([
    ['/', 'healthy'],
    ['/closed', 'closed'],
    ['/gone', 'bad-gateway'],
    ['/https', 'https-redirect'],
    ['/www', 'host-redirect'],
  ])('%s: %s', async (path, expected) => {
    expect(await code(`http://127.0.0.1:${plain.port}${path}`)).toBe(expected);
  });

  it('TLS, with a certificate that nobody vouches for', async () => {
    expect(await code(`https://127.0.0.1:${tls.port}/`)).toBe('healthy');
    expect(await code(`https://127.0.0.1:${plain.port}/`)).toBe('tls-handshake');
  });

  it('plain HTTP at its TLS port', async () => {
    expect(await code(`http://127.0.0.1:${tls.port}/`)).toBe('bad-request');
  });
});
