import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { readZipScripts } from '../../src/project/bundle/zip-scripts.ts';
import { describeWith } from '../support/needs.ts';
import { scratchDirectory, writeTree } from '../support/scratch.ts';
import { snapshotOf } from '../support/snapshot.ts';

const hook = '.platform/hooks/predeploy/10_eb_hosts.sh';
const paths = [hook, '.ebextensions/a.config', 'manage.py', 'src/app.py', '.env', 'Dockerrun.aws.json'];

function packed(script: string, path: string, appRoot = '.', file = 'deploy.sh'): boolean | null | undefined {
  const prefix = appRoot === '.' ? '' : `${appRoot}/`;
  const snapshot = snapshotOf({ [file]: `# elasticbeanstalk\n${script}\n`, [`${prefix}manage.py`]: '' });
  return readZipScripts(snapshot, appRoot)[0]?.packs(path);
}

describeWith(['zip', 'bash'], 'beside the real zip', () => {
  it.each([
    'zip -r app.zip .',
    'zip -r app.zip ./',
    'zip -r app.zip *',
    'zip -r app.zip * .ebextensions',
    'zip -r app.zip * .ebextensions .platform',
    'zip -qr9 app.zip src manage.py .platform',
    'zip app.zip Dockerrun.aws.json',
    'zip -r app.zip . -x "*.sh"',
    "zip -r app.zip . -x '.*'",
    "zip -r app.zip . -x '.git/*' '.env'",
    'zip -r app.zip . -x ".platform/*" -x ".env"',
    'zip -r app.zip . --exclude "*.config"',
    'zip -r app.zip . -i "*.py"',
    'zip -r app.zip src .[a-z]*',
    'zip -r app.zip src && zip -r app.zip .platform',
    'zip -r app.zip * \\\n  .ebextensions \\\n  -x "src/*"',
    'echo start; zip -r app.zip src; echo end .platform',
    'zip -r "app.zip" "." > /dev/null',
  ])('%s', (script) => {
    const root = scratchDirectory();
    writeTree(root, Object.fromEntries(paths.map((path) => [path, ''])));
    execFileSync('bash', ['-c', script], { cwd: root, stdio: 'ignore' });
    const listing = execFileSync('unzip', ['-Z1', 'app.zip'], { cwd: root, encoding: 'utf8' }).split('\n');
    expect(paths.map((path) => [path, packed(script, path)])).toEqual(
      paths.map((path) => [path, listing.includes(path)]),
    );
  });
});

describe('what a script says', () => {
  it.each([
    ['zip -r app.zip $FILES', null],
    ['git ls-files | zip -@ app.zip', null],
    ['zip -r $BUNDLE src', false],
    ['zip -r ../app.zip ..', null],
    ['mkdir out\ncd out\nzip -r ../app.zip .', null],
    ['cd out && zip -r ../app.zip *', false],
    ['zip -r ${{ github.workspace }}/app.zip .platform src', true],
    ['cd ${{ github.workspace }} && zip -r app.zip .', true],
    ['cd "$GITHUB_WORKSPACE"; zip -r app.zip *', false],
    ['cd ${{ github.workspace }}/out\nzip -r ../app.zip .', null],
    ['          deployment_package: docker-compose.yml # all there is', false],
    ['          deployment_package: app.zip', undefined],
  ])('%s packs the hook: %s', (script, answer) => {
    expect(packed(script, hook)).toBe(answer);
  });

  it.each([
    ['.github/workflows/deploy.yml', '      run: zip -r deploy.zip . -x "*.git*"', true],
    [
      '.github/workflows/deploy.yml',
      '        run: |\n          cd frontend\n          zip -r deploy.zip *',
      false,
    ],
    ['package.json', '{"scripts": {"zip": "zip -r app.zip . -x \\".*\\""}, "x": "eb deploy"}', false],
    ['Makefile', 'bundle:\n\tzip -r app.zip src .platform', true],
    ['buildspec.yml', '      - zip -r app.zip src Dockerrun.aws.json', false],
  ])('is read in %s', (file, text, answer) => {
    expect(packed(text, hook, '.', file)).toBe(answer);
  });

  it('is passed over where it does not speak of Elastic Beanstalk, zips nothing, or only mentions zip', () => {
    const scripts = (text: string) => readZipScripts(snapshotOf({ 'a.sh': text }), '.');
    expect(scripts('zip -r lambda.zip *')).toEqual([]);
    expect(scripts('# beanstalk\n# zip -r app.zip *')).toEqual([]);
    expect(scripts('# beanstalk\napt-get install zip unzip')).toEqual([]);
  });

  it.each<[string, string, boolean | null]>([
    ['', '', true],
    ['', "exclusions: '*.git* /*node_modules/* .editorconfig'", true],
    ['', "exclusions: '.*'", false],
    ["path: 'src Procfile'", '', false],
    ["directory: 'build'", '', null],
  ])('is read in a step of zip-release with %j %j', (first, second, answer) => {
    const workflow = `# beanstalk
jobs:
  eb:
    steps:
      - uses: actions/checkout@v4
      - uses: thedoctor0/zip-release@0.7.6
        with:
          filename: app.zip
          ${first}
          ${second}
`;
    expect(packed(workflow, hook, '.', '.github/workflows/x.yml')).toBe(answer);
  });

  it.each<[string, boolean | null]>([
    ["    - '**/*'", true],
    ["    - Dockerrun.aws.json\n    - '.ebextensions/**/*'", false],
    ['    - Dockerrun.aws.json\n    - .platform/**/*', true],
    ["    - '**/*'\n  base-directory: dist", null],
  ])('is read in the artifacts of a buildspec, %j', (files, answer) => {
    const buildspec = `# beanstalk\nversion: 0.2\nartifacts:\n  files:\n${files}\n`;
    expect(packed(buildspec, hook, '.', 'buildspec.yml')).toBe(answer);
  });

  it('counts for a sub-directory only where it runs there', () => {
    expect(packed('cd api && zip -r ../app.zip *', hook, 'api')).toBe(false);
    expect(packed('zip -r web.zip *', hook, 'api')).toBeUndefined();
    const workflow = '    - name: zip\n      working-directory: ./api\n      run: zip -r ../app.zip .';
    expect(packed(workflow, hook, 'api', '.github/workflows/x.yml')).toBe(true);
  });
});
