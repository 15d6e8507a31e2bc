import { describe, expect, test, vi } from 'vitest';
import { secret, useBeanstalk } from '../support/beanstalk-cli.ts';
import type { FaultKind } from '../support/beanstalk-faults.ts';
import { newEnvironment } from '../support/beanstalk-world.ts';

const beanstalk = useBeanstalk();
const at = ['--environment', 'shop-prod'];
const set = ['set', '/health/', ...at, '--yes', '--json'];
const impatient = { pollMs: 15, attemptMs: 250 };

describe('a fault that passes does not end the work', () => {
  test.each<[FaultKind, string]>([
    ['throttled', 'DescribeEvents'],
    ['html-500', 'DescribeEnvironments'],
    ['empty-503', 'DescribeEvents'],
    ['cut', 'DescribeConfigurationSettings'],
    ['reset', 'DescribeEvents'],
    ['stall', 'DescribeEnvironments'],
    ['hang', 'DescribeEvents'],
  ])('%s on %s', async (kind, action) => {
    const server = await beanstalk.start(newEnvironment('shop-prod'));
    server.faults.push({ kind, action, skip: 1, times: 2 });
    const { status, stdout, stderr } = await beanstalk.run(set, { pace: impatient });
    expect(status).toBe(0);
    expect(JSON.parse(stdout).applied).toBe(true);
    expect(server.faults[0]?.times).toBe(0);
    expect(stdout + stderr).not.toContain(secret);
  });

  test('a burst that uses up every attempt of a call is outlived while following', async () => {
    const environment = newEnvironment('shop-prod');
    const server = await beanstalk.start(environment);
    // An answer that is not XML is not asked for again by the SDK, but by the next look.
    server.faults.push({ kind: 'garbage', action: 'DescribeEvents', skip: 1, times: 5 });
    const { status } = await beanstalk.run(set);
    expect(status).toBe(0);
  });

  test('the update is asked for once, where the answer to it is lost', async () => {
    const server = await beanstalk.start(newEnvironment('shop-prod'));
    server.faults.push({ kind: 'cut-after', action: 'UpdateEnvironment', times: 1 });
    const { status, stdout } = await beanstalk.run(set);
    expect(status).toBe(0);
    expect(JSON.parse(stdout).events.length).toBeGreaterThan(0);
    expect(server.count('UpdateEnvironment')).toBe(1);
  });

  test.each<FaultKind>(['cut', 'reset', 'throttled', 'html-500'])(
    'and again where it never arrived (%s)',
    async (kind) => {
      const server = await beanstalk.start(newEnvironment('shop-prod'));
      server.faults.push({ kind, action: 'UpdateEnvironment', times: 2 });
      expect((await beanstalk.run(set)).status).toBe(0);
      expect(server.count('UpdateEnvironment')).toBe(3);
    },
  );

  test.each([-3_600_000, 3_600_000])(
    "a clock that is %i ms off the service's is made up for",
    async (off) => {
      const server = await beanstalk.start(newEnvironment('shop-prod'));
      server.clockMs = off;
      const { status, stdout } = await beanstalk.run(set);
      expect(status).toBe(0);
      expect(JSON.parse(stdout).applied).toBe(true);
      expect(server.count('UpdateEnvironment')).toBe(1);
    },
  );

  test('with faults on every other call', async () => {
    const environment = newEnvironment('shop-prod');
    const server = await beanstalk.start(environment);
    for (const kind of ['cut', 'empty-503', 'reset', 'cut-after', 'stall'] as const) {
      server.faults.push({ kind, share: 0.12 });
    }
    const { status, stdout } = await beanstalk.run(set, { pace: impatient });
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ applied: true, settings: [{ path: '/health/' }] });
  }, 120_000);
});

describe('a fault that does not pass is one line that can be acted on', () => {
  test.each<[FaultKind, string, string, RegExp]>([
    ['access-denied', 'DescribeEnvironments', 'access-denied', /elasticbeanstalk:DescribeEnvironments/],
    [
      'access-denied',
      'UpdateEnvironment',
      'access-denied',
      /"Action":"elasticbeanstalk:UpdateEnvironment","Resource":"arn:aws:/,
    ],
    ['access-denied', 'ValidateConfigurationSettings', 'access-denied', /docs\/iam\.md/],
    ['insufficient-privileges', 'UpdateEnvironment', 'access-denied', /s3:CreateBucket/],
    ['expired-token', 'DescribeEnvironments', 'credentials-expired', /expired.*run 'aws configure'/s],
    [
      'invalid-token',
      'DescribeEnvironments',
      'credentials-invalid',
      /InvalidClientTokenId.*is eu-west-1 not enabled/s,
    ],
    [
      'not-enabled',
      'DescribeEnvironments',
      'region-not-enabled',
      /eu-west-1 is not enabled for this account/,
    ],
    ['proxy-403', 'DescribeEnvironments', 'aws-error', /no proper answer.*HTTP 403.*check the proxy/s],
    ['bad-signature', 'DescribeEnvironments', 'credentials-invalid', /SignatureDoesNotMatch/],
    ['old-signature', 'DescribeEnvironments', 'clock-skew', /set the clock/],
  ])('%s on %s', async (kind, action, code, words) => {
    const server = await beanstalk.start(newEnvironment('shop-prod'));
    server.faults.push({ kind, action });
    const { status, error, stdout } = await beanstalk.run(set);
    expect(status).toBe(2);
    expect(stdout).toBe('');
    expect(error?.code).toBe(code);
    expect(`${error?.message}\n${error?.hint}`).toMatch(words);
    expect(`${error?.message}${error?.hint}`).not.toMatch(/\n|AKIAIOSFODNN7EXAMPLE|123456789012/);
    expect(server.count(action)).toBe(1);
  });

  test('the attempts of the SDK are told with their reason, and a call that is not made again is not', async () => {
    const server = await beanstalk.start(newEnvironment('shop-prod'));
    server.faults.push({ kind: 'empty-503', action: 'DescribeEnvironments', times: 2 });
    server.faults.push({ kind: 'access-denied', action: 'DescribeConfigurationSettings' });
    const { stderr } = await beanstalk.run(['show', ...at]);
    expect(stderr).toMatch(
      /^Elastic Beanstalk: \w+, trying again \(2\)\nElastic Beanstalk: \w+, trying again \(3\)\n$/,
    );
  });

  test("an endpoint that is no URL is the user's to correct", async () => {
    await beanstalk.start(newEnvironment('shop-prod'));
    vi.stubEnv('AWS_ENDPOINT_URL_ELASTIC_BEANSTALK', 'nowhere');
    expect((await beanstalk.run(['show', ...at])).error?.message).toContain('is not a URL');
  });

  test('a denied call ends the wait, and the update is said to go on', async () => {
    const server = await beanstalk.start(newEnvironment('shop-prod'));
    server.faults.push({ kind: 'access-denied', action: 'DescribeEvents', skip: 1 });
    const { status, error } = await beanstalk.run(set);
    expect(status).toBe(2);
    expect(error?.message).toContain("the update of 'shop-prod' goes on");
  });

  test.each<[FaultKind, RegExp]>([
    ['throttled', /throttles UpdateEnvironment.*nothing was changed/],
    ['hang', /no answer to UpdateEnvironment.*is not known/],
  ])('a request that is not taken in the time that was given (%s)', async (kind, words) => {
    const server = await beanstalk.start(newEnvironment('shop-prod'));
    server.faults.push({ kind, action: 'UpdateEnvironment' });
    const { status, error } = await beanstalk.run([...set, '--timeout', '1.5s'], {
      pace: { pollMs: 400, attemptMs: 10_000 },
    });
    expect(status).toBe(1);
    expect(error?.code).toBe('timed-out');
    expect(error?.message).toMatch(words);
  });

  test('a lost answer is not taken for a refusal where nobody may look', async () => {
    const server = await beanstalk.start(newEnvironment('shop-prod'));
    server.faults.push({ kind: 'cut-after', action: 'UpdateEnvironment', times: 1 });
    server.onCall = ({ action }) => {
      if (action === 'UpdateEnvironment')
        server.faults.push({ kind: 'access-denied', action: 'DescribeConfigurationSettings' });
    };
    const { status, error } = await beanstalk.run(set);
    expect(status).toBe(2);
    expect(error?.message).toMatch(/no answer to UpdateEnvironment.*is not known/);
  });

  test('a service that only hangs is left after the time that was given', async () => {
    const server = await beanstalk.start(newEnvironment('shop-prod'));
    server.faults.push({ kind: 'hang' });
    const { status, error } = await beanstalk.run(['show', ...at, '--timeout', '0.5s']);
    expect(status).toBe(2);
    expect(error?.code).toBe('unreachable');
  });

  test('a service that only hangs is not waited for ten times', async () => {
    const server = await beanstalk.start(newEnvironment('shop-prod'));
    server.faults.push({ kind: 'hang' });
    const { status, error } = await beanstalk.run(['show', ...at], { pace: impatient });
    expect(status).toBe(2);
    expect(error).toMatchObject({ code: 'unreachable', hint: expect.stringContaining('the proxy') });
    expect(server.count('DescribeEnvironments')).toBe(3);
  });

  test('a passing fault is tried ten times and then told', async () => {
    const server = await beanstalk.start(newEnvironment('shop-prod'));
    server.faults.push({ kind: 'empty-503' });
    const { status, error, stderr } = await beanstalk.run(['show', ...at]);
    expect(status).toBe(2);
    expect(error?.code).toBe('service-failure');
    expect(server.count('DescribeEnvironments')).toBe(10);
    expect([...stderr.matchAll(/trying again \((\d+)\)/g)].map(([, attempt]) => Number(attempt))).toEqual([
      2, 3, 4, 5, 6, 7, 8, 9, 10,
    ]);
  });

  test.each([
    ['no such environment', ['--environment', 'shop-prd'], 'environment-not-found', /there is shop-prod/],
    ['none named', [], 'no-environment', /shop-prod/],
    [
      'another application',
      ['--environment', 'shop-prod', '--application', 'blog'],
      'environment-not-found',
      /--application 'shop'/,
    ],
  ])('%s', async (_, flags, code, hint) => {
    await beanstalk.start(newEnvironment('shop-prod'));
    const { status, error } = await beanstalk.run(['show', ...flags]);
    expect(status).toBe(2);
    expect(error?.code).toBe(code);
    expect(error?.hint).toMatch(hint);
  });

  test('one name in two applications wants the application', async () => {
    await beanstalk.start(
      newEnvironment('shop-prod', 'application', 'shop'),
      newEnvironment('shop-prod', 'application', 'blog'),
    );
    const { error } = await beanstalk.run(['show', ...at]);
    expect(error?.code).toBe('ambiguous-environment');
    const { stdout } = await beanstalk.run(['show', ...at, '--application', 'blog', '--json']);
    expect(JSON.parse(stdout).application).toBe('blog');
  });
});

describe('Ctrl-C', () => {
  test.each([
    ['while following', 'DescribeEvents', 2, 'goes on'],
    ['before anything was asked', 'ValidateConfigurationSettings', 1, 'nothing was changed'],
  ])('%s', async (_, action, calls, words) => {
    const environment = newEnvironment('shop-prod');
    environment.script.polls = Number.POSITIVE_INFINITY;
    const server = await beanstalk.start(environment);
    const controller = new AbortController();
    server.onCall = () => {
      if (server.count(action) >= calls) controller.abort();
    };
    const { status, error, stdout } = await beanstalk.run(set, { signal: controller.signal });
    expect(status).toBe(130);
    expect(error?.code).toBe('interrupted');
    expect(stdout).toBe('');
    expect(error?.message).toContain(words);
    if (words === 'nothing was changed') expect(server.count('UpdateEnvironment')).toBe(0);
    else {
      expect(error?.hint).toContain('eb-hosts health-check show --environment shop-prod');
    }
  });

  test('during the request itself does not claim to know', async () => {
    const server = await beanstalk.start(newEnvironment('shop-prod'));
    server.faults.push({ kind: 'hang', action: 'UpdateEnvironment' });
    const controller = new AbortController();
    server.onCall = ({ action }) => action === 'UpdateEnvironment' && controller.abort();
    const { status, error } = await beanstalk.run(set, { signal: controller.signal });
    expect(status).toBe(130);
    expect(error?.message).toContain('is not known');
  });
});
