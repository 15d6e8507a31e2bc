import { existsSync, lstatSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Zippable, zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { readProject } from '../../src/project/read-project.ts';
import { readArchive } from '../../src/repository/read-archive.ts';
import { git, repositoryOf, scratchDirectory } from '../support/scratch.ts';

const hook = '.platform/hooks/predeploy/10_eb_hosts.sh';
const text = new Uint8Array(Buffer.from('x'));

function zipOf(files: Zippable): string {
  const directory = scratchDirectory();
  writeFileSync(join(directory, 'app.zip'), zipSync(files));
  return directory;
}

async function read(directory: string) {
  const bundle = await readArchive(directory, 'app.zip');
  try {
    const codes = readProject(bundle.snapshot).findings.map(({ code }) => code);
    const { paths } = bundle.snapshot;
    const modes = paths.map((path) => (lstatSync(join(bundle.directory, path)).mode & 0o111) !== 0);
    const links = paths.map((path) => bundle.snapshot.linkTarget(path));
    return { bundle, paths, modes, links, codes: codes.filter((code) => code.startsWith('bundle-')) };
  } finally {
    bundle.remove();
  }
}

describe('a bundle that is read', () => {
  it('has the files, modes and links of git archive, and no git', async () => {
    const root = repositoryOf({
      [`${hook}*`]: '#!/bin/sh\n',
      'manage.py': 'x',
      '.ebignore': '*.sh\n',
      'ü.txt': '',
    });
    symlinkSync('manage.py', join(root, 'run.py'));
    git(root, 'add', '--all');
    git(root, 'commit', '--quiet', '--message', 'link');
    git(root, 'archive', '--format=zip', '--output=app.zip', 'HEAD');
    const { bundle, paths, modes, links, codes } = await read(root);
    expect(paths).toEqual(['.ebignore', hook, 'manage.py', 'run.py', 'ü.txt']);
    expect(modes).toEqual([false, true, false, true, false]);
    expect(links).toEqual([undefined, undefined, undefined, 'manage.py', undefined]);
    expect(bundle.snapshot.git).toBeNull();
    expect(codes).toEqual([]);
    expect(existsSync(bundle.directory)).toBe(false);
  });

  it('has executable hooks where the archive has no modes', async () => {
    expect((await read(zipOf({ [hook]: text, 'run.sh': text }))).modes).toEqual([true, false]);
  });

  it('puts nothing outside of its directory, and makes no repository of it', async () => {
    const link = { os: 3, attrs: (0o120777 << 16) >>> 0 };
    const directory = zipOf({
      '../../outside': text,
      '/absolute': text,
      a: [new Uint8Array(Buffer.from('/tmp')), link],
      'b/c': text,
      '.git/config': text,
      '.git\\HEAD': text,
      '.GIT': [new Uint8Array(Buffer.from('b')), link],
    });
    expect((await read(directory)).paths).toEqual(['a', 'b/c']);
  });

  it.each<[string, Zippable, string[]]>([
    [
      'everything below one directory',
      { 'shop-main/.ebextensions/a.config': text, 'shop-main/manage.py': text },
      ['bundle-nested'],
    ],
    ['backslashes', { '.platform\\hooks\\predeploy\\a.sh': text, 'manage.py': text }, ['bundle-backslashes']],
  ])('tells of %s', async (_, files, codes) => {
    expect((await read(zipOf(files))).codes).toEqual(codes);
  });

  it('is a zip file', async () => {
    const directory = scratchDirectory();
    writeFileSync(join(directory, 'app.zip'), 'no zip');
    for (const file of ['app.zip', 'missing.zip', '.'])
      await expect(readArchive(directory, file)).rejects.toMatchObject({ code: 'unreadable', status: 2 });
  });
});
