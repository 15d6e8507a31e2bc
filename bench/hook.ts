// The whole hook against the floor of this machine, one `sh` that does nothing but the two requests to the metadata
// service; and against what people use today.
import { mkdirSync, writeFileSync } from 'node:fs';
import { startMetadataService } from '../test/support/metadata-service.ts';
import { hookPath, type ScratchInstance, scratchInstance, staging } from '../test/support/hook.ts';
import { type Footprint, footprint } from './support/footprint.ts';
import { python } from './support/machine.ts';
import { type Command, measure, timed } from './support/measure.ts';
import { recipes } from './support/recipes.ts';
import { duration, ratio, type Section, timeCells } from './support/section.ts';

export async function benchHook(samples: number): Promise<Section> {
  const metadata = await startMetadataService({ localIpv4: '10.0.1.5' });
  const instances: ScratchInstance[] = [];
  const on = (instance: ScratchInstance, argv: readonly string[]): Command => ({
    argv,
    cwd: instance.path(staging),
    env: {
      ALLOWED_HOSTS: 'example.com,www.example.com',
      EB_HOSTS_ROOT: instance.root,
      AWS_EC2_METADATA_SERVICE_ENDPOINT: metadata.endpoint,
    },
  });
  const fresh = () => {
    const instance = scratchInstance();
    instances.push(instance);
    return instance;
  };
  const used = fresh();
  mkdirSync(used.path('recipes'));
  for (const [name, text] of Object.entries(recipes)) writeFileSync(used.path(`recipes/${name}`), text);
  const recipe =
    (program: string, name: keyof typeof recipes, ...args: string[]) =>
    () =>
      on(used, [program, used.path(`recipes/${name}`), ...args]);

  const interpreter = python();
  const commands: Record<keyof typeof names, () => Command> = {
    floor: recipe('/bin/sh', 'floor.sh'),
    redeploy: () => on(used, ['/bin/sh', hookPath]),
    first: () => on(fresh(), ['/bin/sh', hookPath]),
    append: recipe('/bin/sh', 'append.sh'),
    bare: recipe(interpreter, 'settings.py', 'nothing'),
    urllib: recipe(interpreter, 'settings.py', 'urllib'),
    requests: recipe(interpreter, 'settings.py', 'requests'),
    botocore: recipe(interpreter, 'settings.py', 'botocore'),
  };
  try {
    const missing = new Map<string, string>();
    for (const library of ['requests', 'botocore']) {
      const there = timed({ argv: [interpreter, '-c', `import ${library}`], cwd: used.root });
      await there.catch(() => missing.set(library, `this machine's Python has no ${library}`));
    }
    const times = await measure(
      map(commands, (command, name) => {
        const reason = missing.get(name);
        return reason === undefined ? () => timed(command()) : { missing: reason };
      }),
      samples * 2,
    );
    const footprints: Partial<Record<string, Footprint>> = {};
    for (const [name, command] of Object.entries(commands))
      if (!missing.has(name)) footprints[name] = await footprint(command);

    const floor = times.floor.median;
    const cost = (name: keyof typeof names) => times[name].median - (name in asking ? times.bare.median : 0);
    return {
      title: 'The hook',
      about: `The floor is one \`sh\` with nothing but the two requests to the metadata service. The hook with curl and append
is the usual recipe, which checks nothing and works on Docker alone. \`settings.py\` asks once in each process that loads
it, here gunicorn's master and three workers; the same four processes without a request stand beside it, and *costs* is
the difference (each request also loads its library, which an app may have loaded anyway). Memory is the peak of the
largest process.`,
      findings: [
        {
          what: 'the hook against the floor, the list being there',
          value: times.redeploy.median / floor,
          unit: 'times',
          limit: 1.5,
        },
        {
          what: 'the hook against the floor, on a first deployment',
          value: times.first.median / floor,
          unit: 'times',
        },
        {
          what: 'the hook against what `settings.py` costs with urllib',
          value: times.redeploy.median / cost('urllib'),
          unit: 'times',
          limit: 1,
        },
        {
          what: 'the hook against the hook with curl and append',
          value: times.redeploy.median / times.append.median,
          unit: 'times',
        },
      ],
      columns: ['', 'costs', 'of the floor', 'time, median', 'quartiles', 'peak memory', 'processes'],
      rows: (Object.keys(names) as (keyof typeof names)[]).map((name) => [
        names[name],
        duration(cost(name)),
        ratio(cost(name) / floor),
        ...timeCells(times[name]),
        inMegabytes(footprints[name]?.megabytes),
        `${footprints[name]?.processes ?? '–'}`,
      ]),
    };
  } finally {
    for (const instance of instances) instance.remove();
    await metadata.close();
  }
}

/** Those that are measured beside the same processes without a request. */
const asking = { urllib: true, requests: true, botocore: true };

const names = {
  floor: 'the floor',
  redeploy: '**the hook**, the list is there',
  first: '**the hook**, first deployment',
  append: 'hook with curl and append',
  bare: '`settings.py` without a request',
  urllib: '`settings.py`, urllib',
  requests: '`settings.py`, requests',
  botocore: '`settings.py`, botocore (boto3)',
};

function inMegabytes(megabytes: number | null | undefined): string {
  return megabytes === null || megabytes === undefined ? '–' : `${megabytes.toFixed(1)} MB`;
}

function map<Key extends string, From, To>(
  record: Readonly<Record<Key, From>>,
  change: (value: From, key: Key) => To,
): Record<Key, To> {
  const entries = (Object.entries(record) as [Key, From][]).map(([key, value]) => [key, change(value, key)]);
  return Object.fromEntries(entries) as Record<Key, To>;
}
