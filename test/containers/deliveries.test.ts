import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Choices } from '../../src/hooks/choices.ts';
import { type BundleOptions, makeBundle } from '../instance/bundle.ts';
import { describeMachine, expectDone, rootTime } from '../instance/expectations.ts';
import { bootMachine, type Machine } from '../instance/machine.ts';
import { scratchDirectory } from '../support/scratch.ts';
import { type Docker, describeDocker, image, startDocker } from './docker.ts';

const address = '10.0.1.5';
const gunicorn = 'gunicorn --bind 0.0.0.0:8000 mysite.wsgi';
const envList = '/opt/elasticbeanstalk/deployment/env.list';

/** A compose file whose app gets its list in this way. */
function composeFile(service: string): Record<string, string> {
  const text = `services:
  web:
    image: ${image}
    command: ${gunicorn}
    user: webapp
    working_dir: /app
    volumes: ["./:/app:ro"]
    ports: ["127.0.0.1:8000:8000"]
    ${service}
`;
  return { 'docker-compose.yml': text };
}

/** Loads the list before the app starts, as docs/deliveries.md has it. */
const loadList = 'set -a; [ ! -r /var/lib/eb-hosts/hosts.env ] || . /var/lib/eb-hosts/hosts.env';

interface Scenario {
  readonly title: string;
  readonly platform: 'docker' | 'compose' | 'ecs';
  readonly hooks: Partial<Choices>;
  readonly files?: Readonly<Record<string, string>>;
  /** The site's own domain. */
  readonly domain?: string;
}

const scenarios: readonly Scenario[] = [
  { title: 'env-list, by docker run --env-file', platform: 'docker', hooks: { delivery: 'env-list' } },
  {
    title: 'dotenv, by env_file',
    platform: 'compose',
    hooks: { delivery: 'dotenv' },
    files: composeFile('env_file: .env'),
  },
  {
    title: 'dotenv, by ${ALLOWED_HOSTS}',
    platform: 'compose',
    hooks: { delivery: 'dotenv' },
    files: composeFile('environment: { ALLOWED_HOSTS: "${ALLOWED_HOSTS}" }'),
  },
  {
    title: "dotenv, with a .env of the user's own",
    platform: 'compose',
    hooks: { delivery: 'dotenv' },
    files: {
      ...composeFile('env_file: [.env]'),
      '.env': '# ours\r\nSECRET_KEY="a # b"\nexport ALLOWED_HOSTS = "own.example" # and the rest\nLAST=1',
    },
    domain: 'own.example',
  },
  {
    title: 'file, by a read-only volume',
    platform: 'ecs',
    hooks: { delivery: 'file' },
  },
];

describeDocker('the address in a real container', () => {
  describeMachine('of an instance', () => {
    let machine: Machine;
    let docker: Docker;
    beforeAll(async () => {
      [machine, docker] = await Promise.all([bootMachine(), startDocker()]);
    }, rootTime);
    afterAll(() => Promise.all([machine?.close(), docker?.stop()]));

    /** Starts what the engine of this platform would start, with the files of the machine. */
    async function startApp({ platform }: Scenario): Promise<void> {
      const scratch = scratchDirectory();
      const outside = await machine.root();
      await execa('cp', ['-a', `${outside}/var/app/current/.`, `${scratch}/app`]);
      await execa('cp', ['-a', `${outside}/var/lib/eb-hosts`, scratch], { reject: false });
      await docker.run(['docker', 'rm', '--force', 'web', 'app-web-1']);
      if (platform === 'compose') {
        const up = ['compose', '--project-name', 'app', 'up', '--detach', '--force-recreate'];
        await docker.docker(up, { cwd: join(scratch, 'app') });
        return;
      }
      const volumes = [
        '--volume',
        `${scratch}/app:/app:ro`,
        '--volume',
        `${scratch}/eb-hosts:/var/lib/eb-hosts:ro`,
      ];
      const environment =
        platform === 'docker' ? ['--env-file', outside + envList] : ['--env', 'ALLOWED_HOSTS=example.com'];
      const options = ['--detach', '--name', 'web', '--user', 'webapp', '--publish', '127.0.0.1:8000:8000'];
      const command = platform === 'docker' ? gunicorn : `${loadList}; exec ${gunicorn}`;
      const run = [...options, ...volumes, '--workdir', '/app', ...environment, image, 'sh', '-c', command];
      await docker.docker(['run', ...run]);
    }

    async function expectStatus(expected: Readonly<Record<string, number>>): Promise<void> {
      const hosts = Object.keys(expected);
      const ask = async (host: string) => [host, await docker.ask({ port: 8000, host, path: '/health/' })];
      expect(Object.fromEntries(await Promise.all(hosts.map(ask)))).toEqual(expected);
    }

    it.each(scenarios)('by $title', async (scenario) => {
      const { platform, hooks, files = {}, domain = 'example.com' } = scenario;
      const engine = { platform };
      const properties = { ALLOWED_HOSTS: 'example.com', GREETING: 'a "quoted" $HOME # `x`' };
      const bundle = (options: BundleOptions) => makeBundle({ ...options, files });

      await expectDone(machine.deploy({ bundle: await bundle({ hooks: false }), properties, engine }));
      await startApp(scenario);
      await expectStatus({ [domain]: 200, [address]: 400, 'evil.example': 400 });

      await expectDone(machine.deploy({ bundle: await bundle({ hooks: { ...hooks, verify: 'off' } }) }));
      await startApp(scenario);
      await expectStatus({ [domain]: 200, [address]: 200, 'evil.example': 400 });

      await expectDone(machine.updateConfiguration({ ...properties, ALLOWED_HOSTS: 'new.example' }));
      await startApp(scenario);
      const own = domain === 'own.example';
      await expectStatus({ 'new.example': own ? 400 : 200, [address]: 200, [domain]: own ? 200 : 400 });
    });
  });
});
