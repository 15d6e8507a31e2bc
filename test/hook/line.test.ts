import { mkdirSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { execaSync } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { address, dotenv, envList, list, scratchInstance, shells } from '../support/hook.ts';
import { dotenvOwnLines, envListOwnLines, hostileLines } from '../support/hostile-lines.ts';
import { type MetadataService, startMetadataService } from '../support/metadata-service.ts';

let service: MetadataService;
beforeAll(async () => {
  service = await startMetadataService({ localIpv4: '10.0.1.5' });
});
afterAll(() => service.close());

const files = { 'env-list': envList, dotenv } as const;
const own = { 'env-list': envListOwnLines, dotenv: dotenvOwnLines } as const;
const deliveries = ['env-list', 'dotenv'] as const;

describe.each(Object.entries(shells))('the line of an engine file, %s', (_, shell) => {
  const start = (delivery: keyof typeof files, text: string, options: { property?: string } = {}) => {
    const instance = scratchInstance({ delivery, hosts: ['default.example'] });
    instance.write(files[delivery], text, 0o640);
    const properties = options.property === undefined ? {} : { ALLOWED_HOSTS: options.property };
    return { instance, deploy: () => instance.run({ shell, endpoint: service.endpoint, properties }) };
  };

  it.concurrent.for(
    deliveries.flatMap((delivery) =>
      Object.entries(own[delivery]).map(([line, base]) => ({ delivery, line, base })),
    ),
  )(
    '$delivery: $line gets the address after $base, and every other byte stays',
    async ({ delivery, line, base }) => {
      const rest = `${hostileLines.join('\n')}\nLATIN=b\xfccher\r\n`;
      const { instance, deploy } = start(delivery, `${rest}${line}\nLAST=1`);
      expect(await deploy()).toMatchObject({ status: 0, stderr: '' });
      const text = instance.read(files[delivery]) ?? '';
      const wanted = `ALLOWED_HOSTS=${base},10.0.1.5`;
      expect(
        text
          .split('\n')
          .filter((other) => /^\s*(?:export )?ALLOWED_HOSTS\s*(?:=|$)/.test(other))
          .at(-1),
      ).toBe(wanted);
      const others = (whole: string) =>
        whole.split('\n').filter((other) => !/^\s*(?:export )?ALLOWED_HOSTS\s*(?:=|$)/.test(other));
      expect(others(text)).toEqual(others(`${rest}LAST=1`));
      expect(statSync(instance.path(files[delivery])).mode & 0o777).toBe(0o640);
      expect(await deploy()).toMatchObject({ status: 0, stderr: '' });
      expect(instance.read(files[delivery])).toBe(text);
      expect([instance.read(address), instance.read(list)]).toEqual(['10.0.1.5\n', undefined]);
      instance.remove();
    },
  );

  it.concurrent.for(
    deliveries.flatMap((delivery) => ['A=1\nB=2', 'A=1\r\nB=2\r\n', ''].map((text) => ({ delivery, text }))),
  )(
    '$delivery: a file without the line ($text) gets one at its end, from the property',
    async ({ delivery, text }) => {
      const { instance, deploy } = start(delivery, text, { property: 'a.com' });
      expect(await deploy()).toMatchObject({ status: 0, stderr: '' });
      const separated = text === '' || text.endsWith('\n') ? text : `${text}\n`;
      expect(instance.read(files[delivery])).toBe(`${separated}ALLOWED_HOSTS=a.com,10.0.1.5\n`);
      instance.remove();
    },
  );

  it.concurrent.for([
    ['env-list', 'ALLOWED_HOSTS="a.com"'],
    ['dotenv', 'ALLOWED_HOSTS="a.com'],
    ['dotenv', 'ALLOWED_HOSTS=a.com,$OTHER'],
    ['dotenv', "ALLOWED_HOSTS='a.com' b.com"],
    ['dotenv', 'ALLOWED_HOSTS="a\\.com"'],
  ] as const)('%s: %s cannot be taken over exactly', async ([delivery, line]) => {
    const { instance, deploy } = start(delivery, `A=1\n${line}\nB=secret\n`);
    const run = await deploy();
    expect(run).toMatchObject({ status: 1, stderr: expect.stringContaining('is not a list') });
    expect(run.stderr + run.stdout).not.toContain('secret');
    // What is left of the copy is out of the app's user's reach.
    expect(statSync(instance.path('var/lib/eb-hosts/private')).mode & 0o777).toBe(0o700);
    expect(instance.read(files[delivery])).toBe(`A=1\n${line}\nB=secret\n`);
    instance.remove();
  });

  it.concurrent.for(deliveries)('%s: a missing file is made, with a warning', async (delivery) => {
    const { instance, deploy } = start(delivery, '', { property: 'a.com' });
    rmSync(instance.path(files[delivery]));
    mkdirSync(instance.path('var/lib/docker'), { recursive: true });
    expect(await deploy()).toMatchObject({
      status: 0,
      stderr: expect.stringContaining('is missing, and made here'),
    });
    expect(instance.read(files[delivery])).toBe('ALLOWED_HOSTS=a.com,10.0.1.5\n');
    expect(statSync(instance.path(files[delivery])).mode & 0o777).toBe(0o600);
    instance.remove();
  });

  it.concurrent('no Docker and no env.list: made for another kind of instance', async () => {
    const { instance, deploy } = start('env-list', '', { property: 'a.com' });
    rmSync(instance.path(envList));
    expect(await deploy()).toMatchObject({ status: 1, stderr: expect.stringContaining('without Docker') });
    instance.remove();
  });

  it.concurrent.for(
    deliveries.flatMap((delivery) =>
      (['link', 'fifo', 'directory'] as const).map((kind) => ({ delivery, kind })),
    ),
  )(
    '$delivery: a $kind in place of the file is refused, and nothing behind it touched',
    async ({ delivery, kind }) => {
      const { instance, deploy } = start(delivery, '', { property: 'a.com' });
      const path = instance.path(files[delivery]);
      instance.write('root-only', 'SECRET=1\n', 0o600);
      rmSync(path);
      if (kind === 'link') symlinkSync(instance.path('root-only'), path);
      if (kind === 'fifo') execaSync('mkfifo', [path]);
      if (kind === 'directory') mkdirSync(path);
      expect(await deploy()).toMatchObject({
        status: 1,
        stderr: expect.stringContaining('is not a regular file'),
      });
      expect(instance.read('root-only')).toBe('SECRET=1\n');
      expect(statSync(instance.path('root-only')).mode & 0o777).toBe(0o600);
      instance.remove();
    },
  );

  it.concurrent.for(deliveries)('%s: four runs at once lose no line', async (delivery) => {
    const { instance } = start(delivery, `${hostileLines.join('\n')}\n`);
    const runs = [1, 2, 3, 4].map((n) =>
      instance.run({
        shell,
        endpoint: service.endpoint,
        properties: { ALLOWED_HOSTS: 'a.com' },
        copy: `${n}`,
      }),
    );
    for (const run of await Promise.all(runs)) expect(run).toMatchObject({ status: 0, stderr: '' });
    expect(instance.read(files[delivery])).toBe(`${hostileLines.join('\n')}\nALLOWED_HOSTS=a.com,10.0.1.5\n`);
    instance.remove();
  });
});
