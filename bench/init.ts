// Reading repositories of 10 to 100,000 files, and `init --dry-run` on them, against the least that such a reading can
// cost: `git ls-files | wc -l` and a start of node.
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { measure, type Times, timed } from './support/measure.ts';
import { commitAll, ebHosts, inScratch, write } from './support/scratch.ts';
import { duration, ratio, type Section, timeCells } from './support/section.ts';

const sizes = [10, 100, 1000, 10_000, 100_000];

export function benchInit(samples: number): Promise<Section> {
  return inScratch(async (scratch) => {
    const rows: string[][] = [];
    const demo = join(scratch, 'demo');
    cpSync('test/fixtures/project', demo, { recursive: true });
    commitAll(demo);
    const first = await measureIn(demo, samples);
    rows.push(rowOf("the demo's", first, Number.NaN));

    const bySize = new Map<number, Measured>();
    for (const size of sizes) {
      const root = join(scratch, `${size}`);
      makeRepository(root, size);
      const measured = await measureIn(root, samples);
      bySize.set(size, measured);
      const smallest = bySize.get(sizes[0] ?? 0) ?? measured;
      rows.push(rowOf(size.toLocaleString('en'), measured, measured.init.median / smallest.init.median));
    }
    const small = bySize.get(10) as Measured;
    const large = bySize.get(100_000) as Measured;
    return {
      title: 'init',
      about: `A Django project on Elastic Beanstalk with ever more files beside it, all committed. *Floor* is \`git ls-files | wc -l\`
and a bare start of node together.`,
      findings: [
        {
          what: '`init --dry-run` on 100,000 files against the floor',
          value: large.init.median / floorOf(large),
          unit: 'times',
          limit: 4,
        },
        {
          what: '`init --dry-run` on 100,000 files against 10 files',
          value: large.init.median / small.init.median,
          unit: 'times',
          limit: 3,
        },
        {
          what: "`init --dry-run` on the demo's project against a bare start of node",
          value: first.init.median / first.node.median,
          unit: 'times',
          limit: 5,
        },
      ],
      columns: ['files', 'init of the floor', 'growth', 'init, median', 'quartiles', 'floor'],
      rows,
    };
  });
}

type Measured = Record<'git' | 'node' | 'init', Times>;

function measureIn(root: string, samples: number): Promise<Measured> {
  const run =
    (...argv: string[]) =>
    () =>
      timed({ argv, cwd: root, env: { HOME: root } });
  return measure(
    {
      git: run('sh', '-c', 'git ls-files | wc -l'),
      node: run(process.execPath, '-e', '0'),
      init: run(...ebHosts, 'init', '--dry-run'),
    },
    samples,
  );
}

function floorOf({ git, node }: Measured): number {
  return git.median + node.median;
}

function rowOf(files: string, measured: Measured, growth: number): string[] {
  const { init } = measured;
  return [
    files,
    ratio(init.median / floorOf(measured)),
    ratio(growth),
    ...timeCells(init),
    duration(floorOf(measured)),
  ];
}

/** Directories of 50 files, twenty of them together, with a Django app on Elastic Beanstalk at the top. */
function makeRepository(root: string, size: number): void {
  const app = {
    'manage.py':
      'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "site_a.settings")\nimport django\n',
    'site_a/__init__.py': '',
    'site_a/settings.py':
      'import os\nALLOWED_HOSTS = os.environ.get("ALLOWED_HOSTS", "example.com").split(",")\nINSTALLED_APPS = []\n',
    '.ebextensions/django.config':
      'option_settings:\n  aws:elasticbeanstalk:container:python:\n    WSGIPath: site_a.wsgi:application\n',
  };
  for (const [path, text] of Object.entries(app)) write(root, path, text);
  for (let file = Object.keys(app).length; file < size; file++) {
    const directory = Math.floor(file / 50);
    write(
      root,
      `pkg${Math.floor(directory / 20)}/mod${directory % 20}/file_${file % 50}.py`,
      `x = ${file}\n`,
    );
  }
  commitAll(root);
}
