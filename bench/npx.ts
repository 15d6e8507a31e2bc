// A cold `npx` of the packed tarball against one of an empty package. Neither has dependencies, so no network is asked.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Figure, inScratch, measure, run, timed } from './measure.ts';

export function benchNpx(samples: number): Promise<Figure[]> {
  return inScratch(async (scratch) => {
    const empty = join(scratch, 'empty');
    mkdirSync(empty);
    writeFileSync(join(empty, 'bin.js'), '#!/usr/bin/env node\n');
    const manifest = { name: 'eb-hosts', version: '0.0.0', bin: { 'eb-hosts': 'bin.js' } };
    writeFileSync(join(empty, 'package.json'), JSON.stringify(manifest));

    const pack = async (root: string, name: string) => {
      const destination = join(scratch, name);
      mkdirSync(destination);
      const { stdout } = await run(['npm', 'pack', '--json', '--pack-destination', destination], root);
      const [{ filename }] = JSON.parse(stdout) as [{ filename: string }];
      return join(destination, filename);
    };
    const cold = (tarball: string) => async () => {
      const cache = join(scratch, 'cache');
      rmSync(cache, { recursive: true, force: true });
      const argv = [
        'npm',
        'exec',
        '--yes',
        '--offline',
        `--package=${tarball}`,
        '--',
        'eb-hosts',
        '--version',
      ];
      const env = { npm_config_cache: cache, npm_config_update_notifier: 'false', HOME: scratch };
      return timed(argv, scratch, env);
    };
    const times = await measure(
      {
        empty: cold(await pack(empty, 'of-empty')),
        ours: cold(await pack(resolve('.'), 'of-ours')),
      },
      samples,
    );
    return [
      {
        what: 'a cold `npx eb-hosts --version`',
        time: times.ours,
        against: 'a cold `npx` of an empty package',
        floor: times.empty,
        limit: 1.5,
      },
    ];
  });
}
