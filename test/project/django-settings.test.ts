import { describe, expect, it } from 'vitest';
import { readDjango } from '../../src/project/django/django.ts';
import { snapshotOf } from '../support/snapshot.ts';
import { env, os, read, wsgi } from './django-projects.ts';

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

  it('does not inherit private names', () => {
    const base = `${os}_HOSTS = os.environ.get("A", "").split(",")\nALLOWED_HOSTS = ["a.com"]\n`;
    const production =
      'from .base import *\ntry:\n    ALLOWED_HOSTS = ALLOWED_HOSTS + _HOSTS\nfinally:\n    ALLOWED_HOSTS += ["b.com"]\n';
    const { settings } = read(inherited(production, base));
    expect(settings[0]).toMatchObject({ variable: null, default: ['a.com', 'b.com'] });
  });

  it('respects the order of import and assignment', () => {
    const { settings } = read(inherited('ALLOWED_HOSTS = ["b.com"]\nfrom .base import *\n', env('A')));
    expect(settings[0]).toMatchObject({ variable: 'A', file: 'site/settings/base.py' });
  });

  it('adds what production adds to the inherited list', () => {
    const { settings } = read(inherited('from .base import *\nALLOWED_HOSTS += ["b.com"]\n', env('A')));
    expect(settings[0]).toMatchObject({ variable: 'A', role: 'extra-hosts' });
  });

  it('names the governing file where that adds to a fixed list', () => {
    const production = 'from .base import *\nDEBUG = False\nALLOWED_HOSTS += ["b.com"]\n';
    const { settings } = read(inherited(production, 'ALLOWED_HOSTS = ["a.com"]\n'));
    expect(settings[0]).toMatchObject({
      source: 'literal',
      default: ['a.com', 'b.com'],
      file: 'site/settings/production.py',
      line: 3,
    });
  });

  it('takes the list of settings that stop without a variable for unknown, not for empty', () => {
    const { settings, findings } = read({
      'site/wsgi.py': wsgi('site.settings'),
      'site/settings.py': `${os}if os.environ.get("KIND") == "live":\n    from .live import *\nelse:\n    raise RuntimeError("set KIND")\n`,
      'site/live.py': 'ALLOWED_HOSTS = ["a.com"]\n',
    });
    expect(settings[0]).toMatchObject({ source: 'unknown', default: null });
    expect(findings.map(({ code }) => code)).not.toContain('hosts-empty');
  });

  it('prefers the way on which there is a list', () => {
    const { settings, findings } = read({
      'site/settings.py': `${os}from importlib import import_module\nname = os.environ.get("PARTS")\nparts = None\nif name in loaded:\n    parts = import_module(name)\nDEBUG = parts.DEBUG\nif not DEBUG or hasattr(parts, "ALLOWED_HOSTS"):\n    ALLOWED_HOSTS = parts.ALLOWED_HOSTS\n`,
    });
    expect(settings[0]).toMatchObject({ source: 'unknown', line: 9 });
    expect(findings.map(({ code }) => code)).not.toContain('hosts-empty');
  });

  it('passes over a local file that is not in the repository', () => {
    const text = `${env('A')}try:\n    from .local_settings import *\nexcept ImportError:\n    ALLOWED_HOSTS = ALLOWED_HOSTS + ["a.com"]\n`;
    expect(read({ 'site/settings.py': text }).settings[0]).toMatchObject({
      variable: 'A',
      role: 'extra-hosts',
    });
  });

  it('follows an optional file whose names depend on variables', () => {
    const files = {
      'site/settings.py':
        'try:\n    from .live import *\nexcept ImportError:\n    HOSTS = []\nALLOWED_HOSTS = HOSTS + ["a.com"]\n',
      'site/live.py': `${os}HOSTS = os.environ.get("L", "").split(",")\n`,
    };
    expect(read(files).settings[0]).toMatchObject({ variable: 'L', separator: 'comma', role: 'extra-hosts' });
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

  it('does not take a call of a library for one of a variable that the deployment sets', () => {
    const files = {
      Procfile: 'web: WORKERS=2 gunicorn site.wsgi\n',
      'site/wsgi.py': wsgi('site.settings'),
      'site/settings.py': `${os}import requests\nALLOWED_HOSTS = os.environ["A"].split(",")\nALLOWED_HOSTS.append(requests.get("http://169.254.169.254/2").text)\n`,
    };
    expect(read(files).settings[0]).toMatchObject({ variable: 'A', role: 'whole-list' });
  });

  it('survives modules that import each other', () => {
    const { settings } = read(inherited('from .base import *\n', `from .production import *\n${env('A')}`));
    expect(settings[0]).toMatchObject({ variable: 'A' });
  });

  it('gives up a loop that does not end', () => {
    const { settings } = read({ 'site/settings.py': `while True:\n    X = 1\n${env('A')}` });
    expect(settings).toHaveLength(1);
  });
});

describe('a dotenv file that is deployed', () => {
  const environ = 'import environ\nenv = environ.Env()\n';
  const list = 'ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost"])\n';
  const decouple = 'from decouple import config, Csv\nALLOWED_HOSTS = config("ALLOWED_HOSTS", cast=Csv())\n';
  const dotenv = `from dotenv import load_dotenv\nload_dotenv()\n${env('ALLOWED_HOSTS')}`;
  const hosts = '# site\nexport ALLOWED_HOSTS="a.com,b.com" # both\nDEBUG=off\n';

  it.each([
    [
      'django-environ',
      { 'site/settings.py': `${environ}environ.Env.read_env()\n${list}`, 'site/.env': hosts },
    ],
    [
      'a path below BASE_DIR',
      { 'site/settings.py': `${environ}env.read_env(BASE_DIR / "live.env")\n${list}`, 'live.env': hosts },
    ],
    ['python-decouple', { 'site/settings.py': decouple, '.env': hosts }],
    [
      'pydantic',
      {
        'site/settings.py':
          'from pydantic_settings import BaseSettings, SettingsConfigDict\nclass S(BaseSettings):\n    model_config = SettingsConfigDict(env_file=".env")\n    allowed_hosts: list[str] = []\nALLOWED_HOSTS = S().allowed_hosts\n',
        '.env': 'ALLOWED_HOSTS=["a.com","b.com"]\n',
      },
    ],
    [
      'python-dotenv',
      { 'site/settings.py': dotenv, '.env': 'ALLOWED_HOSTS=old.com\nALLOWED_HOSTS=a.com,b.com\n' },
    ],
    [
      'python-dotenv in wsgi.py',
      {
        'site/settings.py': env('ALLOWED_HOSTS'),
        'site/wsgi.py': `import dotenv\ndotenv.load_dotenv()\n${wsgi('site.settings')}`,
        '.env': hosts,
      },
    ],
  ])('gives the default hosts: %s', (_, files) => {
    const { settings, evidence } = read({ 'site/wsgi.py': wsgi('site.settings'), ...files });
    expect(settings[0]).toMatchObject({ variable: 'ALLOWED_HOSTS', default: ['a.com', 'b.com'] });
    expect(evidence.at(-1)).toMatchObject({ conclusion: 'default hosts' });
  });

  it.each([
    ['is not read', { 'site/settings.py': env('ALLOWED_HOSTS'), '.env': hosts }, ''],
    ['is an example', { 'site/settings.py': dotenv, '.env.example': hosts }, ''],
    ['does not hold the variable', { 'site/settings.py': dotenv, '.env': 'DEBUG=off\n' }, ''],
    ['stays behind', { 'site/settings.py': dotenv, '.env': hosts }, '.env'],
  ])('gives none where it %s', (_, files, left) => {
    const { settings } = readDjango(snapshotOf({ 'site/wsgi.py': wsgi('site.settings'), ...files }), {
      ships: (path) => path !== left,
    });
    expect(settings[0]?.default).toEqual([]);
  });
});

it('does not take settings that cannot be read for an empty list', () => {
  const snapshot = snapshotOf({ 'site/wsgi.py': wsgi('site.settings'), 'site/settings.py': '' });
  const unreadable = {
    ...snapshot,
    text: (path: string) => (path === 'site/settings.py' ? undefined : snapshot.text(path)),
  };
  const { settings, findings } = readDjango(unreadable);
  expect(settings[0]?.source).toBe('unknown');
  expect(findings.map(({ code }) => code)).not.toContain('hosts-empty');
});
