import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { beanstalkVariables, secret } from '../support/beanstalk-cli.ts';
import { type BeanstalkServer, startBeanstalk } from '../support/beanstalk-server.ts';
import { type FakeEnvironment, newEnvironment } from '../support/beanstalk-world.ts';
import { describeWith } from '../support/needs.ts';

const bin = resolve('dist/bin.js');
const setPath = ['health-check', 'set', '/health/', '--environment', 'shop-prod', '--yes'];
let server: BeanstalkServer;
let home: string;
let environment: FakeEnvironment;

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'eb-hosts-process-'));
  environment = newEnvironment('shop-prod');
  server = await startBeanstalk(environment);
});
afterEach(async () => {
  await server.close();
  rmSync(home, { recursive: true, force: true });
  expect(server.violations).toEqual([]);
});

function start(argv: readonly string[], variables: Record<string, string> = {}) {
  const child = spawn(process.execPath, [bin, ...argv], {
    cwd: home,
    env: { PATH: process.env.PATH, ...beanstalkVariables(server.url, home), ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const written = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk) => {
    written.stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    written.stderr += chunk;
  });
  const ended = new Promise<{ status: number | null; stdout: string; stderr: string }>((done, fail) => {
    child.on('error', fail);
    child.on('close', (status) => done({ status, ...written }));
  });
  return { child, ended };
}

describe('the built program', () => {
  test('sets a path, with nothing but the document on stdout', async () => {
    const { status, stdout, stderr } = await start([
      'health-check',
      'set',
      '/health/',
      '--environment',
      'shop-prod',
      '--yes',
      '--json',
    ]).ended;
    expect(stderr).not.toMatch(/Node.*version|deprecat/i);
    expect(JSON.parse(stdout)).toMatchObject({ command: 'health-check', ok: true, applied: true });
    expect(status).toBe(0);
    expect(stdout + stderr).not.toContain(secret);
  }, 60_000);

  test('reports a failure as the one document', async () => {
    const { status, stdout } = await start(['health-check', 'show', '--environment', 'nowhere', '--json'])
      .ended;
    expect(status).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({
      command: 'health-check',
      ok: false,
      error: { code: 'environment-not-found' },
    });
  });

  test('keeps a response that cannot be read to itself, also with --debug', async () => {
    server.faults.push({ kind: 'garbage', action: 'DescribeConfigurationSettings' });
    const { status, stdout, stderr } = await start([
      'health-check',
      'show',
      '--environment',
      'shop-prod',
      '--debug',
      '--timeout',
      '2s',
    ]).ended;
    expect(status).toBe(2);
    expect(stderr).toContain('UserError');
    expect(stdout + stderr).not.toContain(secret);
  });

  // Left to itself it would go on past any time-out of a test: the environment never gets Ready.
  test.each([
    ['in the midst of a pause of the SDK', 'throttled', 3],
    ['while an answer is outstanding', 'hang', 2],
  ] as const)(
    'ends on Ctrl-C, %s, and asks nothing more',
    async (_, kind, calls) => {
      environment.script.polls = Number.POSITIVE_INFINITY;
      server.faults.push({ kind, action: 'DescribeEvents', skip: 1 });
      const { child, ended } = start(setPath);
      await new Promise<void>((done) => {
        server.onCall = () => server.count('DescribeEvents') >= calls && done();
      });
      const asked = server.calls.length;
      child.kill('SIGINT');
      const { status, stderr } = await ended;
      expect(server.calls).toHaveLength(asked);
      expect(status).toBe(130);
      expect(stderr).toContain("the update of 'shop-prod' goes on");
    },
    30_000,
  );

  test('does not outlive the time it was given', async () => {
    environment.script.polls = Number.POSITIVE_INFINITY;
    server.faults.push({ kind: 'throttled', action: 'DescribeEvents', skip: 1 });
    const { status, stderr } = await start([...setPath, '--timeout', '3s']).ended;
    expect(status).toBe(1);
    expect(stderr).toContain("'shop-prod' was not done after 3s");
  }, 30_000);

  test('diagnoses environments', async () => {
    const { status, stdout } = await start(['doctor', '--all', '--json']).ended;
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      command: 'doctor',
      ok: true,
      environments: [{ name: 'shop-prod' }],
    });
    expect(stdout).not.toContain(secret);
  });

  test("points at a profile's own program where that gives no credentials, and shows nothing of it", async () => {
    mkdirSync(join(home, '.aws'));
    writeFileSync(
      join(home, '.aws', 'config'),
      '[profile vault]\ncredential_process = echo hunter2-is-secret\n',
    );
    const { status, stdout, stderr } = await start(
      ['health-check', 'show', '--environment', 'shop-prod', '--profile', 'vault', '--debug'],
      { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' },
    ).ended;
    expect(status).toBe(2);
    expect(stderr).toContain("look what the credential_process of profile 'vault' says");
    expect(stdout + stderr).not.toContain(secret);
  });

  test.each([
    ['without credentials', { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' }, [], 'no AWS credentials'],
    ['with an unknown profile', {}, ['--profile', 'nobody'], "there is no AWS profile 'nobody'"],
    ['without a region', { AWS_REGION: '' }, [], 'no AWS region'],
  ])('%s says so in one line', async (_, variables, flags, words) => {
    const { status, stderr, stdout } = await start(
      ['health-check', 'show', '--environment', 'shop-prod', ...flags],
      variables,
    ).ended;
    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain(words);
    expect(stderr.trimEnd().split('\n')).toHaveLength(2);
  });
});

describeWith(['script'], 'on a terminal', () => {
  /** Runs `health-check set` on a pseudo-terminal and types `keys` at the question. */
  async function answer(keys: string): Promise<number | null> {
    const command = `${process.execPath} ${bin} health-check set /health/ --environment shop-prod --no-wait`;
    const child = spawn('script', ['-qec', command, '/dev/null'], {
      cwd: home,
      env: { PATH: process.env.PATH, TERM: 'xterm', NO_COLOR: '1', ...beanstalkVariables(server.url, home) },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    let shown = '';
    child.stdout.on('data', (chunk) => {
      const asked = shown.includes('○ Yes');
      shown += chunk;
      if (!asked && shown.includes('○ Yes')) child.stdin.write(keys);
    });
    const status = await new Promise<number | null>((done) => child.on('close', done));
    expect(shown).toMatch(
      /^shop-prod .*HealthCheckPath: \/ → \/health\/.*Change 'shop-prod' in eu-west-1\?/s,
    );
    return status;
  }

  test.each([
    ['y\r', 0, 1],
    ['\r', 130, 0],
    ['n\r', 130, 0],
    ['\u0003', 130, 0],
    ['\u0004', 130, 0],
  ])('%j ends with %i after %i updates', async (keys, status, updates) => {
    expect(await answer(keys)).toBe(status);
    expect(server.count('UpdateEnvironment')).toBe(updates);
  });
});
