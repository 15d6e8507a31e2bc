import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { loadHostsFile } from '../../src/generated-paths.ts';
import { type MetadataService, startMetadataService } from '../support/metadata-service.ts';
import { envList, list, type ScratchInstance, scratchInstance, shells, staging } from '../support/hook.ts';
import { composeLines, dotenvOwnLines, envListOwnLines, hostileLines } from '../support/hostile-lines.ts';
import { describeWith } from '../support/needs.ts';

const run = promisify(execFile);

let metadata: MetadataService;
let instance: ScratchInstance;
beforeAll(async () => {
  metadata = await startMetadataService({ localIpv4: '10.0.1.5' });
});
afterAll(() => metadata.close());
afterEach(() => instance.remove());

describeWith(['docker'], 'the docker client itself reads env.list', () => {
  let directory: string;
  let daemon: Server;
  let environment: Record<string, string>;

  beforeAll(async () => {
    directory = mkdtempSync(join(tmpdir(), 'eb-hosts-docker-'));
    // Answers like a daemon, and keeps the environment of the container it is asked to make.
    daemon = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        response.setHeader('Api-Version', '1.41');
        response.setHeader('Content-Type', 'application/json');
        if (!request.url?.includes('/containers/create')) return response.end('{}');
        const { Env } = JSON.parse(Buffer.concat(chunks).toString('utf8')) as { Env: string[] };
        environment = Object.fromEntries(
          Env.map((entry) => [entry.split('=')[0], entry.slice(entry.indexOf('=') + 1)]),
        );
        response.statusCode = 201;
        return response.end('{"Id":"0123456789abcdef","Warnings":[]}');
      });
    });
    await new Promise<void>((resolve) => daemon.listen(join(directory, 'docker.sock'), resolve));
  });
  afterAll(() => {
    daemon.close();
    rmSync(directory, { recursive: true, force: true });
  });

  async function readByDocker(file: string): Promise<Record<string, string>> {
    await run(
      'docker',
      ['--host', `unix://${directory}/docker.sock`, 'create', '--env-file', file, 'image'],
      {
        env: { PATH: process.env.PATH, HOME: directory },
      },
    );
    return environment;
  }

  it.each(Object.entries(envListOwnLines))('%s', async (own, base) => {
    instance = scratchInstance({ hosts: ['default.example'] });
    instance.write(envList, `${[...hostileLines, own].join('\n')}\n`);
    const { ALLOWED_HOSTS: _, ...before } = await readByDocker(instance.path(envList));
    expect(await instance.run({ endpoint: metadata.endpoint })).toMatchObject({ status: 0 });
    expect(await readByDocker(instance.path(envList))).toEqual({
      ...before,
      ALLOWED_HOSTS: `${base},10.0.1.5`,
    });
  });
});

describeWith(['docker-compose'], 'docker-compose itself reads .env', () => {
  /** `docker-compose config` prints what the containers would get, with `$` doubled. */
  async function readByCompose(directory: string): Promise<Record<string, string>> {
    const { stdout } = await run('docker-compose', ['config'], {
      cwd: directory,
      env: { PATH: process.env.PATH, HOME: directory },
    });
    const { services } = parse(stdout) as {
      services: { web: { environment: Record<string, string | null> } };
    };
    return Object.fromEntries(
      Object.entries(services.web.environment).map(([name, value]) => [
        name,
        (value ?? '').replaceAll('$$', '$'),
      ]),
    );
  }

  it.each(Object.entries(dotenvOwnLines))('%s', async (own, base) => {
    instance = scratchInstance({ hosts: ['default.example'] });
    const directory = instance.path(staging);
    instance.write(envList, '');
    writeFileSync(
      join(directory, 'docker-compose.yml'),
      'version: "3.3"\nservices:\n  web:\n    image: app\n    env_file: .env\n',
    );
    instance.write(`${staging}/.env`, `${[...composeLines, own].join('\n')}\n`);
    const { ALLOWED_HOSTS: _, ...before } = await readByCompose(directory);
    expect(await instance.run({ endpoint: metadata.endpoint })).toMatchObject({ status: 0 });
    expect(await readByCompose(directory)).toEqual({ ...before, ALLOWED_HOSTS: `${base},10.0.1.5` });
  });

  it.each([
    ['json', '["a.example","b.example"]', '["a.example","b.example","10.0.1.5"]'],
    ['space', 'a.example b.example', 'a.example b.example 10.0.1.5'],
    ['semicolon', 'a.example;b.example', 'a.example;b.example;10.0.1.5'],
    ['comma', '[::1],(x)', '[::1],(x),10.0.1.5'],
  ] as const)('separator %s', async (separator, property, value) => {
    instance = scratchInstance({ separator });
    const directory = instance.path(staging);
    writeFileSync(
      join(directory, 'docker-compose.yml'),
      'version: "3.3"\nservices:\n  web:\n    image: app\n    env_file: .env\n',
    );
    instance.write(envList, '');
    instance.write(`${staging}/.env`, 'A=1\n');
    const options = { endpoint: metadata.endpoint, properties: { ALLOWED_HOSTS: property } };
    expect(await instance.run(options)).toMatchObject({ status: 0 });
    expect(await readByCompose(directory)).toEqual({ A: '1', ALLOWED_HOSTS: value });
    const first = instance.read(`${staging}/.env`);
    expect(await instance.run(options)).toMatchObject({ status: 0 });
    expect(instance.read(`${staging}/.env`)).toBe(first);
  });
});

describe.each(Object.entries(shells))(
  'a container whose sh loads hosts.env: %s',
  (_, [shell = '', ...flags]) => {
    /** The value that a program started by the line of the docs finds in its environment, with a line break at its end. */
    function readByShell(own: Record<string, string>): string {
      const command = `${loadHostsFile(instance.path(dirname(list)))}; exec printenv ALLOWED_HOSTS`;
      // Bash takes a socket as its input for a remote login, and reads the user's own files then.
      const stdio = ['ignore', 'pipe', 'pipe'] as const;
      const env = { PATH: process.env.PATH, ...own };
      const { stdout, stderr } = spawnSync(shell, [...flags, '-c', command], {
        env,
        stdio: [...stdio],
        encoding: 'utf8',
      });
      expect(stderr).toBe('');
      return stdout;
    }

    it.each([
      ['comma', 'a.example,[::1]', 'a.example,[::1],10.0.1.5'],
      [
        'comma',
        '$(id),`id`,a$HOME,${IFS},b\\c,d!,#e,(x)&y|z<w>~',
        '$(id),`id`,a$HOME,${IFS},b\\c,d!,#e,(x)&y|z<w>~,10.0.1.5',
      ],
      ['comma', '*.example.com,/*,?,\\', '*.example.com,/*,?,\\,10.0.1.5'],
      ['space', 'a.example $(id) `id` \\$x', 'a.example $(id) `id` \\$x 10.0.1.5'],
      ['semicolon', 'a.example;reboot;$x', 'a.example;reboot;$x;10.0.1.5'],
      ['json', '["a.example","$(id)","`id`"]', '["a.example","$(id)","`id`","10.0.1.5"]'],
      ['none', '10.0.1.5', '10.0.1.5'],
    ] as const)('separator %s, %s', async (separator, property, value) => {
      instance = scratchInstance({ separator, delivery: 'file' });
      const options = { endpoint: metadata.endpoint, properties: { ALLOWED_HOSTS: property } };
      expect(await instance.run(options)).toMatchObject({ status: 0 });
      expect(readByShell({ ALLOWED_HOSTS: property })).toBe(`${value}\n`);
    });

    it('starts the app with its own value where there is no list', () => {
      instance = scratchInstance({ delivery: 'file' });
      expect(readByShell({ ALLOWED_HOSTS: 'a.example' })).toBe('a.example\n');
    });
  },
);
