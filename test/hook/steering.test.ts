import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type MetadataService, startMetadataService } from '../support/metadata-service.ts';
import { noteFault } from '../support/faults.ts';
import {
  envList,
  hookPath,
  list,
  type ScratchInstance,
  scratchInstance,
  shells,
  staging,
  verifierPath,
} from '../support/hook.ts';

let metadata: MetadataService;
let app: Server;
let instance: ScratchInstance;
beforeAll(async () => {
  metadata = await startMetadataService({ localIpv4: '10.0.1.5' });
  app = createServer((_, response) => response.end('ok'));
  await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  app.close();
  await metadata.close();
});
afterEach(() => instance.remove());

const port = () => String((app.address() as AddressInfo).port);

/** Every environment property stands in a hook's environment: each of these steers some tool. */
const steering = (root: string): Record<string, string> => ({
  PATH: `${root}/trap`,
  IFS: ',.0123456789',
  ENV: `${root}/trap/profile`,
  BASH_ENV: `${root}/trap/profile`,
  CDPATH: root,
  LD_PRELOAD: `${root}/trap/missing.so`,
  LD_LIBRARY_PATH: `${root}/trap`,
  CURL_HOME: `${root}/trap`,
  HOME: `${root}/trap`,
  XDG_CONFIG_HOME: `${root}/trap`,
  http_proxy: 'http://127.0.0.1:1',
  ALL_PROXY: 'http://127.0.0.1:1',
  TMPDIR: '/nonexistent',
  LC_ALL: 'tr_TR.UTF-8',
  POSIXLY_CORRECT: '1',
  GLIBC_TUNABLES: 'nonsense',
  PS4: '$(touch trap/sprung)',
  OPENSSL_CONF: `${root}/trap/openssl.cnf`,
  PYTHONPATH: `${root}/trap`,
  PWD: '/nonexistent',
  // Names that the hook itself uses.
  root: '/nonexistent',
  list: '/nonexistent',
  token: 'stolen',
  base: 'base.example',
  items: 'items.example',
  value: 'value.example',
  temporary: '/nonexistent',
  delivery: 'none',
  status: '500',
  VARIABLE: 'OTHER',
  SEPARATOR: 'json',
  ROLE: 'extra-hosts',
});

describe.each(Object.entries(shells))('properties that steer tools, %s', (_, shell) => {
  it.each(['.platform/hooks/predeploy/10_eb_hosts.sh', verifierPath])(
    'have no effect on %s',
    async (hook) => {
      instance = scratchInstance();
      const spring = `#!/bin/sh\n: >'${instance.path('sprung')}'\nexit 1\n`;
      const tools = [
        'curl',
        'sed',
        'mv',
        'rm',
        'cat',
        'mkdir',
        'chmod',
        'printenv',
        'date',
        'timeout',
        'ip',
        'stat',
        'tr',
      ];
      for (const tool of tools) instance.write(`trap/${tool}`, spring, 0o755);
      instance.write('trap/profile', `: >'${instance.path('sprung')}'\n`);
      instance.write('trap/.curlrc', `url = "http://127.0.0.1:1"\noutput = "${instance.path('sprung')}"\n`);
      const [program = '', ...rest] = shell;
      const absolute = ['/bin', '/usr/bin']
        .map((directory) => `${directory}/${program}`)
        .find((path) => existsSync(path));

      const run = await instance.run({
        shell: [absolute ?? program, ...rest],
        hook,
        endpoint: metadata.endpoint,
        properties: { ...steering(instance.root), PORT: port(), ALLOWED_HOSTS: 'a.example,b1.example' },
      });

      const sprung = existsSync(instance.path('sprung'));
      noteFault({
        fault: `${Object.keys(steering('')).length} properties that steer a shell or its tools, on ${basename(hook)}`,
        outcome: sprung ? 'another program ran' : 'no other program ran, the work was done',
      });
      expect(sprung).toBe(false);
      expect(existsSync(instance.path(`${staging}/trap`))).toBe(false);
      expect(run.status).toBe(0);
      if (hook === verifierPath) expect(run.stdout).toMatch(/: 200, healthy$/m);
      else expect(instance.read(list)).toBe('ALLOWED_HOSTS=a.example,b1.example,10.0.1.5\n');
    },
  );

  it.each([hookPath, verifierPath])('is not traced by a property SHELLOPTS (%s)', async (hook) => {
    instance = scratchInstance();
    const properties = { SHELLOPTS: 'xtrace:verbose', PORT: port(), ALLOWED_HOSTS: 'a.example' };
    const run = await instance.run({ shell, hook, endpoint: metadata.endpoint, properties });
    expect(run.status).toBe(0);
    expect(run.stderr).not.toMatch(/a\.example|10\.0\.1\.5/);
  });

  it('does not show by a trace what the property HOSTS holds', async () => {
    instance = scratchInstance();
    const properties = { SHELLOPTS: 'xtrace', HOSTS: 'hunter2', ALLOWED_HOSTS: 'a.example' };
    const run = await instance.run({ shell, endpoint: metadata.endpoint, properties });
    expect(run.status).toBe(0);
    expect(run.stdout + run.stderr).not.toMatch(/hunter2/);
  });

  it('tells names apart by their case whatever bash is told', async () => {
    instance = scratchInstance();
    instance.write(envList, 'ALLOWED_HOSTS=a.example\nallowed_hosts=hunter2\n');
    const properties = { BASHOPTS: 'nocasematch' };
    await instance.run({ shell, endpoint: metadata.endpoint, properties });
    expect(instance.read(envList)).toBe('ALLOWED_HOSTS=a.example,10.0.1.5\nallowed_hosts=hunter2\n');
  });

  it.each([{ FUNCNEST: '1' }, { BASHOPTS: 'failglob' }, { SHELLOPTS: 'keyword' }, { LD_SHOW_AUXV: '1' }])(
    'does its work with the property %j',
    async (property) => {
      instance = scratchInstance();
      const properties = { ...property, ALLOWED_HOSTS: 'a.example' };
      const run = await instance.run({ shell, endpoint: metadata.endpoint, properties });
      expect(run).toMatchObject({ status: 0 });
      expect(instance.read(list)).toBe('ALLOWED_HOSTS=a.example,10.0.1.5\n');
    },
  );

  it('prints no value of another property', async () => {
    instance = scratchInstance();
    const properties = {
      ALLOWED_HOSTS: 'a.example',
      SECRET_KEY: 'hunter2',
      DATABASE_URL: 'postgres://u:hunter2@db/x',
    };
    const run = await instance.run({ shell, endpoint: metadata.endpoint, properties });
    expect(run.stdout + run.stderr).not.toMatch(/hunter2/);
    for (const line of (run.stdout + run.stderr).trimEnd().split('\n')) expect(line).toMatch(/^eb-hosts: /);
  });
});
