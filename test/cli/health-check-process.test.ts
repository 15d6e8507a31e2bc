import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { beanstalkVariables, secret } from '../support/beanstalk-cli.ts';
import { type BeanstalkServer, startBeanstalk } from '../support/beanstalk-server.ts';
import { newEnvironment } from '../support/beanstalk-world.ts';

const bin = resolve('dist/bin.js');
let server: BeanstalkServer;
let home: string;

beforeEach(async () => {
  home = mkdtempSync(join(tmpdir(), 'eb-hosts-process-'));
  server = await startBeanstalk(newEnvironment('shop-prod'));
});
afterEach(async () => {
  await server.close();
  rmSync(home, { recursive: true, force: true });
  expect(server.violations).toEqual([]);
});

function start(argv: readonly string[], variables: Record<string, string> = {}) {
  const child = spawn(process.execPath, [bin, 'health-check', ...argv], {
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
    const { status, stdout } = await start(['show', '--environment', 'nowhere', '--json']).ended;
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

  test('ends at once on Ctrl-C, in the midst of a pause of the SDK', async () => {
    server.faults.push({ kind: 'throttled', action: 'DescribeEvents', skip: 1 });
    const { child, ended } = start(['set', '/health/', '--environment', 'shop-prod', '--yes']);
    const throttled = new Promise<void>((done) => {
      server.onCall = () => server.count('DescribeEvents') > 3 && done();
    });
    await throttled;
    const signalled = Date.now();
    child.kill('SIGINT');
    const { status, stderr } = await ended;
    expect(Date.now() - signalled).toBeLessThan(2_000);
    expect(status).toBe(130);
    expect(stderr).toContain("the update of 'shop-prod' goes on");
  }, 60_000);

  test('does not outlive the time it was given', async () => {
    server.faults.push({ kind: 'throttled', action: 'DescribeEvents', skip: 1 });
    const started = Date.now();
    const { status } = await start([
      'set',
      '/health/',
      '--environment',
      'shop-prod',
      '--yes',
      '--timeout',
      '8s',
    ]).ended;
    expect(status).toBe(1);
    expect(Date.now() - started).toBeLessThan(20_000);
  }, 60_000);

  test.each([
    ['without credentials', { AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' }, [], 'no AWS credentials'],
    ['with an unknown profile', {}, ['--profile', 'nobody'], "there is no AWS profile 'nobody'"],
    ['without a region', { AWS_REGION: '' }, [], 'no AWS region'],
  ])('%s says so in one line', async (_, variables, flags, words) => {
    const { status, stderr, stdout } = await start(
      ['show', '--environment', 'shop-prod', ...flags],
      variables,
    ).ended;
    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain(words);
    expect(stderr.trimEnd().split('\n')).toHaveLength(2);
  });
});
