import { describe, expect, it } from 'vitest';
import { askPython, pythonWith } from '../support/python.ts';
import { type Case, clear, exempt, told } from './health-check-cases.ts';

/** Asks each project, in a process of its own, with a host that is admitted and with one that is not. */
const program = `
import json, os, sys, tempfile
more = '''
SECRET_KEY = "x"
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "django.contrib.sessions"]
SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
MIDDLEWARE = [*MIDDLEWARE, "django.contrib.sessions.middleware.SessionMiddleware", "django.contrib.auth.middleware.AuthenticationMiddleware"]
'''
def ask(files, path):
    root = tempfile.mkdtemp()
    view = "from django.http import HttpResponse\\ndef health(request):\\n    return HttpResponse('ok')\\n"
    files = {"core/__init__.py": "", "shop/__init__.py": "", "core/views.py": view, **files}
    files["core/views.py"] += "\\nhome = globals().get('home', globals().get('health'))\\n"
    for name, text in files.items():
        os.makedirs(os.path.dirname(os.path.join(root, name)), exist_ok=True)
        open(os.path.join(root, name), "w").write(text + (more if name == "shop/settings.py" else ""))
    sys.path.insert(0, root)
    os.environ["DJANGO_SETTINGS_MODULE"] = "shop.settings"
    import django
    from django.conf import settings
    from django.test import Client
    django.setup()
    statuses = []
    for hosts in (["10.0.1.5"], ["a.com"]):
        settings.ALLOWED_HOSTS = hosts
        client = Client(raise_request_exception=False, HTTP_HOST="10.0.1.5", HTTP_USER_AGENT="ELB-HealthChecker/2.0")
        statuses.append(client.get(path).status_code)
    return statuses
answers = []
for files, path in json.load(sys.stdin):
    out, into = os.pipe()
    if os.fork() == 0:
        try:
            answer = ask(files, path)
        except Exception as error:
            answer = repr(error)
        os.write(into, json.dumps(answer).encode())
        os._exit(0)
    os.close(into)
    answers.append(json.loads(os.fdopen(out).read()))
json.dump(answers, sys.stdout)
`;

const python = pythonWith('django');

/** What Debian's Django has; rest_framework is not packaged beside it. */
const isAskable = ([, text, files]: Case) =>
  text.includes('ROOT_URLCONF') &&
  !/LoginRequiredMiddleware|easy_health_check/.test(text) &&
  !/rest_framework|login_not_required|router\.urls/.test(JSON.stringify(files));

/** `site` is a module of Python's own. */
const renamed = (text: string) => text.replaceAll('site.', 'shop.').replaceAll('site/', 'shop/');

const asked = [
  ...exempt.map((one) => ({ one, expected: [200, 200] })),
  ...clear.map((one) => ({
    one,
    expected: [/slash|CommonMiddleware$|APPEND/.test(one[0]) ? 404 : 200, null],
  })),
  ...told.map(([one, [kind]]) => ({ one, expected: [kind === 'none' ? 404 : '30x', null] })),
].filter(({ one }) => isAskable(one));

describe.skipIf(python === undefined)('real Django answers the health check as it is told of', () => {
  const questions = asked.map(({ one: [, text, files, path = '/health/'] }) => [
    Object.fromEntries(
      Object.entries({ 'site/settings.py': text, ...files }).map((entry) => entry.map(renamed)),
    ),
    path ?? '/',
  ]);
  const answers = python === undefined ? [] : (askPython(python, program, questions) as number[][]);
  it.each(asked.map(({ one, expected }, index) => ({ title: one[0], expected, answer: answers[index] })))(
    '$title: $expected',
    ({ expected: [admitted, refused], answer }) => {
      const status = answer?.[0] ?? 0;
      expect(admitted === '30x' ? Math.floor(status / 10) : status).toBe(admitted === '30x' ? 30 : admitted);
      if (refused !== null) expect(answer?.[1]).toBe(refused);
    },
  );
});
