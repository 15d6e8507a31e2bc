import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { execaSync } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { dotenv, envList, list, scratchInstance } from '../support/hook.ts';
import { hostileLines } from '../support/hostile-lines.ts';
import { type MetadataService, startMetadataService } from '../support/metadata-service.ts';
import { describeWith } from '../support/needs.ts';

let service: MetadataService;
beforeAll(async () => {
  service = await startMetadataService({ localIpv4: '10.0.1.5' });
});
afterAll(() => service.close());

const properties = { ALLOWED_HOSTS: 'a.com' };

it.for([
  ['systemd', list, 'ALLOWED_HOSTS=a.com,10.0.1.5\n'],
  ['env-list', envList, 'ALLOWED_HOSTS=a.com,10.0.1.5\n'],
  ['dotenv', dotenv, 'ALLOWED_HOSTS=a.com,10.0.1.5\n'],
] as const)(
  '%s: killed at any moment, the file is old or new, and the next run leaves nothing behind',
  { timeout: 120_000 },
  async ([delivery, file, line]) => {
    const instance = scratchInstance({ delivery });
    const before = delivery === 'systemd' ? 'ALLOWED_HOSTS=old.example\n' : `${hostileLines.join('\n')}\n`;
    const after = delivery === 'systemd' ? line : before + line;
    for (let round = 0; round < 60; round++) {
      instance.write(file, before);
      await instance.run({ endpoint: service.endpoint, properties, killAfter: 10 + Math.random() * 120 });
      expect([before, after]).toContain(instance.read(file));
    }
    expect(await instance.run({ endpoint: service.endpoint, properties })).toMatchObject({ status: 0 });
    expect(instance.read(file)).toBe(after);
    const kept = delivery === 'systemd' ? ['address', 'hosts.env', 'private'] : ['address', 'private'];
    expect(readdirSync(instance.path('var/lib/eb-hosts')).sort()).toEqual(kept);
    expect(existsSync(instance.path(`${file}.new`))).toBe(false);
    instance.remove();
  },
);

describeWith(['root', 'mount'], 'a disk that takes nothing', () => {
  it.for([
    ['full', 'systemd', 'size=4k'],
    ['full', 'env-list', 'size=8k'],
    ['read-only', 'systemd', 'ro'],
  ] as const)('%s, %s: one line says what cannot be written', async ([, delivery, option]) => {
    const instance = scratchInstance({ delivery });
    const directory = instance.path(
      delivery === 'systemd' ? 'var/lib/eb-hosts' : 'opt/elasticbeanstalk/deployment',
    );
    mkdirSync(directory, { recursive: true });
    execaSync('mount', ['-t', 'tmpfs', '-o', option, 'tmpfs', directory]);
    try {
      if (delivery === 'env-list') instance.write(envList, `A=${'x'.repeat(4080)}\n`);
      else if (option !== 'ro')
        execaSync('dd', ['if=/dev/zero', `of=${directory}/filler`, 'bs=1k', 'count=64'], { reject: false });
      const before = instance.read(envList);
      const run = await instance.run({ endpoint: service.endpoint, properties });
      expect(run).toMatchObject({
        status: 1,
        stderr: expect.stringMatching(/^eb-hosts: failed: cannot (?:write|make) .*$/m),
      });
      expect(instance.read(envList)).toBe(before);
    } finally {
      execaSync('umount', [directory]);
      instance.remove();
    }
  });
});
