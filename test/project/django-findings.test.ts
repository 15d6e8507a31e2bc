import { describe, expect, it } from 'vitest';
import { readDjango } from '../../src/project/django/django.ts';
import { snapshotOf } from '../support/snapshot.ts';
import { env, type Files, manage, os, read, wsgi } from './django-projects.ts';

describe('what the settings get wrong', () => {
  const codes = (text: string, files: Files = {}, healthPath?: string) => {
    const all = { 'site/wsgi.py': wsgi('site.settings'), 'site/settings.py': text, ...files };
    return readDjango(snapshotOf(all), { healthPath }).findings;
  };
  const security =
    'MIDDLEWARE = ["django.middleware.security.SecurityMiddleware"]\nALLOWED_HOSTS = ["a.com"]\n';
  const urls = {
    'site/urls.py':
      'from django.urls import path\nurlpatterns = [path("health/", None), path("plain", None)]\n',
  };

  it.each([
    ['hosts-wildcard', 'ALLOWED_HOSTS = ["*"]\n', 1],
    ['hosts-empty', 'X = 1\nALLOWED_HOSTS = []\n', 2],
    ['hosts-literal', 'ALLOWED_HOSTS = ["a.com"]\n', 1],
    ['hosts-file', 'import json\nALLOWED_HOSTS = json.load(open("hosts.json"))\n', 2],
    [
      'settings-metadata',
      'ALLOWED_HOSTS = ["a.com"]\nINSTALLED_APPS = [\n    "ebhealthcheck.apps.EBHealthCheckConfig",\n]\n',
      3,
    ],
    ['hosts-unknown', 'import corporate\nALLOWED_HOSTS = corporate.hosts()\n', 2],
    ['hosts-default-wildcard', `${os}ALLOWED_HOSTS = os.environ.get("A", "*").split(",")\n`, 2],
    ['hosts-separator', `${os}ALLOWED_HOSTS = os.environ.get("A", "").split("|")\n`, 2],
    ['hosts-bad-entry', 'ALLOWED_HOSTS = ["https://a.com"]\n', 1],
    ['hosts-bad-entry', 'ALLOWED_HOSTS = ["*.a.com"]\n', 1],
    ['hosts-bad-entry', 'ALLOWED_HOSTS = ["172.31.*.*"]\n', 1],
    ['hosts-bad-entry', 'ALLOWED_HOSTS = ["172.31.4.5"]\n', 1],
    ['hosts-bad-entry', 'ALLOWED_HOSTS = ["a.com:8000"]\n', 1],
    ['hosts-bad-entry', 'ALLOWED_HOSTS = [" a.com"]\n', 1],
    ['settings-unparsable', 'ALLOWED_HOSTS = ["a.com"]\nX = = 1\n', 2],
    [
      'settings-metadata',
      'import requests\nALLOWED_HOSTS = ["a.com"]\nIP = requests.get("http://169.254.169.254/latest/meta-data/local-ipv4").text\n',
      3,
    ],
    [
      'settings-metadata',
      'from ec2_metadata import ec2_metadata\nALLOWED_HOSTS = [ec2_metadata.private_ipv4]\n',
      1,
    ],
    ['hosts-own-address', 'import socket\nALLOWED_HOSTS = [socket.gethostbyname(socket.gethostname())]\n', 2],
    ['first-host-used', `${env('A')}SITE = "https://" + ALLOWED_HOSTS[0]\n`, 3],
    ['dotenv-overrides', `from dotenv import load_dotenv\nload_dotenv(override=True)\n${env('A')}`, 2],
    [
      'tenant-middleware',
      'ALLOWED_HOSTS = []\nMIDDLEWARE = ["django_tenants.middleware.main.TenantMainMiddleware"]\n',
      2,
    ],
    ['health-middleware', 'ALLOWED_HOSTS = []\nMIDDLEWARE = ["app.middleware.HealthCheckMiddleware"]\n', 2],
    [
      'login-required-root',
      'ALLOWED_HOSTS = []\nMIDDLEWARE = ["django.contrib.auth.middleware.LoginRequiredMiddleware"]\n',
      2,
    ],
    ['ssl-redirect-health-check', `${security}SECURE_SSL_REDIRECT = True\n`, 3],
    ['ssl-redirect-health-check', `${os}${security}SECURE_SSL_REDIRECT = not os.environ.get("DEBUG")\n`, 4],
  ])('%s', (code, text, line) => {
    expect(codes(text)).toContainEqual(expect.objectContaining({ code, file: 'site/settings.py', line }));
  });

  it.each([
    ['settings-metadata', 'ALLOWED_HOSTS = ["a.com"]\n# http://169.254.169.254/latest\n'],
    ['hosts-bad-entry', 'ALLOWED_HOSTS = ["a.com", ".b.com", "127.0.0.1", "[::1]", "localhost"]\n'],
    ['ssl-redirect-health-check', `${security}SECURE_SSL_REDIRECT = False\n`],
    ['ssl-redirect-health-check', `DEBUG = True\n${security}SECURE_SSL_REDIRECT = DEBUG\n`],
    [
      'ssl-redirect-health-check',
      `${security}SECURE_SSL_REDIRECT = True\nSECURE_REDIRECT_EXEMPT = [r"^$"]\n`,
    ],
    ['ssl-redirect-health-check', 'ALLOWED_HOSTS = []\nMIDDLEWARE = []\nSECURE_SSL_REDIRECT = True\n'],
    ['dotenv-overrides', `from dotenv import load_dotenv\nload_dotenv()\n${env('A')}`],
    [
      'tenant-middleware',
      'ALLOWED_HOSTS = []\nMIDDLEWARE = ["tenant_schemas.middleware.DefaultTenantMiddleware", "django_hosts.middleware.HostsRequestMiddleware"]\n',
    ],
    [
      'tenant-middleware',
      'ALLOWED_HOSTS = []\nSHOW_PUBLIC_IF_NO_TENANT_FOUND = True\nMIDDLEWARE = ["django_tenants.middleware.main.TenantMainMiddleware"]\n',
    ],
  ])('not %s', (code, text) => {
    expect(codes(text).map((finding) => finding.code)).not.toContain(code);
  });

  describe('against what the health check asks for', () => {
    const middleware = (...names: string[]) =>
      `ALLOWED_HOSTS = ["a.com"]\nMIDDLEWARE = ${JSON.stringify(names)}\n`;
    const django = (name: string) => `django.${name}`;
    const securityName = django('middleware.security.SecurityMiddleware');
    const loginName = django('contrib.auth.middleware.LoginRequiredMiddleware');
    const redirect = `${security}SECURE_SSL_REDIRECT = True\n`;
    const answering = (path: string) => ({
      'core/middleware.py': `class Alive:\n    def __call__(self, request):\n        if request.path == "${path}":\n            return "ok"\n`,
    });
    const findingsOf = (text: string, files: Files, path: string, statuses: readonly number[] = [200]) => {
      const all = { 'site/wsgi.py': wsgi('site.settings'), 'site/settings.py': text, ...files };
      const hints = { healthPath: path, admits: (status: number) => statuses.includes(status) };
      return readDjango(snapshotOf(all), hints).findings.map(({ code }) => code);
    };

    it.each([
      ['a matcher that takes 301', redirect, {}, '/', [200, 301], 'ssl-redirect-health-check'],
      [
        'a middleware before it that answers',
        `${middleware('core.middleware.Alive', securityName)}SECURE_SSL_REDIRECT = True\n`,
        answering('/health/'),
        '/health/',
        [200],
        'ssl-redirect-health-check',
      ],
      ['a matcher that takes 302', middleware(loginName), {}, '/', [200, 302], 'login-required-root'],
      [
        'a path that is exempt',
        `${middleware('app.LoginRequiredMiddleware')}LOGIN_EXEMPT_URLS = [r"^health/$"]\n`,
        {},
        '/health/',
        [200],
        'login-required-root',
      ],
      [
        'a view that is open to all',
        middleware(loginName),
        { 'core/views.py': '@login_not_required\ndef health(request):\n    pass\n' },
        '/health/',
        [200],
        'login-required-root',
      ],
      [
        'no middleware that appends slashes',
        `${middleware(securityName)}ROOT_URLCONF = "site.urls"\n`,
        urls,
        '/health',
        [200],
        'append-slash',
      ],
      [
        'tenants told by the user',
        middleware('core.middleware.TenantMiddleware'),
        {
          'core/middleware.py':
            'class TenantMiddleware:\n    def __call__(self, request):\n        request.tenant = request.user.tenant\n',
        },
        '/',
        [200],
        'tenant-middleware',
      ],
      [
        'a subdomain that is only noted',
        middleware('core.middleware.SubdomainMiddleware'),
        {
          'core/middleware.py':
            'from django.shortcuts import redirect\n\nclass SubdomainMiddleware:\n    # raise nothing\n    def __call__(self, request):\n        request.subdomain = request.get_host()\n        return self.get_response(request)\n\nclass Other:\n    def __call__(self, request):\n        return redirect("/")\n',
        },
        '/',
        [200],
        'tenant-middleware',
      ],
      [
        'a message beside a redirect of others',
        middleware('core.middleware.LoginRequiredMessageMiddleware'),
        {
          'core/middleware.py':
            'class LoginRequiredMessageMiddleware(MiddlewareMixin):\n    def process_response(self, request, response):\n        if response.status_code == 302:\n            messages.warning(request, "log in")\n        return response\n',
        },
        '/',
        [200],
        'login-required-root',
      ],
    ] as const)('%s: nothing is wrong', (_, text, files, path, statuses, code) => {
      expect(findingsOf(text, files, path, statuses)).not.toContain(code);
    });

    it.each([
      [
        'a middleware behind it',
        `${middleware(securityName, 'core.middleware.Alive')}SECURE_SSL_REDIRECT = True\n`,
        answering('/health/'),
        '/health/',
        'ssl-redirect-health-check',
      ],
      [
        'another exempt path',
        `${middleware('app.LoginRequiredMiddleware')}LOGIN_EXEMPT_URLS = [r"^health/$", ""]\n`,
        {},
        '/status/',
        'login-required-root',
      ],
      [
        'tenants told by the host',
        middleware('core.middleware.TenantMiddleware'),
        {
          'core/middleware.py':
            'class TenantMiddleware:\n    def __call__(self, request):\n        request.tenant = get_object_or_404(Tenant, host=request.get_host())\n',
        },
        '/',
        'tenant-middleware',
      ],
      [
        'a class of the project that inherits what it does',
        middleware('core.middleware.LoginRequiredMiddleware'),
        { 'core/middleware.py': 'class LoginRequiredMiddleware(Base):\n    pass\n' },
        '/',
        'login-required-root',
      ],
      [
        'a function of the project',
        middleware('core.middleware.login_required_middleware'),
        {
          'core/middleware.py':
            'def login_required_middleware(get_response):\n    def middleware(request):\n        return redirect("/login")\n    return middleware\n',
        },
        '/',
        'login-required-root',
      ],
    ] as const)('%s: it is', (_, text, files, path, code) => {
      expect(findingsOf(text, files, path)).toContain(code);
    });
  });

  it.each([
    [
      'urlopen',
      'from urllib.request import urlopen\nALLOWED_HOSTS = [urlopen("http://169.254.169.254/latest/meta-data/local-ipv4").read()]\n',
      /401 is raised.*bytes/,
    ],
    [
      'a decoded answer of urlopen',
      'from urllib.request import urlopen\nALLOWED_HOSTS = [urlopen("http://169.254.169.254/latest/meta-data/local-ipv4", timeout=1).read().decode()]\n',
      /401 is raised as an error$/,
    ],
    [
      'a status that is looked at',
      'import requests\nanswer = requests.get("http://169.254.169.254/latest/meta-data/local-ipv4", timeout=1)\nALLOWED_HOSTS = [answer.text] if answer.ok else []\n',
      /it gets no address$/,
    ],
  ])('says how %s fails where a token is wanted', (_, text, expected) => {
    expect(codes(text).find(({ code }) => code === 'settings-metadata')?.message).toMatch(expected);
  });

  it("tells of ECS that the address is the container's", () => {
    const text =
      'import os, requests\nALLOWED_HOSTS = ["a.com"]\nuri = os.environ.get("ECS_CONTAINER_METADATA_URI_V4")\n';
    const message = codes(text).find(({ code }) => code === 'settings-metadata')?.message ?? '';
    expect(message).toMatch(/container's address/);
    expect(message).not.toMatch(/IMDSv2/);
  });

  it('says which ways of asking the metadata service fail', () => {
    const text =
      'import os, requests\nALLOWED_HOSTS = ["a.com"]\nif os.path.exists("/sys/hypervisor/uuid"):\n    ALLOWED_HOSTS.append(requests.get("http://169.254.169.254/latest/meta-data/local-ipv4").text)\n';
    const message = codes(text).find(({ code }) => code === 'settings-metadata')?.message ?? '';
    expect(message).toMatch(/IMDSv2/);
    expect(message).toMatch(/Nitro/);
    expect(message).toMatch(/time-out/);
  });

  it.each([
    ['/health', 'append-slash', true],
    ['/health/', 'append-slash', false],
    ['/plain', 'append-slash', false],
  ])('asked for %s: %s %s', (path, code, expected) => {
    const text = 'ROOT_URLCONF = "site.urls"\nALLOWED_HOSTS = ["a.com"]\n';
    expect(codes(text, urls, path).some((finding) => finding.code === code)).toBe(expected);
  });

  it('takes the exemption of the path that is asked for', () => {
    const text = `${security}SECURE_SSL_REDIRECT = True\nSECURE_REDIRECT_EXEMPT = [r"^health/$"]\n`;
    expect(codes(text, {}, '/health/').map(({ code }) => code)).not.toContain('ssl-redirect-health-check');
    expect(codes(text, {}, '/').map(({ code }) => code)).toContain('ssl-redirect-health-check');
  });

  it('misses the settings of a project that has none', () => {
    const { isDjango, findings } = read({
      'manage.py': `from django.core import management\n${manage('gone.settings')}`,
    });
    expect(isDjango).toBe(true);
    expect(findings.map(({ code }) => code)).toEqual(['settings-not-found']);
  });

  it('takes no settings of a crawler for those of a site that lacks its own', () => {
    const files = {
      'manage.py': `from django.core import management\n${manage('site.settings')}`,
      'site/urls.py': '',
      'crawler/django_settings.py': 'ALLOWED_HOSTS = ["a.com"]\n',
    };
    expect(read(files).findings.map(({ code }) => code)).toEqual(['settings-not-found']);
    const renamed = { ...files, 'manage.py': manage('gone.settings') };
    expect(read(renamed).governingModule).toBe('crawler/django_settings.py');
  });

  it('names a settings module that is not deployed, and one that is guessed', () => {
    const files = {
      Procfile: 'web: DJANGO_SETTINGS_MODULE=gone gunicorn x\n',
      'site/settings.py': 'ALLOWED_HOSTS = ["a.com"]\n',
    };
    const found = readDjango(snapshotOf(files)).findings.map(({ code }) => code);
    expect(found).toEqual(expect.arrayContaining(['settings-module-missing', 'settings-module-guessed']));
  });
});
