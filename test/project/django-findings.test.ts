import { describe, expect, it } from 'vitest';
import { readDjango } from '../../src/project/django/django.ts';
import { snapshotOf } from '../support/snapshot.ts';
import { env, type Files, manage, os, read, wsgi } from './django-projects.ts';

const project = (settings: string, files: Files = {}) =>
  snapshotOf({ 'site/wsgi.py': wsgi('site.settings'), 'site/settings.py': settings, ...files });
const findingsOf = (settings: string, files: Files = {}, healthPath?: string) =>
  readDjango(project(settings, files), { healthPath }).findings;

describe('what the settings get wrong', () => {
  it.each([
    ['hosts-wildcard', 'info', 'ALLOWED_HOSTS = ["*"]\n', 1],
    ['hosts-empty', 'warning', 'X = 1\nALLOWED_HOSTS = []\n', 2],
    ['hosts-literal', 'info', 'ALLOWED_HOSTS = ["a.com"]\n', 1],
    ['hosts-not-a-list', 'warning', `${os}ALLOWED_HOSTS = os.environ.get("HOSTS", "a.com")\n`, 2],
    ['hosts-file', 'info', 'import json\nALLOWED_HOSTS = json.load(open("hosts.json"))\n', 2],
    ['hosts-unknown', 'info', 'import corporate\nALLOWED_HOSTS = corporate.hosts()\n', 2],
    ['hosts-default-wildcard', 'info', `${os}ALLOWED_HOSTS = os.environ.get("A", "*").split(",")\n`, 2],
    ['hosts-separator', 'info', `${os}ALLOWED_HOSTS = os.environ.get("A", "").split("|")\n`, 2],
    ['hosts-bad-entry', 'warning', 'ALLOWED_HOSTS = ["https://a.com"]\n', 1],
    ['hosts-bad-entry', 'warning', 'ALLOWED_HOSTS = ["*.a.com"]\n', 1],
    ['hosts-bad-entry', 'warning', 'ALLOWED_HOSTS = ["172.31.*.*"]\n', 1],
    ['hosts-bad-entry', 'warning', 'ALLOWED_HOSTS = ["172.31.4.5"]\n', 1],
    ['hosts-bad-entry', 'warning', 'ALLOWED_HOSTS = ["a.com:8000"]\n', 1],
    ['hosts-bad-entry', 'warning', 'ALLOWED_HOSTS = [" a.com"]\n', 1],
    ['settings-unparsable', 'info', 'ALLOWED_HOSTS = ["a.com"]\nX = = 1\n', 2],
    [
      'settings-metadata',
      'info',
      'import requests\nALLOWED_HOSTS = ["a.com"]\nIP = requests.get("http://169.254.169.254/latest/meta-data/local-ipv4").text\n',
      3,
    ],
    [
      'settings-metadata',
      'info',
      'ALLOWED_HOSTS = ["a.com"]\nINSTALLED_APPS = [\n    "ebhealthcheck.apps.EBHealthCheckConfig",\n]\n',
      3,
    ],
    [
      'hosts-own-address',
      'info',
      'import socket\nALLOWED_HOSTS = [socket.gethostbyname(socket.gethostname())]\n',
      2,
    ],
    ['first-host-used', 'info', `${env('A')}SITE = "https://" + ALLOWED_HOSTS[0]\n`, 3],
    [
      'tenant-middleware',
      'warning',
      'ALLOWED_HOSTS = []\nMIDDLEWARE = ["django_tenants.middleware.main.TenantMainMiddleware"]\n',
      2,
    ],
    [
      'health-middleware',
      'info',
      'ALLOWED_HOSTS = []\nMIDDLEWARE = ["easy_health_check.middleware.HealthCheckMiddleware"]\n',
      2,
    ],
  ])('%s (%s): %j', (code, severity, text, line) => {
    expect(findingsOf(text)).toContainEqual(
      expect.objectContaining({ code, severity, file: 'site/settings.py', line }),
    );
  });

  it.each([
    ['settings-metadata', 'ALLOWED_HOSTS = ["a.com"]\n# http://169.254.169.254/latest\n'],
    ['hosts-bad-entry', 'ALLOWED_HOSTS = ["a.com", ".b.com", "127.0.0.1", "[::1]", "localhost"]\n'],
    [
      'tenant-middleware',
      'ALLOWED_HOSTS = []\nMIDDLEWARE = ["tenant_schemas.middleware.DefaultTenantMiddleware", "core.middleware.TenantMiddleware"]\n',
    ],
    [
      'tenant-middleware',
      'ALLOWED_HOSTS = []\nSHOW_PUBLIC_IF_NO_TENANT_FOUND = True\nMIDDLEWARE = ["django_tenants.middleware.main.TenantMainMiddleware"]\n',
    ],
  ])('not %s: %j', (code, text) => {
    expect(findingsOf(text).map((finding) => finding.code)).not.toContain(code);
  });

  it.each([
    ['holds the variable', { '.env': 'A=b.com\n' }, true],
    ['holds another', { '.env': 'DEBUG=off\n' }, false],
    ['is not there', {}, false],
  ])('a .env file that overrides the environment and %s', (_, files, expected) => {
    const text = `from dotenv import load_dotenv\nload_dotenv(override=True)\n${env('A')}`;
    const found = findingsOf(text, files).filter(({ code }) => code === 'dotenv-overrides');
    expect(found.map(({ severity, line }) => [severity, line])).toEqual(expected ? [['warning', 2]] : []);
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

const django = {
  security: 'django.middleware.security.SecurityMiddleware',
  common: 'django.middleware.common.CommonMiddleware',
  locale: 'django.middleware.locale.LocaleMiddleware',
  login: 'django.contrib.auth.middleware.LoginRequiredMiddleware',
};
const settings = (middleware: readonly string[], rest = '') =>
  `ALLOWED_HOSTS = ["a.com"]\nROOT_URLCONF = "site.urls"\nMIDDLEWARE = ${JSON.stringify(middleware)}\n${rest}`;
const usual = [django.security, django.common];
const healthFirst = ['core.health.Health', ...usual];
const healthLast = [...usual, 'core.health.Health'];
const ssl = 'SECURE_SSL_REDIRECT = True\n';
const http = 'from django.http import HttpResponse\n';

/** A urlconf with these patterns; without any that of a site with a home page and a health endpoint. */
const urls = (patterns = 'path("", views.home), path("health/", views.health)', imports = '') => ({
  'site/urls.py': `from django.urls import include, path\nfrom core import views\n${imports}urlpatterns = [${patterns}]\n`,
});
const view = (text: string) => ({ 'core/views.py': text });
const plain = {
  ...urls(),
  ...view(`${http}def health(request):\n    return HttpResponse("ok")\ndef home(request):\n    pass\n`),
};
/** A middleware of the project with these lines before it passes the request on. */
const middleware = (lines: string, imports = http) => ({
  ...plain,
  'core/health.py': `${imports}class Health:\n    def __init__(self, get_response):\n        self.get_response = get_response\n    def __call__(self, request):\n${lines}        return self.get_response(request)\n`,
});
const answering = (condition: string) =>
  middleware(`        if ${condition}:\n            return HttpResponse("ok")\n`);
const api = (text: string, patterns?: string) => ({
  ...urls(patterns),
  ...view(
    `from rest_framework.decorators import api_view, permission_classes\nfrom rest_framework.permissions import AllowAny, IsAuthenticated\nfrom rest_framework.views import APIView\n${text}`,
  ),
});
const apiView = (decorator: string) =>
  api(`@api_view(["GET"])\n${decorator}def health(request):\n    pass\n`);
const apiClass = (body: string) =>
  api(
    `class Health(APIView):\n${body}    def get(self, request):\n        pass\n`,
    'path("health/", views.Health.as_view())',
  );
const rest = (permission: string) =>
  settings(
    usual,
    `REST_FRAMEWORK = {"DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.${permission}"]}\n`,
  );

/** What is asked: `/health/`, unless told; null is `/`, which no file sets. */
type Case = [title: string, text: string, files: Files, path?: string | null];

const get = (
  text: string,
  files: Files,
  path: string | null = '/health/',
  statuses: readonly number[] = [200],
) => {
  const hints = { healthPath: path ?? undefined, admits: (status: number) => statuses.includes(status) };
  const { healthCheck, findings } = readDjango(project(text, files), hints);
  return { kind: healthCheck.kind, warnings: findings.filter(({ severity }) => severity !== 'info') };
};

describe('a health check that is answered before anything looks at the host', () => {
  const own = settings(healthFirst);
  it.each<Case>([
    ['the path', own, answering('request.path == "/health/"')],
    [
      'the path without its slash',
      settings(healthFirst, ssl),
      answering('request.path.rstrip("/") == "/health"'),
    ],
    ['one of several paths', own, answering('request.path_info in ("/ping", "/health/")')],
    [
      'a path of the settings',
      settings(healthFirst, 'HEALTH = "/health/"\n'),
      middleware(
        '        if request.path == settings.HEALTH:\n            return HttpResponse("ok")\n',
        `from django.conf import settings\n${http}`,
      ),
    ],
    [
      "the load balancer's name",
      own,
      answering('request.META.get("HTTP_USER_AGENT", "").startswith("ELB-")'),
    ],
    [
      'a function',
      settings(['core.health.alive', ...usual]),
      {
        'core/health.py':
          'from django.http import JsonResponse\ndef alive(get_response):\n    def middleware(request):\n        if request.path.startswith("/health"):\n            return JsonResponse({})\n        return get_response(request)\n    return middleware\n',
      },
    ],
    [
      'process_request',
      own,
      {
        'core/health.py': `${http}from django.utils.deprecation import MiddlewareMixin\nclass Health(MiddlewareMixin):\n    def process_request(self, request):\n        if request.path == "/health/":\n            return HttpResponse("ok")\n`,
      },
    ],
    ['one of a library', settings(['easy_health_check.middleware.HealthCheckMiddleware', ...usual]), plain],
  ])('%s', (_, text, files) => {
    expect(get(text, files)).toEqual({ kind: 'exempt', warnings: [] });
  });

  it('names what answers', () => {
    const { healthCheck } = readDjango(project(own, answering('request.path == "/health/"')), {
      healthPath: '/health/',
    });
    expect(healthCheck).toMatchObject({ kind: 'exempt', file: 'core/health.py', line: 2 });
  });

  it('is said to come too late where it does', () => {
    const snapshot = project(settings(healthLast), answering('request.path == "/health/"'));
    const { healthCheck, findings } = readDjango(snapshot, { healthPath: '/health/' });
    expect(healthCheck.kind).toBe('refused-before-host');
    const late = findings.find(({ code }) => code === 'exemption-too-late');
    expect(late).toMatchObject({ severity: 'info', file: 'core/health.py', line: 2 });
    expect(late?.message).toMatch(/behind CommonMiddleware, which looks at the host first/);
  });
});

describe('a health check that nothing stands in the way of', () => {
  it.each<Case>([
    ['a plain view', settings(usual), plain],
    ['a middleware for another path', settings(healthFirst), answering('request.path == "/healthz"')],
    [
      'a middleware that looks at the host itself',
      settings(healthFirst),
      answering('request.get_host() and request.path == "/health/"'),
    ],
    [
      'a middleware that only notes the path',
      settings(healthFirst),
      middleware('        if request.path == "/health/":\n            request.quiet = True\n'),
    ],
    ['a route for the default path', settings(usual), plain, null],
    [
      'a urlconf that cannot be read completely',
      settings(usual),
      urls('path("api/", views.home), *router.urls', 'from api import router\n'),
      null,
    ],
    ['no urlconf', 'ALLOWED_HOSTS = ["a.com"]\n', {}, null],
    [
      'HTTPS by a variable',
      `${os}${settings(usual, 'SECURE_SSL_REDIRECT = os.environ.get("SSL") == "1"\n')}`,
      plain,
    ],
    ['an exempt path', settings(usual, `${ssl}SECURE_REDIRECT_EXEMPT = [r"^health/$"]\n`), plain],
    ['no SecurityMiddleware', settings([django.common], ssl), plain],
    ['APPEND_SLASH off', settings(usual, 'APPEND_SLASH = False\n'), plain, '/health'],
    ['no CommonMiddleware', settings([django.security]), plain, '/health'],
    [
      'a view that needs no login',
      settings([...usual, django.login]),
      {
        ...urls(),
        ...view(
          'from django.contrib.auth.decorators import login_not_required\n@login_not_required\ndef health(request):\n    pass\n',
        ),
      },
    ],
    ['@api_view, open by itself', rest('IsAuthenticated'), apiView('@permission_classes([AllowAny])\n')],
    ['@api_view, open by default', rest('IsAuthenticatedOrReadOnly'), apiView('')],
    ['a plain view beside a closed API', rest('IsAuthenticated'), plain],
    ['an APIView that is open', rest('IsAuthenticated'), apiClass('    permission_classes = [AllowAny]\n')],
    ['an APIView without permissions', rest('IsAuthenticated'), apiClass('    permission_classes = []\n')],
  ])('%s', (_, text, files, path) => {
    expect(get(text, files, path)).toEqual({ kind: 'none', warnings: [] });
  });
});

type Told = [kind: string, code: string, fix?: RegExp];

describe('a health check that gets something else than 200', () => {
  const i18n = (options: string) => ({
    'site/urls.py': `from django.conf.urls.i18n import i18n_patterns\nfrom django.urls import path\nfrom core import views\nurlpatterns = i18n_patterns(path("", views.home)${options})\n`,
  });
  const httpsTo = (pattern: string): Told => [
    'redirect',
    'ssl-redirect-health-check',
    new RegExp(`\\[r'\\^${pattern}\\$'\\]`),
  ];
  const login: Told = ['login', 'health-check-login'];
  const closed: Told = ['login', 'health-check-login', /AllowAny/];

  it.each<[Case, Told]>([
    [
      ['no route for the default path', settings(usual), urls('path("api/", views.home)'), null],
      ['none', 'health-path-not-found', /--health-check-path/],
    ],
    [['HTTPS', settings(usual, ssl), plain], httpsTo('health\\/')],
    [['HTTPS, the default path', settings(usual, ssl), plain, null], httpsTo('')],
    [
      [
        'HTTPS by a variable that production has off',
        `${os}${settings(usual, 'SECURE_SSL_REDIRECT = not os.environ.get("DEBUG")\n')}`,
        plain,
      ],
      httpsTo('health\\/'),
    ],
    [
      ['HTTPS, another path exempt', settings(usual, `${ssl}SECURE_REDIRECT_EXEMPT = [r"^x/$"]\n`), plain],
      httpsTo('health\\/'),
    ],
    [
      ['no slash', settings(usual), plain, '/health'],
      ['redirect', 'append-slash', /--health-check-path \/health\//],
    ],
    [
      ['no slash and HTTPS: one advice', settings(usual, ssl), plain, '/health'],
      ['redirect', 'ssl-redirect-health-check', /--health-check-path \/health\/, and .*\[r'\^health\/\$'\]/],
    ],
    [
      ['PREPEND_WWW', settings(usual, 'PREPEND_WWW = True\n'), plain],
      ['redirect', 'health-check-redirect'],
    ],
    [
      [
        'a RedirectView',
        settings(usual),
        urls(
          'path("", RedirectView.as_view(url="/shop/"))',
          'from django.views.generic import RedirectView\n',
        ),
        null,
      ],
      ['redirect', 'health-check-redirect', /--health-check-path/],
    ],
    [
      ['i18n_patterns', settings([django.locale, ...usual]), i18n(''), null],
      ['redirect', 'health-check-redirect'],
    ],
    [
      [
        '@login_required',
        settings(usual),
        {
          ...urls(),
          ...view(
            'from django.contrib.auth.decorators import login_required\n@login_required\ndef health(request):\n    pass\n',
          ),
        },
      ],
      login,
    ],
    [
      [
        'login_required() in the urlconf',
        settings(usual),
        {
          ...plain,
          ...urls(
            'path("health/", login_required(views.health))',
            'from django.contrib.auth.decorators import login_required\n',
          ),
        },
      ],
      login,
    ],
    [
      [
        'LoginRequiredMixin',
        settings(usual),
        {
          ...urls('path("health/", views.Health.as_view())'),
          ...view(
            'from django.contrib.auth.mixins import LoginRequiredMixin\nfrom django.views import View\nclass Health(LoginRequiredMixin, View):\n    pass\n',
          ),
        },
      ],
      login,
    ],
    [['LoginRequiredMiddleware', settings([...usual, django.login]), plain], login],
    [['@api_view, closed by default', rest('IsAuthenticated'), apiView('')], closed],
    [
      ['@api_view, closed by itself', settings(usual), apiView('@permission_classes([IsAuthenticated])\n')],
      closed,
    ],
    [['an APIView', rest('IsAuthenticated'), apiClass('')], closed],
  ])('%s', ([, text, files, path], [kind, code, fix = /./]) => {
    const found = get(text, files, path);
    expect(found.kind).toBe(kind);
    expect(found.warnings).toEqual([expect.objectContaining({ code, fix: expect.stringMatching(fix) })]);
  });

  it('is healthy where the matcher takes that status', () => {
    expect(get(settings(usual, ssl), plain, '/health/', [200, 301]).warnings).toEqual([]);
    expect(get(settings([...usual, django.login]), plain, '/health/', [200, 302]).warnings).toEqual([]);
  });

  it('is no redirect where the default language has no prefix', () => {
    const files = i18n(', prefix_default_language=False');
    expect(get(settings([django.locale, ...usual]), files, null)).toEqual({ kind: 'none', warnings: [] });
  });
});
