import { statSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { parseComposeDotenv, parseDockerEnvFile } from '../../src/instance/environment.ts';
import { type MetadataService, startMetadataService } from '../support/metadata-service.ts';
import { noteFault, noteHookRun } from '../support/faults.ts';
import { envList, type ScratchInstance, scratchInstance, shells, staging } from '../support/hook.ts';
import { composeLines, dotenvOwnLines, envListOwnLines, hostileLines } from '../support/hostile-lines.ts';

let metadata: MetadataService;
let instance: ScratchInstance;
beforeAll(async () => {
  metadata = await startMetadataService({ localIpv4: '10.0.1.5' });
});
afterAll(() => metadata.close());
afterEach(() => instance.remove());

const dotenv = `${staging}/.env`;

/** The same 200 in every run: any of the hostile lines in any order, an own line anywhere or none, three line ends. */
const hostileFiles = fc.sample(
  fc
    .record({
      lines: fc.shuffledSubarray([...hostileLines]),
      own: fc.option(fc.constantFrom(...Object.keys(envListOwnLines))),
      at: fc.nat(hostileLines.length),
      end: fc.constantFrom('\n', '\r\n', ''),
    })
    .map(({ lines, own, at, end }) => ({
      own,
      text: lines.toSpliced(at, 0, ...(own === null ? [] : own.split('\n'))).join(end || '\n') + end,
    })),
  { numRuns: 200, seed: 1 },
);

const layouts: Readonly<Record<string, (own: string) => string>> = {
  alone: (own) => `${own}\n`,
  first: (own) => `${[own, ...hostileLines].join('\n')}\n`,
  'in the middle': (own) => `${[...hostileLines.slice(0, 12), own, ...hostileLines.slice(12)].join('\n')}\n`,
  'last, without a line break': (own) => [...hostileLines, own].join('\n'),
  CRLF: (own) => `${[...hostileLines.slice(0, 6), ...own.split('\n'), 'Z=1'].join('\r\n')}\r\n`,
};

/** The lines that are not the own one must stay byte for byte. */
function others(text: string, own: string): string[] {
  const last = own.split('\n').at(-1) ?? '';
  const lines = text.split('\n').map((line) => line.replace(/\r$/, ''));
  lines.splice(lines.lastIndexOf(last), 1);
  return lines;
}

const bytes = (text: string) => Buffer.from(text, 'utf8').toString('latin1');

describe.each(Object.entries(shells))('lines of env.list, %s', (_, shell) => {
  it.each(
    Object.entries(layouts).flatMap(([layout, compose]) =>
      Object.entries(envListOwnLines).map(([own, base]) => ({ layout, own, base, text: compose(own) })),
    ),
  )('$own, $layout', async ({ own, base, text }) => {
    instance = scratchInstance({ hosts: ['default.example'] });
    instance.write(envList, text, 0o640);

    const run = await instance.run({ shell, endpoint: metadata.endpoint });
    noteHookRun(`env.list with the line ${JSON.stringify(own)}, among hostile ones`, run, [
      bytes(text),
      instance.read(envList),
    ]);
    expect(run).toMatchObject({ status: 0, stderr: '' });

    const written = Buffer.from(instance.read(envList) ?? '', 'latin1').toString('utf8');
    expect(parseDockerEnvFile(written).get('ALLOWED_HOSTS')).toBe(`${base},10.0.1.5`);
    expect(others(written, `ALLOWED_HOSTS=${base},10.0.1.5`).join('\n').trimEnd()).toBe(
      others(text, own).join('\n').trimEnd(),
    );
    expect(statSync(instance.path(envList)).mode & 0o777).toBe(0o640);

    const first = instance.read(envList);
    expect(await instance.run({ shell, endpoint: metadata.endpoint })).toMatchObject({ status: 0 });
    expect(instance.read(envList)).toBe(first);
  });

  it('comes through 200 hostile files', { timeout: 120_000 }, async () => {
    instance = scratchInstance({ hosts: ['default.example'] });
    for (const { text, own } of hostileFiles) {
      instance.write(envList, text);
      expect(await instance.run({ shell, endpoint: metadata.endpoint })).toMatchObject({
        status: 0,
        stderr: '',
      });
      const written = Buffer.from(instance.read(envList) ?? '', 'latin1').toString('utf8');
      const { ALLOWED_HOSTS: value, ...rest } = Object.fromEntries(parseDockerEnvFile(written));
      const { ALLOWED_HOSTS: _, ...before } = Object.fromEntries(parseDockerEnvFile(text));
      const base = own === null ? 'default.example' : envListOwnLines[own];
      expect(value, text).toBe(`${base},10.0.1.5`);
      expect(rest).toEqual(before);
    }
    noteFault({
      fault: 'env.list made of hostile lines at random (fixed seed)',
      outcome: 'new file, every other variable as before',
      times: hostileFiles.length,
    });
  });

  it('appends to a file that has no such line, and keeps bytes that are no text', async () => {
    instance = scratchInstance({ hosts: ['default.example'] });
    const before = 'A=\xff\xfe\nB=1';
    instance.write(envList, '');
    writeFileSync(instance.path(envList), before, 'latin1');
    await instance.run({ shell, endpoint: metadata.endpoint });
    expect(instance.read(envList)).toBe(`${before}\nALLOWED_HOSTS=default.example,10.0.1.5\n`);
  });

  it('begins a line of its own behind a last byte that no shell can hold', async () => {
    instance = scratchInstance({ hosts: ['default.example'] });
    instance.write(envList, 'SECRET=abc\0');
    for (let run = 0; run < 2; run += 1) {
      await instance.run({ shell, endpoint: metadata.endpoint });
      expect(instance.read(envList)).toBe('SECRET=abc\0\nALLOWED_HOSTS=default.example,10.0.1.5\n');
    }
  });

  it.each(['*', 'a.example,*'])('leaves the file as it is where the value is %s', async (value) => {
    instance = scratchInstance();
    const before = `A=1\nALLOWED_HOSTS=${value}`;
    instance.write(envList, before);
    expect(await instance.run({ shell, endpoint: metadata.endpoint })).toMatchObject({ status: 0 });
    expect(instance.read(envList)).toBe(before);
  });
});

describe.each(Object.entries(shells))('lines of .env, %s', (_, shell) => {
  const setUp = (text: string) => {
    instance = scratchInstance({ hosts: ['default.example'] });
    instance.write(envList, 'DECOY=1\n');
    instance.write(`${staging}/docker-compose.yml`, 'services: {}\n');
    instance.write(dotenv, text, 0o600);
  };
  it.each(Object.entries(dotenvOwnLines))('%s', async (own, base) => {
    for (const text of [
      `${own}\n`,
      `${[...composeLines, own].join('\n')}`,
      `${[own, ...composeLines].join('\r\n')}\r\n`,
    ]) {
      setUp(text);
      const run = await instance.run({ shell, endpoint: metadata.endpoint });
      noteHookRun(`.env with the line ${JSON.stringify(own)}`, run, [bytes(text), instance.read(dotenv)]);
      expect(run).toMatchObject({ status: 0, stderr: '' });
      const written = Buffer.from(instance.read(dotenv) ?? '', 'latin1').toString('utf8');
      expect(parseComposeDotenv(written).get('ALLOWED_HOSTS')).toBe(`${base},10.0.1.5`);
      expect(statSync(instance.path(dotenv)).mode & 0o777).toBe(0o600);
      expect(instance.read(envList)).toBe('DECOY=1\n');
      const first = instance.read(dotenv);
      await instance.run({ shell, endpoint: metadata.endpoint });
      expect(instance.read(dotenv)).toBe(first);
      instance.remove();
    }
  });

  it('does not take a line inside a quoted value for an assignment', async () => {
    const key = 'KEY="-----BEGIN\nALLOWED_HOSTS=inside.example\n-----END"\n';
    setUp(`${key}A=1\n`);
    await instance.run({ shell, endpoint: metadata.endpoint });
    expect(instance.read(dotenv)).toBe(`${key}A=1\nALLOWED_HOSTS=default.example,10.0.1.5\n`);
  });

  it('gets past the key of a service account, however many escapes it has', async () => {
    const key = `KEY="{\\"key\\": \\"${'x\\\\n'.repeat(4000)}\\"}"\n`;
    setUp(`${key}ALLOWED_HOSTS=a.example\n`);
    expect(await instance.run({ shell, endpoint: metadata.endpoint })).toMatchObject({
      status: 0,
      stderr: '',
    });
    expect(instance.read(dotenv)).toBe(`${key}ALLOWED_HOSTS=a.example,10.0.1.5\n`);
  });

  it('fails where a quote never closes, and readers disagree on what follows', async () => {
    setUp("A=1\nK='tis\nALLOWED_HOSTS=a.example\n");
    const run = await instance.run({ shell, endpoint: metadata.endpoint });
    expect(run.status).toBe(1);
    expect(run.stderr).toMatch(/line 2 of .*\.env opens a quote that never closes/);
    expect(instance.read(dotenv)).toBe("A=1\nK='tis\nALLOWED_HOSTS=a.example\n");
  });

  it.each([
    'ALLOWED_HOSTS=$SITE',
    'ALLOWED_HOSTS="${SITE}"',
    'ALLOWED_HOSTS="a\nb"',
    "ALLOWED_HOSTS='a\n'",
    'ALLOWED_HOSTS="a"b',
    'ALLOWED_HOSTS="a\\tb"',
  ])('fails rather than guess at %j', async (own) => {
    setUp(`A=1\n${own}\n`);
    const run = await instance.run({ shell, endpoint: metadata.endpoint });
    noteHookRun(`.env with the line ${JSON.stringify(own)}`, run, [
      bytes(`A=1\n${own}\n`),
      instance.read(dotenv),
    ]);
    expect(run.status).toBe(1);
    expect(run.stderr).toMatch(/ALLOWED_HOSTS in .*\.env/);
    expect(instance.read(dotenv)).toBe(bytes(`A=1\n${own}\n`));
  });
});
