// What `rehearse` costs beside the hook that it runs: the whole command on the demo's project, without an app, against a
// bare start of node and the generated hook alone on an instance as fresh.
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { startMetadataService } from '../test/support/metadata-service.ts';
import { hookPath, scratchInstance, staging } from '../test/support/hook.ts';
import { measure, timed } from './support/measure.ts';
import { commitAll, ebHosts, inScratch } from './support/scratch.ts';
import { ratio, type Section, timeCells } from './support/section.ts';

const names = { node: '`node -e 0`', hook: 'the hook alone', rehearse: '`eb-hosts rehearse`' };

export function benchRehearse(samples: number): Promise<Section> {
  return inScratch(async (scratch) => {
    const project = join(scratch, 'project');
    cpSync('test/fixtures/project', project, { recursive: true });
    commitAll(project);
    const run = (...argv: string[]) => timed({ argv, cwd: project, env: { HOME: scratch } });
    await run(...ebHosts, 'init', '--yes', '--quiet');
    const metadata = await startMetadataService();
    const hookAlone = async () => {
      const instance = scratchInstance({ hosts: ['example.com', 'www.example.com'] });
      try {
        const env = { EB_HOSTS_ROOT: instance.root, AWS_EC2_METADATA_SERVICE_ENDPOINT: metadata.endpoint };
        return await timed({ argv: ['/bin/sh', hookPath], cwd: instance.path(staging), env });
      } finally {
        instance.remove();
      }
    };
    try {
      const times = await measure(
        {
          node: () => run(process.execPath, '-e', '0'),
          hook: hookAlone,
          rehearse: () => run(...ebHosts, 'rehearse', '--quiet'),
        },
        samples * 2,
      );
      const parts = times.hook.median + times.node.median;
      return {
        title: 'rehearse',
        about: "A whole deployment on the emulated instance, of the demo's project, without an app.",
        findings: [
          {
            what: '`rehearse` over the hook alone and a bare start of node',
            value: times.rehearse.median - parts,
            unit: 'ms',
            limit: 150,
          },
        ],
        columns: ['', 'of the first two', 'time, median', 'quartiles'],
        rows: (Object.keys(names) as (keyof typeof names)[]).map((name) => [
          names[name],
          ratio(times[name].median / parts),
          ...timeCells(times[name]),
        ]),
      };
    } finally {
      await metadata.close();
    }
  });
}
