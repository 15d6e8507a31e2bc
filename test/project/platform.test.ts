import { describe, expect, it } from 'vitest';
import { resolveDelivery } from '../../src/project/platform/platform.ts';
import { readPlatformName } from '../../src/project/platform/platform-claims.ts';
import { readProject } from '../../src/project/read-project.ts';
import { survey } from '../../src/project/survey.ts';
import { snapshotOf } from '../support/snapshot.ts';

describe('a platform name', () => {
  it.each([
    ['python-3.8', 'python', 'unknown'],
    ['Python 3.11 running on 64bit Amazon Linux 2023', 'python', 'al2023'],
    ['64bit Amazon Linux 2 v3.3.9 running Python 3.8', 'python', 'al2'],
    ['64bit Amazon Linux 2023 v4.0.1 running Python 3.11', 'python', 'al2023'],
    ['64bit Amazon Linux 2018.03 v2.9.1 running Python 3.6', 'python', 'al1'],
    [
      'arn:aws:elasticbeanstalk:eu-west-1::platform/Python 3.6 running on 64bit Amazon Linux/2.9.1',
      'python',
      'al1',
    ],
    [
      'arn:aws:elasticbeanstalk:eu-west-1::platform/Docker running on 64bit Amazon Linux 2/3.4.1',
      'docker',
      'al2',
    ],
    ['docker', 'docker', 'unknown'],
    ['Docker 1.12.6', 'docker', 'unknown'],
    ['ECS running on 64bit Amazon Linux 2023', 'ecs', 'al2023'],
    ['Multi-container Docker 19.03.13-ce (Generic)', 'ecs', 'unknown'],
    ['64bit Amazon Linux 2017.09 v2.8.4 running Multi-container Docker 17.09.1-ce (Generic)', 'ecs', 'al1'],
    ['64bit Debian jessie v2.10.0 running Python 3.4 (Preconfigured - Docker)', 'docker', 'unknown'],
    ['Node.js 18 running on 64bit Amazon Linux 2023', 'other', 'al2023'],
    ['PHP 8.1 running on 64bit Amazon Linux 2', 'other', 'al2'],
    ['64bit Amazon Linux 2 v3.0.1 running .NET Core', 'other', 'al2'],
    ['64bit Windows Server 2019 v2.5.8 running IIS 10.0', 'other', 'windows'],
    ['Tomcat 8.5 with Java 8 running on 64bit Amazon Linux', 'other', 'al1'],
    ['Corretto 17 running on 64bit Amazon Linux 2023', 'other', 'al2023'],
    ['Go 1 running on 64bit Amazon Linux 2', 'other', 'al2'],
  ])('%s', (name, platform, generation) => {
    expect(readPlatformName(name)).toMatchObject({ platform, generation });
  });

  it('that says nothing is no platform', () => {
    expect(readPlatformName('my-custom-platform')).toBeUndefined();
  });
});

const pythonOption = 'option_settings:\n  aws:elasticbeanstalk:container:python:\n    WSGIPath: a.wsgi\n';
const compose = (extra = '') => `services:\n  web:\n    build: .\n    ports: ["80:8000"]\n${extra}`;
const ebCli = (platform: string) => `global:\n  default_platform: ${platform}\n`;

describe('the platform of', () => {
  it.each<[string, Record<string, string>, string]>([
    ['nothing', {}, 'unknown'],
    ['requirements alone', { 'requirements.txt': '' }, 'python'],
    [
      'a namespace beside a stray Dockerfile and a compose file',
      { '.ebextensions/a.config': pythonOption, Dockerfile: '', 'docker-compose.yml': compose() },
      'python',
    ],
    [
      'the EB CLI beside a Dockerfile',
      { '.elasticbeanstalk/config.yml': ebCli('python-3.8'), Dockerfile: '' },
      'python',
    ],
    [
      'the EB CLI beside requirements',
      { '.elasticbeanstalk/config.yml': ebCli('Docker'), Dockerfile: '', 'requirements.txt': '' },
      'docker',
    ],
    [
      'an EB CLI of Docker with compose',
      { '.elasticbeanstalk/config.yml': ebCli('docker'), 'docker-compose.yml': compose() },
      'compose',
    ],
    [
      'an EB CLI of Docker whose compose file stays behind',
      {
        '.elasticbeanstalk/config.yml': ebCli('docker'),
        'docker-compose.yml': compose(),
        '.ebignore': 'docker-compose.yml',
      },
      'docker',
    ],
    [
      'the branch of the EB CLI',
      {
        '.elasticbeanstalk/config.yml': `branch-defaults:\n  main:\n    default_platform: ecs\n${ebCli('python-3.8')}`,
      },
      'ecs',
    ],
    [
      'an EB CLI set to null, and requirements',
      { '.elasticbeanstalk/config.yml': ebCli('null'), 'requirements.txt': '' },
      'python',
    ],
    [
      'a saved configuration',
      {
        '.elasticbeanstalk/saved_configs/a.cfg.yml':
          'Platform:\n  PlatformArn: arn:aws:elasticbeanstalk:us-east-1::platform/Docker running on 64bit Amazon Linux 2/3\n',
        'requirements.txt': '',
      },
      'docker',
    ],
    [
      'an environment manifest',
      { 'env.yaml': 'SolutionStack: 64bit Amazon Linux 2 v3.3.9 running Python 3.8\n', Dockerfile: '' },
      'python',
    ],
    [
      'Dockerrun 1',
      { 'Dockerrun.aws.json': '{"AWSEBDockerrunVersion": "1"}', 'requirements.txt': '' },
      'docker',
    ],
    [
      "Dockerrun 1 beside a copy of AWS's own data",
      {
        'Dockerrun.aws.json': '{"AWSEBDockerrunVersion": "1"}',
        'lambda/pkg/botocore/data/elasticbeanstalk/examples-1.json':
          '{"SolutionStackName": "64bit Amazon Linux 2015.03 v2.0.0 running Tomcat 8 Java 8"}',
      },
      'docker',
    ],
    [
      'Dockerrun 1 beside compose for developers',
      {
        'Dockerrun.aws.json': '{"AWSEBDockerrunVersion": "1"}',
        'docker-compose.yml': compose('    volumes: [".:/code"]\n'),
      },
      'docker',
    ],
    [
      'Dockerrun 1 beside a compose file of production',
      { 'Dockerrun.aws.json': '{"AWSEBDockerrunVersion": "1"}', 'docker-compose.yml': compose() },
      'compose',
    ],
    [
      'Dockerrun 1 beside a compose file of databases',
      {
        'Dockerrun.aws.json': '{"AWSEBDockerrunVersion": "1"}',
        'docker-compose.yml':
          'services:\n  db:\n    image: library/postgres:16-alpine\n  q:\n    image: redis\n',
      },
      'docker',
    ],
    [
      'a Dockerfile beside a compose file of databases',
      { Dockerfile: '', 'docker-compose.yml': 'services:\n  db:\n    image: mongo@sha256:00\n' },
      'docker',
    ],
    [
      'CI that writes Dockerrun 1',
      {
        '.ebextensions/a.config': '',
        'buildspec.yml': `phases:\n  build:\n    commands:\n      - printf '{"AWSEBDockerrunVersion":"1"}' > Dockerrun.aws.json\n`,
      },
      'docker',
    ],
    [
      'CI that writes Dockerrun 2, with escapes',
      {
        '.ebextensions/a.config': '',
        'deploy.sh': 'echo "{\\"AWSEBDockerrunVersion\\": 2, $rest}" > Dockerrun.aws.json\n',
      },
      'ecs',
    ],
    ['Dockerrun 1 as a number', { 'Dockerrun.aws.json': '{"AWSEBDockerrunVersion": 1}' }, 'docker'],
    [
      'Dockerrun 2',
      { 'Dockerrun.aws.json': '{"AWSEBDockerrunVersion": "2", "containerDefinitions": []}' },
      'ecs',
    ],
    [
      'Dockerrun 2 as a number, beside a compose file',
      { 'Dockerrun.aws.json': '{"AWSEBDockerrunVersion": 2}', 'docker-compose.yml': compose() },
      'ecs',
    ],
    [
      'Dockerrun 2 as a template',
      {
        'Dockerrun.aws.json.template':
          '{"AWSEBDockerrunVersion": 2, "containerDefinitions": [{"image": "<IMAGE>"}]}',
      },
      'ecs',
    ],
    [
      'Dockerrun 1 with the keys of 2',
      { 'Dockerrun.aws.json': '{"AWSEBDockerrunVersion": "1", "containerDefinitions": []}' },
      'docker',
    ],
    ['a Dockerfile', { Dockerfile: '', 'requirements.txt': '' }, 'docker'],
    [
      'a Procfile beside a Dockerfile',
      { Dockerfile: '', 'requirements.txt': '', Procfile: 'web: gunicorn a.wsgi' },
      'python',
    ],
    ['a production compose file', { 'docker-compose.yml': compose(), Dockerfile: '' }, 'compose'],
    [
      'a compose file for development beside a Procfile',
      {
        'docker-compose.yml': compose('    volumes: [".:/code"]\n    command: python manage.py runserver\n'),
        Dockerfile: '',
        Procfile: 'web: gunicorn x',
        'requirements.txt': '',
      },
      'python',
    ],
    ['a compose file that ends in .yaml', { 'docker-compose.yaml': compose(), Dockerfile: '' }, 'compose'],
    [
      'another spelling of compose, which is not deployed',
      { 'docker-compose.local.yml': compose(), 'requirements.txt': '' },
      'python',
    ],
    [
      'Terraform',
      {
        'infra/main.tf': 'solution_stack_name = "64bit Amazon Linux 2 v3.1.0 running Python 3.7"',
        Dockerfile: '',
      },
      'python',
    ],
    [
      'a deploy script',
      { 'deploy.sh': 'eb init my-app -p docker --region x', 'requirements.txt': '' },
      'docker',
    ],
    [
      'commands that use the virtual environment',
      {
        '.ebextensions/a.config':
          'container_commands:\n  a:\n    command: "source /var/app/venv/*/bin/activate && python manage.py migrate"\n',
        Dockerfile: '',
      },
      'python',
    ],
    ['Ruby', { Gemfile: 'gem "rails"' }, 'other'],
    ['Node, beside Python tools', { 'package.json': '{}', Procfile: 'web: npm start' }, 'other'],
    ['Java', { 'pom.xml': '' }, 'other'],
  ])('%s', (_, files, platform) => {
    expect(readProject(snapshotOf(files)).platform).toBe(platform);
  });

  it('comes with its reasons, and with what speaks against it', () => {
    const { evidence } = readProject(snapshotOf({ '.ebextensions/a.config': pythonOption, Dockerfile: '' }));
    expect(evidence).toContainEqual({
      conclusion: 'python',
      because: 'the namespace aws:elasticbeanstalk:container:python is set',
      file: '.ebextensions/a.config',
      line: 3,
    });
    expect(evidence).toContainEqual({
      conclusion: 'python',
      because: 'there is a Dockerfile, which suggests docker (weaker evidence)',
      file: 'Dockerfile',
      line: null,
    });
  });
});

describe('the delivery', () => {
  const saved = (name: string) => `SolutionStack: 64bit Amazon Linux 2023 v4.0.1 running ${name}\n`;
  const cluster = 'EnvironmentTier:\n  Name: Cluster\n  Type: EKS\n';
  it.each<[string, Record<string, string>, unknown]>([
    ['Python', { 'env.yaml': saved('Python 3.11') }, { delivery: 'systemd', ambiguousWith: null }],
    ['Ruby', { Gemfile: '' }, { delivery: 'systemd', ambiguousWith: null }],
    ['Docker', { Dockerfile: '' }, { delivery: 'env-list', ambiguousWith: null }],
    ['Compose', { 'docker-compose.yml': compose() }, { delivery: 'dotenv', ambiguousWith: null }],
    ['ECS', { 'env.yaml': saved('ECS') }, { delivery: 'file', ambiguousWith: null }],
    ['PHP', { 'env.yaml': saved('PHP 8.3') }, { delivery: null, reason: expect.stringContaining('PHP') }],
    [
      'Tomcat',
      { 'env.yaml': saved('Tomcat 10') },
      { delivery: null, reason: expect.stringContaining('Tomcat') },
    ],
    [
      'Windows',
      { 'env.yaml': 'SolutionStack: 64bit Windows Server 2022 running IIS 10.0\n' },
      { delivery: null, reason: expect.stringContaining('Windows') },
    ],
    ['Cluster', { 'env.yaml': cluster }, { delivery: null, reason: expect.stringContaining('Cluster') }],
    ['nothing', { 'README.md': '' }, null],
    [
      'two stacks named in Terraform',
      {
        'a.tf': 'solution_stack_name = "64bit Amazon Linux 2023 v4.0.1 running Docker"',
        'b.tf': 'solution_stack_name = "64bit Amazon Linux 2023 v4.0.1 running Python 3.11"',
      },
      { delivery: 'env-list', ambiguousWith: 'python' },
    ],
    [
      'two stacks of which the EB CLI has one',
      {
        '.elasticbeanstalk/config.yml': ebCli('Python 3.11'),
        'a.tf': 'solution_stack_name = "64bit Amazon Linux 2023 v4.0.1 running Docker"',
        'b.tf': 'solution_stack_name = "64bit Amazon Linux 2023 v4.0.1 running Python 3.11"',
      },
      { delivery: 'systemd', ambiguousWith: null },
    ],
    [
      'two that need the same',
      { Gemfile: '', 'requirements.txt': '' },
      { delivery: 'systemd', ambiguousWith: null },
    ],
  ])('for %s', (_, files, expected) => {
    const read = survey(snapshotOf(files));
    expect(resolveDelivery(read.platform)).toEqual(expected);
    const ambiguous = (expected as { ambiguousWith?: string } | null)?.ambiguousWith ?? null;
    const told = readProject(snapshotOf(files)).findings.filter(({ code }) => code === 'platform-ambiguous');
    expect(told.map(({ fix }) => fix)).toEqual(
      ambiguous === null ? [] : [expect.stringContaining('--delivery env-list (docker) or systemd (python)')],
    );
  });
});
