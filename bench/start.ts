// Starting the command line, against a bare start of node and the command lines of AWS.

import { findProgram } from './support/machine.ts';
import { measure, timed } from './support/measure.ts';
import { ebHosts, inScratch } from './support/scratch.ts';
import { ratio, type Section, timeCells } from './support/section.ts';

const names = {
  node: '`node -e 0`',
  version: '`eb-hosts --version`',
  help: '`eb-hosts --help`',
  aws: '`aws --version`',
  eb: '`eb --version`',
};

export function benchStart(samples: number): Promise<Section> {
  return inScratch(async (scratch) => {
    const start = (argv: readonly string[]) => () => timed({ argv, cwd: scratch, env: { HOME: scratch } });
    const other = (program: string) => {
      const path = findProgram(program);
      return path === undefined
        ? { missing: `no \`${program}\` on this machine` }
        : start([path, '--version']);
    };
    const times = await measure(
      {
        node: start([process.execPath, '-e', '0']),
        version: start([...ebHosts, '--version']),
        help: start([...ebHosts, '--help']),
        aws: other('aws'),
        eb: other('eb'),
      },
      samples * 2,
    );
    const node = times.node.median;
    return {
      title: 'The start of the command line',
      about: 'A fresh process each time; the disk cache is warm.',
      findings: [
        {
          what: '`eb-hosts --version` against a bare start of node',
          value: times.version.median / node,
          unit: 'times',
        },
        {
          what: '`eb-hosts --help` against a bare start of node',
          value: times.help.median / node,
          unit: 'times',
        },
        {
          what: '`eb-hosts --version` against `aws --version`',
          value: times.version.median / times.aws.median,
          unit: 'times',
        },
        {
          what: '`eb-hosts --version` against `eb --version`',
          value: times.version.median / times.eb.median,
          unit: 'times',
        },
      ],
      columns: ['', 'of bare node', 'time, median', 'quartiles'],
      rows: (Object.keys(names) as (keyof typeof names)[]).map((name) => [
        names[name],
        ratio(times[name].median / node),
        ...timeCells(times[name]),
      ]),
    };
  });
}
