import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { verifierConfighookPath } from '../../src/generated-paths.ts';
import type { Choices } from '../../src/hooks/choices.ts';
import { type MetadataService, startMetadataService } from '../support/metadata-service.ts';
import {
  type HookRun,
  type ScratchInstance,
  scratchInstance,
  shells,
  staging,
  verifierPath,
} from '../support/hook.ts';

let metadata: MetadataService;
let app: Server;
let instance: ScratchInstance;
/** What the app answers, one status after the other; the last one stays. */
let statuses: number[];
let requests: Pick<IncomingMessage, 'url' | 'method' | 'headers'>[];

beforeAll(async () => {
  metadata = await startMetadataService({ localIpv4: '10.0.1.5' });
  app = createServer((request, response) => {
    requests.push(request);
    response.statusCode = (statuses.length > 1 ? statuses.shift() : statuses[0]) ?? 200;
    response.end('x');
  });
  await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  app.close();
  await metadata.close();
});
beforeEach(() => {
  statuses = [200];
  requests = [];
});
afterEach(() => instance.remove());

function verify(
  shell: readonly string[],
  choices: Partial<Choices> = {},
  options: { hook?: string; getConfig?: string; properties?: Record<string, string> } = {},
): Promise<HookRun> {
  instance = scratchInstance(choices);
  if (options.getConfig !== undefined) {
    instance.write('opt/elasticbeanstalk/bin/get-config', `#!/bin/sh\n${options.getConfig}\n`, 0o755);
  }
  return instance.run({
    shell,
    hook: options.hook ?? verifierPath,
    endpoint: metadata.endpoint,
    properties: options.properties ?? { PORT: String((app.address() as AddressInfo).port) },
  });
}

describe.each(Object.entries(shells))('the check after the deployment, %s', (_, shell) => {
  it.each([verifierPath, verifierConfighookPath])('asks as the load balancer does (%s)', async (hook) => {
    const run = await verify(shell, { healthCheckPath: '/health/?full=1' }, { hook });
    expect(run).toMatchObject({ status: 0, stderr: '' });
    expect(run.stdout).toMatch(/^eb-hosts: GET \/health\/\?full=1 with Host 10\.0\.1\.5 .*: 200, healthy\n$/);
    expect(requests).toHaveLength(1);
    expect(requests[0]).toMatchObject({
      method: 'GET',
      url: '/health/?full=1',
      headers: { host: '10.0.1.5', 'user-agent': 'ELB-HealthChecker/2.0' },
    });
  });

  it.each<[number, RegExp]>([
    [301, /301, a redirect/],
    [302, /302, a redirect/],
    [400, /400, the app refuses this host: does it read ALLOWED_HOSTS/],
    [403, /403, access denied/],
    [404, /404, the app has no such path/],
    [500, /500, expected 200/],
  ])('names a %i, and only --verify fail fails for it', async (status, message) => {
    statuses = [status];
    for (const [choice, exit] of [
      ['warn', 0],
      ['fail', 1],
    ] as const) {
      const run = await verify(shell, { verify: choice });
      expect(run.status).toBe(exit);
      expect(run.stderr).toMatch(message);
      instance.remove();
    }
  });

  it.each<[string, number, boolean]>([
    ['200,301', 301, true],
    ['200-299', 204, true],
    ['200-299,404', 404, true],
    ['200-299', 301, false],
    ['202', 200, false],
  ])('takes the matcher %s against %i as the target group does', async (matcher, status, healthy) => {
    statuses = [status];
    expect(await verify(shell, { matcher, verify: 'fail' })).toMatchObject({ status: healthy ? 0 : 1 });
  });

  it('asks an app that is still starting again', async () => {
    statuses = [502, 503, 504, 200];
    expect(await verify(shell, { verify: 'fail' })).toMatchObject({ status: 0, stderr: '' });
    expect(requests).toHaveLength(4);
  });

  it('reports a process that speaks HTTPS, and does not fail it', async () => {
    statuses = [301];
    const getConfig = `case "$*" in *process:default*Protocol*) echo HTTPS ;; *) exit 1 ;; esac`;
    const run = await verify(shell, { verify: 'fail' }, { getConfig });
    expect(run).toMatchObject({ status: 0, stderr: '' });
    expect(run.stdout).toMatch(/speaks HTTPS/);
  });

  it('does not call an app healthy where there is no curl', async () => {
    instance = scratchInstance({ verify: 'fail' });
    const text = instance.read(join(staging, verifierPath)) ?? '';
    instance.write(join(staging, verifierPath), text.replace(/^PATH=.*$/m, `PATH=${instance.root}`));
    instance.write('proc/uptime', '1.00 1.00\n');
    const run = await instance.run({ shell, hook: verifierPath });
    expect(run).toMatchObject({
      status: 1,
      stdout: '',
      stderr: 'eb-hosts: not verified: there is no curl\n',
    });
  });

  it.each([
    ['warn', 0],
    ['fail', 1],
  ] as const)(
    'fails no deployment when it breaks itself, unless --verify is fail (%s)',
    async (choice, exit) => {
      instance = scratchInstance({ verify: choice });
      const text = instance.read(join(staging, verifierPath)) ?? '';
      instance.write(join(staging, verifierPath), text.replace(/^IPV6=.*\n/m, ''));
      const run = await instance.run({ shell, hook: verifierPath, endpoint: metadata.endpoint });
      expect(run.stderr).toMatch(/IPV6/);
      expect(Math.min(run.status ?? 1, 1)).toBe(exit);
    },
  );

  it.each([
    ['lacks the address', 'PATH=/usr/bin\0ALLOWED_HOSTS=a.example\0', true],
    ['holds the address', 'PATH=/usr/bin\0ALLOWED_HOSTS=a.example,10.0.1.5\0', false],
    ['is empty', '', false],
    ['is overwritten by a title', 'gunicorn: master [site]\0\0\0', false],
  ])(
    'repairs only where the process is known to lack the address: its environment %s',
    async (_, environment, repairs) => {
      statuses = [400];
      instance = scratchInstance({ verify: 'fail' });
      instance.write('var/lib/eb-hosts/hosts.env', 'ALLOWED_HOSTS=a.example,10.0.1.5\n');
      instance.write('run/systemd/system/x', '');
      instance.write('proc/42/environ', environment);
      // After a restart the process has another number.
      const restart = 'restart) echo 43 >"$EB_HOSTS_ROOT/pid" ;;';
      const show = 'show) echo "MainPID=$(cat "$EB_HOSTS_ROOT/pid")" ;;';
      instance.write('pid', '42\n');
      instance.write('proc/43/environ', 'PATH=/usr/bin\0ALLOWED_HOSTS=a.example,10.0.1.5\0');
      const systemctl = `#!/bin/sh\n[ "$1" != --no-block ] || shift\ncase $1 in ${show} ${restart} esac\n`;
      instance.write('tools/systemctl', systemctl, 0o755);
      const text = instance.read(join(staging, verifierPath)) ?? '';
      const path = text.replace(/^PATH=(.*)$/m, `PATH=${instance.path('tools')}:$1`);
      instance.write(join(staging, verifierPath), path);
      const properties = { PORT: String((app.address() as AddressInfo).port) };
      const run = await instance.run({ shell, hook: verifierPath, endpoint: metadata.endpoint, properties });
      const dropIn = instance.read('etc/systemd/system/web.service.d/zz-eb-hosts.conf');
      expect([dropIn !== undefined, run.stdout.includes('repaired')]).toEqual([repairs, repairs]);
      expect(run.status).toBe(1);
    },
  );

  it('finds the port of the app through get-config', async () => {
    const { port } = app.address() as AddressInfo;
    const getConfig = `[ "$*" = 'platformconfig -k DefaultInstancePort' ] && echo ${port}`;
    const run = await verify(shell, { verify: 'fail' }, { getConfig, properties: {} });
    expect(run).toMatchObject({ status: 0 });
    expect(requests).toHaveLength(1);
  });
});
