import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/package-root.ts';
import { beanstalkVariables } from '../support/beanstalk-cli.ts';
import { startBeanstalk } from '../support/beanstalk-server.ts';
import { newEnvironment } from '../support/beanstalk-world.ts';
import { djangoProject, ebHosts } from '../support/command-line.ts';
import { describeWith } from '../support/needs.ts';
import { repositoryOf, scratchDirectory } from '../support/scratch.ts';

let home: string;
let project: string;
const cache = () => join(home, '.cache');
const cacheFile = () => join(cache(), `init-${process.version}-${process.arch}`);

/** An installed copy of the package: its cache lies beside it. */
beforeEach(() => {
  home = scratchDirectory();
  for (const part of ['dist', 'templates', 'package.json'])
    cpSync(join(packageRoot, part), join(home, part), { recursive: true });
  project = repositoryOf(djangoProject);
});

function run(argv: readonly string[] = ['init', '--dry-run'], env: Readonly<Record<string, string>> = {}) {
  return ebHosts(project, argv, { bin: join(home, 'dist', 'bin.js'), env });
}

describe('the compiled code that is kept between runs', () => {
  it('is made by the first run, used by the second, and changes nothing that is printed', async () => {
    const without = await run(undefined, { NODE_DISABLE_COMPILE_CACHE: '1' });
    expect(readdirSync(home)).not.toContain('.cache');
    const first = await run();
    const made = statSync(cacheFile());
    const second = await run();
    expect(statSync(cacheFile())).toMatchObject({ ino: made.ino, mtimeMs: made.mtimeMs });
    expect([first, second]).toEqual([without, without]);
    expect(without.status).toBe(0);
    expect(readdirSync(cache())).toHaveLength(1);
  });

  it('is not made by help, by a version or by a usage error', async () => {
    for (const argv of [
      ['init', '--help'],
      ['init', '--version'],
      ['--version'],
      ['inti'],
      ['init', '--nope'],
    ])
      await run(argv);
    expect(readdirSync(home)).not.toContain('.cache');
  });

  it.each<[string, (good: Buffer) => Buffer | string]>([
    ['empty', () => ''],
    ['no cache at all', () => 'x'.repeat(100_000)],
    ['cut off', (good) => good.subarray(0, good.length / 2)],
    [
      'of another build',
      (good) => Buffer.from(good.toString('latin1').replace(/"build":"\w/, '"build":"_'), 'latin1'),
    ],
    ['wrong in one bit', (good) => flipBit(good, 0.7)],
  ])('is made anew where it is %s', async (_, damage) => {
    const good = await run();
    writeFileSync(cacheFile(), damage(readFileSync(cacheFile())));
    const damaged = readFileSync(cacheFile());
    expect(await run()).toEqual(good);
    expect(readFileSync(cacheFile()).equals(damaged)).toBe(false);
    expect(await run()).toEqual(good);
  });

  it('is not made under flags that the next run would not have', async () => {
    const server = await startBeanstalk(newEnvironment('shop-prod'));
    const env = beanstalkVariables(server.url, project);
    const doctor = (...argv: string[]) => run(['doctor', '--json', ...argv], env);
    const kept = () => readFileSync(join(cache(), `doctor-${process.version}-${process.arch}`));
    try {
      expect((await doctor('--environment', 'shop-prod')).stderr).toBe('');
      const made = kept();
      expect(JSON.parse((await doctor('--all')).stdout)).toHaveProperty('environments');
      expect(kept().equals(made)).toBe(true);
      await rm(cache(), { recursive: true });
      await doctor('--all');
      expect(readdirSync(home)).not.toContain('.cache');
      // What `--all` needs beside this is compiled under its flags.
      await doctor();
      const offline = kept();
      await doctor('--all');
      expect(kept().equals(offline)).toBe(true);
    } finally {
      await server.close();
    }
  });

  it('is done without where others may write', async () => {
    mkdirSync(cache());
    chmodSync(cache(), 0o777);
    expect(await run()).toMatchObject({ status: 0, stderr: '' });
    expect(readdirSync(cache())).toEqual([]);
  });

  it('is done without where there is a file in its place', async () => {
    writeFileSync(cache(), '');
    expect(await run()).toMatchObject({ status: 0, stderr: '' });
  });
});

describeWith(['root'], 'the compiled code of another user', () => {
  it('is left alone', async () => {
    const good = await run();
    writeFileSync(cacheFile(), 'theirs');
    chownSync(cache(), 65_534, 65_534);
    expect(await run()).toEqual(good);
    expect(readFileSync(cacheFile(), 'utf8')).toBe('theirs');
  });
});

describeWith(['mount', 'unshare'], 'a package on a read-only disk', () => {
  it('runs all the same', () => {
    const script =
      'mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" && cd "$2" && shift 2 && exec "$@"';
    const argv = [process.execPath, join(home, 'dist', 'bin.js'), 'init', '--dry-run', '--json'];
    const output = execFileSync('unshare', ['--mount', 'sh', '-c', script, 'sh', home, project, ...argv]);
    expect(JSON.parse(output.toString())).toMatchObject({ command: 'init', ok: true });
  });
});

function flipBit(good: Buffer, where: number): Buffer {
  const bytes = Buffer.from(good);
  const at = Math.floor(bytes.length * where);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  return bytes;
}
