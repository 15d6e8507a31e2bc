import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { packageRoot, packageVersion } from '../../src/package-root.ts';
import { djangoProject, ebHosts, scratchProject } from '../support/command-line.ts';
import { schemas } from '../support/schemas.ts';

interface Packed {
  readonly filename: string;
  readonly size: number;
  readonly files: readonly { path: string; mode: number }[];
}

let scratch: string;
let packed: Packed;
let bin: string;

/** The package as a user gets it: packed, and installed elsewhere. */
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'eb-hosts-package-'));
  const output = execFileSync('npm', ['pack', '--json', '--pack-destination', scratch], {
    cwd: packageRoot,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  [packed] = JSON.parse(output) as [Packed];
  const home = join(scratch, 'user');
  mkdirSync(home);
  writeFileSync(join(home, 'package.json'), '{ "private": true, "scripts": { "tool": "eb-hosts" } }\n');
  execFileSync('npm', ['install', '--offline', '--no-audit', '--no-fund', join(scratch, packed.filename)], {
    cwd: home,
    stdio: 'ignore',
  });
  bin = join(home, 'node_modules', '.bin', 'eb-hosts');
}, 120_000);
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe('the package', () => {
  it('holds what is needed and nothing else, within its budget', () => {
    const paths = packed.files.map(({ path }) => path);
    const allowed =
      /^(?:dist\/[\w-]+\.js|schemas\/[a-z-]+\.json|package\.json|README(?:\.ko)?\.md|LICENSE|THIRD_PARTY_LICENSES)$/;
    expect(paths.filter((path) => !allowed.test(path))).toEqual([]);
    expect(paths).toEqual(
      expect.arrayContaining(['dist/bin.js', 'LICENSE', 'README.md', 'THIRD_PARTY_LICENSES']),
    );
    // npx takes about ten milliseconds longer for each file.
    expect(paths.length).toBeLessThan(30);
    expect(paths.filter((path) => path.startsWith('schemas/')).sort()).toEqual(
      [...schemas.keys()].map((name) => `schemas/${name}.json`).sort(),
    );
    expect(packed.size).toBeLessThan(600_000);
    const manifest = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8'));
    expect(manifest).not.toHaveProperty('dependencies');
    const atInstall = /^(?:pre|post)?(?:install|prepare|prepack|pack)$|^dependencies$/;
    expect(Object.keys(manifest.scripts).filter((name) => atInstall.test(name))).toEqual([]);
  });

  it('names its commands as npx takes them when npx runs it', () => {
    const home = join(scratch, 'user');
    // Nothing of the npm that runs the tests.
    const env = { PATH: process.env.PATH, HOME: home };
    const run = (program: string, args: readonly string[]) =>
      spawnSync(program, [...args, 'frobnicate'], { cwd: home, env, encoding: 'utf8' }).stderr;
    expect(run('npx', ['--offline', 'eb-hosts'])).toContain("see 'npx eb-hosts --help'");
    expect(run('npm', ['run', '--silent', 'tool', '--'])).toContain("see 'eb-hosts --help'");
  });

  it('holds no source map and no test, and names none', () => {
    const home = join(scratch, 'user', 'node_modules', 'eb-hosts');
    expect(packed.files.map(({ path }) => path).filter((path) => /\.map$|\.tsx?$|test/i.test(path))).toEqual(
      [],
    );
    for (const { path } of packed.files.filter((file) => file.path.endsWith('.js'))) {
      const text = readFileSync(join(home, path), 'utf8');
      expect(text.includes('sourceMappingURL='), path).toBe(false);
      expect(text.includes(packageRoot), path).toBe(false);
    }
  });

  it("hands its schemas out by the package's name", () => {
    const require = createRequire(join(scratch, 'user', 'index.js'));
    for (const [name, schema] of schemas) expect(require(`eb-hosts/schemas/${name}.json`)).toEqual(schema);
  });

  it('ships the licence of every package that was bundled', () => {
    const licences = readFileSync(join(packageRoot, 'THIRD_PARTY_LICENSES'), 'utf8');
    for (const name of ['yaml', '@lezer/python', 'diff', '@aws-sdk/client-elastic-beanstalk', 'ignore']) {
      expect(licences).toMatch(new RegExp(`^${name} \\d`, 'm'));
    }
  });

  it('starts without the AWS SDK', () => {
    const meta = JSON.parse(readFileSync(join(packageRoot, '.build', 'meta.json'), 'utf8')) as {
      outputs: Record<string, { inputs: Record<string, unknown>; imports: { path: string; kind: string }[] }>;
    };
    const reached = new Set<string>();
    const follow = (output: string) => {
      if (reached.has(output)) return;
      reached.add(output);
      for (const { path, kind } of meta.outputs[output]?.imports ?? [])
        if (kind === 'import-statement') follow(path);
    };
    follow('dist/bin.js');
    // The commands that read a repository are loaded when they are called.
    for (const output of Object.keys(meta.outputs)) if (/^dist\/commands-/.test(output)) follow(output);
    const inputs = [...reached].flatMap((output) => Object.keys(meta.outputs[output]?.inputs ?? {}));
    expect(inputs).toContain('src/commands/init.ts');
    expect(inputs.filter((input) => /@aws-sdk|@smithy|src\/beanstalk\/client/.test(input))).toEqual([]);
  });

  it('runs where it was installed: init, a second init, remove', async () => {
    const project = scratchProject(djangoProject);
    const before = project.contents();
    try {
      expect(await ebHosts(project.root, ['--version'], { bin })).toMatchObject({
        status: 0,
        stdout: `${packageVersion()}\n`,
      });
      expect(await ebHosts(project.root, ['init', '--yes'], { bin })).toMatchObject({
        status: 0,
        stderr: '',
      });
      const hook = project.path('.platform/hooks/predeploy/10_eb_hosts.sh');
      expect(statSync(hook).mode & 0o777).toBe(0o755);
      expect(readFileSync(hook, 'utf8')).toContain(`# Made by eb-hosts ${packageVersion()} `);
      expect(await ebHosts(project.root, ['init', '--check'], { bin })).toMatchObject({ status: 0 });
      expect(await ebHosts(project.root, ['remove', '--yes'], { bin })).toMatchObject({ status: 0 });
      expect(project.contents()).toEqual(before);
    } finally {
      project.remove();
    }
  });

  it('is where bin says, and executable', () => {
    expect(existsSync(bin)).toBe(true);
    expect(statSync(join(packageRoot, 'dist/bin.js')).mode & 0o111).not.toBe(0);
  });
});
