import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { readBundle } from '../../src/project/bundle/bundle.ts';
import { readProject } from '../../src/project/read-project.ts';
import { narrow } from '../../src/project/snapshot.ts';
import { takeSnapshot } from '../../src/repository/take-snapshot.ts';
import { git, repositoryOf, writeTree } from '../support/scratch.ts';
import { snapshotOf } from '../support/snapshot.ts';

const hook = '.platform/hooks/predeploy/10_eb_hosts.sh';

const files = {
  [`${hook}*`]: '#!/bin/sh\n',
  '.platform/nginx/conf.d/a.conf': '',
  '.ebextensions/a.config': '',
  '.ebextensions/b.config': '',
  'manage.py': '',
  'docs/a.md': '',
};

describe('git archive', () => {
  it.each<[string, Record<string, string>]>([
    ['nothing special', {}],
    ['a directory with export-ignore', { '.gitattributes': '.platform export-ignore\n' }],
    ['a directory with a slash', { '.gitattributes': '.platform/ export-ignore\n' }],
    ['a pattern of files', { '.gitattributes': '*.sh export-ignore\n' }],
    ['a pattern that is undone', { '.gitattributes': '*.config export-ignore\na.config -export-ignore\n' }],
    ['attributes further down', { '.platform/.gitattributes': 'hooks export-ignore\n' }],
    ['a deep directory', { '.gitattributes': '/.platform/hooks/predeploy export-ignore\n' }],
    ['all', { '.gitattributes': '* export-ignore\n' }],
  ])('packs what was foretold: %s', async (_, more) => {
    const root = repositoryOf({ ...files, ...more });
    const { wouldShip, maker } = readBundle(await takeSnapshot(root));
    const packed = execFileSync('sh', ['-c', 'git archive HEAD | tar -t'], {
      cwd: root,
      encoding: 'utf8',
    }).split('\n');
    expect(maker).toBe('git-archive');
    const paths = Object.keys(files).map((path) => path.replace('*', ''));
    expect(paths.map((path) => [path, wouldShip(path).ships])).toEqual(
      paths.map((path) => [path, packed.includes(path)]),
    );
  });

  it.each([
    ['*.sh\n', false],
    ['.platform\n', false],
    ['.platform/*\n!.platform/hooks/\n', true],
    ['*\n!.platform\n!.platform/**\n', true],
    ['*.sh\n!hooks/**/*.sh\n', false],
  ])(
    'foretells whether git add takes a file that is not there yet, by .gitignore %j',
    async (rules, ships) => {
      const root = repositoryOf({ '.gitignore': rules });
      expect(readBundle(await takeSnapshot(root)).wouldShip(hook).ships).toBe(ships);
      writeTree(root, { [`${hook}*`]: '' });
      expect(git(root, 'ls-files', '--others', '--exclude-standard').includes(hook)).toBe(ships);
    },
  );

  it('packs what is tracked although ignored', async () => {
    const root = repositoryOf(files);
    writeTree(root, { '.gitignore': '.platform\n' });
    expect(readBundle(await takeSnapshot(root)).wouldShip(hook).ships).toBe(true);
  });

  it('knows nothing of the inside of a submodule', async () => {
    const inner = repositoryOf({ 'hooks/predeploy/a.sh': '' });
    const root = repositoryOf({ 'a.py': '' });
    git(root, '-c', 'protocol.file.allow=always', 'submodule', 'add', '--quiet', inner, '.platform');
    expect(readBundle(await takeSnapshot(root)).wouldShip(hook).ships).toBeNull();
  });

  it('works from the app root of a monorepo', async () => {
    const root = repositoryOf({ [`api/${hook}`]: '', '.gitattributes': 'api/.platform export-ignore\n' });
    const whole = await takeSnapshot(root);
    expect(readBundle(narrow(whole, 'api'), whole, 'api').wouldShip(hook).ships).toBe(false);
  });
});

describe('.ebignore', () => {
  const config = '.ebextensions/eb-hosts.config';
  it.each([
    ['*.sh', hook, true],
    ['*.sh', config, false],
    ['*\n!.ebextensions/', hook, true],
    ['*\n!.ebextensions/', config, false],
    ['*\n!Dockerrun.aws.json\n!.ebextensions/**', config, false],
    ['.platform/\n!.platform/hooks/**', hook, false],
    ['!.platform\n.platform', hook, true],
    ['.*', hook, true],
    ['.*\n!.platform/', hook, false],
    ['/hooks', hook, false],
    ['hooks', hook, true],
    ['.platform/*/predeploy', hook, true],
    ['**/predeploy/**', hook, true],
    ['PLATFORM\n.PLATFORM', hook, false],
    ['# .platform\n\n', hook, false],
    ['\\#x\n*eb_hosts*', hook, true],
    ['*eb*\r\n', hook, true],
    ['', hook, false],
  ])('%j decides over %s: left out %s', (text, path, left) => {
    expect(readBundle(snapshotOf({ '.ebignore': text })).wouldShip(path).ships).toBe(!left);
  });

  it('is named with its line; without a rule for it .gitignore does not count', () => {
    expect(readBundle(snapshotOf({ '.ebignore': 'venv\n*.sh  \n' })).wouldShip(hook)).toEqual({
      ships: false,
      because: "'*.sh' in .ebignore leaves it out",
      file: '.ebignore',
      line: 2,
    });
    const bundle = readBundle(snapshotOf({ '.ebignore': '!x\n' }, { git: { ignored: ['.platform'] } }));
    expect(bundle.wouldShip(hook).ships).toBe(true);
    expect(bundle.wouldShip('.ebignore').ships).toBe(false);
  });
});

it('the work tree is packed without git, whatever .gitignore says', () => {
  const bundle = readBundle(snapshotOf({ '.gitignore': '*' }, { git: null }));
  expect([hook, 'a/.elasticbeanstalk/x', 'a.py~'].map((path) => bundle.wouldShip(path).ships)).toEqual([
    true,
    false,
    false,
  ]);
});

type Files = Record<string, string>;
type Options = Parameters<typeof snapshotOf>[1];

function bundleFindings(files: Files, options?: Options) {
  const codes = /^(?:bundle|hooks-uncommitted|settings-uncommitted|git-unusable)/;
  // Of an app whose check is refused without the hook; of others the hooks are no error.
  const app = { ...settings, ...files };
  return readProject(snapshotOf(app, options)).findings.filter(({ code }) => codes.test(code));
}

const told = (files: Files, options?: Options) =>
  bundleFindings(files, options).map(({ severity, code, file, line }) => [severity, code, file, line]);

const eb = { '.ebextensions/a.config': '' };
const own = '.platform/hooks/predeploy/01_env.sh';
const settings = {
  'manage.py': 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "a.settings")\n',
  'a/settings.py': 'import os\nALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "a.com").split(",")\n',
};

describe('findings', () => {
  it.each<[string, Files, Options | undefined, unknown[]]>([
    [
      '.ebignore',
      { '.ebignore': 'venv\n*.sh\n' },
      undefined,
      ['error', 'bundle-drops-hooks', '.ebignore', 2],
    ],
    [
      '.gitignore',
      {},
      { git: { ignored: ['.platform'] } },
      ['error', 'bundle-drops-hooks', '.gitignore', null],
    ],
    [
      'export-ignore',
      {},
      { git: { exportIgnored: ['.platform/'] } },
      ['error', 'bundle-drops-hooks', '.gitattributes', null],
    ],
    [
      'deploy.artifact of one file',
      { '.elasticbeanstalk/config.yml': 'deploy:\n  artifact: Dockerrun.aws.json\n' },
      undefined,
      ['error', 'bundle-drops-hooks', '.elasticbeanstalk/config.yml', 2],
    ],
    [
      'deploy.artifact of a zip',
      { '.elasticbeanstalk/config.yml': 'deploy:\n  artifact: out/app.zip\n' },
      undefined,
      ['info', 'bundle-artifact-unknown', '.elasticbeanstalk/config.yml', 2],
    ],
    [
      'one of two files of the user',
      { ...eb, '.ebextensions/b.config': '' },
      { git: { untracked: ['.ebextensions/b.config'], ignored: ['b.config'] } },
      ['info', 'bundle-drops-ebextensions', '.gitignore', null],
    ],
    [
      'all .ebextensions',
      eb,
      { git: { untracked: ['.ebextensions/a.config'], ignored: ['.ebextensions'] } },
      ['error', 'bundle-drops-ebextensions', '.gitignore', null],
    ],
    [
      'one hook of the user',
      { [own]: '#!/bin/sh\n' },
      { git: { untracked: [own], ignored: ['01_env.sh'] } },
      ['info', 'bundle-drops-hooks', '.gitignore', null],
    ],
    [
      'a changed hook',
      { [own]: '#!/bin/sh\n' },
      { git: { uncommitted: [own] } },
      ['info', 'hooks-uncommitted', own, null],
    ],
    [
      'changed settings',
      { ...settings, [hook]: '#!/bin/sh\n' },
      { git: { uncommitted: ['a/settings.py'] } },
      ['warning', 'settings-uncommitted', 'a/settings.py', null],
    ],
    [
      'safe.directory',
      {},
      { git: null, gitProblem: 'owned-by-another' },
      ['warning', 'git-unusable', null, null],
    ],
  ])('%s', (_, files, options, expected) => {
    expect(told(files, options)).toEqual([expected]);
  });

  it.each<[string, Files, Options?]>([
    ['an .ebignore that brings the hooks back', { '.ebignore': '*.sh\n!.platform/**' }],
    ['.ebextensions that nobody uses', {}, { git: { ignored: ['.ebextensions'] } }],
    [
      'changed settings with .ebignore',
      { ...settings, [hook]: '#!/bin/sh\n', '.ebignore': '' },
      { git: { uncommitted: ['a/settings.py'] } },
    ],
    ['changed settings before there is a hook', settings, { git: { uncommitted: ['a/settings.py'] } }],
    [
      'other changes',
      { ...settings, [hook]: '#!/bin/sh\n', 'a/views.py': '' },
      { git: { uncommitted: ['a/views.py'] } },
    ],
  ])('none: %s', (_, files, options) => {
    expect(told(files, options)).toEqual([]);
  });
});

describe('bundles of CI', () => {
  const workflow = '.github/workflows/eb.yml';
  const buildspec = (...lines: string[]) => ({
    'buildspec.yml': `artifacts:\n${lines.map((line) => `  ${line}\n`).join('')}`,
  });
  const upload = (
    changes: { version?: string; inputs?: string; deploy?: string; download?: string } = {},
  ) => ({
    [workflow]: `jobs:
  build:
    steps:
      - uses: actions/checkout@v4
      - uses: actions/upload-artifact@${changes.version ?? 'v4'}
        with:
          ${changes.inputs ?? 'path: .'}
  deploy:
    steps:
      - uses: actions/download-artifact@v4
        with:
          ${changes.download ?? 'path: .'}
      ${changes.deploy ?? '- run: zip -r deploy.zip .'}
      - uses: einaregilsson/beanstalk-deploy@v22
        with:
          deployment_package: deploy.zip
`,
  });
  const zip = (command: string, more = '') => ({
    'deploy.sh': `${more}${command}\naws elasticbeanstalk create-application-version --source-bundle app.zip\n`,
  });
  const hooks = 'error bundle-drops-hooks';
  const ebextensions = 'error bundle-drops-ebextensions';

  it.each<[string, Files, string[]]>([
    ['artifacts without .platform', buildspec("files: ['a/**/*', manage.py, '.ebextensions/**/*']"), [hooks]],
    [
      'artifacts of a Node app',
      buildspec('files:', '  - src/**/*', '  - package.json', '  - Procfile'),
      [hooks, ebextensions],
    ],
    [
      'artifacts that may go elsewhere',
      buildspec("files: ['**/*.py', requirements.txt]"),
      ['warning bundle-drops-hooks', 'warning bundle-drops-ebextensions'],
    ],
    ['artifacts with all', buildspec("files: ['**/*']"), []],
    [
      'artifacts with all but .platform',
      buildspec("files: ['**/*', Procfile]", "exclude-paths: ['.platform/**/*']"),
      [hooks],
    ],
    ['artifacts with .platform', buildspec("files: [Procfile, '.platform/**/*', .ebextensions]"), []],
    ['artifacts of another directory', buildspec('files: [Procfile]', 'base-directory: dist'), []],
    ['artifacts of the top', buildspec('files: [Procfile]', 'base-directory: .'), [hooks, ebextensions]],
    ['artifacts of CodeDeploy', buildspec('files: [appspec.yml, manage.py]'), []],
    ['artifacts of ECS', buildspec('files: [imagedefinitions.json]'), []],

    ['upload-artifact', upload(), [hooks, ebextensions]],
    [
      'upload-artifact 5 with a list',
      upload({ version: 'v5', inputs: 'path: |\n            src\n            .platform' }),
      [hooks, ebextensions],
    ],
    [
      'upload-artifact of the files of an app',
      upload({ inputs: 'path: |\n            src\n            package.json' }),
      [hooks, ebextensions],
    ],
    [
      'upload-artifact with hidden files',
      upload({ inputs: 'path: .\n          include-hidden-files: true' }),
      [],
    ],
    ['upload-artifact 3', upload({ version: 'v3' }), []],
    ['upload-artifact 4.3', upload({ version: 'v4.3.6' }), []],
    ['upload-artifact of a zip', upload({ inputs: 'path: deploy.zip', deploy: '- run: ls' }), []],
    [
      'a checkout before the deployment',
      upload({ deploy: '- uses: actions/checkout@v4\n      - run: zip -r deploy.zip .' }),
      [],
    ],
    ['another artifact', upload({ download: 'name: app' }), []],

    ['zip *', zip('zip -r app.zip *'), [hooks, ebextensions]],
    ['zip * .ebextensions', zip('zip -qr app.zip * .ebextensions -x "*.pyc"'), [hooks]],
    [
      'zip of one file, by variables',
      {
        'buildspec.yml':
          'env:\n  variables:\n    FILES: Dockerrun.aws.json\n    ZIP: app.zip\nphases:\n  build:\n    commands:\n      - zip -r $ZIP $FILES\n      - aws elasticbeanstalk create-application-version --source-bundle S3Key=${ZIP}\n',
      },
      [hooks, ebextensions],
    ],
    ['zip of what may be something else', zip('zip -r app.zip dist'), []],
    ['zip . without dot-files', zip('zip -r app.zip . -x ".*" -x "node_modules/*"'), [hooks, ebextensions]],
    ['zip . without .platform', zip("zip -r app.zip . -x '.git/*' '.platform/*'"), [hooks]],
    ['zip . without .git', zip('zip -r app.zip . -x "*.git*"'), []],
    ['zip * and more', zip('zip -r app.zip *\nzip -r app.zip .platform .ebextensions'), []],
    ['zip .', zip('zip -r app.zip .'), []],
    ['zip * .*', zip('zip -r app.zip * .[a-z]*'), []],
    ['zip * of variables', zip('zip -r app.zip * $EXTRA'), []],
    ['zip * elsewhere', zip('zip -r app.zip *', 'cd out\n'), []],
    ['zip * of another archive', zip('zip -r lambda.zip *'), []],
    ['zip * that is not deployed', { 'a.sh': '# beanstalk\nzip -r app.zip * && cp app.zip /tmp\n' }, []],
    ['a comment', zip('# zip -r app.zip *'), []],

    [
      'one file',
      { [workflow]: '# beanstalk\n   deployment_package: docker-compose.yml # all there is\n' },
      [hooks, ebextensions],
    ],
  ])('%s', (_, files, expected) => {
    const found = bundleFindings({ ...eb, ...files });
    expect(found.map(({ severity, code }) => `${severity} ${code}`)).toEqual(expected);
    for (const { file } of found) expect(Object.keys(files)).toContain(file);
  });
});
