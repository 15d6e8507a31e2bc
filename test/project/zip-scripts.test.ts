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

  describe('with variables', () => {
    const buildspec = (variables: string, command: string) =>
      `# beanstalk\nversion: 0.2\nenv:\n  variables:\n    ${variables}\nphases:\n  build:\n    commands:\n      - ${command}\n`;
    it.each<[string, string, boolean | null]>([
      ['PKG: Dockerrun.aws.json', 'zip -r $ZIP $PKG', false],
      ['PKG: Dockerrun.aws.json .platform', 'zip -r app.zip ${PKG}', true],
      ['PKG: .', 'zip -r app.zip "$PKG"', true],
      ['PKG: $OTHER', 'zip -r app.zip $PKG', null],
      ['PKG: $PKG', 'zip -r app.zip $PKG', null],
      ['OTHER: src', 'zip -r app.zip $PKG', null],
      ['PKG: src', 'zip -r app.zip ${PKG:-.}', null],
      ['PKG: src', 'export PKG="$(ls -A)"; zip -r app.zip $PKG', null],
      ['PKG: src', 'for PKG in *; do zip -r app.zip $PKG; done', null],
    ])('of a buildspec, %j: %s', (variables, command, answer) => {
      expect(packed(buildspec(variables, command), hook, '.', 'buildspec.yml')).toBe(answer);
    });

    const workflow = (levels: { top?: string; job?: string; step?: string; before?: string; run: string }) =>
      `# beanstalk
env:
  TOP: ${levels.top ?? 'x'}
jobs:
  other:
    env:
      JOB: .
    steps:
      - run: ls
  eb:
    env:
      JOB: ${levels.job ?? 'x'}
    steps:
      - name: before
        run: ${levels.before ?? 'ls'}
        env:
          STEP: .
      - name: zip
        env:
          STEP: ${levels.step ?? 'x'}
        run: |
          ${levels.run}
`;
    it.each<[Parameters<typeof workflow>[0], boolean | null]>([
      [{ top: 'src', run: 'zip -r app.zip $TOP' }, false],
      [{ top: 'src', run: 'zip -r app.zip ${{ env.TOP }}' }, false],
      [{ job: 'src', run: 'zip -r app.zip ${{ env.JOB }}' }, false],
      [{ job: '.', run: 'zip -r app.zip ${JOB}' }, true],
      [{ step: 'src', run: 'zip -r app.zip $STEP' }, false],
      [{ top: 'src', step: '${{ env.TOP }}', run: 'zip -r app.zip $STEP' }, false],
      [{ step: '${{ inputs.files }}', run: 'zip -r app.zip $STEP' }, null],
      [{ top: 'src', before: 'echo "TOP=." >> "$GITHUB_ENV"', run: 'zip -r app.zip ${{ env.TOP }}' }, null],
      [{ before: 'FILES=src', run: 'zip -r app.zip $FILES' }, null],
      [{ run: 'FILES=src\n          zip -r app.zip $FILES' }, false],
      [{ run: 'zip -r app.zip ${{ env.FILES }}' }, null],
    ])('of a workflow, %j', (levels, answer) => {
      expect(packed(workflow(levels), hook, '.', '.github/workflows/x.yml')).toBe(answer);
    });

    it.each<[string, string, boolean | null]>([
      ['.gitlab-ci.yml', 'variables:\n  FILES: src\neb:\n  script:\n    - zip -r app.zip $FILES', false],
      [
        '.gitlab-ci.yml',
        'variables:\n  FILES: src\neb:\n  rules:\n    - if: $X\n      variables:\n        FILES: .\n  script:\n    - zip -r app.zip $FILES',
        null,
      ],
      [
        '.circleci/config.yml',
        'jobs:\n  eb:\n    environment:\n      FILES: src\n    steps:\n      - run: zip -r app.zip $FILES',
        false,
      ],
      ['Makefile', 'FILES=src\nzip:\n\tzip -r app.zip ${FILES}', null],
    ])('of %s: %j', (file, text, answer) => {
      expect(packed(text, hook, '.', file)).toBe(answer);
    });

    it.each<[string, boolean | null]>([
      ['FILES=src\nzip -r app.zip $FILES', false],
      ['export FILES="src .platform"\nzip -r app.zip $FILES', true],
      ["A=src; FILES='Procfile $A'; zip -r app.zip $FILES", null],
      ['A=src; FILES="Procfile $A"; zip -r app.zip $FILES', false],
      ['DIR=out; cd $DIR && zip -r ../app.zip .', null],
      ['zip -r app.zip $FILES\nFILES=src', null],
      ['FILES=src\nFILES="$FILES .platform"\nzip -r app.zip $FILES', null],
      ['FILES=src\nFILES+=" .platform"\nzip -r app.zip $FILES', null],
      ['FILES=(src)\nzip -r app.zip "${FILES[@]}"', null],
      ['if [ -z "$FILES" ]; then\n  FILES=src\nfi\nzip -r app.zip $FILES', null],
      ['[ -n "$FILES" ] || FILES=src\nzip -r app.zip $FILES', null],
      ['pack() {\n  FILES=src\n}\nzip -r app.zip $FILES', null],
      ['cat > .env <<EOF\nFILES=src\nEOF\nzip -r app.zip $FILES', null],
      ['FILES=src zip -r app.zip $FILES', null],
      ['FILES=src\nread -r FILES\nzip -r app.zip $FILES', null],
      ['FILES=src\nsource settings.sh\nzip -r app.zip $FILES', null],
      ['FILES=src\n. venv/bin/activate\nzip -r app.zip $FILES', false],
      ['zip -r app.zip . -i "$FILES"', null],
    ])('of the shell: %j', (script, answer) => {
      expect(packed(script, hook)).toBe(answer);
    });
  });

  describe('in a directory that the script fills', () => {
    const filled = (...commands: string[]) =>
      packed(`mkdir -p deploy\n${commands.join('\n')}\ncd deploy\nzip -r ../app.zip .`, hook);
    it.each<[string, boolean | null]>([
      ['cp -r src manage.py .ebextensions deploy/', false],
      ['cp -r src .platform deploy/', true],
      ['cp -r src deploy/\ncp -r .platform deploy', true],
      ['cp -r ./* deploy/', false],
      ['cp -r * .[a-z]* deploy/', true],
      ['cp -r . deploy/', true],
      ['cp -r ./. deploy/', true],
      ['cp manage.py deploy/main.py 2>/dev/null || true', false],
      ['cp -r src/* deploy/', false],
      ['cp -r src/. deploy/', null],
      ['cp -r eb/.platform deploy/', null],
      ['cp -r .platform/hooks deploy/.platform/', null],
      ['cp --parents .platform/hooks/predeploy/a.sh deploy/', null],
      ['cp -r {src,.platform} deploy/', null],
      ['cp -r $FILES deploy/', null],
      ['cp -r src $TARGET', null],
      ['rsync -a ./ deploy/', true],
      ['rsync -a --exclude .git . deploy/', null],
      ['rsync -a src manage.py deploy/', false],
      ['rsync -a build/ deploy/', null],
      ['rsync -aR .platform/hooks deploy/', null],
      ['if [ -d .platform ]; then cp -r .platform deploy/; fi', true],
      ['for f in src .platform; do cp -r $f deploy/; done', null],
      ['cp -r src deploy/\nmake package', null],
      ['cp -r src deploy/\necho x > deploy/.platform', null],
      ['cp -r src deploy/\ncd deploy\ncp -r ../.platform .', null],
      ['cp -r src deploy/\ngit archive HEAD | tar -x -C deploy', null],
    ])('%j', (command, answer) => {
      expect(filled(command)).toBe(answer);
    });

    it('on one line, in a subshell, in steps of a workflow', () => {
      expect(packed('mkdir out && cp -r src out/ && cd out && zip -r ../app.zip .', hook)).toBe(false);
      expect(packed('mkdir out; cp -r src out/\n(cd out && zip -r ../app.zip .)', hook)).toBe(false);
      const steps = (between: string) =>
        `    steps:\n      - run: mkdir out\n      - run: cp -r src out/\n${between}      - run: |\n          cd out\n          zip -r ../app.zip .`;
      expect(packed(steps(''), hook, '.', '.github/workflows/x.yml')).toBe(false);
      const action = '      - uses: actions/download-artifact@v4\n        with:\n          path: out\n';
      expect(packed(steps(action), hook, '.', '.github/workflows/x.yml')).toBeNull();
    });

    it('cannot be known where the repository has that directory, or another command made it', () => {
      const files = {
        'd.sh': '# beanstalk\nmkdir -p out\ncp -r src out/\ncd out\nzip -r ../a.zip .',
        'out/x': '',
      };
      expect(readZipScripts(snapshotOf(files), '.')[0]?.packs(hook)).toBeNull();
      expect(packed('cp -r src out\ncd out\nzip -r ../app.zip .', hook)).toBeNull();
    });
  });

  it('counts for a sub-directory only where it runs there', () => {
    expect(packed('cd api && zip -r ../app.zip *', hook, 'api')).toBe(false);
    expect(packed('zip -r web.zip *', hook, 'api')).toBeUndefined();
    const workflow = '    - name: zip\n      working-directory: ./api\n      run: zip -r ../app.zip .';
    expect(packed(workflow, hook, 'api', '.github/workflows/x.yml')).toBe(true);
  });
});
