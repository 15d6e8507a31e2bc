import { afterAll, beforeAll, expect, it } from 'vitest';
import { type BundleOptions, makeBundle } from './bundle.ts';
import { describeMachine, expectRefused, expectServed, rootTime } from './expectations.ts';
import { bootMachine, type Engine, type Machine, type MetadataFault, type Properties } from './machine.ts';

const address = '10.0.1.5';
const address6 = '[fd00:10::5]';
const list = '/var/lib/eb-hosts/hosts.env';
const filler = '/var/lib/eb-hosts/filler';
const composeFile = 'services:\n  web:\n    build: .\n';
const dockerrun = '{\n  "AWSEBDockerrunVersion": 2,\n  "containerDefinitions": []\n}\n';

interface Scenario extends BundleOptions {
  readonly title: string;
  /** `ALLOWED_HOSTS=example.com` unless given. */
  readonly properties?: Properties;
  readonly engine?: Partial<Engine>;
  readonly metadata?: MetadataFault;
  /** What happens to the instance before the deployment, and after it. */
  readonly before?: string;
  readonly after?: string;
  /** Who gets 200; `example.com` and the address unless given. */
  readonly served?: readonly string[];
  /** Who gets 400 besides a stranger. */
  readonly refused?: readonly string[];
  /** What the log has to say. */
  readonly says?: RegExp;
  readonly saysNot?: RegExp;
  /** The list that systemd hands to the app; not looked at unless given. */
  readonly list?: string | undefined;
}

/** Deployments that go through. */
const done: readonly Scenario[] = [
  {
    title: 'without the hook the health check is refused',
    hooks: false,
    served: ['example.com'],
    refused: [address],
    list: undefined,
  },
  {
    title: 'with it the address is served',
    refused: [address6, '10.0.1.6'],
    list: `ALLOWED_HOSTS=example.com,${address}\n`,
  },

  // The list as the app reads it.
  {
    title: 'blanks around commas, an address that is there already, and items twice',
    properties: { ALLOWED_HOSTS: ` example.com , .example.org,,${address},example.com ` },
    served: ['example.com', 'www.example.org', address],
    list: `ALLOWED_HOSTS=example.com,.example.org,${address}\n`,
  },
  {
    title: 'a list between blanks',
    hooks: { variable: 'HOSTS', separator: 'space' },
    files: listFrom('os.environ["HOSTS"].split()'),
    properties: { HOSTS: 'example.com .example.org' },
    served: ['example.com', 'www.example.org', address],
  },
  {
    title: 'a list in JSON',
    hooks: { variable: 'HOSTS', separator: 'json' },
    files: listFrom('json.loads(os.environ["HOSTS"])'),
    properties: { HOSTS: '["example.com", ".example.org"]' },
    served: ['example.com', 'www.example.org', address],
  },
  {
    title: 'one host, for an app that takes one',
    hooks: { variable: 'OWN_HOST', separator: 'none', role: 'extra-hosts' },
    files: listFrom('["example.com", os.environ.get("OWN_HOST", "")]'),
    properties: {},
  },
  {
    title: 'the address alone, for an app with a list of its own',
    hooks: { variable: 'EB_HOSTS', role: 'extra-hosts' },
    files: listFrom('["example.com"] + os.environ.get("EB_HOSTS", "").split(",")'),
    properties: {},
    list: `EB_HOSTS=${address}\n`,
  },
  {
    title: 'a changed default where the property is unset',
    hooks: { hosts: ['changed.example', 'www.changed.example'] },
    properties: {},
    served: ['changed.example', 'www.changed.example', address],
    refused: ['example.com'],
  },
  {
    title: 'a file that is loaded before the app starts',
    hooks: { delivery: 'file' },
    files: { Procfile: `web: set -a; . ${list}; exec gunicorn --bind 127.0.0.1:8000 mysite.wsgi\n` },
  },
  {
    title: 'an IPv6 address too',
    hooks: { ipv6: true },
    served: ['example.com', address, address6],
    refused: ['[fd00:10::6]'],
  },
  {
    title: 'an IPv6 address alone',
    hooks: { ipv6: true },
    metadata: { lacks: 'local-ipv4' },
    served: ['example.com', address6],
    refused: [address],
    saysNot: /default route/,
  },
  {
    title: 'an IPv6 address that the instance does not have',
    hooks: { ipv6: true },
    metadata: { lacks: 'ipv6' },
  },

  // Where nothing is to be written.
  {
    title: '* is left alone, and takes the earlier list away',
    properties: { ALLOWED_HOSTS: '*' },
    served: ['example.com', 'anything.example', address],
    list: undefined,
  },
  {
    title: 'unset, without a default: nothing is written, and it is said',
    properties: { ALLOWED_HOSTS: '  ' },
    served: [],
    refused: ['example.com', address],
    says: /ALLOWED_HOSTS/,
    list: undefined,
  },
  {
    title: '--on-failure warn goes on without the address, and without an earlier list',
    hooks: { onFailure: 'warn' },
    properties: { ALLOWED_HOSTS: '"example.com",\'www.example.com\'' },
    served: [],
    refused: [address],
    says: /eb-hosts: failed: /,
    list: undefined,
  },

  // What an instance can be like.
  {
    title: 'hooks without the properties',
    engine: { hooksLackProperties: true },
    properties: { ALLOWED_HOSTS: 'new.example' },
    served: ['new.example', address],
  },
  { title: 'a broken get-config, which nobody needs', engine: { getConfig: 'broken' } },
  {
    title: 'a broken get-config, for an app with a list of its own',
    hooks: { variable: 'EB_HOSTS', role: 'extra-hosts' },
    files: listFrom('["example.com"] + os.environ.get("EB_HOSTS", "").split(",")'),
    properties: {},
    engine: { getConfig: 'broken', hooksLackProperties: true },
  },
  {
    title: 'docker and a compose file for development beside the Python platform',
    before: 'ln -s /bin/true /usr/bin/docker',
    after: 'rm /usr/bin/docker',
    files: { 'docker-compose.yml': composeFile, 'compose.yml': composeFile },
  },
  {
    title: 'properties that steer tools and name proxies',
    properties: {
      ALLOWED_HOSTS: 'example.com',
      ALL_PROXY: 'http://10.0.1.1:3128',
      BASH_ENV: '/tmp/evil/rc',
      CURL_HOME: '/tmp/evil',
      IFS: 'abcdefghijklmnop/.',
      LC_ALL: 'tr_TR.UTF-8',
      http_proxy: 'http://10.0.1.1:3128',
    },
    before: 'mkdir -p /tmp/evil; echo "output = /tmp/hijacked" >/tmp/evil/.curlrc; echo exit 1 >/tmp/evil/rc',
    after: 'rm -r /tmp/evil',
    saysNot: /default route/,
  },
  {
    title: 'LD_PRELOAD as a property, which neither the app nor process 1 minds because of us',
    properties: { ALLOWED_HOSTS: 'example.com', LD_PRELOAD: '/var/app/current/missing.so' },
  },

  // The verifier.
  {
    title: 'the verifier tells of a healthy app',
    says: /10\.0\.1\.5.*200/,
    hooks: { verify: 'fail' },
  },
  {
    title:
      'the verifier takes the statuses of the matcher for healthy, and waits for an app that starts slowly',
    hooks: { verify: 'fail', healthCheckPath: '/nowhere/', matcher: '200-299,404' },
    files: moreSettings('import time; time.sleep(3)'),
    says: /404/,
  },
  {
    title: 'the verifier tells of a path that is not there, and restarts nothing',
    hooks: { healthCheckPath: '/nowhere/' },
    says: /404/,
  },
  {
    title:
      'an engine that deletes every drop-in: the verifier says that the process has no list, and restarts nothing',
    engine: { dropIns: 'deleted' },
    served: ['example.com'],
    refused: [address],
    says: /400, the running process has no 10.0.1.5/,
  },
  {
    title: 'the verifier tells of an app with a list of its own',
    files: moreSettings('ALLOWED_HOSTS = ["example.com"]'),
    served: ['example.com'],
    refused: [address],
    says: /400/,
  },

  // The metadata service.
  ...(
    [
      { fault: '401', times: 2, on: 'any' },
      { fault: '503', times: 2, on: 'GET' },
      { fault: 'hang', times: 1, on: 'any' },
      { fault: 'empty', times: 2, on: 'GET' },
    ] as const
  ).map((metadata) => ({
    title: `${metadata.times} answers like ${metadata.fault} (on ${metadata.on}), and then right ones`,
    metadata,
    saysNot: /default route/,
  })),
  ...(
    [
      { fault: 'refused', times: 1, on: 'any' },
      { fault: 'shell', times: 9999, on: 'GET' },
    ] as const
  ).map((metadata) => ({
    title: `nothing but ${metadata.fault} (on ${metadata.on}): the address of the default route, with a warning`,
    metadata,
    says: /eb-hosts: warning: .*default route/,
  })),
];

/** Deployments that the hook aborts: all stays as it was. */
const aborted: readonly Scenario[] = [
  {
    title: 'there is no address',
    metadata: { fault: 'refused', times: 1, on: 'any' },
    before: 'ip route del default',
    after: 'ip route add default via 10.0.1.1',
    says: /failed: no address/,
  },
  ...[
    { title: 'the disk is full', before: `head -c 64k /dev/zero >${filler}; true` },
    { title: 'the disk is read-only', before: 'mount -o remount,ro /var/lib/eb-hosts' },
  ].map(({ title, before }) => ({
    title,
    properties: { ALLOWED_HOSTS: 'new.example' },
    before: `cp -a /var/lib/eb-hosts /root/kept && mount -t tmpfs -o size=16k none /var/lib/eb-hosts && cp -a /root/kept/. /var/lib/eb-hosts/ && rm -r /root/kept && { ${before}; }`,
    after: 'umount /var/lib/eb-hosts',
  })),
  {
    title: 'the property cannot be known',
    engine: { getConfig: 'broken', hooksLackProperties: true },
    hooks: { hosts: ['default.example'] },
    says: /get-config/,
  },
  {
    title: 'the property has quotes in it',
    properties: { ALLOWED_HOSTS: "'example.com','www.example.com'" },
    says: /ALLOWED_HOSTS/,
  },
  {
    title: 'the property is a list between blanks',
    properties: { ALLOWED_HOSTS: 'example.com www.example.com' },
    says: /ALLOWED_HOSTS/,
  },
  {
    title: 'the hook for web.service is on an instance with Docker',
    engine: { platform: 'docker' },
    says: /npx eb-hosts init/,
  },
  {
    title: 'the hook for web.service is in a bundle for ECS, whatever --on-failure says',
    hooks: { onFailure: 'warn' },
    engine: { platform: 'ecs' },
    files: { 'Dockerrun.aws.json': dockerrun },
    says: /npx eb-hosts init/,
  },
  {
    title: 'the hook for one container is on an instance without Docker',
    hooks: { delivery: 'env-list' },
    says: /npx eb-hosts init/,
  },
  {
    title: 'the hook for one container is in a bundle for Compose, whatever --on-failure says',
    hooks: { delivery: 'env-list', onFailure: 'warn' },
    engine: { platform: 'compose' },
    files: { 'docker-compose.yml': composeFile },
    says: /npx eb-hosts init/,
  },
  {
    title: 'the hook for Compose is in a bundle without a compose file',
    hooks: { delivery: 'dotenv' },
    engine: { platform: 'docker' },
    says: /npx eb-hosts init/,
  },
];

describeMachine('a deployment', () => {
  let machine: Machine;
  beforeAll(async () => {
    machine = await bootMachine();
  }, rootTime);
  afterAll(() => machine?.close());

  async function deploy(scenario: Scenario) {
    const { properties = { ALLOWED_HOSTS: 'example.com' }, engine, metadata, before, after } = scenario;
    if (metadata) await machine.breakMetadata(metadata);
    if (before) expect(await machine.exec(before)).toMatchObject({ status: 0 });
    try {
      const bundle = await makeBundle(scenario);
      return await machine.deploy({ bundle, properties, engine: { platform: 'python', ...engine } });
    } finally {
      if (after) expect(await machine.exec(after)).toMatchObject({ status: 0 });
      if (metadata) await machine.breakMetadata(undefined);
    }
  }

  function expectSaid(log: string, { says = /(?:)/, saysNot = /^never said$/ }: Scenario) {
    expect(log).toMatch(says);
    expect(log).not.toMatch(saysNot);
  }

  it.each(done)('goes through: $title', async (scenario) => {
    const { ok, log } = await deploy(scenario);
    expect(ok, log).toBe(true);
    expectSaid(log, scenario);
    await expectServed(machine, ...(scenario.served ?? ['example.com', address]));
    if (scenario.properties?.ALLOWED_HOSTS !== '*')
      await expectRefused(machine, 'evil.example', ...(scenario.refused ?? []));
    if ('list' in scenario) expect(await machine.read(list)).toBe(scenario.list);
    expect((await machine.exec('systemctl is-system-running; journalctl -q -p err -b; ls /tmp')).stdout).toBe(
      'running',
    );
  });

  it('goes through: before those that are aborted', async () => {
    expect(await deploy({ title: 'before' })).toMatchObject({ ok: true });
  });

  it.each(aborted)('is aborted, and all stays as it was: $title', async (scenario) => {
    const state =
      'cat /var/lib/eb-hosts/*.* /var/lib/eb-hosts/address; systemctl show -p MainPID -p DropInPaths web.service; ls -A /var/lib/eb-hosts';
    const before = await machine.exec(state);
    const { ok, log } = await deploy(scenario);
    expect(ok, log).toBe(false);
    expect(log).toMatch(/^eb-hosts: failed: /m);
    expect(log).not.toContain('FlipApplication');
    expectSaid(log, scenario);
    expect((await machine.exec(state)).output).toBe(before.output);
    await machine.exec('systemctl reset-failed; systemctl kill --signal=KILL web.service');
    await expectServed(machine, 'example.com', address);
  });
});

/** The app's settings with its list read in another way. */
function listFrom(expression: string): Record<string, string> {
  return { ...moreSettings(`import json, os\nALLOWED_HOSTS = ${expression}`) };
}

/** The app's settings with further lines at their end. */
function moreSettings(lines: string): Record<string, string> {
  const wsgi = `import os
from django.core.wsgi import get_wsgi_application
os.environ["DJANGO_SETTINGS_MODULE"] = "mysite.more"
application = get_wsgi_application()
`;
  return { 'mysite/more.py': `from mysite.settings import *\n\n${lines}\n`, 'mysite/wsgi.py': wsgi };
}
