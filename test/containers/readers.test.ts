import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { hookPath } from '../../src/generated-paths.ts';
import type { Choices, Delivery } from '../../src/hooks/choices.ts';
import { makeHooks } from '../instance/bundle.ts';
import { describeMachine, rootTime } from '../instance/expectations.ts';
import { bootMachine, type Machine } from '../instance/machine.ts';
import { scratchDirectory, writeTree } from '../support/scratch.ts';
import { type Docker, describeDocker, image, startDocker } from './docker.ts';

const space = { separator: 'space' } as const;
const json = { separator: 'json' } as const;

/** A file as it may stand on an instance, and what the container's variable is after the hook: the value that docker or
 * Compose really read before with the address behind it, or nothing has changed, because the hook refused it. */
interface Case {
  readonly file: string;
  readonly hooks?: Partial<Choices>;
  readonly becomes?: string;
}

const property = 'property.example';

const envListCases: readonly Case[] = [
  { file: 'A=1\nALLOWED_HOSTS=example.com\nB=a "b" $C # `d`\n', becomes: 'example.com,10.0.1.5' },
  { file: 'ALLOWED_HOSTS=example.com', becomes: 'example.com,10.0.1.5' },
  {
    file: '# ALLOWED_HOSTS=no.example\r\nALLOWED_HOSTS=example.com\r\nB=1\r\n',
    becomes: 'example.com,10.0.1.5',
  },
  { file: '\tALLOWED_HOSTS= example.com , .example.org \n', becomes: 'example.com,.example.org,10.0.1.5' },
  { file: 'ALLOWED_HOSTS=one.example\nB=1\nALLOWED_HOSTS=two.example\n', becomes: 'two.example,10.0.1.5' },
  { file: 'ALLOWED_HOSTS=\n', becomes: `${property},10.0.1.5` },
  { file: 'NOT_ALLOWED_HOSTS=no.example\nALLOWED_HOSTS_2=no.example', becomes: `${property},10.0.1.5` },
  {
    file: 'ALLOWED_HOSTS=["a.example", ".b.example"]\n',
    hooks: json,
    becomes: '["a.example",".b.example","10.0.1.5"]',
  },
  { file: 'ALLOWED_HOSTS=a.example  b.example\n', hooks: space, becomes: 'a.example b.example 10.0.1.5' },
  { file: 'ALLOWED_HOSTS="example.com"\n' },
  { file: "ALLOWED_HOSTS='example.com'\n" },
  { file: 'ALLOWED_HOSTS=example.com # ours\n' },
  { file: 'ALLOWED_HOSTS=example.com www.example.com\n' },
];

const dotenvCases: readonly Case[] = [
  { file: "A=1\nALLOWED_HOSTS=example.com\nB='$C' # d\n", becomes: 'example.com,10.0.1.5' },
  { file: 'ALLOWED_HOSTS=example.com', becomes: 'example.com,10.0.1.5' },
  {
    file: '# ALLOWED_HOSTS=no.example\r\nALLOWED_HOSTS=example.com\r\nB=1\r\n',
    becomes: 'example.com,10.0.1.5',
  },
  {
    file: 'ALLOWED_HOSTS="example.com,www.example.com"\r\nB="1"\r\n',
    becomes: 'example.com,www.example.com,10.0.1.5',
  },
  { file: "ALLOWED_HOSTS='example.com'\n", becomes: 'example.com,10.0.1.5' },
  { file: 'ALLOWED_HOSTS="example.com" # ours\n', becomes: 'example.com,10.0.1.5' },
  { file: 'ALLOWED_HOSTS=example.com # ours\n', becomes: 'example.com,10.0.1.5' },
  { file: '  export ALLOWED_HOSTS = example.com  \n', becomes: 'example.com,10.0.1.5' },
  { file: 'ALLOWED_HOSTS: example.com\n', becomes: 'example.com,10.0.1.5' },
  { file: 'ALLOWED_HOSTS=one.example\nB=1\nALLOWED_HOSTS=two.example\n', becomes: 'two.example,10.0.1.5' },
  { file: 'ALLOWED_HOSTS=""\n', becomes: `${property},10.0.1.5` },
  { file: 'NOT_ALLOWED_HOSTS=no.example\nB="several\nlines"', becomes: `${property},10.0.1.5` },
  {
    file: 'ALLOWED_HOSTS=\'["a.example", ".b.example"]\'\n',
    hooks: json,
    becomes: '["a.example",".b.example","10.0.1.5"]',
  },
  { file: 'ALLOWED_HOSTS=["a.example"]\n', hooks: json, becomes: '["a.example","10.0.1.5"]' },
  { file: 'ALLOWED_HOSTS="a.example b.example"\n', hooks: space, becomes: 'a.example b.example 10.0.1.5' },
  { file: 'ALLOWED_HOSTS= # to Compose this is a value\n' },
  { file: 'B=b.example\nALLOWED_HOSTS=example.com,$B\n' },
  { file: 'B=b.example\nALLOWED_HOSTS="example.com,${B}"\n' },
  { file: "ALLOWED_HOSTS='$B'\n" },
  { file: 'ALLOWED_HOSTS="example.com\\n"\n' },
  { file: 'ALLOWED_HOSTS="example.com\n' },
  { file: 'ALLOWED_HOSTS="example.com,\nwww.example.com"\n' },
];

describeDocker('a file as docker and Compose really read it', () => {
  describeMachine('of an instance', () => {
    let machine: Machine;
    let docker: Docker;
    beforeAll(async () => {
      [machine, docker] = await Promise.all([bootMachine(), startDocker()]);
    }, rootTime);
    afterAll(() => Promise.all([machine?.close(), docker?.stop()]));

    type Variables = Readonly<Record<string, string>>;

    /** The environment a container gets by `docker run --env-file`. */
    async function readEnvList(text: string): Promise<Variables | undefined> {
      const path = join(scratchDirectory(), 'env.list');
      writeFileSync(path, text);
      const { status, stdout } = await docker.run(['docker', 'create', '--env-file', path, image, 'true']);
      if (status !== 0) return undefined;
      const inspect = await docker.docker(['inspect', '--format', '{{json .Config.Env}}', stdout.trim()]);
      const lines: string[] = JSON.parse(inspect);
      return Object.fromEntries(
        lines.map((line) => [line.split('=', 1)[0], line.slice(line.indexOf('=') + 1)]),
      );
    }

    /** What Compose hands to a service by `env_file`, and puts in the place of `${ALLOWED_HOSTS}`. */
    async function readDotenv(text: string): Promise<Variables | undefined> {
      const cwd = scratchDirectory();
      const web = { image, env_file: '.env', environment: { INTERPOLATED: '${ALLOWED_HOSTS-unset}' } };
      writeTree(cwd, { 'docker-compose.yml': JSON.stringify({ services: { web } }), '.env': text });
      const { status, stdout } = await docker.run(['docker', 'compose', 'config', '--format', 'json'], {
        cwd,
      });
      if (status !== 0) return undefined;
      const { environment } = JSON.parse(stdout).services.web;
      // Compose doubles each dollar sign, so that its output can be read again.
      return Object.fromEntries(
        Object.entries<string>(environment).map(([name, value]) => [name, value.replaceAll('$$', '$')]),
      );
    }

    /** Runs the hook with this file in its place, twice.
     * @returns the file after it; undefined if the hook refused, and left all as it was */
    async function runHook(
      path: string,
      { file, hooks }: Case,
      delivery: Delivery,
    ): Promise<string | undefined> {
      const root = await machine.root();
      const text = makeHooks({ ...hooks, delivery }).find((made) => made.path === hookPath)?.text ?? '';
      const staged = delivery === 'dotenv' ? { 'var/app/staging/docker-compose.yml': '' } : {};
      writeTree(root, { ...staged, 'root/hook.sh*': text, [path]: file });
      const run = () => machine.exec(`ALLOWED_HOSTS=${property} /root/hook.sh`);
      const { status, output } = await run();
      const after = readFileSync(join(root, path), 'utf8');
      if (status !== 0) {
        expect(output).toMatch(/^eb-hosts: failed: /m);
        expect(after).toBe(file);
        return undefined;
      }
      expect((await run()).status).toBe(0);
      expect(readFileSync(join(root, path), 'utf8'), 'after the second run').toBe(after);
      return after;
    }

    const readers = [
      {
        delivery: 'env-list',
        path: 'opt/elasticbeanstalk/deployment/env.list',
        read: readEnvList,
        cases: envListCases,
      },
      { delivery: 'dotenv', path: 'var/app/staging/.env', read: readDotenv, cases: dotenvCases },
    ] as const;
    for (const { delivery, path, read, cases } of readers) {
      it.each(cases)(`${delivery}: $file`, async (one) => {
        const after = await runHook(path, one, delivery);
        if (after === undefined || one.becomes === undefined) {
          expect(after).toBe(one.becomes);
          return;
        }
        const before = await read(one.file);
        const changed = {
          ALLOWED_HOSTS: one.becomes,
          ...(delivery === 'dotenv' && { INTERPOLATED: one.becomes }),
        };
        expect(await read(after)).toEqual({ ...before, ...changed });
      });
    }
  });
});
