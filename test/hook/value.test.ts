import { statSync } from 'node:fs';
import { execaSync } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Choices } from '../../src/hooks/choices.ts';
import { address, dropIn, envList, list, scratchInstance, shells } from '../support/hook.ts';
import { type MetadataService, startMetadataService } from '../support/metadata-service.ts';

let service: MetadataService;
beforeAll(async () => {
  service = await startMetadataService({ localIpv4: '10.0.1.5' });
});
afterAll(() => service.close());

interface Case {
  readonly property?: string;
  readonly choices?: Partial<Choices>;
  /** What get-config says; by default it knows no property. */
  readonly config?: Parameters<ReturnType<typeof scratchInstance>['installGetConfig']>[0];
}

/** The property and the choices, and the list that is written. */
const written: readonly [Case, string][] = [
  [{ property: 'a.com' }, 'a.com,10.0.1.5'],
  [{ property: 'a.com,b.com' }, 'a.com,b.com,10.0.1.5'],
  [{ property: ' a.com , ,b.com,a.com, ' }, 'a.com,b.com,10.0.1.5'],
  [{ property: '10.0.1.5,a.com' }, 'a.com,10.0.1.5'],
  [{ property: '10.0.1.5' }, '10.0.1.5'],
  [{ property: '10.0.1.50,.a.com' }, '10.0.1.50,.a.com,10.0.1.5'],
  [{ property: '"a.com,b.com"' }, 'a.com,b.com,10.0.1.5'],
  [{ property: '*.a.com,[::1]' }, '*.a.com,[::1],10.0.1.5'],
  [{ config: { ALLOWED_HOSTS: 'a.com' } }, 'a.com,10.0.1.5'],
  [{ property: '  ', config: { ALLOWED_HOSTS: 'a.com' } }, 'a.com,10.0.1.5'],
  [{ choices: { hosts: ['a.com', 'b.com'] } }, 'a.com,b.com,10.0.1.5'],
  [{ property: ' , ', choices: { hosts: ['a.com'] } }, 'a.com,10.0.1.5'],
  [{ property: 'b.com', choices: { hosts: ['a.com'] } }, 'b.com,10.0.1.5'],
  [{ choices: { role: 'extra-hosts' } }, '10.0.1.5'],
  [{ choices: { role: 'extra-hosts' }, config: 'broken' }, '10.0.1.5'],
  [{ property: 'a.com b.com', choices: { separator: 'space' } }, "'a.com b.com 10.0.1.5'"],
  [{ property: 'a.com; b.com', choices: { separator: 'semicolon' } }, "'a.com;b.com;10.0.1.5'"],
  [{ property: '["a.com", "b.com"]', choices: { separator: 'json' } }, `'["a.com","b.com","10.0.1.5"]'`],
  [{ property: "['a.com']", choices: { separator: 'json' } }, `'["a.com","10.0.1.5"]'`],
  [{ property: ' [ ] ', choices: { separator: 'json', hosts: ['a.com'] } }, `'["a.com","10.0.1.5"]'`],
  [{ choices: { separator: 'json', role: 'extra-hosts' } }, `'["10.0.1.5"]'`],
  [{ choices: { separator: 'none', role: 'extra-hosts' } }, '10.0.1.5'],
  [{ property: '10.0.1.5', choices: { separator: 'none' } }, '10.0.1.5'],
  [{ property: 'a.com', choices: { delivery: 'file' } }, 'a.com,10.0.1.5'],
];

/** Nothing is written, with the reason, and the deployment goes on. */
const left: readonly [Case, string][] = [
  [{}, 'would lock out your own domain'],
  [{ property: '  ' }, 'would lock out your own domain'],
  [{ property: 'a.com,*' }, 'admits every host'],
  [{ choices: { hosts: ['*'] } }, 'admits every host'],
  [{ property: '["*"]', choices: { separator: 'json' } }, 'admits every host'],
  [{ property: 'a.com', choices: { separator: 'none' } }, 'is set to another host'],
  [{ choices: { separator: 'none' } }, 'would lock out your own domain'],
];

/** The deployment is aborted, with the reason. */
const refused: readonly [Case, string][] = [
  ...[
    'a.com b.com',
    "'a.com','b.com'",
    'a.com\nb.com',
    'a.com;b.com',
    'a$b.com',
    'a\\.com',
    "['a.com']",
    'a`id`',
  ].map((property): [Case, string] => [{ property }, 'not a list with commas']),
  [{ property: 'a.com,b.com', choices: { separator: 'space' } }, 'not a list with blanks'],
  [{ property: 'a.com\nb.com', choices: { separator: 'space' } }, 'not a list with blanks'],
  [{ property: 'a.com,b.com', choices: { separator: 'semicolon' } }, 'not a list with semicolons'],
  ...['a.com', '["a.com"', '["a\\u002ecom"]', '[["a.com"]]', '["a.com"]\n["b.com"]', '["a.com b.com"]'].map(
    (property): [Case, string] => [{ property, choices: { separator: 'json' } }, 'not a JSON array'],
  ),
  [{ config: 'broken' }, 'get-config does not work'],
  [{ config: 'broken', choices: { hosts: ['a.com'] } }, 'get-config does not work'],
];

describe.each(Object.entries(shells))('the value, %s', (_, shell) => {
  const run = ({ property, choices, config }: Case) => {
    const instance = scratchInstance(choices);
    if (config !== undefined) instance.installGetConfig(config);
    const properties = property === undefined ? {} : { ALLOWED_HOSTS: property };
    return { instance, run: () => instance.run({ shell, endpoint: service.endpoint, properties }) };
  };

  it.concurrent.for(written)('%j: %s', async ([given, value]) => {
    const { instance, run: deploy } = run(given);
    expect(await deploy()).toMatchObject({ status: 0, stderr: '' });
    expect(instance.read(list)).toBe(`ALLOWED_HOSTS=${value}\n`);
    expect(await deploy()).toMatchObject({ status: 0, stderr: '' });
    expect(instance.read(list)).toBe(`ALLOWED_HOSTS=${value}\n`);
    expect(instance.read(address)).toBe('10.0.1.5\n');
    instance.remove();
  });

  it.concurrent.for(left)('%j: nothing, since it %s', async ([given, reason]) => {
    const { instance, run: deploy } = run(given);
    instance.write(list, 'ALLOWED_HOSTS=earlier.example\n');
    instance.write(address, '10.0.1.4\n');
    const result = await deploy();
    expect(result).toMatchObject({ status: 0, stderr: '', stdout: expect.stringContaining(reason) });
    expect([instance.read(list), instance.read(address)]).toEqual([undefined, undefined]);
    instance.remove();
  });

  it.concurrent.for(refused)('%j: %s', async ([given, reason]) => {
    const { instance, run: deploy } = run(given);
    instance.write(list, 'ALLOWED_HOSTS=earlier.example\n');
    instance.write(address, '10.0.1.4\n');
    expect(await deploy()).toMatchObject({
      status: 1,
      stdout: '',
      stderr: expect.stringMatching(new RegExp(`^eb-hosts: failed: .*${reason}.*$`)),
    });
    expect(instance.read(list)).toBe('ALLOWED_HOSTS=earlier.example\n');
    expect(instance.read(address)).toBe('10.0.1.4\n');
    instance.remove();
  });

  it.concurrent('--on-failure warn: a failure lets the deployment go on, without a list', async () => {
    const { instance, run: deploy } = run({ property: 'a.com b.com', choices: { onFailure: 'warn' } });
    instance.write(list, 'ALLOWED_HOSTS=earlier.example\n');
    expect(await deploy()).toMatchObject({
      status: 0,
      stderr: expect.stringContaining('not a list'),
      stdout: expect.stringContaining('goes on without the address'),
    });
    expect(instance.read(list)).toBeUndefined();
    instance.remove();
  });

  it.concurrent.for([
    ['env-list on Compose', 'env-list', 'var/app/staging/docker-compose.yml', 'this is Docker Compose'],
    ['systemd on Docker', 'systemd', envList, 'this is an instance with Docker'],
    ['systemd on ECS', 'systemd', 'var/app/staging/Dockerrun.aws.json', 'this is an instance with Docker'],
  ] as const)(
    'made for another kind of instance, %s: a failure also with warn',
    async ([, delivery, file, reason]) => {
      const { instance, run: deploy } = run({ property: 'a.com', choices: { delivery, onFailure: 'warn' } });
      instance.write(file, '{ "AWSEBDockerrunVersion": 2 }');
      expect(await deploy()).toMatchObject({ status: 1, stderr: expect.stringContaining(reason) });
      instance.remove();
    },
  );

  it.concurrent('systemd: a FIFO of the app in place of Dockerrun.aws.json does not hold it', async () => {
    const { instance, run: deploy } = run({ property: 'a.com' });
    execaSync('mkfifo', [instance.path('var/app/staging/Dockerrun.aws.json')]);
    expect(await deploy()).toMatchObject({ status: 0 });
    expect(instance.read(list)).toBe('ALLOWED_HOSTS=a.com,10.0.1.5\n');
    instance.remove();
  });

  it.concurrent('systemd: writes the drop-in, and touches nothing on a second run', async () => {
    const { instance, run: deploy } = run({ property: 'a.com' });
    await deploy();
    expect(instance.read(dropIn)).toContain('EnvironmentFile=-/var/lib/eb-hosts/hosts.env');
    const files = [list, address, dropIn, 'usr/lib/systemd/system/eb-hosts.service'];
    const stamps = () => files.map((file) => statSync(instance.path(file)).ino);
    const before = stamps();
    await deploy();
    expect(stamps()).toEqual(before);
    instance.remove();
  });
});

it('a get-config that hangs is not waited for', { timeout: 40_000 }, async () => {
  const instance = scratchInstance({ role: 'extra-hosts' });
  instance.installGetConfig('hanging');
  expect(await instance.run({ endpoint: service.endpoint })).toMatchObject({ status: 0 });
  instance.remove();
});
