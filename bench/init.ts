// `init --dry-run` on the demo's project against a bare start of node.
import { cpSync } from 'node:fs';
import { ebHosts, type Figure, inScratch, measure, run, timed } from './measure.ts';

export function benchInit(samples: number): Promise<Figure[]> {
  return inScratch(async (scratch) => {
    cpSync('test/fixtures/project', scratch, { recursive: true });
    const commit =
      'git init -q && git add -A && git -c user.name=b -c user.email=b@example.com commit -qm all';
    await run(['sh', '-c', commit], scratch);
    const times = await measure(
      {
        node: () => timed([process.execPath, '-e', '0'], scratch),
        init: () => timed([...ebHosts, 'init', '--dry-run'], scratch),
      },
      samples * 2,
    );
    return [
      {
        what: '`init --dry-run`, a small Django project',
        time: times.init,
        against: '`node -e 0`',
        floor: times.node,
        limit: 5,
      },
    ];
  });
}
