import { spawnSync } from 'node:child_process';
import { rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { confighookPath } from '../../src/generated-paths.ts';
import type { Delivery } from '../../src/hooks/choices.ts';
import { type MetadataService, startMetadataService } from '../support/metadata-service.ts';
import {
  dropIn,
  envList,
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
  ])('%s leaves no list of an earlier delivery, which would win', async (delivery, target) => {
    instance = scratchInstance({ delivery });
    instance.write(target, 'ALLOWED_HOSTS=a.example\n');
    // The second run finds the line up to date.
    for (let run = 1; run <= 2; run += 1) {
      instance.write(list, 'ALLOWED_HOSTS=old.example,10.0.1.5\n');
      await instance.run({ shell, endpoint: metadata.endpoint });
      expect(instance.read(list)).toBeUndefined();
      expect(instance.read(target)).toBe(value);
    }
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

  it.each(['the bundle', 'elsewhere'])('runs the same through the confighook, from %s', async (place) => {
    instance = scratchInstance();
    const hook = place === 'elsewhere' ? instance.path(join(staging, confighookPath)) : confighookPath;
    const wrapped = place === 'elsewhere' ? ['sh', '-c', 'cd / && exec "$@"', 'sh', ...shell] : shell;
    const run = await instance.run({ shell: wrapped, endpoint: metadata.endpoint, properties, hook });
    expect(run).toMatchObject({ status: 0, stderr: '' });
    expect(instance.read(list)).toBe(value);
  });
});
