import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { confighookPath } from '../../src/generated-paths.ts';
import type { Delivery } from '../../src/hooks/choices.ts';
import { type MetadataService, startMetadataService } from '../../src/instance/metadata-service.ts';
import {
  dropIn,
  envList,
  list,
  type ScratchInstance,
  scratchInstance,
  shells,
  staging,
} from '../support/hook.ts';
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

/** What tells one platform from another, and where the value has to arrive; null: nowhere. */
const platforms: Readonly<
  Record<string, { files: Readonly<Record<string, string>>; target: string | null }>
> = {
  'Python, on a fresh instance': { files: {}, target: list },
  'Python, with a compose file for local work': {
    files: { [`${staging}/docker-compose.yml`]: '' },
    target: list,
  },
  'Python, with a Dockerfile': { files: { [`${staging}/Dockerfile`]: '' }, target: list },
  'one container': { files: { [envList]: 'A=1\n' }, target: envList },
  'one container by Dockerrun version 1': {
    files: { [envList]: 'A=1\n', [`${staging}/Dockerrun.aws.json`]: '{"AWSEBDockerrunVersion": "1"}' },
    target: envList,
  },
  Compose: {
    files: { [envList]: 'A=1\n', [`${staging}/docker-compose.yml`]: '', [`${staging}/.env`]: 'A=1\n' },
    target: `${staging}/.env`,
  },
  'one container, with a compose.yaml for local work': {
    files: { [envList]: 'A=1\n', [`${staging}/compose.yaml`]: '' },
    target: envList,
  },
  'Python, with Docker and a compose file for local work': {
    files: { 'usr/bin/docker': '', [`${staging}/docker-compose.yml`]: '' },
    target: list,
  },
  'Compose without env.list': {
    files: { 'usr/bin/docker': '', [`${staging}/compose.yaml`]: '', [`${staging}/.env`]: 'A=1\n' },
    target: `${staging}/.env`,
  },
  'ECS, the version as a number': {
    files: { 'usr/bin/docker': '', [`${staging}/Dockerrun.aws.json`]: '{\n "AWSEBDockerrunVersion" : 2,\n}' },
    target: list,
  },
  'ECS, the version as a string, beside a compose file': {
    files: {
      'usr/bin/docker': '',
      [`${staging}/docker-compose.yml`]: '',
      [`${staging}/Dockerrun.aws.json`]: '{"AWSEBDockerrunVersion":"2"}',
    },
    target: list,
  },
  'PHP and Tomcat': { files: { [`${staging}/Procfile`]: '' }, target: null },
  'a Procfile without web': {
    files: { [`${staging}/Procfile`]: '# web: no\nworker: celery\n' },
    target: null,
  },
  'a Procfile with a byte order mark and CRLF': {
    files: { [`${staging}/Procfile`]: '\ufeffweb: gunicorn\r\n' },
    target: list,
  },
  'web.service is there already': {
    files: { [`${staging}/Procfile`]: '', 'etc/systemd/system/web.service': '' },
    target: list,
  },
};

describe.each(Object.entries(shells))('the delivery, %s', (_, shell) => {
  it.each(Object.entries(platforms))('%s', async (_name, { files, target }) => {
    instance = scratchInstance();
    for (const [path, text] of Object.entries(files)) instance.write(path, text, 0o755);
    const run = await instance.run({ shell, endpoint: metadata.endpoint, properties });
    expect(run.status).toBe(0);
    const arrived = [list, envList, `${staging}/.env`].filter((path) => instance.read(path)?.endsWith(value));
    expect(arrived).toEqual(target === null ? [] : [target]);
    expect(run.stderr).toMatch(target === null ? /^eb-hosts: warning: no web\.service/ : /^$/);
  });

  it.each<[Delivery, string]>([
    ['systemd', list],
    ['file', list],
    ['env-list', envList],
    ['dotenv', `${staging}/.env`],
  ])('%s by choice, whatever the instance looks like', async (delivery, target) => {
    instance = scratchInstance({ delivery });
    instance.write(envList, 'A=1\n');
    instance.write(`${staging}/.env`, 'A=1\n');
    const run = await instance.run({ shell, endpoint: metadata.endpoint, properties });
    expect(run).toMatchObject({ status: 0, stderr: '' });
    expect(instance.read(target)).toMatch(/ALLOWED_HOSTS=a\.example,10\.0\.1\.5\n$/);
    expect(instance.read(dropIn) !== undefined).toBe(delivery === 'systemd');
  });

  it.each<[Delivery, string]>([
    ['env-list', envList],
    ['dotenv', `${staging}/.env`],
  ])('%s does not create a missing file, and the deployment goes on', async (delivery, target) => {
    instance = scratchInstance({ delivery });
    const run = await instance.run({ shell, endpoint: metadata.endpoint, properties });
    expect(run.status).toBe(0);
    expect(run.stderr).toMatch(/is missing/);
    expect(instance.read(target)).toBeUndefined();
  });

  it('writes the list and the units for others to read, whatever the umask', async () => {
    instance = scratchInstance();
    await instance.run({ shell, endpoint: metadata.endpoint, properties });
    const mode = (path: string) => statSync(instance.path(path)).mode & 0o777;
    expect(mode(dirname(list))).toBe(0o755);
    expect(mode(list)).toBe(0o644);
    expect(mode(dropIn)).toBe(0o644);
    expect(instance.read(dropIn)).toMatch(/^EnvironmentFile=-\/var\/lib\/eb-hosts\/hosts\.env$/m);
    expect(instance.read('usr/lib/systemd/system/eb-hosts.service')).toMatch(
      /^ConditionPathExists=!\/var\/app\/current\/\.platform\/hooks\/predeploy\/10_eb_hosts\.sh$/m,
    );
  });

  it('gives back to root alone a directory that others could write to', async () => {
    instance = scratchInstance();
    instance.write(list, 'ALLOWED_HOSTS=old\n', 0o666);
    spawnSync('chmod', ['0777', instance.path(dirname(list))]);
    await instance.run({ shell, endpoint: metadata.endpoint, properties });
    expect(statSync(instance.path(dirname(list))).mode & 0o777).toBe(0o755);
    expect(statSync(instance.path(list)).mode & 0o777).toBe(0o644);
  });

  it('finds staging through get-config where the working directory is another', async () => {
    instance = scratchInstance({ delivery: 'dotenv' });
    instance.write(
      'opt/elasticbeanstalk/bin/get-config',
      '#!/bin/sh\n[ "$*" = "platformconfig -k AppStagingDir" ] && echo /srv/staging/\n',
      0o755,
    );
    instance.write('srv/staging/.env', 'A=1\n');
    instance.write(
      'elsewhere/hook.sh',
      instance.read(`${staging}/${'.platform/hooks/predeploy/10_eb_hosts.sh'}`) ?? '',
    );
    rmSync(instance.path(`${staging}/.platform`), { recursive: true });
    await instance.run({
      shell,
      endpoint: metadata.endpoint,
      properties,
      hook: '../../../elsewhere/hook.sh',
    });
    expect(instance.read('srv/staging/.env')).toBe(`A=1\n${value}`);
  });

  it('runs the same through the confighook', async () => {
    instance = scratchInstance();
    const run = await instance.run({ shell, endpoint: metadata.endpoint, properties, hook: confighookPath });
    expect(run.status).toBe(0);
    expect(instance.read(list)).toBe(value);
  });
});

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
    async (_name, { put }) => {
      instance = scratchInstance();
      mkdirSync(dirname(instance.path(envList)), { recursive: true });
      put(instance.path(envList));
      instance.write(`${staging}/Procfile`, '');
      const run = await instance.run({ shell, endpoint: metadata.endpoint, properties: {} });
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
    expect(run.status).toBe(1);
    expect(run.stderr).toMatch(/var\/lib\/eb-hosts is not a directory: remove it/);
  });

  describeWith(['mount'], 'a small disk', () => {
    it('a full or read-only disk leaves the old file, and the status of the settings', async () => {
      for (const [onFailure, status] of [
        ['fail', 1],
        ['warn', 0],
      ] as const) {
        instance = scratchInstance({ onFailure, delivery: 'env-list' });
        const directory = instance.path(dirname(envList));
        mkdirSync(directory, { recursive: true });
        const before = `A=${'x'.repeat(8000)}\nALLOWED_HOSTS=a.example\n`;
        for (const mode of ['full', 'read-only']) {
          expect(spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=12k', 'tmpfs', directory]).status).toBe(0);
          try {
            instance.write(envList, before);
            if (mode === 'read-only') spawnSync('mount', ['-o', 'remount,ro', directory]);
            const run = await instance.run({ shell, endpoint: metadata.endpoint });
            expect(run.status).toBe(status);
            expect(run.stderr).toMatch(/cannot write to .*deployment/);
            expect(instance.read(envList)).toBe(before);
            expect(readdirSync(directory)).toEqual(['env.list']);
          } finally {
            spawnSync('umount', [directory]);
          }
        }
        instance.remove();
      }
    });
  });
});
