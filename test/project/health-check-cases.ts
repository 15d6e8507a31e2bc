import { type Files, os } from './django-projects.ts';

export const django = {
  security: 'django.middleware.security.SecurityMiddleware',
  common: 'django.middleware.common.CommonMiddleware',
  locale: 'django.middleware.locale.LocaleMiddleware',
  login: 'django.contrib.auth.middleware.LoginRequiredMiddleware',
};
export const settings = (middleware: readonly string[], rest = '') =>
  `ALLOWED_HOSTS = ["a.com"]\nROOT_URLCONF = "site.urls"\nMIDDLEWARE = ${JSON.stringify(middleware)}\n${rest}`;
export const usual = [django.security, django.common];
export const healthFirst = ['core.health.Health', ...usual];
export const healthLast = [...usual, 'core.health.Health'];
export const ssl = 'SECURE_SSL_REDIRECT = True\n';
const http = 'from django.http import HttpResponse\n';

/** A urlconf with these patterns; without any that of a site with a home page and a health endpoint. */
const urls = (patterns = 'path("", views.home), path("health/", views.health)', imports = '') => ({
  'site/urls.py': `from django.urls import include, path\nfrom core import views\n${imports}urlpatterns = [${patterns}]\n`,
});
const view = (text: string) => ({ 'core/views.py': text });
export const plain = {
  ...urls(),
  ...view(
    `${http}def health(request):\n    return HttpResponse("ok")\ndef home(request):\n    return HttpResponse("ok")\n`,
  ),
};
/** A middleware of the project with these lines before it passes the request on. */
const middleware = (lines: string, imports = http) => ({
  ...plain,
  'core/health.py': `${imports}class Health:\n    def __init__(self, get_response):\n        self.get_response = get_response\n    def __call__(self, request):\n${lines}        return self.get_response(request)\n`,
});
export const answering = (condition: string) =>
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
export type Case = [title: string, text: string, files: Files, path?: string | null];

type Told = [kind: string, code: string, fix?: RegExp];

export const i18n = (options: string) => ({
  'site/urls.py': `from django.conf.urls.i18n import i18n_patterns\nfrom django.urls import path\nfrom core import views\nurlpatterns = i18n_patterns(path("", views.home)${options})\n`,
});
const httpsTo = (pattern: string): Told => [
  'redirect',
  'ssl-redirect-health-check',
  new RegExp(`\\[r'\\^${pattern}\\$'\\]`),
];
const login: Told = ['login', 'health-check-login'];
const closed: Told = ['login', 'health-check-login', /AllowAny/];
const own = settings(healthFirst);

/** What is answered before anything looks at the host. */
export const exempt: Case[] = [
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
  ["the load balancer's name", own, answering('request.META.get("HTTP_USER_AGENT", "").startswith("ELB-")')],
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
];

/** What reaches its view. */
export const clear: Case[] = [
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
];

/** What gets something else than 200: how, and what is said of it. */
export const told: [Case, Told][] = [
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
      urls('path("", RedirectView.as_view(url="/shop/"))', 'from django.views.generic import RedirectView\n'),
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
      '@login_required on a view in the urlconf itself',
      settings(usual),
      urls(
        'path("", health), path("health/", health)',
        'from django.contrib.auth.decorators import login_required\n@login_required\ndef health(request):\n    pass\n',
      ),
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
];
