// A cold `npx` of the packed tarball, against an empty package, and against this package as it would be with ordinary
// dependencies instead of a bundle.
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { packageVersion } from '../src/package-root.ts';
import { type Contestant, measure, timed } from './support/measure.ts';
import { inScratch, write } from './support/scratch.ts';
import { ratio, type Section, timeCells } from './support/section.ts';

const names = {
  empty: 'an empty package',
  bundled: '**eb-hosts**',
  ordinary: 'eb-hosts with ordinary dependencies',
};
type Name = keyof typeof names;

export function benchNpx(samples: number): Promise<Section> {
  return inScratch(async (scratch) => {
    const tarballs: Record<Name, string> = {
      empty: pack(makeEmptyPackage(join(scratch, 'empty')), scratch),
      bundled: pack(resolve('.'), scratch),
      ordinary: pack(await makeOrdinaryPackage(join(scratch, 'ordinary')), scratch),
    };
    const home = join(scratch, 'home');
    mkdirSync(home);
    const cache = (name: Name) => join(scratch, `cache-${name}`);
    const npx = (name: Name, ...flags: string[]) => {
      const command = [
        'npm',
        'exec',
        '--yes',
        ...flags,
        `--package=${tarballs[name]}`,
        '--',
        'eb-hosts',
        '--version',
      ];
      // The person's own npm settings count, but for the cache.
      const env = { ...process.env, npm_config_cache: cache(name), npm_config_update_notifier: 'false' };
      return timed({ argv: command, cwd: home, env: env as Record<string, string> });
    };
    const cold = (name: Name) => async () => {
      const seed = join(scratch, `seed-${name}`);
      rmSync(cache(name), { recursive: true, force: true });
      cpSync(seed, cache(name), { recursive: true });
      return npx(name, '--offline');
    };
    const prepare = async (name: Name): Promise<Contestant> => {
      try {
        await npx(name);
      } catch {
        return { missing: 'its dependencies cannot be downloaded here' };
      }
      // What npm has downloaded is kept, what it has installed is not.
      rmSync(join(cache(name), '_npx'), { recursive: true, force: true });
      cpSync(cache(name), join(scratch, `seed-${name}`), { recursive: true });
      return cold(name);
    };
    const times = await measure(
      {
        empty: await prepare('empty'),
        bundled: await prepare('bundled'),
        ordinary: await prepare('ordinary'),
      },
      samples,
    );
    const empty = times.empty.median;
    return {
      title: 'A cold npx',
      about: `\`npm exec --package=TARBALL -- eb-hosts --version\`, with nothing installed before. No network is asked: what a package
depends on lies in npm's cache already, so the speed of a registry decides nothing. The variant with ordinary
dependencies has ${ordinaryDependencies().length} of them, those that the source imports.`,
      findings: [
        {
          what: 'a cold `npx` of eb-hosts against an empty package',
          value: times.bundled.median / empty,
          unit: 'times',
          limit: 1.5,
        },
        {
          what: 'a cold `npx` of eb-hosts against itself with ordinary dependencies',
          value: times.bundled.median / times.ordinary.median,
          unit: 'times',
        },
      ],
      columns: ['', 'of an empty package', 'time, median', 'quartiles', 'tarball', 'installed', 'files'],
      rows: (Object.keys(names) as Name[]).map((name) => {
        const { bytes, files } = sizeOf(join(cache(name), '_npx'));
        return [
          names[name],
          ratio(times[name].median / empty),
          ...timeCells(times[name]),
          `${(statSync(tarballs[name]).size / 1000).toFixed(0)} kB`,
          `${(bytes / 1e6).toFixed(1)} MB`,
          `${files}`,
        ];
      }),
    };
  });
}

function makeEmptyPackage(root: string): string {
  write(root, 'package.json', manifest({}));
  write(root, 'dist/bin.js', '#!/usr/bin/env node\n');
  return root;
}

/** The same source, its packages left outside of the bundle. */
async function makeOrdinaryPackage(root: string): Promise<string> {
  await build({
    entryPoints: ['src/bin.ts'],
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    packages: 'external',
    outdir: join(root, 'dist'),
    logLevel: 'warning',
  });
  chmodSync(join(root, 'dist/bin.js'), 0o755);
  cpSync('templates', join(root, 'templates'), { recursive: true });
  const { devDependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
  const versions = ordinaryDependencies().map((name) => [name, devDependencies[name]]);
  write(root, 'package.json', manifest(Object.fromEntries(versions)));
  return root;
}

function manifest(dependencies: Readonly<Record<string, string>>): string {
  const bin = { 'eb-hosts': 'dist/bin.js' };
  return JSON.stringify({ name: 'eb-hosts', version: packageVersion(), type: 'module', bin, dependencies });
}

/** The packages that the source itself imports, by what the build has noted. */
function ordinaryDependencies(): string[] {
  const { inputs } = JSON.parse(readFileSync('.build/meta.json', 'utf8')) as {
    inputs: Record<string, { imports: { path: string }[] }>;
  };
  const imported = Object.entries(inputs)
    .filter(([input]) => input.startsWith('src/'))
    .flatMap(([, { imports }]) => imports.map(({ path }) => path))
    .map((path) => /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1]);
  return [...new Set(imported.filter((name) => name !== undefined))].sort();
}

/** @returns the tarball's path */
function pack(root: string, destination: string): string {
  const output = execFileSync('npm', ['pack', '--json', '--pack-destination', destination], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [{ filename }] = JSON.parse(output) as [{ filename: string }];
  const directory = `${root.split('/').at(-1)}-tarball`;
  mkdirSync(join(destination, directory), { recursive: true });
  cpSync(join(destination, filename), join(destination, directory, filename));
  return join(destination, directory, filename);
}

function sizeOf(root: string): { bytes: number; files: number } {
  let bytes = 0;
  let files = 0;
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    files++;
    bytes += statSync(join(entry.parentPath, entry.name)).size;
  }
  return { bytes, files };
}
