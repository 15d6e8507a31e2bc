import { describe, expect, it } from 'vitest';
import { readBundle } from '../../src/project/bundle/bundle.ts';
import type { JudgedProject } from '../../src/project/project.ts';
import { readProject } from '../../src/project/read-project.ts';
import { takeSnapshot } from '../../src/repository/take-snapshot.ts';
import { git, repositoryOf, writeTree } from '../support/scratch.ts';

/** Patterns of real repositories, each as a git repository of its own. */
type Files = Readonly<Record<string, string | Buffer>>;

async function read(files: Files, ignored: Files = {}): Promise<JudgedProject & { codes: string[] }> {
  const root = repositoryOf(files);
  writeTree(root, ignored);
  const project = readProject(await takeSnapshot(root));
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
const hook = '.platform/hooks/predeploy/10_eb_hosts.sh';

describe('platform and root', () => {
  it('a Python platform beside Docker files for local work', async () => {
    const files = {
      ...django(),
      '.ebextensions/a.config': python,
      Dockerfile: 'FROM x\n',
      'docker-compose.yml': localCompose,
    };
    const { platform, framework, codes } = await read(files);
    expect([platform, framework]).toEqual(['python', 'django']);
    expect(codes).not.toContain('compose-variable-not-passed');
  });

  it("the EB CLI's configuration, which git ignores", async () => {
    const files = { ...django(), Dockerfile: 'FROM x\n', '.gitignore': '.elasticbeanstalk/*\n' };
    const config = {
      '.elasticbeanstalk/config.yml':
        'branch-defaults:\n  main:\n    environment: x\nglobal:\n  default_platform: Python 3.11\n',
    };
    expect((await read(files)).platform).toBe('docker');
    expect((await read(files, config)).platform).toBe('python');
  });

  it('a configuration of the EB CLI that CI fills in, and one that is empty', async () => {
    for (const text of ['global:\n  default_platform: ${PLATFORM}\n', '', 'global:\n', '{{ broken'])
      expect((await read({ ...django(), '.elasticbeanstalk/config.yml': text })).platform).toBe('python');
  });

  it('spellings of compose that are not deployed, and one that is half commented out', async () => {
    const halfCommented = `# services:\n#   web:\n#     build: .\nservices:\n  db:\n    image: postgres\n#  web:\n`;
    const files = { ...django(), Procfile: 'web: gunicorn site_a.wsgi\n' };
    for (const name of ['docker-compose.local.yml', 'docker-compose.dev.yml', 'docker-compose-test.yaml'])
      expect((await read({ ...files, [name]: localCompose })).platform).toBe('python');
    expect(
      (await read({ ...files, '.ebextensions/a.config': python, 'docker-compose.yml': halfCommented }))
        .platform,
    ).toBe('python');
  });

  it('a monorepo with a front end, and stale .ebextensions at the top', async () => {
    const project = await read({
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

  it('the bundle in a directory of its own, the app beside it', async () => {
    const project = await read({
      ...django('src/'),
      'deploy/eb/.ebextensions/a.config': 'option_settings:\n',
      'deploy/eb/Dockerrun.aws.json': '{"AWSEBDockerrunVersion": "1"}',
    });
    expect([project.appRoot, project.platform, project.framework]).toEqual(['deploy/eb', 'docker', 'django']);
    expect(project.settings[0]?.file).toBe('../../src/site_a/settings.py');
  });

  it('a Dockerrun file that exists as a template only, and one of version 2 beside compose', async () => {
    const template = '{"AWSEBDockerrunVersion": "1", "Image": {"Name": "<NAME>"}}';
    expect((await read({ ...django(), 'Dockerrun.aws.json.template': template })).platform).toBe('docker');
    const ecs = {
      'Dockerrun.aws.json': '{"AWSEBDockerrunVersion": "2", "containerDefinitions": [{"name": "web"}]}',
    };
    const { platform, codes } = await read({ ...django(), ...ecs, 'docker-compose.yml': localCompose });
    expect(platform).toBe('ecs');
    expect(codes).toContain('ecs-volume-missing');
  });

  it('a virtual environment and packages that were committed', async () => {
    const { settings, appRoot } = await read({
      ...django(),
      'venv/bin/activate': '',
      'venv/src/other/prod_settings.py': 'ALLOWED_HOSTS = ["b"]\nINSTALLED_APPS = []\n',
      'venv/lib/python3/site-packages/other/manage.py': '',
      'venv/lib/python3/site-packages/other/settings.py': 'ALLOWED_HOSTS = ["*"]\nINSTALLED_APPS = []\n',
      'node_modules/x/.ebextensions/a.config': '',
    });
    expect(settings.map(({ file }) => file)).toEqual(['site_a/settings.py']);
    expect(appRoot).toBe('.');
    const committed = await read({
      'myenv/bin/activate': '',
      'myenv/src/other/manage.py': 'import django\n',
    });
    expect(committed.framework).toBe('generic');
    const own = await read({ ...django(), 'site_a/bin/activate': '', 'site_a/__init__.py': '' });
    expect(own.settings.map(({ file }) => file)).toEqual(['site_a/settings.py']);
  });

  it('a template of projects', async () => {
    const project = await read({
      'cookiecutter.json': '{}',
      '{{cookiecutter.slug}}/manage.py': '{% if cookiecutter.x %}\nimport django\n{% endif %}\n',
      '{{cookiecutter.slug}}/.ebextensions/a.config':
        'option_settings:\n  {{ cookiecutter.namespace }}:\n    A: {{ cookiecutter.a }}\n',
    });
    expect(project.codes).not.toContain('ebextensions-invalid');
  });
});

describe('bundle', () => {
  const droppers = ['bundle-drops-hooks', 'bundle-drops-ebextensions'];
  const eb = { ...django(), '.ebextensions/a.config': python };

  it.each<[string, Files, string[]]>([
    ['.ebignore with *.sh', { '.ebignore': '*.sh\n' }, ['bundle-drops-hooks']],
    [
      '.ebignore that keeps .ebextensions only',
      { '.ebignore': '*\n!.ebextensions/\n!site_a/\n' },
      ['bundle-drops-hooks'],
    ],
    ['.ebignore that drops both', { '.ebignore': '.*\n' }, droppers],
    ['.ebignore with one negation', { '.ebignore': '!keep\n', '.gitignore': '.platform\n' }, []],
    ['.ebignore with a broad pattern', { '.ebignore': '*db*\n*eb_hosts*\n' }, ['bundle-drops-hooks']],
    [
      '.gitignore with a broken negation',
      { '.gitignore': '.platform/\n!.platform/hooks/predeploy/*.sh\n' },
      ['bundle-drops-hooks'],
    ],
    [
      'export-ignore',
      { '.gitattributes': '/.platform export-ignore\n/.ebextensions export-ignore\n' },
      droppers,
    ],
    [
      'deploy.artifact',
      { '.elasticbeanstalk/config.yml': 'deploy:\n  artifact: Dockerrun.aws.json\n' },
      droppers,
    ],
    [
      'a CI zip without dot-directories',
      {
        '.github/workflows/deploy.yml':
          'jobs:\n  eb:\n    steps:\n      - run: zip -r app.zip *\n      - uses: einaregilsson/beanstalk-deploy@v21\n        with:\n          deployment_package: app.zip\n',
      },
      ['bundle-drops-hooks', 'bundle-drops-ebextensions'],
    ],
    [
      'a CI zip of a directory that a script fills',
      {
        'deploy.sh':
          'mkdir out && cp -r site_a .ebextensions .platform out/\ncd out\nzip -r ../app.zip .\neb deploy\nrm -r out\n',
      },
      [],
    ],
  ])('%s', async (_, files, expected) => {
    const { codes } = await read({ ...eb, ...files });
    expect(codes.filter((code) => droppers.includes(code))).toEqual(expected);
  });

  it('a name in .gitignore that a file of .ebextensions has', async () => {
    const { findings } = await read(
      { ...django(), '.gitignore': 'secrets.config\n' },
      { '.ebextensions/secrets.config': 'option_settings:\n' },
    );
    expect(findings).toContainEqual(
      expect.objectContaining({ code: 'bundle-drops-ebextensions', file: '.gitignore' }),
    );
  });

  it('a hook that is tracked although it is ignored ships', async () => {
    const root = repositoryOf({ ...eb, '.gitignore': '.platform\n' });
    writeTree(root, { [`${hook}*`]: '#!/bin/sh\n' });
    expect(readBundle(await takeSnapshot(root)).wouldShip(hook).ships).toBe(false);
    git(root, 'add', '--force', hook);
    expect(readBundle(await takeSnapshot(root)).wouldShip(hook).ships).toBe(true);
  });
});

describe('.ebextensions', () => {
  it('real files beside binary ones, backups and templates', async () => {
    const { codes, platform } = await read({
      ...django(),
      '.ebextensions/a.config': python,
      '.ebextensions/.DS_Store': Buffer.from([0, 1, 2]),
      '.ebextensions/b.config.template': 'option_settings: {{ x }}',
      '.ebextensions/c.config.backup': 'a: `b`',
      '.ebextensions/apache.conf': 'LoadModule wsgi\n',
    });
    expect(platform).toBe('python');
    expect(codes).toEqual(['hooks-missing']);
  });

  it('one that is saved as UTF-16', async () => {
    const { findings } = await read({
      ...django(),
      '.ebextensions/a.config': Buffer.from(`\ufeff${python}`, 'utf16le'),
    });
    expect(findings).toContainEqual(
      expect.objectContaining({ code: 'ebextensions-invalid', file: '.ebextensions/a.config' }),
    );
  });

  it('a path that is set already, in a process of another name', async () => {
    const config =
      'option_settings:\n  aws:elasticbeanstalk:environment:process:web:\n    HealthCheckPath: /ht/\n';
    const { healthCheckOptions } = await read({ ...django(), '.ebextensions/a.config': config });
    expect(healthCheckOptions).toMatchObject([{ value: '/ht/', line: 3 }]);
  });
});

describe('hooks', () => {
  it('with an edit that does not last; mode 0644 and Windows line ends are no trouble today', async () => {
    const text = '#!/bin/bash\r\necho "ALLOWED_HOSTS=x" >> /opt/elasticbeanstalk/deployment/env\r\n';
    const { codes } = await read({ ...django(), '.platform/hooks/predeploy/env.sh': text });
    expect(codes).toEqual(['hook-writes-same-variable', 'hooks-missing']);
  });
});
