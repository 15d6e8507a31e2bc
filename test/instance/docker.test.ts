import { afterAll, beforeAll, beforeEach, expect, it, onTestFinished } from 'vitest';
import { type BundleOptions, makeBundle } from './bundle.ts';
import { describeMachine, expectDone, expectRefused, expectServed, rootTime } from './expectations.ts';
import { bootMachine, type Machine } from './machine.ts';

const properties = { ALLOWED_HOSTS: 'example.com', GREETING: 'a "quoted" $HOME # ; `x`' };

const compose = `services:
  web:
    build: .
    env_file: .env
    ports: ["80:8000"]
`;

/** Settings of an app that reads the list from the file of the host volume, as ECS needs it. */
const settingsFromFile = `from pathlib import Path

SECRET_KEY = "not a secret: this site only lives in a test"
ROOT_URLCONF = "mysite.urls"
MIDDLEWARE = ["django.middleware.common.CommonMiddleware"]
ALLOWED_HOSTS = Path("/var/lib/eb-hosts/hosts.env").read_text().strip().partition("=")[2].split(",")
`;

const platforms = [
  {
    platform: 'docker',
    files: { Procfile: null, Dockerfile: 'FROM python:3.11\n' },
    environment: '/opt/elasticbeanstalk/deployment/env.list',
  },
  {
    platform: 'compose',
    files: { Procfile: null, 'docker-compose.yml': compose },
    environment: '/var/app/current/.env',
  },
  {
    platform: 'ecs',
    files: {
      Procfile: null,
      'Dockerrun.aws.json': '{\n  "AWSEBDockerrunVersion": 2,\n  "containerDefinitions": []\n}\n',
      'mysite/settings.py': settingsFromFile,
    },
    environment: '/var/lib/eb-hosts/hosts.env',
  },
] as const;

for (const { platform, files, environment } of platforms) {
  describeMachine(`an instance of the ${platform} platform`, () => {
    let machine: Machine;
    beforeAll(async () => {
      machine = await bootMachine({ engine: { platform } });
    }, rootTime);
    afterAll(() => machine?.close());

    const bundle = (options: BundleOptions = {}) =>
      makeBundle({ ...options, files: { ...files, ...options.files } });

    beforeEach(async () => {
      await expectDone(machine.deploy({ bundle: await bundle(), properties }));
    });

    it('answers after a deployment, a redeploy, a configuration update and a crash', async () => {
      await expectServed(machine, 'example.com', machine.address);
      await expectRefused(machine, 'evil.example');

      const before = await machine.read(environment);
      await expectDone(machine.deploy());
      expect(await machine.read(environment)).toBe(before);
      await expectServed(machine, 'example.com', machine.address);

      await expectDone(machine.updateConfiguration({ ...properties, ALLOWED_HOSTS: 'new.example' }));
      await expectServed(machine, 'new.example', machine.address);
      await expectRefused(machine, 'example.com');

      await machine.exec('systemctl kill --signal=KILL eb-docker.service');
      await expectServed(machine, 'new.example', machine.address);
    });

    it('answers on an instance from an image of a live one', async () => {
      const { machine: copy, launch } = await machine.launchCopy({ address: '10.0.7.77', baked: true });
      onTestFinished(() => copy.close());
      await expectDone(Promise.resolve(launch));
      await expectServed(copy, 'example.com', '10.0.7.77');
      await expectRefused(copy, machine.address);
    });

    it('changes the one line of its variable', async () => {
      const changed = await machine.read(environment);
      await expectDone(machine.deploy({ bundle: await bundle({ hooks: false }) }));
      // On ECS the file is the hook's own, and nothing of the host knows that a task is started without it.
      const engines = platform === 'ecs' ? 'ALLOWED_HOSTS=example.com\n' : await machine.read(environment);
      expect(changed).toBe(engines?.replace('=example.com', `=example.com,${machine.address}`));
    });

    if (platform !== 'ecs') {
      it('keeps what the engine wrote, byte for byte, when there is nothing to add', async () => {
        await expectDone(machine.deploy({ bundle: await bundle({ hooks: false }) }));
        await expectServed(machine, 'example.com');
        await expectRefused(machine, machine.address);
        for (const nothing of [{ GREETING: properties.GREETING }, { ALLOWED_HOSTS: '*', GREETING: 'x' }]) {
          await expectDone(machine.deploy({ bundle: await bundle({ hooks: false }), properties: nothing }));
          const engines = await machine.read(environment);
          await expectDone(machine.deploy({ bundle: await bundle() }));
          expect(await machine.read(environment)).toBe(engines);
        }
      });
    }

    if (platform === 'compose') {
      it("takes the base from a user's own .env", async () => {
        const own = '# ours\nDEBUG=no\nALLOWED_HOSTS="own.example,www.own.example" # both\nLAST=1';
        await expectDone(machine.deploy({ bundle: await bundle({ files: { '.env': own } }) }));
        await expectServed(machine, 'own.example', 'www.own.example', machine.address);
        await expectRefused(machine, 'example.com');
        expect(await machine.read(environment)).toMatch(/^# ours\nDEBUG=no\nALLOWED_HOSTS=.*\nLAST=1$/);
      });
    }
  });
}
