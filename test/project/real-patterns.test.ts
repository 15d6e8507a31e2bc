import { describe, expect, it } from 'vitest';
import { readProject } from '../../src/project/read-project.ts';
import { snapshotOf } from '../support/snapshot.ts';

/** Patterns of real repositories. */
type Files = Readonly<Record<string, string>>;

function read(files: Files) {
  const project = readProject(snapshotOf(files));
  return { ...project, codes: project.findings.map(({ code }) => code) };
}

const django = (directory = '') => ({
  [`${directory}manage.py`]:
    'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "site_a.settings")\nimport django\n',
  [`${directory}site_a/__init__.py`]: '',
  [`${directory}site_a/settings.py`]:
    'import os\nALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "example.com").split(",")\nINSTALLED_APPS = []\n',
  [`${directory}requirements.txt`]: 'django\n',
});
const python =
  'option_settings:\n  aws:elasticbeanstalk:container:python:\n    WSGIPath: site_a.wsgi:application\n';
const localCompose =
  'services:\n  web:\n    build: .\n    command: python manage.py runserver 0.0.0.0:8000\n    volumes: [".:/code"]\n  db:\n    image: postgres\n';

describe('platform and root', () => {
  it('a configuration of the EB CLI that CI fills in, and one that is empty', () => {
    for (const text of ['global:\n  default_platform: ${PLATFORM}\n', '', 'global:\n', '{{ broken'])
      expect(read({ ...django(), '.elasticbeanstalk/config.yml': text }).platform).toBe('python');
  });

  it('spellings of compose that are not deployed, and one that is half commented out', () => {
    const halfCommented = `# services:\n#   web:\n#     build: .\nservices:\n  db:\n    image: postgres\n#  web:\n`;
    const files = { ...django(), Procfile: 'web: gunicorn site_a.wsgi\n' };
    for (const name of ['docker-compose.local.yml', 'docker-compose.dev.yml', 'docker-compose-test.yaml'])
      expect(read({ ...files, [name]: localCompose }).platform).toBe('python');
    expect(
      read({ ...files, '.ebextensions/a.config': python, 'docker-compose.yml': halfCommented }).platform,
    ).toBe('python');
  });

  it('a monorepo with a front end, and stale .ebextensions at the top', () => {
    const project = read({
      ...django('backend/'),
      'backend/.ebextensions/a.config': python,
      'backend/Procfile': 'web: gunicorn site_a.wsgi\n',
      '.ebextensions/old.config': 'option_settings:\n',
      'package.json': '{}',
      'frontend/package.json': '{}',
      'frontend/Dockerfile': 'FROM x\n',
    });
    expect([project.appRoot, project.platform, project.framework]).toEqual(['backend', 'python', 'django']);
    expect(project.codes).toContain('app-root-ambiguous');
    expect(project.settings[0]?.file).toBe('site_a/settings.py');
  });

  it('the bundle in a directory of its own, the app beside it', () => {
    const project = read({
      ...django('src/'),
      'deploy/eb/.ebextensions/a.config': 'option_settings:\n',
      'deploy/eb/Dockerrun.aws.json': '{"AWSEBDockerrunVersion": "1"}',
    });
    expect([project.appRoot, project.platform, project.framework]).toEqual(['deploy/eb', 'docker', 'django']);
    expect(project.settings[0]?.file).toBe('../../src/site_a/settings.py');
  });

  it('a virtual environment and packages that were committed', () => {
    const { settings, appRoot } = read({
      ...django(),
      'venv/bin/activate': '',
      'venv/src/other/prod_settings.py': 'ALLOWED_HOSTS = ["b"]\nINSTALLED_APPS = []\n',
      'venv/lib/python3/site-packages/other/manage.py': '',
      'venv/lib/python3/site-packages/other/settings.py': 'ALLOWED_HOSTS = ["*"]\nINSTALLED_APPS = []\n',
      'node_modules/x/.ebextensions/a.config': '',
    });
    expect(settings.map(({ file }) => file)).toEqual(['site_a/settings.py']);
    expect(appRoot).toBe('.');
    const committed = read({
      'myenv/bin/activate': '',
      'myenv/src/other/manage.py': 'import django\n',
    });
    expect(committed.framework).toBe('generic');
    const own = read({ ...django(), 'site_a/bin/activate': '', 'site_a/__init__.py': '' });
    expect(own.settings.map(({ file }) => file)).toEqual(['site_a/settings.py']);
  });

  it('a template of projects', () => {
    const project = read({
      'cookiecutter.json': '{}',
      '{{cookiecutter.slug}}/manage.py': '{% if cookiecutter.x %}\nimport django\n{% endif %}\n',
      '{{cookiecutter.slug}}/.ebextensions/a.config':
        'option_settings:\n  {{ cookiecutter.namespace }}:\n    A: {{ cookiecutter.a }}\n',
    });
    expect(project.codes).not.toContain('ebextensions-invalid');
  });
});

describe('.ebextensions', () => {
  it('real files beside binary ones, backups and templates', () => {
    const { codes, platform } = read({
      ...django(),
      '.ebextensions/a.config': python,
      '.ebextensions/b.config.template': 'option_settings: {{ x }}',
      '.ebextensions/c.config.backup': 'a: `b`',
      '.ebextensions/apache.conf': 'LoadModule wsgi\n',
    });
    expect(platform).toBe('python');
    expect(codes).toEqual(['hooks-missing']);
  });

  it('a path that is set already, in a process of another name', () => {
    const config =
      'option_settings:\n  aws:elasticbeanstalk:environment:process:web:\n    HealthCheckPath: /ht/\n';
    const { healthCheckOptions } = read({ ...django(), '.ebextensions/a.config': config });
    expect(healthCheckOptions).toMatchObject([{ value: '/ht/', line: 3 }]);
  });
});
