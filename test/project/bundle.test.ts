import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { readBundle } from '../../src/project/bundle/bundle.ts';
import { narrow } from '../../src/project/narrow.ts';
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

describe('the other ways', () => {
  it('packs the work tree without git, whatever .gitignore says', () => {
    const bundle = readBundle(snapshotOf({ '.gitignore': '*' }, { git: null }));
    expect(bundle.maker).toBe('work-tree');
    expect(bundle.wouldShip(hook).ships).toBe(true);
    expect(bundle.wouldShip('a/.elasticbeanstalk/x').ships).toBe(false);
    expect(bundle.wouldShip('a.py~').ships).toBe(false);
  });

  it('switches to .ebignore as soon as there is one, and forgets .gitignore', () => {
    const bundle = readBundle(snapshotOf({ '.ebignore': '!x\n' }, { git: { ignored: ['.platform'] } }));
    expect(bundle.maker).toBe('ebignore');
    expect(bundle.wouldShip(hook).ships).toBe(true);
    expect(bundle.wouldShip('.ebignore').ships).toBe(false);
  });

  it('names the line of .ebignore', () => {
    expect(readBundle(snapshotOf({ '.ebignore': 'venv\n*.sh\n' })).wouldShip(hook)).toEqual({
      ships: false,
      because: "'*.sh' in .ebignore leaves it out",
      file: '.ebignore',
      line: 2,
    });
  });

  const config = (artifact: string) => ({
    '.elasticbeanstalk/config.yml': `deploy:\n  artifact: ${artifact}\nglobal: {}\n`,
  });

  it('uploads a deploy.artifact and nothing else', () => {
    const single = readBundle(snapshotOf(config('Dockerrun.aws.json'))).wouldShip(hook);
    expect(single).toMatchObject({ ships: false, file: '.elasticbeanstalk/config.yml', line: 2 });
    expect(readBundle(snapshotOf(config('out/app.zip'))).wouldShip(hook).ships).toBeNull();
  });

  it('follows the script that makes the artifact', () => {
    const script = (inputs: string) =>
      readBundle(
        snapshotOf({ ...config('out/app.zip'), 'deploy.sh': `# beanstalk\nzip -r out/app.zip ${inputs}\n` }),
      ).wouldShip(hook);
    expect(script('.').ships).toBe(true);
    expect(script('src Dockerrun.aws.json')).toMatchObject({ ships: false, file: 'deploy.sh', line: 2 });
  });
});
