import { describe, expect, it } from 'vitest';
import { findAppRoot } from '../../src/project/app-root.ts';
import { readProject } from '../../src/project/read-project.ts';
import { snapshotOf } from '../support/snapshot.ts';

function root(...paths: string[]) {
  const { root, findings } = findAppRoot(snapshotOf(Object.fromEntries(paths.map((path) => [path, '']))));
  return [root, ...findings.map(({ code }) => code)];
}

describe('the app root', () => {
  it.each<[string, string[], string[]]>([
    ['the top, by default', [], ['.']],
    ['the top, of a plain project', ['manage.py', 'requirements.txt', 'web/package.json'], ['.']],
    [
      'the one with .ebextensions',
      ['api/.ebextensions/a.config', 'api/manage.py', 'web/package.json', 'Procfile'],
      ['api'],
    ],
    [
      'the one the EB CLI was set up in',
      ['.elasticbeanstalk/config.yml', 'api/manage.py', 'api/requirements.txt'],
      ['.'],
    ],
    [
      'the one that is complete, beside stale .ebextensions at the top',
      ['.ebextensions/old.config', 'api/.ebextensions/a.config', 'api/manage.py', 'api/requirements.txt'],
      ['api', 'app-root-ambiguous'],
    ],
    [
      'the top, where it is the complete one',
      ['.ebextensions/a.config', 'manage.py', 'requirements.txt', 'tools/.ebextensions/a.config'],
      ['.', 'app-root-ambiguous'],
    ],
    [
      'the EB CLI before .ebextensions elsewhere',
      [
        'api/.elasticbeanstalk/config.yml',
        'api/manage.py',
        '.ebextensions/a.config',
        '.platform/hooks/predeploy/a.sh',
        'Procfile',
      ],
      ['api', 'app-root-ambiguous'],
    ],
    [
      'no copy that was unpacked to look at',
      [
        'test-zip/.ebextensions/a.config',
        'test-zip/Procfile',
        'temp_unzip/.platform/hooks/predeploy/a.sh',
        'api-old/.ebextensions/a.config',
        'api/.ebextensions/a.config',
      ],
      ['api'],
    ],
    [
      'the one for production of two alike',
      ['deploy/dev/Dockerrun.aws.json', 'deploy/prod/Dockerrun.aws.json'],
      ['deploy/prod', 'app-root-ambiguous'],
    ],
    [
      'no example, however complete',
      [
        'examples/eb/.ebextensions/a.config',
        'examples/eb/manage.py',
        'examples/eb/Procfile',
        '.ebextensions/a.config',
      ],
      ['.'],
    ],
    ['no example', ['examples/eb/.ebextensions/a.config', '.ebextensions/a.config'], ['.']],
    [
      'the only app, without any file of Elastic Beanstalk',
      ['backend/manage.py', 'backend/requirements.txt', 'README.md'],
      ['backend'],
    ],
    [
      'the top, where two are alike',
      ['a/manage.py', 'a/requirements.txt', 'b/manage.py', 'b/requirements.txt'],
      ['.'],
    ],
    [
      'the top, where it holds something itself',
      ['backend/manage.py', 'backend/requirements.txt', 'docker-compose.yml'],
      ['.'],
    ],
  ])('is %s', (_, paths, expected) => {
    expect(root(...paths)).toEqual(expected);
  });

  it('is where the files of the project are read, and what their paths are relative to', () => {
    const { appRoot, platform, findings } = readProject(
      snapshotOf({
        'api/.ebextensions/a.config':
          'option_settings:\n  aws:elasticbeanstalk:container:python:\n    A: `x`\n',
        'Dockerrun.aws.txt': '',
        'web/Dockerfile': '',
      }),
    );
    expect([appRoot, platform]).toEqual(['api', 'python']);
    expect(findings).toContainEqual(
      expect.objectContaining({ code: 'ebextensions-invalid', file: '.ebextensions/a.config', line: 3 }),
    );
  });

  it('is not looked for in the data of tests', () => {
    const files = {
      'package.json': '{}',
      'test/app/manage.py': 'import django\n',
      'src/fixtures/project/.elasticbeanstalk/config.yml': 'global:\n  default_platform: Python 3.11\n',
      'src/fixtures/project/.ebextensions/a.config': '',
    };
    const { appRoot, framework, platform, findings } = readProject(snapshotOf(files));
    expect([appRoot, framework, platform]).toEqual(['.', 'generic', 'other']);
    expect(findings.map(({ code }) => code)).toEqual(['no-elastic-beanstalk']);
    expect(readProject(snapshotOf({ 'test/manage.py': 'import django\n' })).framework).toBe('django');
  });

  it('holds its own app, whatever lies beside it; where it holds none, that one', () => {
    const beside = {
      'api/manage.py': 'import django\n',
      'api/site/settings.py': 'ALLOWED_HOSTS = ["a.com"]\n',
      'deploy/.elasticbeanstalk/config.yml': 'global:\n  default_platform: Docker\n',
    };
    const node = { 'deploy/package.json': '{}', 'deploy/src/index.ts': '' };
    expect(readProject(snapshotOf({ ...beside, ...node }))).toMatchObject({
      appRoot: 'deploy',
      framework: 'generic',
    });
    expect(readProject(snapshotOf(beside))).toMatchObject({ appRoot: 'deploy', framework: 'django' });
  });
});
