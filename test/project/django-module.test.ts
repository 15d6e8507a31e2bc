import { describe, expect, it } from 'vitest';
import { env, type Files, manage, os, read, wsgi } from './django-projects.ts';

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
    title: 'a copy of the settings that are made as the site is deployed, before those of another service',
    files: {
      '.ebextensions/a.config':
        'option_settings:\n  aws:elasticbeanstalk:container:python:\n    WSGIPath: site/wsgi.py\n',
      'site/wsgi.py': wsgi('site.settings'),
      'manage.py': manage('site.settings'),
      'site/settings_dist.py': env('SITE'),
      'queue/wsgi.py': wsgi('queue.settings'),
      'queue/settings.py': env('QUEUE'),
    },
    governing: 'site/settings_dist.py',
    variable: 'SITE',
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
    title: 'ENV of a Dockerfile over several lines',
    files: {
      Dockerfile:
        'FROM python\nENV PYTHONUNBUFFERED=1 \\\n    # which settings\n\n    DJANGO_SETTINGS_MODULE=config.production \\\r\n    C=d\nRUN x\n',
      'manage.py': manage('config.settings'),
      'config/settings.py': env('A'),
      'config/production.py': env('B'),
    },
    governing: 'config/production.py',
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
    title: 'a module without a list, and the production one that takes it over',
    files: {
      'site/wsgi.py': wsgi('site.settings'),
      'site/settings.py': 'INSTALLED_APPS = []\n# ALLOWED_HOSTS = []\n',
      'site/settings_dev.py': 'from .settings import *\nALLOWED_HOSTS = ["*"]\n',
      'site/settings_prod.py': `from .settings import *\n${env('P')}`,
    },
    governing: 'site/settings_prod.py',
    variable: 'P',
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
    title: 'a property that names a module called like development',
    files: {
      '.ebextensions/a.config':
        'option_settings:\n  aws:elasticbeanstalk:application:environment:\n    DJANGO_SETTINGS_MODULE: site.settings.dev\n',
      'site/settings/dev.py': env('A'),
      'site/settings/production.py': env('B'),
    },
    governing: 'site/settings/dev.py',
    variable: 'A',
  },
  {
    title: 'a package before a module of the same name',
    files: {
      'site/wsgi.py': wsgi('site.settings'),
      'site/settings.py': env('A'),
      'site/settings/__init__.py': env('B'),
    },
    governing: 'site/settings/__init__.py',
    variable: 'B',
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

  it('names the property that decides, of two the last one', () => {
    const property = (module: string) =>
      `option_settings:\n  aws:elasticbeanstalk:application:environment:\n    DJANGO_SETTINGS_MODULE: ${module}\n`;
    const { governingModule, evidence } = read({
      'manage.py': manage('site.a'),
      'site/a.py': env('A'),
      'site/b.py': env('B'),
      '.ebextensions/01.config': property('site.a'),
      '.ebextensions/02.config': property('site.b'),
    });
    expect(governingModule).toBe('site/b.py');
    expect(evidence[0]).toMatchObject({ file: '.ebextensions/02.config', line: 3 });
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
    expect(read(files)).toMatchObject({ isDjango: false, settings: [], findings: [], governingModule: null });
  });
});
