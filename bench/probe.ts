// `probe` against one `curl` of the same URL, and against the bare node start that is a part of it.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { measure, timed } from './support/measure.ts';
import { ebHosts, inScratch } from './support/scratch.ts';
import { ratio, type Section, timeCells } from './support/section.ts';

const names = { curl: '`curl`', node: '`node -e 0`', probe: '`eb-hosts probe`' };

export function benchProbe(samples: number): Promise<Section> {
  return inScratch(async (scratch) => {
    const server = createServer((_, response) => response.end('ok\n'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/health/`;
    const run =
      (...argv: string[]) =>
      () =>
        timed({ argv, cwd: scratch });
    try {
      const times = await measure(
        {
          curl: run('curl', '-q', '--silent', '--output', '/dev/null', url),
          node: run(process.execPath, '-e', '0'),
          probe: run(...ebHosts, 'probe', url, '--host', '10.0.1.5'),
        },
        samples * 2,
      );
      return {
        title: 'probe',
        about: 'One check of a server on this machine that answers at once.',
        findings: [
          {
            what: '`probe` over one `curl` of the same URL',
            value: times.probe.median - times.curl.median,
            unit: 'ms',
            limit: 50,
          },
          {
            what: '`probe` against a bare start of node',
            value: times.probe.median / times.node.median,
            unit: 'times',
          },
        ],
        columns: ['', 'of `curl`', 'time, median', 'quartiles'],
        rows: (Object.keys(names) as (keyof typeof names)[]).map((name) => [
          names[name],
          ratio(times[name].median / times.curl.median),
          ...timeCells(times[name]),
        ]),
      };
    } finally {
      server.close();
    }
  });
}
