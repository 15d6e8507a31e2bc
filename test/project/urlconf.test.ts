import { describe, expect, it } from 'vitest';
import { readDjango } from '../../src/project/django/django.ts';
import type { Snapshot } from '../../src/project/snapshot.ts';
import { snapshotOf } from '../support/snapshot.ts';

const head =
  'from django.contrib import admin\nfrom django.urls import include, path, re_path\nfrom . import views\n';

function project(urls: string, files: Readonly<Record<string, string>> = {}) {
  return snapshotOf({
    'site/settings.py': 'ROOT_URLCONF = "site.urls"\nINSTALLED_APPS = []\n',
    'site/urls.py': head + urls,
    'site/views.py': 'def health(request): pass\n',
    ...files,
  });
}

const findHealthPath = (snapshot: Snapshot) => readDjango(snapshot).healthPath;
const pathInUrlconf = (snapshot: Snapshot, path: string) => readDjango(snapshot).hasRoute(path);

describe('finding a health endpoint', () => {
  it.each([
    ['path()', 'urlpatterns = [path("", views.home), path("health/", views.health)]', '/health/'],
    ['no slash at the end', 'urlpatterns = [path("healthz", views.health)]', '/healthz'],
    ['re_path()', 'urlpatterns = [re_path(r"^ping/$", views.health)]', '/ping/'],
    ['an optional slash', 'urlpatterns = [re_path(r"^status/?$", views.health)]', '/status/'],
    [
      'url() of Django 1',
      'from django.conf.urls import url\nurlpatterns = [url(r"^health_check/", views.health)]',
      '/health_check/',
    ],
    ['a library', 'urlpatterns = [path("ht/", include("health_check.urls"))]', '/ht/'],
    ['added later', 'urlpatterns = [path("", views.home)]\nurlpatterns += [path("up", views.health)]', '/up'],
    ['an inner list', 'urlpatterns = [path("api/", include([path("health", views.health)]))]', '/api/health'],
    [
      'the shallowest of several',
      'urlpatterns = [path("api/health/", views.health), path("livez", views.health)]',
      '/livez',
    ],
    ['none', 'urlpatterns = [path("", views.home), path("healthy-food/", views.food)]', null],
    ['the state of a thing', 'urlpatterns = [path("orders/export/status/", views.export)]', null],
    ['a feature far down', 'urlpatterns = [path("api/chat/board/health/", views.board)]', null],
    ['a state of the app itself', 'urlpatterns = [path("api/v1/status/", views.status)]', '/api/v1/status/'],
    ['parameters', 'urlpatterns = [path("<slug:tenant>/health/", views.health)]', null],
    ['only a comment', 'urlpatterns = [\n    # path("health/", views.health),\n]', null],
    [
      'under development only',
      'from django.conf import settings\nurlpatterns = []\nif settings.DEBUG:\n    urlpatterns += [path("status/", views.health)]',
      null,
    ],
  ])('%s', (_title, urls, expected) => {
    expect(findHealthPath(project(`${urls}\n`))).toBe(expected);
  });

  it('follows include() into apps', () => {
    const snapshot = project('urlpatterns = [path("core/", include(("core.urls", "core")))]\n', {
      'core/urls.py':
        'from django.urls import path\nfrom .views import alive\nurlpatterns = [path("alive/", alive)]\n',
    });
    expect(findHealthPath(snapshot)).toBe('/core/alive/');
  });

  it('takes the urlconf that a class of django-configurations names', () => {
    const snapshot = snapshotOf({
      'site/settings.py':
        'from configurations import Configuration\nclass Base(Configuration):\n    ROOT_URLCONF = "core.routes"\nclass Production(Base):\n    pass\n',
      'core/routes.py': 'from django.urls import path\nurlpatterns = [path("health/", None)]\n',
    });
    expect(findHealthPath(snapshot)).toBe('/health/');
  });

  const withMiddleware = (middleware: string, files: Readonly<Record<string, string>> = {}) =>
    snapshotOf({
      'site/settings.py': `ROOT_URLCONF = "site.urls"\nMIDDLEWARE = ["${middleware}"]\n`,
      'site/urls.py': `${head}urlpatterns = [path("", views.home)]\n`,
      ...files,
    });

  it('finds what a middleware of the project answers', () => {
    const text =
      'from django.http import HttpResponse\nclass Health:\n    def __call__(self, request):\n        if request.path == "/-/alive/":\n            return HttpResponse("ok")\n';
    const snapshot = withMiddleware('site.middleware.Health', { 'site/middleware.py': text });
    expect(findHealthPath(snapshot)).toBe('/-/alive/');
    expect(pathInUrlconf(snapshot, '/-/alive/')).toBe('yes');
    expect(pathInUrlconf(snapshot, '/nowhere/')).toBe('no');
  });

  it('does not deny a path that a library may answer', () => {
    const snapshot = withMiddleware('easy_health_check.middleware.HealthCheckMiddleware');
    expect(findHealthPath(snapshot)).toBeNull();
    expect(pathInUrlconf(snapshot, '/healthcheck/')).toBe('unknown');
  });

  it('has no answer without a settings module or a urlconf', () => {
    expect(findHealthPath(snapshotOf({}))).toBeNull();
    expect(findHealthPath(snapshotOf({ 'site/settings.py': 'INSTALLED_APPS = []\n' }))).toBeNull();
  });

  it('survives urlconfs that include each other', () => {
    const snapshot = project('urlpatterns = [path("a/", include("core.urls"))]\n', {
      'core/urls.py':
        'from django.urls import include, path\nurlpatterns = [path("b/", include("site.urls")), path("health/", None)]\n',
    });
    expect(findHealthPath(snapshot)).toBe('/a/health/');
  });
});

describe('asking for a path', () => {
  const urls = `urlpatterns = [
    path("", views.home),
    path("admin/", admin.site.urls),
    path("health/", views.health),
    path("items/<int:pk>/", views.item),
    re_path(r"^files/(?P<name>[a-z]+)$", views.file),
    path("api/", include([path("v1/ping", views.health)])),
]
`;

  it.each([
    ['/', 'yes'],
    ['/health/', 'yes'],
    ['/health', 'no'],
    ['/items/7/', 'yes'],
    ['/items/x/', 'no'],
    ['/files/abc', 'yes'],
    ['/files/', 'no'],
    ['/api/v1/ping', 'yes'],
    ['/api/', 'no'],
    ['/admin/login/', 'unknown'],
    ['/nowhere', 'no'],
  ])('%s: %s', (path, expected) => {
    expect(pathInUrlconf(project(urls), path)).toBe(expected);
  });

  it('does not know beside entries it cannot read', () => {
    const snapshot = project(
      'from rest import router\nurlpatterns = [path("health/", views.health)] + router.urls\n',
    );
    expect(pathInUrlconf(snapshot, '/health/')).toBe('yes');
    expect(pathInUrlconf(snapshot, '/other/')).toBe('unknown');
  });
});
