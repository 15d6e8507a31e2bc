import { existsSync, symlinkSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Delivery, OnFailure } from '../../src/hooks/choices.ts';
import { type MetadataService, startMetadataService } from '../support/metadata-service.ts';
import { noteHookRun } from '../support/faults.ts';
import {
  envList,
  hookPath,
  list,
  type ScratchInstance,
  scratchInstance,
  shells,
  staging,
} from '../support/hook.ts';

let metadata: MetadataService;
let instance: ScratchInstance;
beforeAll(async () => {
  metadata = await startMetadataService({ localIpv4: '10.0.1.5' });
});
afterAll(() => metadata.close());
afterEach(() => instance.remove());

const tools = 'cat chmod chown grep head mkdir mv printenv rm sed stat tail timeout tr'.split(' ');
/** What asks for the address; metadata.test.ts breaks that. */
const others = ['curl', 'date', 'ip', 'sleep'];

/** What a tool may do on a machine that is out of memory or broken. */
const ends = { fails: 'exit 2', 'is killed': 'kill -9 $$' };

/** The file of each delivery before, and after with this list. The value needs quotes where systemd reads it. */
const deliveries: Readonly<
  Partial<Record<Delivery, { path: string; old: string; fresh: (list: string) => string }>>
> = {
  file: {
    path: list,
    old: 'ALLOWED_HOSTS=old.example\n',
    fresh: (hosts) => `ALLOWED_HOSTS="${hosts.replace('$', '\\$')}"\n`,
  },
  'env-list': {
    path: envList,
    old: 'A=1\nB=2',
    fresh: (hosts) => `A=1\nB=2\nALLOWED_HOSTS=${hosts}\n`,
  },
  dotenv: {
    path: `${staging}/.env`,
    old: 'A=1\nALLOWED_HOSTS=old.example\nB=2',
    fresh: () => 'A=1\nALLOWED_HOSTS=old.example,10.0.1.5\nB=2',
  },
};

const cases = tools.flatMap((tool) =>
  Object.entries(ends).flatMap(([end, command]) =>
    Object.keys(deliveries).map((delivery) => ({ tool, end, command, delivery: delivery as Delivery })),
  ),
);

/** Makes a directory of the machine's tools, one of them broken, the only one that the hook finds them in. */
function breakTool(tool: string, command: string): void {
  instance.write(`tools/${tool}`, `#!/bin/sh\n${command}\n`, 0o755);
  for (const name of [...tools, ...others]) {
    const found = ['/usr/sbin', '/usr/bin', '/sbin', '/bin'].map((directory) => `${directory}/${name}`);
    const path = found.find((candidate) => existsSync(candidate));
    if (name !== tool && path !== undefined) symlinkSync(path, instance.path(`tools/${name}`));
  }
  const text = instance.read(`${staging}/${hookPath}`) ?? '';
  instance.write(`${staging}/${hookPath}`, text.replace(/^PATH=.*$/m, `PATH=${instance.path('tools')}`));
}

describe.each(Object.entries(shells))('a tool that breaks, %s', (_, shell) => {
  it.each(cases)('$tool $end ($delivery)', async ({ tool, end, command, delivery }) => {
    const { path, old, fresh } = deliveries[delivery] ?? { path: '', old: '', fresh: () => '' };
    for (const onFailure of ['fail', 'warn'] satisfies OnFailure[]) {
      instance = scratchInstance({ delivery, onFailure });
      instance.write(path, old);
      breakTool(tool, command);

      const run = await instance.run({
        shell,
        endpoint: metadata.endpoint,
        properties: { ALLOWED_HOSTS: 'a$b' },
      });

      const after = instance.read(path);
      noteHookRun(`${tool} ${end} (${delivery}, --on-failure ${onFailure})`, run, [old, after]);
      if (after === fresh('a$b,10.0.1.5')) {
        expect(run.status).toBe(0);
      } else {
        // The list is the hook's own: where the deployment goes on, it is not to stand.
        expect([old, ...(onFailure === 'warn' && delivery === 'file' ? [undefined] : [])]).toContain(after);
        expect(run.stderr).toMatch(/^eb-hosts: failed: /m);
        expect(run.status === 0).toBe(onFailure === 'warn');
      }
      instance.remove();
    }
  });

  it.each(Object.entries(ends))('grep %s, and the app still runs as web.service', async (_end, command) => {
    instance = scratchInstance();
    breakTool('grep', command);
    const run = await instance.run({
      shell,
      endpoint: metadata.endpoint,
      properties: { ALLOWED_HOSTS: 'a' },
    });
    expect(run).toMatchObject({ status: 0, stderr: '' });
    expect(instance.read(list)).toBe('ALLOWED_HOSTS=a,10.0.1.5\n');
  });
});
