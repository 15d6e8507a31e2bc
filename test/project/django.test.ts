import { describe, expect, it } from 'vitest';
import { readDjango } from '../../src/project/django.ts';
import { snapshotOf } from '../support/snapshot.ts';

type Files = Readonly<Record<string, string>>;

const os = 'import os\n';
const env = (name: string) => `${os}ALLOWED_HOSTS = os.environ.get("${name}", "").split(",")\n`;
const wsgi = (module: string) => `${os}os.environ.setdefault("DJANGO_SETTINGS_MODULE", "${module}")\n`;
const manage = (module: string) =>
  `${os}def main():\n    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "${module}")\nif __name__ == "__main__":\n    main()\n`;

function read(files: Files) {
  return readDjango(snapshotOf(files));
}

interface Case {
  readonly title: string;
  readonly files: Files;
  readonly governing: string;
  readonly variable: string | null;
}

const cases: readonly Case[] = [
  {
    title: 'one file that wsgi.py names',
    files: { 'site/wsgi.py': wsgi('site.settings'), 'site/settings.py': env('A') },
    governing: 'site/settings.py',
    variable: 'A',
  },
  {
    title: 'a property of .ebextensions before wsgi.py and manage.py',
    files: {
      '.ebextensions/django.config':
        'option_settings:\n  aws:elasticbeanstalk:application:environment:\n    DJANGO_SETTINGS_MODULE: site.settings.production\n',
      'site/wsgi.py': wsgi('site.settings.dev'),
      'manage.py': manage('site.settings.local'),
      'site/settings/__init__.py': '',
      'site/settings/dev.py': env('DEV'),
      'site/settings/local.py': env('LOCAL_HOSTS'),
      'site/settings/production.py': env('PROD'),
    },
    governing: 'site/settings/production.py',
    variable: 'PROD',
  },
  {
    title: 'a property in list form',
    files: {
      '.ebextensions/a.config':
        'option_settings:\n  - option_name: DJANGO_SETTINGS_MODULE\n    value: site.aws\n  - namespace: aws:elasticbeanstalk:container:python\n    option_name: WSGIPath\n    value: site/wsgi.py\n',
      'site/wsgi.py': wsgi('site.settings'),
      'site/settings.py': env('A'),
      'site/aws.py': env('B'),
    },
    governing: 'site/aws.py',
    variable: 'B',
  },
  {
    title: 'the Procfile',
    files: {
      Procfile: 'web: DJANGO_SETTINGS_MODULE=conf.live gunicorn site.wsgi\n',
      'site/wsgi.py': wsgi('conf.dev'),
      'conf/dev.py': env('A'),
      'conf/live.py': env('B'),
    },
    governing: 'conf/live.py',
    variable: 'B',
  },
  {
    title: 'the application that the Procfile serves',
    files: {
      Procfile: 'web: gunicorn --bind :8000 backend.wsgi:application\n',
      'frontend/wsgi.py': wsgi('frontend.settings'),
      'backend/wsgi.py': wsgi('backend.settings'),
      'frontend/settings.py': env('A'),
      'backend/settings.py': env('B'),
    },
    governing: 'backend/settings.py',
    variable: 'B',
  },
  {
    title: 'ENV of a Dockerfile with a reference',
    files: {
      Dockerfile: 'FROM python\nARG MODE\nENV DJANGO_SETTINGS_MODULE=config.settings.${MODE}\n',
      'manage.py': manage('config.settings.local'),
      'config/settings/local.py': env('A'),
      'config/settings/production.py': env('B'),
    },
    governing: 'config/settings/production.py',
    variable: 'B',
  },
  {
    title: 'the environment of a compose file',
    files: {
      'docker-compose.yml':
        'services:\n  web:\n    environment:\n      - DJANGO_SETTINGS_MODULE=${SETTINGS:-config.settings.prod}\n',
      'manage.py': manage('config.settings'),
      'config/settings/__init__.py': env('A'),
      'config/settings/prod.py': env('B'),
    },
    governing: 'config/settings/prod.py',
    variable: 'B',
  },
  {
    title: 'a name that wsgi.py makes of the stage',
    files: {
      'site/wsgi.py': `${os}os.environ.setdefault("DJANGO_SETTINGS_MODULE", f"site.settings.{os.environ.get('ENV', 'dev')}")\n`,
      'site/settings/dev.py': env('A'),
      'site/settings/prod.py': env('B'),
    },
    governing: 'site/settings/prod.py',
    variable: 'B',
  },
  {
    title: 'a plain assignment in wsgi.py',
    files: {
      'site/wsgi.py': `${os}os.environ["DJANGO_SETTINGS_MODULE"] = "site.other"\n`,
      'site/other.py': env('A'),
      'site/settings.py': env('B'),
    },
    governing: 'site/other.py',
    variable: 'A',
  },
  {
    title: 'development in wsgi.py, production beside it',
    files: {
      'site/wsgi.py': wsgi('site.settings.local'),
      'site/settings/base.py': env('BASE'),
      'site/settings/local.py': 'from .base import *\nALLOWED_HOSTS = ["*"]\n',
      'site/settings/production.py': 'from .base import *\nDEBUG = False\n',
    },
    governing: 'site/settings/production.py',
    variable: 'BASE',
  },
  {
    title: 'a commented-out property and a module that does not exist',
    files: {
      '.ebextensions/a.config':
        'option_settings:\n  aws:elasticbeanstalk:application:environment:\n    # DJANGO_SETTINGS_MODULE: site.b\n    DJANGO_SETTINGS_MODULE: gone.settings\n',
      'manage.py': manage('site.a'),
      'site/a.py': env('A'),
      'site/b.py': env('B'),
    },
    governing: 'site/a.py',
    variable: 'A',
  },
  {
    title: 'broken YAML beside',
    files: {
      '.ebextensions/a.config': 'option_settings:\n  - {{ x\n\t:',
      'site/wsgi.py': wsgi('site.settings'),
      'site/settings.py': env('A'),
    },
    governing: 'site/settings.py',
    variable: 'A',
  },
  {
    title: 'no file that names one',
    files: {
      'app/settings_local.py': env('A'),
      'app/settings_prod.py': env('B'),
      'app/settings_test.py': env('C'),
    },
    governing: 'app/settings_prod.py',
    variable: 'B',
  },
  {
    title: 'a project deep below, with another root',
    files: {
      'backend/src/manage.py': manage('mysite.settings'),
      'backend/src/mysite/settings.py': 'from mysite.hosts import HOSTS\nALLOWED_HOSTS = HOSTS\n',
      'backend/src/mysite/hosts.py': `${os}HOSTS = os.environ["A"].split(";")\n`,
      'frontend/settings.py': 'THEME = "dark"\n',
    },
    governing: 'backend/src/mysite/settings.py',
    variable: 'A',
  },
  {
    title: 'hyphens in the path',
    files: {
      '.ebextensions/a.config':
        'option_settings:\n  aws:elasticbeanstalk:application:environment:\n    DJANGO_SETTINGS_MODULE: src.my-site.settings\n',
      'src/my-site/settings.py': env('A'),
    },
    governing: 'src/my-site/settings.py',
    variable: 'A',
  },
  {
    title: 'vendored settings',
    files: {
      'manage.py': manage('mysite.settings'),
      'mysite/settings.py': env('A'),
      'venv/lib/python3.11/site-packages/mysite/settings.py': env('B'),
      'node_modules/x/settings.py': env('C'),
    },
    governing: 'mysite/settings.py',
    variable: 'A',
  },
];

describe('the settings module that governs production', () => {
  it.each(cases)('$title', ({ files, governing, variable }) => {
    const { governingModule, settings, isDjango } = read(files);
    expect({ isDjango, governingModule, variable: settings[0]?.variable }).toEqual({
      isDjango: true,
      governingModule: governing,
      variable,
    });
  });

  it('takes the word of a caller who knows the property', () => {
    const snapshot = snapshotOf({
      'manage.py': manage('site.a'),
      'site/a.py': env('A'),
      'site/b.py': env('B'),
    });
    const hint = { value: 'site.b', file: 'saved.cfg.yml', line: 3 };
    const { governingModule, evidence } = readDjango(snapshot, { settingsModule: hint });
    expect(governingModule).toBe('site/b.py');
    expect(evidence[0]).toMatchObject({ file: 'saved.cfg.yml', line: 3 });
  });

  it('says which files speak for another module', () => {
    const { evidence } = read({
      'site/wsgi.py': wsgi('site.a'),
      'manage.py': manage('site.gone'),
      'site/a.py': env('A'),
    });
    expect(evidence.map(({ because }) => because).join('; ')).toMatch(/site\.gone, which does not exist/);
  });

  it.each([
    ['an empty repository', {}],
    ['Python without Django', { 'app.py': 'print(1)\n', 'config/settings.py': 'THEME = "dark"\n' }],
  ])('is none in %s', (_title, files: Files) => {
    expect(read(files)).toEqual({
      isDjango: false,
      settings: [],
      evidence: [],
      findings: [],
      governingModule: null,
    });
  });
});

describe('settings in several files', () => {
  const inherited = (production: string, base: string) => ({
    'site/wsgi.py': wsgi('site.settings.production'),
    'site/settings/base.py': base,
    'site/settings/production.py': production,
  });

  it('reports the file and line that made the inherited list', () => {
    const { settings } = read(inherited('from .base import *\nDEBUG = False\n', `X = 1\n${env('A')}`));
    expect(settings[0]).toMatchObject({ file: 'site/settings/base.py', line: 3, variable: 'A' });
  });

  it('loses an append that a later assignment overwrites', () => {
    const base = `${os}ALLOWED_HOSTS = ["a.com"]\nALLOWED_HOSTS.append(os.environ.get("HOST_IP", ""))\n`;
    const { settings } = read(inherited('from .base import *\nALLOWED_HOSTS = ["b.com"]\n', base));
    expect(settings[0]).toMatchObject({
      source: 'literal',
      default: ['b.com'],
      file: 'site/settings/production.py',
      line: 2,
    });
  });

  it('respects the order of import and assignment', () => {
    const { settings } = read(inherited('ALLOWED_HOSTS = ["b.com"]\nfrom .base import *\n', env('A')));
    expect(settings[0]).toMatchObject({ variable: 'A', file: 'site/settings/base.py' });
  });

  it('adds what production adds to the inherited list', () => {
    const { settings } = read(inherited('from .base import *\nALLOWED_HOSTS += ["b.com"]\n', env('A')));
    expect(settings[0]).toMatchObject({ variable: 'A', role: 'extra-hosts' });
  });

  it('passes over a local file that is not in the repository', () => {
    const text = `${env('A')}try:\n    from .local_settings import *\nexcept ImportError:\n    ALLOWED_HOSTS = ALLOWED_HOSTS + ["a.com"]\n`;
    expect(read({ 'site/settings.py': text }).settings[0]).toMatchObject({
      variable: 'A',
      role: 'extra-hosts',
    });
  });

  it('follows a package that selects by a variable', () => {
    const files = {
      'site/wsgi.py': wsgi('site.settings'),
      'site/settings/__init__.py': `${os}if os.environ.get("DJANGO_ENV") == "production":\n    from .production import *\nelse:\n    from .local import *\n`,
      'site/settings/production.py': env('P'),
      'site/settings/local.py': env('L'),
    };
    expect(read(files).settings[0]).toMatchObject({
      variable: 'P',
      file: 'site/settings/production.py',
      line: 2,
    });
  });

  it('follows include() of django-split-settings', () => {
    const files = {
      'site/wsgi.py': wsgi('site.settings'),
      'site/settings/__init__.py': `${os}from split_settings.tools import include, optional\nENV = os.environ.get("ENV", "development")\ninclude("components/*.py", f"environments/{ENV}.py", optional("local.py"))\n`,
      'site/settings/components/hosts.py': 'ALLOWED_HOSTS = ["a.com"]\n',
      'site/settings/environments/production.py': `${os}ALLOWED_HOSTS += os.environ.get("P", "").split(",")\n`,
      'site/settings/environments/development.py': 'ALLOWED_HOSTS = ["*"]\n',
    };
    expect(read(files).settings[0]).toMatchObject({
      variable: 'P',
      role: 'extra-hosts',
      file: 'site/settings/environments/production.py',
      line: 2,
    });
  });

  it.each([
    ['ListValue', 'ALLOWED_HOSTS = values.ListValue(["a.com"])', 'DJANGO_ALLOWED_HOSTS', 'comma', ['a.com']],
    [
      'its own name',
      'ALLOWED_HOSTS = values.ListValue([], environ_name="HOSTS", environ_prefix=None, separator=";")',
      'HOSTS',
      'semicolon',
      [],
    ],
    ['os.environ', 'ALLOWED_HOSTS = os.environ.get("H", "").split(",")', 'H', 'comma', []],
  ])(
    'reads the production class of django-configurations: %s',
    (_title, line, variable, separator, hosts) => {
      const text = `${os}from configurations import Configuration, values\nclass Base(Configuration):\n    ALLOWED_HOSTS = ["*"]\nclass Dev(Base):\n    pass\nclass Production(Base):\n    ${line}\n`;
      const [setting] = read({ 'site/wsgi.py': wsgi('site.settings'), 'site/settings.py': text }).settings;
      expect(setting).toMatchObject({ variable, separator, role: 'whole-list', default: hosts, line: 8 });
    },
  );

  it('survives modules that import each other', () => {
    const { settings } = read(inherited('from .base import *\n', `from .production import *\n${env('A')}`));
    expect(settings[0]).toMatchObject({ variable: 'A' });
  });

  it('gives up a loop that does not end', () => {
    const { settings } = read({ 'site/settings.py': `while True:\n    X = 1\n${env('A')}` });
    expect(settings).toHaveLength(1);
  });
});

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
    ['hosts-unknown', 'import corporate\nALLOWED_HOSTS = corporate.hosts()\n', 2],
    ['hosts-default-wildcard', `${os}ALLOWED_HOSTS = os.environ.get("A", "*").split(",")\n`, 2],
    ['hosts-separator', `${os}ALLOWED_HOSTS = os.environ.get("A", "").split("|")\n`, 2],
    ['hosts-bad-entry', 'ALLOWED_HOSTS = ["https://a.com"]\n', 1],
    ['hosts-bad-entry', 'ALLOWED_HOSTS = ["*.a.com"]\n', 1],
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
  ])('not %s', (code, text) => {
    expect(codes(text).map((finding) => finding.code)).not.toContain(code);
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

  it('names a settings module that is not deployed, and one that is guessed', () => {
    const files = {
      Procfile: 'web: DJANGO_SETTINGS_MODULE=gone gunicorn x\n',
      'site/settings.py': 'ALLOWED_HOSTS = ["a.com"]\n',
    };
    const found = readDjango(snapshotOf(files)).findings.map(({ code }) => code);
    expect(found).toEqual(expect.arrayContaining(['settings-module-missing', 'settings-module-guessed']));
  });
});
