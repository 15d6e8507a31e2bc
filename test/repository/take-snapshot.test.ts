import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../src/errors.ts';
import { findRoot, takeSnapshot } from '../../src/repository/take-snapshot.ts';
import { describeWith } from '../support/needs.ts';
import { git, repositoryOf, scratchDirectory, writeTree } from '../support/scratch.ts';
import { setEnvironment, unprivileged } from '../support/unprivileged.ts';

/** 21,000 entries of one blob: an index is made faster than files. */
function largeRepository(): string {
  const root = repositoryOf({ '.gitignore': 'secret\n' });
  const blob = git(root, 'hash-object', '-w', '.gitignore').trim();
  addEntries(
    root,
    Array.from({ length: 21_000 }, (_, number) => `100644 ${blob}\tdata/${number}\n`).join(''),
  );
  return root;
}

function addEntries(root: string, entries: string): void {
  execFileSync('git', ['update-index', '--index-info'], { cwd: root, input: entries });
}

describe('the root', () => {
  it.each<[string, string[], string, string, string | null]>([
    ['the directory itself, without any mark', ['mysite/settings.py'], 'mysite', 'mysite', null],
    ['the one with manage.py above', ['manage.py', 'mysite/settings.py'], 'mysite', '.', 'mysite'],
    [
      'that of Elastic Beanstalk before a nearer manage.py',
      ['.platform/x', 'api/manage.py'],
      'api',
      '.',
      'api',
    ],
    ['the nearest of two', ['.ebextensions/a.config', 'api/.ebextensions/a.config'], 'api', 'api', null],
    ['the nearest, from further below', ['api/Dockerrun.aws.json', 'api/a/b/c.py'], 'api/a/b', 'api', 'a/b'],
  ])('is %s', (_, files, from, root, movedFrom) => {
    const top = repositoryOf(Object.fromEntries(files.map((file) => [file, ''])));
    expect(findRoot(join(top, from))).toEqual({ root: join(top, root), movedFrom });
    expect(findRoot(top, from)).toEqual({ root: join(top, from), movedFrom: null });
  });

  it("is never above git's root; without git it may be above", () => {
    const outer = scratchDirectory();
    writeTree(outer, { Procfile: '', 'inner/a.py': '' });
    expect(findRoot(join(outer, 'inner')).root).toBe(outer);
    git(join(outer, 'inner'), 'init', '--quiet');
    expect(findRoot(join(outer, 'inner')).root).toBe(join(outer, 'inner'));
  });
});

describe('with git', () => {
  it('lists what is tracked and what could be, and neither what is ignored nor the inside of .git', async () => {
    const root = repositoryOf({ 'manage.py': '', '.gitignore': 'secret\nvenv/\n', 'a b/ü.txt': 'x' });
    writeTree(root, { secret: '', 'venv/lib/x.py': '', 'new.py': '' });
    const { paths, has } = await takeSnapshot(root);
    expect(paths).toEqual(['.gitignore', 'a b/ü.txt', 'manage.py', 'new.py']);
    expect(has('a b/ü.txt')).toBe(true);
    expect(has('secret')).toBe(false);
  });

  it('lists the files of the EB CLI and Elastic Beanstalk although git ignores them', async () => {
    const root = repositoryOf({
      '.gitignore': '.elasticbeanstalk/*\n.platform\n',
      'api/x.py': '',
      'apps/web/y.py': '',
    });
    const hidden = ['api/.platform/hooks/predeploy/x.sh', 'apps/web/.platform/hooks/predeploy/y.sh'];
    writeTree(root, {
      '.elasticbeanstalk/config.yml': 'a: 1',
      ...Object.fromEntries(hidden.map((path) => [path, ''])),
    });
    const snapshot = await takeSnapshot(root);
    expect(snapshot.paths).toContain('.elasticbeanstalk/config.yml');
    expect(snapshot.paths).toEqual(expect.arrayContaining(hidden));
    expect(snapshot.text('.elasticbeanstalk/config.yml')).toBe('a: 1');
    expect(snapshot.git?.ignored('.elasticbeanstalk/config.yml')).toBe(true);
  });

  it('takes a sub-directory for itself', async () => {
    const root = repositoryOf({ 'top.py': '', 'api/manage.py': 'x', 'api/sub/a.py': '' });
    writeFileSync(join(root, 'api/manage.py'), 'changed');
    const snapshot = await takeSnapshot(join(root, 'api'));
    expect(snapshot.paths).toEqual(['manage.py', 'sub/a.py']);
    expect(snapshot.git?.uncommitted('manage.py')).toBe(true);
    expect(snapshot.git?.uncommitted('sub/a.py')).toBe(false);
  });

  it('knows modes, branch, and what is not committed', async () => {
    const root = repositoryOf({ 'run.sh*': '', 'plain.sh': '', '.platform/hooks/predeploy/a.sh*': 'a' });
    git(root, 'switch', '--quiet', '--create', 'feature/x');
    writeTree(root, { '.platform/hooks/predeploy/a.sh*': 'b', '.platform/hooks/predeploy/new.sh': '' });
    const { git: view } = await takeSnapshot(root);
    expect(view?.entry('run.sh')?.mode).toBe('100755');
    expect(view?.entry('plain.sh')?.mode).toBe('100644');
    expect(view?.entry('.platform/hooks/predeploy/new.sh')).toBeUndefined();
    expect(view?.branch).toBe('feature/x');
    expect(view?.uncommitted('run.sh')).toBe(false);
    expect(view?.uncommitted('.platform/hooks/predeploy/a.sh')).toBe(true);
    expect(view?.uncommitted('.platform/hooks/predeploy/new.sh')).toBe(true);
    expect(view?.uncommitted('.platform/hooks/predeploy/never.sh')).toBe(false);
  });

  it('has everything uncommitted before the first commit, and no branch on a detached head', async () => {
    const root = scratchDirectory();
    git(root, 'init', '--quiet');
    writeTree(root, { a: '' });
    git(root, 'add', 'a');
    expect((await takeSnapshot(root)).git?.uncommitted('a')).toBe(true);
    git(root, 'commit', '--quiet', '--message', 'a');
    git(root, 'switch', '--quiet', '--detach');
    expect((await takeSnapshot(root)).git?.branch).toBeNull();
  });

  it('knows the branch of a worktree, and of a directory below the top', async () => {
    const root = repositoryOf({ 'api/a.py': '' });
    const worktree = join(scratchDirectory(), 'other');
    git(root, 'worktree', 'add', '--quiet', '-b', 'feature/y', worktree);
    git(root, 'switch', '--quiet', '--create', 'feature/x');
    const linked = await takeSnapshot(worktree);
    expect([linked.paths, linked.git?.branch]).toEqual([['api/a.py'], 'feature/y']);
    expect((await takeSnapshot(join(root, 'api'))).git?.branch).toBe('feature/x');
  });

  it('answers for paths that do not exist yet: ignored, attributes', async () => {
    const root = repositoryOf({
      '.gitignore': '*.sh\n',
      '.gitattributes': '.platform/ export-ignore\n',
    });
    const view = (await takeSnapshot(root)).git;
    expect(view?.ignored('.platform/hooks/predeploy/x.sh')).toBe(true);
    expect(view?.ignored('x.py')).toBe(false);
    expect(view?.exportIgnored('.platform/')).toBe(true);
    expect(view?.exportIgnored('x.py')).toBe(false);
  });

  it('takes the attributes that git has of a file that is gone from the disk', async () => {
    const root = repositoryOf({ '.gitattributes': '.platform/ export-ignore\n', 'a.py': '' });
    rmSync(join(root, '.gitattributes'));
    expect((await takeSnapshot(root)).git?.exportIgnored('.platform/')).toBe(true);
  });

  it('tells a file that is ignored but tracked from an ignored one', async () => {
    const root = repositoryOf({ 'kept.env': '' });
    writeTree(root, { '.gitignore': '*.env\n' });
    expect((await takeSnapshot(root)).git?.ignored('kept.env')).toBe(false);
  });

  it("knows the EB CLI's directory further up, and its own", async () => {
    const root = repositoryOf({ 'api/web/a.py': '', 'own/b.py': '' });
    writeTree(root, { '.elasticbeanstalk/config.yml': '', 'own/.elasticbeanstalk/config.yml': '' });
    const above = async (path: string) => (await takeSnapshot(join(root, path))).ebRootAbove;
    expect([await above('api/web'), await above('own'), await above('.')]).toEqual(['../..', null, null]);
  });

  it('finds untracked files of a large repository at the top and in the directories of Elastic Beanstalk', async () => {
    const root = largeRepository();
    writeTree(root, { 'apps/web/requirements.txt': '' });
    git(root, 'add', 'apps');
    const beanstalk = ['.ebextensions/a.config', 'apps/web/.platform/hooks/predeploy/a.sh'];
    writeTree(root, { secret: '', Procfile: '', 'deep/er.py': '' });
    writeTree(root, Object.fromEntries(beanstalk.map((path) => [path, ''])));
    const { paths, has, git: view } = await takeSnapshot(root);
    expect(paths.length).toBe(21_005);
    expect(['Procfile', ...beanstalk, 'data/7'].every(has)).toBe(true);
    expect([has('secret'), has('deep/er.py')]).toEqual([false, false]);
    expect([view?.uncommitted('Procfile'), view?.ignored('secret')]).toEqual([true, true]);
  });

  it.each([false, true])(
    'knows the modes and links of hooks in a large repository (submodule: %s)',
    async (has) => {
      const root = largeRepository();
      const hook = 'api/.platform/hooks/predeploy/a.sh';
      const blob = git(root, 'hash-object', '-w', '.gitignore').trim();
      addEntries(root, `100755 ${blob}\t${hook}\n120000 ${blob}\tweb/.platform\n100644 ${blob}\tweb/a.py\n`);
      if (has) {
        addEntries(root, `160000 ${blob}\tlib\n`);
        writeTree(root, { '.gitmodules': '' });
      }
      const { paths, git: view } = await takeSnapshot(root);
      const modes = [hook, 'web/.platform', 'web/a.py', 'gone'].map((path) => view?.entry(path)?.mode);
      expect(modes).toEqual(['100755', '120000', '100644', undefined]);
      expect(view?.entry('lib')?.mode).toBe(has ? '160000' : undefined);
      expect(paths).not.toContain('lib');
    },
  );

  it('is not led astray by the variables of a git hook', async () => {
    const other = repositoryOf({ 'other.py': '' });
    const root = repositoryOf({ 'own.py': '' });
    setEnvironment('GIT_DIR', join(other, '.git'));
    setEnvironment('GIT_WORK_TREE', other);
    setEnvironment('GIT_INDEX_FILE', join(other, '.git/index'));
    expect((await takeSnapshot(root)).paths).toEqual(['own.py']);
  });

  it('leaves out submodules and repositories inside, but knows them', async () => {
    const inner = repositoryOf({ 'inner.py': '' });
    const root = repositoryOf({ 'a.py': '' });
    git(root, '-c', 'protocol.file.allow=always', 'submodule', 'add', '--quiet', inner, 'lib');
    git(root, 'clone', '--quiet', inner, join(root, 'stray'));
    const snapshot = await takeSnapshot(root);
    expect(snapshot.paths).toEqual(['.gitmodules', 'a.py']);
    expect(snapshot.git?.entry('lib')?.mode).toBe('160000');
  });

  it('walks where all is ignored by a repository further up', async () => {
    const root = repositoryOf({ '.gitignore': 'scratch/\n' });
    writeTree(root, { 'scratch/app/manage.py': '' });
    const snapshot = await takeSnapshot(join(root, 'scratch/app'));
    expect(snapshot.paths).toEqual(['manage.py']);
    expect(snapshot.git).toBeNull();
  });

  it('lists a path with a conflict once', async () => {
    const root = repositoryOf({ a: '1' });
    git(root, 'switch', '--quiet', '--create', 'other');
    writeTree(root, { a: '2' });
    git(root, 'commit', '--quiet', '--all', '--message', '2');
    git(root, 'switch', '--quiet', 'main');
    writeTree(root, { a: '3' });
    git(root, 'commit', '--quiet', '--all', '--message', '3');
    expect(() => git(root, 'merge', 'other')).toThrow();
    expect((await takeSnapshot(root)).paths).toEqual(['a']);
  });
});

describe('without git', () => {
  it('walks, past packages and virtual environments, and through no link', async () => {
    const root = scratchDirectory();
    writeTree(root, {
      'manage.py': '',
      '.ebextensions/a.config': '',
      'node_modules/x/index.js': '',
      'env/pyvenv.cfg': '',
      'env/lib/x.py': '',
    });
    symlinkSync('..', join(root, 'loop'));
    const snapshot = await takeSnapshot(root);
    expect(snapshot.paths).toEqual(['.ebextensions/a.config', 'loop', 'manage.py']);
    expect(snapshot.linkTarget('loop')).toBe('..');
    expect(snapshot.git).toBeNull();
    expect(snapshot.gitProblem).toBeNull();
  });

  it('says so where there is a repository but no program git', async () => {
    const root = repositoryOf({ 'a.py': '' });
    setEnvironment('PATH', scratchDirectory());
    const snapshot = await takeSnapshot(root);
    expect(snapshot.paths).toEqual(['a.py']);
    expect(snapshot.gitProblem).toBe('no-git-program');
  });

  it('says so where git fails', async () => {
    const root = repositoryOf({ 'a.py': '' });
    writeFileSync(join(root, '.git/index'), 'broken');
    const snapshot = await takeSnapshot(root);
    expect(snapshot.paths).toEqual(['a.py']);
    expect(snapshot.gitProblem).toBe('git-failed');
  });

  it('refuses what is no directory', async () => {
    const root = scratchDirectory();
    writeTree(root, { file: '' });
    for (const path of ['file', 'missing', 'file/below', 'a\0b']) {
      await expect(takeSnapshot(join(root, path))).rejects.toThrow(UserError);
    }
  });
});

describeWith(['root'], "another user's repository", () => {
  it('is walked, with the reason', async () => {
    const root = repositoryOf({ 'a.py': '' });
    chownSync(root, 12345, 12345);
    chownSync(join(root, '.git'), 12345, 12345);
    setEnvironment('GIT_CONFIG_GLOBAL', '/dev/null');
    setEnvironment('GIT_CONFIG_NOSYSTEM', '1');
    // Git trusts the user who called sudo.
    setEnvironment('SUDO_UID', '');
    const snapshot = await takeSnapshot(root);
    expect(snapshot.paths).toEqual(['a.py']);
    expect(snapshot.gitProblem).toBe('owned-by-another');
  });
});

describe('a directory of git itself', () => {
  it.each(['.', 'refs/heads'])('is refused: %s of a bare repository', async (below) => {
    const bare = scratchDirectory();
    execFileSync('git', ['clone', '--quiet', '--bare', repositoryOf({ 'a.py': '' }), bare]);
    await expect(takeSnapshot(join(bare, below))).rejects.toMatchObject({
      code: 'not-a-work-tree',
      status: 2,
    });
  });

  it('is told from a project that has files of the same names', async () => {
    const root = repositoryOf({ HEAD: '', 'objects/a': '', 'refs/a': '' });
    expect((await takeSnapshot(root)).paths).toEqual(['HEAD', 'objects/a', 'refs/a']);
    await expect(takeSnapshot(join(root, '.git'))).rejects.toMatchObject({ code: 'not-a-work-tree' });
  });
});

describe('a directory that may be listed, but not entered', () => {
  it('is no place to work in', async () => {
    const root = repositoryOf({ 'app/manage.py': '' });
    chmodSync(join(root, 'app'), 0o600);
    await unprivileged(root, () =>
      expect(takeSnapshot(join(root, 'app'))).rejects.toMatchObject({
        code: 'no-such-directory',
        message: expect.stringMatching(/app' may not be read$/),
      }),
    );
  });

  it('is passed over below', async () => {
    const root = repositoryOf({ 'manage.py': 'x', 'api/deep/y.py': '', '.platform/hooks/a.sh': '' });
    for (const path of ['api/deep', '.platform']) chmodSync(join(root, path), 0o600);
    const snapshot = await unprivileged(root, () => takeSnapshot(root));
    expect(snapshot.paths).toContain('api/deep/y.py');
    expect(snapshot.text('manage.py')).toBe('x');
  });
});

describe('text', () => {
  it('is what a UTF-8 file says, without its byte order mark', async () => {
    const root = scratchDirectory();
    writeTree(root, { a: '\ufeffgrüß\r\n', empty: '' });
    const { text } = await takeSnapshot(root);
    expect(text('a')).toBe('grüß\r\n');
    expect(text('empty')).toBe('');
  });

  it('is undefined, with the reason, for everything else', async () => {
    const root = scratchDirectory();
    const outside = scratchDirectory();
    writeTree(outside, { secret: 'x' });
    writeTree(root, {
      latin1: Buffer.from([0x67, 0x72, 0xfc, 0xdf]),
      utf16: Buffer.from('\ufeffoption_settings:', 'utf16le'),
      binary: Buffer.from([1, 0, 2]),
      huge: Buffer.alloc(2 * 1024 * 1024 + 1, 97),
      'directory/file': '',
    });
    symlinkSync(join(outside, 'secret'), join(root, 'leads-out'));
    symlinkSync('nowhere', join(root, 'dangling'));
    symlinkSync('directory', join(root, 'to-directory'));
    const { text, problem } = await takeSnapshot(root);
    const names = ['latin1', 'utf16', 'binary', 'huge', 'leads-out', 'dangling', 'to-directory', 'absent'];
    expect(names.map((name) => [name, text(name), problem(name)])).toEqual([
      ['latin1', undefined, 'not-utf-8'],
      ['utf16', undefined, 'not-utf-8'],
      ['binary', undefined, 'binary'],
      ['huge', undefined, 'too-large'],
      ['leads-out', undefined, 'unreadable'],
      ['dangling', undefined, 'missing'],
      ['to-directory', undefined, 'unreadable'],
      ['absent', undefined, 'missing'],
    ]);
  });

  it('follows a link inside the repository, such as manage.py', async () => {
    const root = repositoryOf({ 'src/manage.py': 'x' });
    mkdirSync(join(root, 'api'));
    symlinkSync('../src/manage.py', join(root, 'api/manage.py'));
    expect((await takeSnapshot(join(root, 'api'))).text('manage.py')).toBe('x');
  });

  it('does not wait on a pipe', async () => {
    const root = repositoryOf({ Procfile: '' });
    execFileSync('rm', [join(root, 'Procfile')]);
    execFileSync('mkfifo', [join(root, 'Procfile')]);
    const { text, problem } = await takeSnapshot(root);
    expect([text('Procfile'), problem('Procfile')]).toEqual([undefined, 'unreadable']);
  });

  it('is undefined for a file that has gone from the disk but not from the index', async () => {
    const root = repositoryOf({ 'a.py': '' });
    execFileSync('rm', [join(root, 'a.py')]);
    const snapshot = await takeSnapshot(root);
    expect(snapshot.paths).toEqual(['a.py']);
    expect(snapshot.text('a.py')).toBeUndefined();
  });

  it('passes over what cannot be opened', async () => {
    const root = repositoryOf({ 'a.py': '' });
    symlinkSync('circle', join(root, 'circle'));
    expect((await takeSnapshot(root)).problem('circle')).toBe('unreadable');
  });
});
