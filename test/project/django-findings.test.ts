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
const urls = (patterns: string, imports = '') => ({
  'site/urls.py': `from django.urls import include, path\nfrom core import views\n${imports}urlpatterns = [${patterns}]\n`,
});
const health = 'path("", views.home), path("health/", views.health)';
const views = (text: string) => ({ 'core/views.py': text });
const plainView = views(
  'from django.http import HttpResponse\ndef health(request):\n    return HttpResponse("ok")\ndef home(request):\n    pass\n',
);
const own = (body: string, imports = 'from django.http import HttpResponse\n') => ({
  'core/health.py': `${imports}class Health:\n    def __init__(self, get_response):\n        self.get_response = get_response\n    def __call__(self, request):\n${body}        return self.get_response(request)\n`,
});
const answers = (condition: string) =>
  own(`        if ${condition}:\n            return HttpResponse("ok")\n`);
const redirect = 'SECURE_SSL_REDIRECT = True\n';

interface Case {
  readonly title: string;
  readonly text: string;
  readonly files?: Files;
  readonly path?: string;
  readonly statuses?: readonly number[];
  /** How the check is answered, and the codes of the warnings that say so. */
  readonly kind: string;
  readonly codes?: readonly string[];
  /** Words of the advice. */
  readonly fix?: RegExp;
}

const own1 = ['core.health.Health', ...usual];

const cases: readonly Case[] = [
  { title: 'a plain view', text: settings(usual), files: { ...urls(health), ...plainView }, kind: 'none' },
  // A middleware of the project that answers the path.
  {
    title: 'a middleware before all',
    text: settings(own1),
    files: { ...urls(''), ...answers('request.path == "/health/"') },
    kind: 'exempt',
  },
  {
    title: 'one that compares without the slash',
    text: settings(own1, redirect),
    files: { ...urls(''), ...answers('request.path.rstrip("/") == "/health"') },
    kind: 'exempt',
  },
  {
    title: 'one that has a list of paths',
    text: settings(own1),
    files: { ...urls(''), ...answers('request.path_info in ("/ping", "/health/")') },
    kind: 'exempt',
  },
  {
    title: 'one that takes the path from the settings',
    text: settings(own1, 'HEALTH = "/health/"\n'),
    files: {
      ...urls(''),
      ...own(
        '        if request.path == settings.HEALTH:\n            return HttpResponse("ok")\n',
        'from django.conf import settings\nfrom django.http import HttpResponse\n',
      ),
    },
    kind: 'exempt',
  },
  {
    title: "one that looks for the load balancer's name",
    text: settings(own1),
    files: {
      ...urls(health),
      ...answers('request.META.get("HTTP_USER_AGENT", "").startswith("ELB-HealthChecker")'),
    },
    kind: 'exempt',
  },
  {
    title: 'a function',
    text: settings(['core.health.alive', ...usual]),
    files: {
      ...urls(''),
      'core/health.py':
        'from django.http import JsonResponse\ndef alive(get_response):\n    def middleware(request):\n        if request.path.startswith("/health"):\n            return JsonResponse({})\n        return get_response(request)\n    return middleware\n',
    },
    kind: 'exempt',
  },
  {
    title: 'process_request',
    text: settings(own1),
    files: {
      ...urls(''),
      'core/health.py':
        'from django.http import HttpResponse\nfrom django.utils.deprecation import MiddlewareMixin\nclass Health(MiddlewareMixin):\n    def process_request(self, request):\n        if request.path == "/health/":\n            return HttpResponse("ok")\n',
    },
    kind: 'exempt',
  },
  {
    title: 'one of a library before all',
    text: settings(['easy_health_check.middleware.HealthCheckMiddleware', ...usual]),
    files: urls(''),
    kind: 'exempt',
  },
  {
    title: 'one after CommonMiddleware',
    text: settings([...usual, 'core.health.Health']),
    files: { ...urls(health), ...plainView, ...answers('request.path == "/health/"') },
    kind: 'refused-before-host',
    codes: ['exemption-too-late'],
    fix: /move the middleware up/,
  },
  {
    title: 'one for another path',
    text: settings(own1),
    files: { ...urls(health), ...plainView, ...answers('request.path == "/healthz"') },
    kind: 'none',
  },
  {
    title: 'one that looks at the host itself',
    text: settings(own1),
    files: {
      ...urls(health),
      ...plainView,
      ...own(
        '        if request.get_host() and request.path == "/health/":\n            return HttpResponse("ok")\n',
      ),
    },
    kind: 'none',
  },
  {
    title: 'one that only notes the path',
    text: settings(own1),
    files: {
      ...urls(health),
      ...plainView,
      ...own('        if request.path == "/health/":\n            request.quiet = True\n'),
    },
    kind: 'none',
  },
  // The urlconf.
  {
    title: 'no route for the default path',
    text: settings(usual),
    files: urls('path("api/v1/items/", views.home)'),
    path: '',
    kind: 'none',
    codes: ['health-path-not-found'],
    fix: /--health-check-path/,
  },
  {
    title: 'a route for it',
    text: settings(usual),
    files: urls('path("", views.home)'),
    path: '',
    kind: 'none',
  },
  {
    title: 'a urlconf that cannot be read completely',
    text: settings(usual),
    files: urls('path("api/", views.home), *router.urls', 'from api import router\n'),
    path: '',
    kind: 'none',
  },
  { title: 'no urlconf', text: 'ALLOWED_HOSTS = ["a.com"]\n', path: '', kind: 'none' },
  // Redirects.
  {
    title: 'SECURE_SSL_REDIRECT',
    text: settings(usual, redirect),
    files: { ...urls(health), ...plainView },
    kind: 'redirect',
    codes: ['ssl-redirect-health-check'],
    fix: /SECURE_REDIRECT_EXEMPT = \[r'\^health\/\$'\]/,
  },
  {
    title: 'SECURE_SSL_REDIRECT of the default path',
    text: settings(usual, redirect),
    files: { ...urls(health), ...plainView },
    path: '',
    kind: 'redirect',
    codes: ['ssl-redirect-health-check'],
    fix: /\[r'\^\$'\]/,
  },
  {
    title: 'SECURE_SSL_REDIRECT by a variable that production has off',
    text: `${os}${settings(usual, 'SECURE_SSL_REDIRECT = not os.environ.get("DEBUG")\n')}`,
    files: { ...urls(health), ...plainView },
    kind: 'redirect',
    codes: ['ssl-redirect-health-check'],
  },
  {
    title: 'SECURE_SSL_REDIRECT by a variable',
    text: `${os}${settings(usual, 'SECURE_SSL_REDIRECT = os.environ.get("SSL") == "1"\n')}`,
    files: { ...urls(health), ...plainView },
    kind: 'none',
  },
  {
    title: 'SECURE_REDIRECT_EXEMPT',
    text: settings(usual, `${redirect}SECURE_REDIRECT_EXEMPT = [r"^health/$"]\n`),
    files: { ...urls(health), ...plainView },
    kind: 'none',
  },
  {
    title: 'SECURE_REDIRECT_EXEMPT of another path',
    text: settings(usual, `${redirect}SECURE_REDIRECT_EXEMPT = [r"^status/$"]\n`),
    files: { ...urls(health), ...plainView },
    kind: 'redirect',
    codes: ['ssl-redirect-health-check'],
  },
  {
    title: 'no SecurityMiddleware',
    text: settings([django.common], redirect),
    files: { ...urls(health), ...plainView },
    kind: 'none',
  },
  {
    title: 'a matcher that takes 301',
    text: settings(usual, redirect),
    files: { ...urls(health), ...plainView },
    statuses: [200, 301],
    kind: 'redirect',
  },
  {
    title: 'a path without its slash',
    text: settings(usual),
    files: { ...urls(health), ...plainView },
    path: '/health',
    kind: 'redirect',
    codes: ['append-slash'],
    fix: /--health-check-path \/health\//,
  },
  {
    title: 'a path without its slash, and HTTPS: one advice',
    text: settings(usual, redirect),
    files: { ...urls(health), ...plainView },
    path: '/health',
    kind: 'redirect',
    codes: ['ssl-redirect-health-check'],
    fix: /--health-check-path \/health\/, and .*\[r'\^health\/\$'\]/,
  },
  {
    title: 'APPEND_SLASH off',
    text: settings(usual, 'APPEND_SLASH = False\n'),
    files: { ...urls(health), ...plainView },
    path: '/health',
    kind: 'none',
  },
  {
    title: 'no CommonMiddleware',
    text: settings([django.security]),
    files: { ...urls(health), ...plainView },
    path: '/health',
    kind: 'none',
  },
  {
    title: 'PREPEND_WWW',
    text: settings(usual, 'PREPEND_WWW = True\n'),
    files: { ...urls(health), ...plainView },
    kind: 'redirect',
    codes: ['health-check-redirect'],
  },
  {
    title: 'a RedirectView',
    text: settings(usual),
    files: urls(
      'path("", RedirectView.as_view(url="/shop/"))',
      'from django.views.generic import RedirectView\n',
    ),
    path: '',
    kind: 'redirect',
    codes: ['health-check-redirect'],
    fix: /--health-check-path/,
  },
  {
    title: 'i18n_patterns',
    text: settings([django.security, django.locale, django.common]),
    files: {
      'site/urls.py':
        'from django.conf.urls.i18n import i18n_patterns\nfrom django.urls import path\nfrom core import views\nurlpatterns = i18n_patterns(path("", views.home))\n',
    },
    path: '',
    kind: 'redirect',
    codes: ['health-check-redirect'],
  },
  {
    title: 'i18n_patterns without a prefix for the default language',
    text: settings([django.locale, django.common]),
    files: {
      'site/urls.py':
        'from django.conf.urls.i18n import i18n_patterns\nfrom django.urls import path\nfrom core import views\nurlpatterns = i18n_patterns(path("", views.home), prefix_default_language=False)\n',
    },
    path: '',
    kind: 'none',
  },
  // A closed view.
  {
    title: '@login_required',
    text: settings(usual),
    files: {
      ...urls(health),
      ...views(
        'from django.contrib.auth.decorators import login_required\n@login_required\ndef health(request):\n    pass\n',
      ),
    },
    kind: 'login',
    codes: ['health-check-login'],
  },
  {
    title: 'login_required() in the urlconf',
    text: settings(usual),
    files: {
      ...urls(
        'path("health/", login_required(views.health))',
        'from django.contrib.auth.decorators import login_required\n',
      ),
      ...plainView,
    },
    kind: 'login',
    codes: ['health-check-login'],
  },
  {
    title: 'LoginRequiredMixin',
    text: settings(usual),
    files: {
      ...urls('path("health/", views.Health.as_view())'),
      ...views(
        'from django.contrib.auth.mixins import LoginRequiredMixin\nfrom django.views import View\nclass Health(LoginRequiredMixin, View):\n    pass\n',
      ),
    },
    kind: 'login',
    codes: ['health-check-login'],
  },
  {
    title: "Django's LoginRequiredMiddleware",
    text: settings([...usual, django.login]),
    files: { ...urls(health), ...plainView },
    kind: 'login',
    codes: ['health-check-login'],
  },
  {
    title: 'a view that is open all the same',
    text: settings([...usual, django.login]),
    files: {
      ...urls(health),
      ...views(
        'from django.contrib.auth.decorators import login_not_required\n@login_not_required\ndef health(request):\n    pass\n',
      ),
    },
    kind: 'none',
  },
  {
    title: 'a matcher that takes 302',
    text: settings([...usual, django.login]),
    files: { ...urls(health), ...plainView },
    statuses: [200, 302],
    kind: 'login',
  },
];

const framework = (permission: string) =>
  settings(
    usual,
    `REST_FRAMEWORK = {\n    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.${permission}"],\n}\n`,
  );
const api = (view: string) => ({
  ...urls(health),
  ...views(
    `from rest_framework.decorators import api_view, permission_classes\nfrom rest_framework.permissions import AllowAny, IsAuthenticated\n${view}`,
  ),
});
const apiClass = (body: string) => ({
  ...urls('path("health/", views.Health.as_view())'),
  ...views(
    `from rest_framework.views import APIView\nfrom rest_framework.permissions import AllowAny\nclass Health(APIView):\n${body}    def get(self, request):\n        pass\n`,
  ),
});

const restCases: readonly Case[] = [
  {
    title: '@api_view and closed by default',
    text: framework('IsAuthenticated'),
    files: api('@api_view(["GET"])\ndef health(request):\n    pass\n'),
    kind: 'login',
    codes: ['health-check-login'],
    fix: /AllowAny/,
  },
  {
    title: '@api_view, open by itself',
    text: framework('IsAuthenticated'),
    files: api('@api_view(["GET"])\n@permission_classes([AllowAny])\ndef health(request):\n    pass\n'),
    kind: 'none',
  },
  {
    title: '@api_view, open by default',
    text: framework('IsAuthenticatedOrReadOnly'),
    files: api('@api_view(["GET"])\ndef health(request):\n    pass\n'),
    kind: 'none',
  },
  {
    title: '@api_view, closed by itself',
    text: settings(usual),
    files: api(
      '@api_view(["GET"])\n@permission_classes([IsAuthenticated])\ndef health(request):\n    pass\n',
    ),
    kind: 'login',
    codes: ['health-check-login'],
  },
  {
    title: 'a plain view beside',
    text: framework('IsAuthenticated'),
    files: { ...urls(health), ...plainView },
    kind: 'none',
  },
  {
    title: 'an APIView',
    text: framework('IsAuthenticated'),
    files: apiClass(''),
    kind: 'login',
    codes: ['health-check-login'],
  },
  {
    title: 'an APIView that is open',
    text: framework('IsAuthenticated'),
    files: apiClass('    permission_classes = [AllowAny]\n'),
    kind: 'none',
  },
  {
    title: 'an APIView without permissions',
    text: framework('IsAuthenticated'),
    files: apiClass('    permission_classes = []\n'),
    kind: 'none',
  },
];

describe('what the health check gets', () => {
  it.each([...cases, ...restCases])(
    '$title: $kind',
    ({ text, files, path = '/health/', statuses = [200], kind, codes = [], fix }) => {
      const hints = {
        healthPath: path === '' ? undefined : path,
        admits: (status: number) => statuses.includes(status),
      };
      const { healthCheck, findings } = readDjango(project(text, files), hints);
      const warnings = findings.filter(({ severity }) => severity !== 'info');
      expect({ kind: healthCheck.kind, codes: warnings.map(({ code }) => code) }).toEqual({ kind, codes });
      if (fix !== undefined) expect(warnings[0]?.fix).toMatch(fix);
    },
  );

  it('names what answers', () => {
    const files = { ...urls(''), ...answers('request.path == "/health/"') };
    const { healthCheck } = readDjango(project(settings(own1), files), { healthPath: '/health/' });
    expect(healthCheck).toMatchObject({ kind: 'exempt', file: 'core/health.py', line: 2 });
  });
});
