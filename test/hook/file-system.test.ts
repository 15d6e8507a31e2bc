import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { type MetadataService, startMetadataService } from '../support/metadata-service.ts';
import { noteHookRun } from '../support/faults.ts';
import { envList, list, type ScratchInstance, scratchInstance, shells, staging } from '../support/hook.ts';
import { describeWith } from '../support/needs.ts';

let metadata: MetadataService;
let instance: ScratchInstance;
beforeAll(async () => {
  metadata = await startMetadataService({ localIpv4: '10.0.1.5' });
});
afterAll(() => metadata.close());
afterEach(() => {
  spawnSync('chmod', ['-R', 'u+rwX', instance.root]);
  instance.remove();
});

const properties = { ALLOWED_HOSTS: 'a.example' };
const value = 'ALLOWED_HOSTS=a.example,10.0.1.5\n';

/** Undefined where it is no file. */
function readFile({ path, read }: ScratchInstance, name: string): string | undefined {
  return statSync(path(name), { throwIfNoEntry: false })?.isFile() ? read(name) : undefined;
}

/** What may stand at a path where the hook writes, and whether it can cope. */
const obstacles: Readonly<Record<string, { put: (path: string) => void; copes: boolean }>> = {
  'a link to a file': {
    put: (path) => {
      writeFileSync(`${path}.target`, 'untouched\n');
      symlinkSync(`${path}.target`, path);
    },
    copes: true,
  },
  'a link to a directory': {
    put: (path) => {
      mkdirSync(`${path}.target`);
      symlinkSync(`${path}.target`, path);
    },
    copes: true,
  },
  'a dangling link': { put: (path) => symlinkSync('/nowhere/at/all', path), copes: true },
  'a FIFO': { put: (path) => spawnSync('mkfifo', [path]), copes: true },
  'an empty directory': { put: (path) => mkdirSync(path), copes: false },
  'a file of mode 0': { put: (path) => writeFileSync(path, 'old', { mode: 0 }), copes: true },
  'a huge file': { put: (path) => writeFileSync(path, Buffer.alloc(1 << 20, 'x\n')), copes: true },
};

describe.each(Object.entries(shells))('obstacles, %s', (_, shell) => {
  it.each(Object.entries(obstacles))('%s in place of the list', async (name, { put, copes }) => {
    instance = scratchInstance();
    mkdirSync(dirname(instance.path(list)), { recursive: true });
    put(instance.path(list));
    const run = await instance.run({ shell, endpoint: metadata.endpoint, properties });
    noteHookRun(`${name} in place of the list`, run, [undefined, readFile(instance, list)]);
    if (copes) {
      expect(run).toMatchObject({ status: 0, stderr: '' });
      expect(statSync(instance.path(list)).isFile()).toBe(true);
      expect(instance.read(list)).toBe(value);
      if (name === 'a link to a file') expect(instance.read(`${list}.target`)).toBe('untouched\n');
    } else {
      expect(run.status).toBe(1);
      expect(run.stderr).toMatch(/hosts\.env is a directory: remove it/);
    }
  });

  it.each(Object.entries(obstacles).filter(([name]) => /link|FIFO|directory/.test(name)))(
    '%s in place of env.list',
    async (name, { put }) => {
      instance = scratchInstance();
      mkdirSync(dirname(instance.path(envList)), { recursive: true });
      put(instance.path(envList));
      instance.write(`${staging}/Procfile`, '');
      const run = await instance.run({ shell, endpoint: metadata.endpoint, properties: {} });
      noteHookRun(`${name} in place of env.list`, run, [undefined, undefined]);
      // A link to nowhere is no env.list: this is then no Docker platform.
      if (run.status === 0) expect(run.stderr).toMatch(/no web\.service/);
      else expect(run.stderr).toMatch(/env\.list is not a regular file/);
    },
  );

  it.each(['a link', 'a file'])('%s in place of the directory of the list', async (kind) => {
    instance = scratchInstance();
    const path = instance.path(dirname(list));
    mkdirSync(dirname(path), { recursive: true });
    if (kind === 'a file') writeFileSync(path, '');
    else symlinkSync(instance.root, path);
    const run = await instance.run({ shell, endpoint: metadata.endpoint, properties });
    noteHookRun(`${kind} in place of the directory of the list`, run, [undefined, undefined]);
    expect(run.status).toBe(1);
    expect(run.stderr).toMatch(/var\/lib\/eb-hosts is not a directory: remove it/);
  });

  it('takes nothing away behind a link in place of the directory of the list', async () => {
    instance = scratchInstance();
    instance.write('elsewhere/hosts.env', 'theirs\n');
    mkdirSync(dirname(instance.path(dirname(list))), { recursive: true });
    symlinkSync(instance.path('elsewhere'), instance.path(dirname(list)));
    const run = await instance.run({
      shell,
      endpoint: metadata.endpoint,
      properties: { ALLOWED_HOSTS: '*' },
    });
    expect(run.status).toBe(0);
    expect(run.stderr).toMatch(/var\/lib\/eb-hosts is a link/);
    expect(instance.read('elsewhere/hosts.env')).toBe('theirs\n');
  });
});

describe.each(Object.entries(shells))('several runs at once, %s', (_, shell) => {
  it.each([
    ['file', list, value],
    ['env-list', envList, `A=1\n${value}`],
  ] as const)(
    'do not take away what another is about to put in place (%s)',
    async (delivery, path, fresh) => {
      instance = scratchInstance({ delivery });
      for (let round = 0; round < 20; round += 1) {
        instance.write(path, 'A=1\nALLOWED_HOSTS=a.example\n');
        const options = { shell, endpoint: metadata.endpoint, properties };
        const runs = await Promise.all(Array.from({ length: 4 }, () => instance.run(options)));
        for (const run of runs) expect(run).toMatchObject({ status: 0, stderr: '' });
        expect(instance.read(path)).toBe(fresh);
        expect(statSync(instance.path(path)).mode & 0o777).toBe(0o644);
      }
    },
  );

  it('take away what a killed one left, whoever has its number now', async () => {
    instance = scratchInstance();
    const leftovers = [1, process.pid, 4_000_000, 'x'].map((end) => `${dirname(list)}/.eb-hosts.tmp.${end}`);
    for (const leftover of leftovers) instance.write(leftover, 'half');
    await instance.run({ shell, endpoint: metadata.endpoint, properties });
    expect(readdirSync(instance.path(dirname(list)))).toEqual(['hosts.env']);
  });
});

it.each(Object.entries(shells))('does its work where no line can be printed, %s', async (_, shell) => {
  instance = scratchInstance();
  const mute = ['sh', '-c', 'exec "$@" >&- 2>&-', 'sh', ...shell];
  expect(await instance.run({ shell: mute, endpoint: metadata.endpoint, properties })).toMatchObject({
    status: 0,
  });
  expect(instance.read(list)).toBe(value);
});

it.each(Object.entries(shells))('does its work where nobody reads what it prints, %s', async (_, shell) => {
  instance = scratchInstance();
  const unread = ['sh', '-c', '{ "$@" 2>&1; echo "$?" >../../../status; } | true', 'sh', ...shell];
  await instance.run({ shell: unread, endpoint: metadata.endpoint, properties });
  expect(instance.read('status')).toBe('0\n');
  expect(instance.read(list)).toBe(value);
});

/** The file of each delivery, what stands in it before, and what the hook makes of it. */
const deliveries = {
  'env-list': {
    path: envList,
    old: `A=${'x'.repeat(8000)}\nALLOWED_HOSTS=a.example\n`,
    fresh: `A=${'x'.repeat(8000)}\nALLOWED_HOSTS=a.example,10.0.1.5\n`,
  },
  file: { path: list, old: 'ALLOWED_HOSTS=old.example\n', fresh: value },
} as const;
type Delivery = keyof typeof deliveries;

/** Disks on which nothing can be written: how they are mounted, and what is done once the file is there. */
const disks: Readonly<Record<string, { options: string; spoil: string }>> = {
  'a full disk': { options: 'size=12k', spoil: 'head -c 64k /dev/zero >filler 2>/dev/null; [ -s filler ]' },
  'a read-only disk': { options: 'size=1m', spoil: 'mount -o remount,ro .' },
  'a disk without a free inode': {
    options: 'nr_inodes=3',
    spoil: 'touch filler && ! touch another 2>/dev/null',
  },
  'a directory that is immutable': { options: 'size=1m', spoil: 'chattr +i .' },
  'a file that is immutable': { options: 'size=1m', spoil: 'chattr +i *' },
};

const cases = Object.keys(deliveries).flatMap((delivery) =>
  Object.keys(disks).flatMap((disk) =>
    (['fail', 'warn'] as const).map((onFailure) => ({ delivery: delivery as Delivery, disk, onFailure })),
  ),
);

describeWith(['root', 'mount', 'chattr'], 'a disk that takes nothing', () => {
  describe.each(Object.entries(shells))('under %s', (_, shell) => {
    it.each(cases)('$disk, $delivery, --on-failure $onFailure', async ({ delivery, disk, onFailure }) => {
      const { path, old } = deliveries[delivery];
      const { options, spoil } = disks[disk] ?? { options: '', spoil: '' };
      instance = scratchInstance({ onFailure, delivery });
      const directory = instance.path(dirname(path));
      mkdirSync(directory, { recursive: true });
      spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', directory]);
      try {
        instance.write(path, old);
        expect(spawnSync('sh', ['-c', spoil], { cwd: directory })).toMatchObject({ status: 0 });
        const names = readdirSync(directory);

        const run = await instance.run({ shell, endpoint: metadata.endpoint, properties });

        noteHookRun(`${disk} (${delivery}, --on-failure ${onFailure})`, run, [old, instance.read(path)]);
        expect(run.status).toBe(onFailure === 'fail' ? 1 : 0);
        expect(run.stderr).toMatch(/^eb-hosts: failed: cannot /m);
        // Where the deployment goes on, the hook takes its own list away if it can.
        if (instance.read(path) === undefined) expect([onFailure, delivery]).toEqual(['warn', 'file']);
        else expect(instance.read(path)).toBe(old);
        expect(names).toEqual(expect.arrayContaining(readdirSync(directory)));
      } finally {
        spawnSync('chattr', ['-R', '-i', directory]);
        spawnSync('umount', [directory]);
      }
    });
  });
});

describeWith(['root'], 'a file of the engine with an odd mode', () => {
  describe.each(Object.entries(shells))('under %s', (_, shell) => {
    it.each([0o000, 0o200, 0o400, 0o444, 0o666, 0o1644, 0o2755, 0o4755, 0o7777])('%o', async (mode) => {
      const { path, old, fresh } = deliveries['env-list'];
      instance = scratchInstance({ delivery: 'env-list' });
      instance.write(path, old, mode);

      const run = await instance.run({ shell, endpoint: metadata.endpoint });

      noteHookRun(`env.list of mode ${mode.toString(8).padStart(4, '0')}, which stays`, run, [
        old,
        instance.read(path),
      ]);
      expect(run).toMatchObject({ status: 0, stderr: '' });
      expect(instance.read(path)).toBe(fresh);
      expect(statSync(instance.path(path)).mode & 0o7777).toBe(mode);
    });
  });
});

describeWith(['root', 'mount', 'unshare'], 'a /tmp that is of no use', () => {
  afterEach(() => vi.unstubAllEnvs());
  describe.each(Object.entries(shells))('under %s', (_, shell) => {
    it.each(['noexec', 'ro', 'nr_inodes=1'])('mounted %s', async (option) => {
      // The instance itself must lie elsewhere.
      vi.stubEnv('TMPDIR', '/var/tmp');
      instance = scratchInstance();
      const mounted = `mount -t tmpfs -o ${option} tmpfs /tmp && exec "$@"`;

      const run = await instance.run({
        shell: ['unshare', '--mount', 'sh', '-c', mounted, 'sh', ...shell],
        endpoint: metadata.endpoint,
        properties,
      });

      noteHookRun(`/tmp mounted ${option}`, run, [undefined, instance.read(list)]);
      expect(run).toMatchObject({ status: 0, stderr: '' });
      expect(instance.read(list)).toBe(value);
    });
  });
});
