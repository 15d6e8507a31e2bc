import { describe, expect, it } from 'vitest';
import type { Finding } from '../../../src/findings.ts';
import { loadHostsFile } from '../../../src/generated-paths.ts';
import { readProject } from '../../../src/project/read-project.ts';
import { snapshotOf } from '../../support/snapshot.ts';

type Options = Parameters<typeof snapshotOf>[1];

const settings = (line: string) => ({
  'manage.py': 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "a.settings")\nimport django\n',
  'a/__init__.py': '',
  'a/settings.py': `import os\n${line}\nINSTALLED_APPS = []\n`,
});
const fromVariable = settings('ALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "example.com").split(",")');

const eb = (text: string) => ({ '.ebextensions/a.config': text });
const option = (namespace: string, ...lines: string[]) =>
  `  ${namespace}:\n${lines.map((line) => `    ${line}\n`).join('')}`;
const optionSettings = (...parts: string[]) => eb(`option_settings:\n${parts.join('')}`);

const processDefault = 'aws:elasticbeanstalk:environment:process:default';
const environment = 'aws:elasticbeanstalk:environment';
const hook = '.platform/hooks/predeploy/01_env.sh';
const readsHosts =
  'ALLOWED_HOSTS=$(/opt/elasticbeanstalk/bin/get-config environment -k ALLOWED_HOSTS)\ncertbot -n -d "$ALLOWED_HOSTS" --nginx';

const script = (text: string) => ({ [hook]: `#!/bin/bash\n${text}\n` });
const compose = (service: string) => ({
  ...fromVariable,
  '.elasticbeanstalk/config.yml': 'global:\n  default_platform: docker\n',
  'docker-compose.yml': `services:\n  db:\n    image: postgres\n  web:\n    build: .\n${service}`,
});
const dockerrun = (mounts: string) => ({
  'Dockerrun.aws.json': `{"AWSEBDockerrunVersion": 2,
"volumes": [{"name": "eb", "host": {"sourcePath": "/var/lib/eb-hosts/"}}],
"containerDefinitions": [
{"name": "nginx"},
{"name": "app", "mountPoints": [${mounts}]}]}`,
});

const mount = '{"sourceVolume": "eb", "containerPath": "/x", "readOnly": true}';
const delivery = (name: string) => ({
  '.platform/hooks/predeploy/10_eb_hosts.sh': `#!/bin/sh\n#   npx eb-hosts init --var ALLOWED_HOSTS --delivery ${name}\nlist=hosts.env\n`,
});

function findingsOf(files: Record<string, string>, options?: Options): readonly Finding[] {
  return readProject(snapshotOf(files, options)).findings;
}

interface Case {
  readonly code: string;
  readonly title: string;
  readonly files: Record<string, string>;
  readonly options?: Options;
  readonly expected: { severity: Finding['severity']; file: string | null; line: number | null };
}

function found(
  code: string,
  title: string,
  [severity, file, line]: [Finding['severity'], string | null, number | null],
  files: Record<string, string>,
  options?: Options,
): Case {
  return { code, title, files, expected: { severity, file, line }, ...(options && { options }) };
}

const cases: Case[] = [
  found(
    'git-unusable',
    'safe.directory',
    ['warning', null, null],
    {},
    { git: null, gitProblem: 'owned-by-another' },
  ),
  // Hooks.
  found('hook-writes-same-variable', 'env.list', ['warning', hook, 2], {
    ...fromVariable,
    ...script('echo "ALLOWED_HOSTS=$X" >> /opt/elasticbeanstalk/deployment/env.list'),
  }),
  found('hook-writes-same-variable', 'the one that the hook was made for', ['warning', hook, 2], {
    ...fromVariable,
    '.platform/hooks/predeploy/10_eb_hosts.sh': '#!/bin/sh\n#   npx eb-hosts init --var EB_HOSTS\n',
    ...script('echo "EB_HOSTS=$X" >> /opt/elasticbeanstalk/deployment/env.list'),
  }),
  // Platforms.
  found('no-elastic-beanstalk', 'a plain project', ['info', null, null], { 'requirements.txt': '' }),
  found('app-root-ambiguous', 'two bundles', ['warning', null, null], {
    'a/.ebextensions/a.config': '',
    'b/.ebextensions/a.config': '',
  }),
  found('app-root-above', 'the EB CLI', ['warning', null, null], {}, { ebRootAbove: '..' }),
  // .ebextensions.
  found('ebextensions-not-read', 'singular', ['warning', '.ebextension/a.config', null], {
    '.ebextension/a.config': '',
  }),
  found('ebextensions-not-read', 'without dot', ['warning', 'ebextensions/a.config', null], {
    'ebextensions/a.config': '',
  }),
  found('ebextensions-not-read', '.yml', ['warning', '.ebextensions/a.yml', null], {
    '.ebextensions/a.yml': 'option_settings:\n',
  }),
  // Health check.
  found(
    'matcher-hides-400',
    'a list',
    ['warning', '.ebextensions/a.config', 3],
    optionSettings(option(processDefault, 'MatcherHTTPCode: "200,400"')),
  ),
  found(
    'matcher-hides-400',
    'a range',
    ['warning', '.ebextensions/a.config', 3],
    optionSettings(option(processDefault, 'MatcherHTTPCode: 200-499')),
  ),
  found(
    'health-path-invalid',
    'a URL',
    ['warning', '.ebextensions/a.config', 3],
    optionSettings(option(processDefault, 'HealthCheckPath: http://x/health')),
  ),
  found(
    'health-check-namespace-mismatch',
    'classic option, application balancer',
    ['warning', '.ebextensions/a.config', 5],
    optionSettings(
      option(environment, 'LoadBalancerType: application'),
      option('aws:elasticbeanstalk:application', 'Application Healthcheck URL: /h'),
    ),
  ),
  found(
    'health-check-namespace-mismatch',
    'process option, classic balancer',
    ['warning', '.ebextensions/a.config', 5],
    optionSettings(
      option(environment, 'LoadBalancerType: classic'),
      option(processDefault, 'HealthCheckPath: /h'),
    ),
  ),
  found(
    'health-check-namespace-mismatch',
    'a path',
    ['info', '.ebextensions/a.config', 5],
    optionSettings(
      option(environment, 'LoadBalancerType: network'),
      option(processDefault, 'HealthCheckPath: /h'),
    ),
  ),
  found(
    'ignore-health-check',
    'true',
    ['info', '.ebextensions/a.config', 3],
    optionSettings(option('aws:elasticbeanstalk:command', 'IgnoreHealthCheck: true')),
  ),
  // Wiring.
  found('compose-variable-not-passed', 'no env_file', ['warning', 'docker-compose.yml', 4], compose('')),
  found(
    'compose-variable-not-passed',
    'a literal',
    ['warning', 'docker-compose.yml', 7],
    compose('    environment:\n      ALLOWED_HOSTS: example.com\n'),
  ),
  found('compose-env-committed', 'a tracked .env', ['info', '.env', null], {
    ...compose('    env_file: .env\n'),
    '.env': 'A=1',
  }),
  found('ecs-volume-missing', 'no mount', ['warning', 'Dockerrun.aws.json', 5], {
    ...fromVariable,
    ...dockerrun(''),
  }),
  found('ecs-volume-missing', 'the app is named, not its database', ['warning', 'Dockerrun.aws.json', 4], {
    ...fromVariable,
    'Dockerrun.aws.json': `{"AWSEBDockerrunVersion": 2, "containerDefinitions": [
  {"name": "store", "image": "postgres:16",
   "portMappings": [{"hostPort": 5432, "containerPort": 5432}]},
  {"name": "registry", "image": "example.com/registry:latest"}]}`,
  }),
  found('hosts-file-not-read', 'ECS, a mount alone', ['warning', 'Dockerrun.aws.json', 5], {
    ...fromVariable,
    ...dockerrun(mount),
    ...delivery('file'),
    'README.md': 'The list stands in hosts.env.\n',
    'entrypoint.sh': '#!/bin/sh\n# no hosts.env here, and no ghosts.env\n. ./ghosts.env\nexec "$@"\n',
  }),
  found('hosts-file-not-read', 'ECS, before there is a hook', ['warning', 'Dockerrun.aws.json', 5], {
    ...fromVariable,
    ...dockerrun(mount),
  }),
  ...[compose('    env_file: .env\n'), { ...fromVariable, Procfile: 'web: gunicorn a.wsgi\n' }].map((app) =>
    found(
      'hosts-file-not-read',
      `the delivery by choice, ${Object.keys(app).at(-1)}`,
      ['warning', '.platform/hooks/predeploy/10_eb_hosts.sh', null],
      { ...app, ...delivery('file') },
    ),
  ),
];

describe('finds', () => {
  it.each(cases)('$code: $title', ({ code, files, options, expected }) => {
    const matching = findingsOf(files, options).filter((finding) => finding.code === code);
    expect(matching).toEqual([
      { ...expected, code, message: expect.any(String), fix: expect.stringMatching(/\S/) },
    ]);
  });
});

describe('leaves in peace', () => {
  const peaceful: [string, string, Record<string, string>, Options?][] = [
    ['hook-writes-same-variable', 'a property that is only read', { ...fromVariable, ...script(readsHosts) }],
    [
      'hook-writes-same-variable',
      'another variable',
      { ...fromVariable, ...script('echo "CSRF_ALLOWED_HOSTS=x" >> env.list') },
    ],
    ['no-elastic-beanstalk', 'a project of it', { '.platform/nginx/conf.d/a.conf': '' }],
    [
      'no-elastic-beanstalk',
      'a workflow that deploys to it',
      {
        'requirements.txt': '',
        '.github/workflows/a.yml': '    - uses: einaregilsson/beanstalk-deploy@v22\n',
      },
    ],
    ['no-elastic-beanstalk', 'the defaults of its .NET tools', { 'aws-beanstalk-tools-defaults.json': '{}' }],
    ['ebextensions-not-read', 'external/', { 'ebexternal/a.config': '', 'extensions/a.config': '' }],
    [
      'ebextensions-not-read',
      'a backup, and data',
      { '.ebextensions/a.config.bak': 'option_settings:', '.ebextensions/b.json': '{}' },
    ],
    ['matcher-hides-400', '200-399', optionSettings(option(processDefault, 'MatcherHTTPCode: 200-399'))],
    [
      'health-check-namespace-mismatch',
      'both set',
      optionSettings(
        option(processDefault, 'HealthCheckPath: /h'),
        option('aws:elasticbeanstalk:application', 'Application Healthcheck URL: /h'),
      ),
    ],
    [
      'health-path-invalid',
      'HTTPS:443/health',
      optionSettings(
        option('aws:elasticbeanstalk:application', 'Application Healthcheck URL: HTTPS:443/health'),
      ),
    ],
    [
      'ignore-health-check',
      'false',
      optionSettings(option('aws:elasticbeanstalk:command', 'IgnoreHealthCheck: false')),
    ],
    ...[
      '    env_file: .env\n',
      '    env_file:\n      - ./.env\n',
      '    env_file:\n      - path: .env\n',
      '    environment: [ALLOWED_HOSTS]\n',
      '    environment:\n      ALLOWED_HOSTS: ${ALLOWED_HOSTS:-x}\n',
      '    environment:\n      - ALLOWED_HOSTS=$ALLOWED_HOSTS\n',
      '    volumes: ["./.env:/app/.env"]\n',
    ].map((service): [string, string, Record<string, string>] => [
      'compose-variable-not-passed',
      service.trim(),
      compose(service),
    ]),
    [
      'compose-variable-not-passed',
      'the bundle is in the container, and its settings read .env themselves',
      {
        ...compose('    volumes: [".:/code"]\n'),
        'a/settings.py': `from dotenv import load_dotenv\nload_dotenv()\n${fromVariable['a/settings.py']}`,
      },
    ],
    [
      'compose-variable-not-passed',
      'an app without a list of hosts, handed the variable that init proposes',
      {
        '.elasticbeanstalk/config.yml': 'global:\n  default_platform: docker\n',
        'docker-compose.yml': 'services:\n  web:\n    build: .\n    environment: [ALLOWED_HOSTS]\n',
      },
    ],
    [
      'ecs-volume-missing',
      'a mount',
      { ...fromVariable, ...dockerrun('{"sourceVolume": "eb", "containerPath": "/x", "readOnly": true}') },
    ],
    ...Object.entries({
      'entrypoint.sh': '#!/bin/sh\nset -a\n. /var/lib/eb-hosts/hosts.env\nexec "$@"\n',
      Procfile: `web: sh -c '${loadHostsFile('/x')}; exec gunicorn a.wsgi'\n`,
      Dockerfile: `CMD ${loadHostsFile('/x')}; exec gunicorn a.wsgi\n`,
      'a/local.py': 'load_dotenv("/var/lib/eb-hosts/hosts.env")\n',
      'public/index.php': '<?php parse_ini_file("/var/lib/eb-hosts/hosts.env");\n',
      'docker-compose.yml': 'services:\n  web:\n    build: .\n    env_file: /var/lib/eb-hosts/hosts.env\n',
    }).map(([path, text]): [string, string, Record<string, string>] => [
      'hosts-file-not-read',
      `read by ${path}`,
      { ...fromVariable, ...dockerrun(mount), ...delivery('file'), [path]: text },
    ]),
    [
      'hosts-file-not-read',
      'read by the command of the container',
      {
        ...fromVariable,
        'Dockerrun.aws.json': JSON.stringify({
          AWSEBDockerrunVersion: 2,
          containerDefinitions: [
            { name: 'web', command: ['sh', '-c', `${loadHostsFile('/x')}; exec gunicorn a.wsgi`] },
          ],
        }),
      },
    ],
    ['hosts-file-not-read', 'an open list', { ...settings('ALLOWED_HOSTS = ["*"]'), ...dockerrun(mount) }],
    ['hosts-file-not-read', 'web.service reads it', { ...fromVariable, ...delivery('systemd') }],
    [
      'hosts-file-not-read',
      'another delivery by choice',
      { ...fromVariable, ...dockerrun(mount), ...delivery('env-list') },
    ],
  ];
  it.each(peaceful)('%s: %s', (code, _, files, options) => {
    expect(findingsOf(files, options).map((finding) => finding.code)).not.toContain(code);
  });
});

describe('the fix of hosts-file-not-read', () => {
  const fixOf = (files: Record<string, string>) =>
    findingsOf(files).find(({ code }) => code === 'hosts-file-not-read')?.fix;

  it('is a command for the container, with the path where the list is mounted', () => {
    const command = JSON.stringify(['sh', '-c', `${loadHostsFile('/x')}; exec COMMAND`]);
    expect(fixOf({ ...fromVariable, ...dockerrun(mount) })).toContain(`"command" of app: ${command}`);
    expect(fixOf({ ...fromVariable, ...dockerrun('') })).toContain('. /var/lib/eb-hosts/hosts.env;');
  });

  it('is done when it is followed', () => {
    const command = JSON.stringify(['sh', '-c', `${loadHostsFile('/x')}; exec gunicorn a.wsgi`]);
    expect(
      fixOf({ ...fromVariable, ...dockerrun(`${mount}], "command": ${command}, "links": [`) }),
    ).toBeUndefined();
  });

  it('is the delivery that needs no reader, where there is one', () => {
    const procfile = { ...fromVariable, ...delivery('file'), Procfile: 'web: gunicorn a.wsgi\n' };
    expect(fixOf(procfile)).toContain('eb-hosts init --delivery auto');
  });
});

describe('an empty directory', () => {
  it('has nothing wrong', () => {
    expect(findingsOf({})).toEqual([]);
    expect(findingsOf({}, { git: null })).toEqual([]);
  });
});
