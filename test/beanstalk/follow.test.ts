import { describe, expect, test } from 'vitest';
import { useBeanstalk } from '../support/beanstalk-cli.ts';
import { processDefault } from '../support/beanstalk-configuration.ts';
import { beginUpdate, newEnvironment, tell } from '../support/beanstalk-world.ts';

const beanstalk = useBeanstalk();
const path = `${processDefault}|HealthCheckPath`;
const set = ['set', '/health/', '--environment', 'shop-prod', '--yes', '--json'];

describe('an update that goes well', () => {
  test.each([
    ['a slow first event', { firstEventAfter: 3, polls: 5 }],
    ['no events at all', { firstEventAfter: Number.POSITIVE_INFINITY }],
    ['a view that lags behind when it is Ready', { staleReads: 2 }],
    ['a view that lags behind for long', { staleReads: 9 }],
    ['a late beginning', { startsAfter: 10 }],
    ['a late last word', { lastWordsAfter: 1 }],
    ['an end at the first look', { polls: 0 }],
  ])('is done with %s', async (_, script) => {
    const environment = newEnvironment('shop-prod');
    Object.assign(environment.script, script);
    await beanstalk.start(environment);
    const { status, stdout } = await beanstalk.run(set);
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ ok: true, applied: true, settings: [{ path: '/health/' }] });
  });

  test('is waited for also where it is a removal that begins late', async () => {
    const environment = newEnvironment('shop-prod');
    environment.direct.set(path, '/health/');
    environment.script.startsAfter = 10;
    await beanstalk.start(environment);
    const { status, stdout } = await beanstalk.run([
      'unset',
      '--environment',
      'shop-prod',
      '--yes',
      '--json',
    ]);
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ applied: true, settings: [{ path: '/' }] });
  });

  test('is done also where its events cannot be read', async () => {
    const server = await beanstalk.start(newEnvironment('shop-prod'));
    server.faults.push({ kind: 'garbage', action: 'DescribeEvents', skip: 1 });
    const { status, stdout, stderr } = await beanstalk.run(set);
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ applied: true, settings: [{ path: '/health/' }] });
    expect(stderr).toContain('no proper answer to DescribeEvents');
  });

  test('tells the last word, although the environment was Ready before it', async () => {
    const environment = newEnvironment('shop-prod');
    environment.script.lastWordsAfter = 1;
    await beanstalk.start(environment);
    const { stdout } = await beanstalk.run(set);
    expect(JSON.parse(stdout).events.at(-1).message).toBe('Environment update completed successfully.');
  });

  test('without a request id takes the events since the request, and no older ones', async () => {
    const environment = newEnvironment('shop-prod');
    tell(environment, 'ERROR', 'an old failure', 'another-request');
    const server = await beanstalk.start(environment);
    server.faults.push({ kind: 'no-request-id', action: 'UpdateEnvironment' });
    const { status, stdout } = await beanstalk.run(set);
    expect(status).toBe(0);
    const messages = JSON.parse(stdout).events.map(({ message }: { message: string }) => message);
    expect(messages).toContain('Environment update completed successfully.');
    expect(messages).not.toContain('an old failure');
  });

  test('an ERROR of somebody else is not its failure', async () => {
    const environment = newEnvironment('shop-prod');
    const server = await beanstalk.start(environment);
    server.onCall = ({ action }) => {
      if (action === 'DescribeEvents')
        tell(environment, 'ERROR', 'another request failed', 'another-request');
    };
    expect((await beanstalk.run(set)).status).toBe(0);
  });

  test('reads on through all pages of events', async () => {
    const environment = newEnvironment('shop-prod');
    const server = await beanstalk.start(environment);
    server.world.pageSize = 1;
    const { stdout } = await beanstalk.run(set);
    expect(JSON.parse(stdout).events).toHaveLength(4);
  });
});

describe('an update that fails', () => {
  test('is status 1 with the event that says why, after a rollback', async () => {
    const environment = newEnvironment('shop-prod');
    environment.script.outcome = 'rollback';
    await beanstalk.start(environment);
    const { status, stdout } = await beanstalk.run(set);
    expect(status).toBe(1);
    const document = JSON.parse(stdout);
    expect(document).toMatchObject({ ok: false, applied: false, settings: [{ path: '/' }] });
    expect(document.error).toMatchObject({ code: 'update-failed' });
    expect(document.error.message).toContain('Stack named awseb-e-x aborted operation.');
  });

  test('shows what is deployed after it', async () => {
    const environment = newEnvironment('shop-prod');
    environment.script.outcome = 'with-errors';
    await beanstalk.start(environment);
    const { status, stdout } = await beanstalk.run(set.slice(0, -1));
    expect(status).toBe(1);
    expect(stdout).toContain('process default: GET /health/');
  });

  test('is noticed without any event, by the old value', async () => {
    const environment = newEnvironment('shop-prod');
    Object.assign(environment.script, { outcome: 'rollback', firstEventAfter: Number.POSITIVE_INFINITY });
    await beanstalk.start(environment);
    const { status, stdout } = await beanstalk.run(set);
    expect(status).toBe(1);
    expect(JSON.parse(stdout).error.message).toContain('HealthCheckPath is still /');
  });

  test('finds the reason also where events do not carry its request id', async () => {
    const environment = newEnvironment('shop-prod');
    Object.assign(environment.script, { outcome: 'rollback', firstEventAfter: Number.POSITIVE_INFINITY });
    const server = await beanstalk.start(environment);
    let updated = false;
    server.onCall = ({ action }) => {
      if (updated && action === 'DescribeEvents' && environment.status === 'Ready') {
        tell(environment, 'ERROR', 'Creating target group failed');
        updated = false;
      }
      updated ||= action === 'UpdateEnvironment';
    };
    const { stdout } = await beanstalk.run(set);
    expect(JSON.parse(stdout).error.message).toContain('Creating target group failed');
  });

  test('"complete, but with errors" is a failure although the value is there', async () => {
    const environment = newEnvironment('shop-prod');
    environment.script.outcome = 'with-errors';
    await beanstalk.start(environment);
    const { status, stdout } = await beanstalk.run(set);
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ ok: false, settings: [{ path: '/health/' }] });
  });

  test('is one too where the errors are told after the environment is Ready with the new value', async () => {
    const environment = newEnvironment('shop-prod');
    Object.assign(environment.script, { outcome: 'with-errors', lastWordsAfter: 1 });
    await beanstalk.start(environment);
    const { status, stdout } = await beanstalk.run(set);
    expect(status).toBe(1);
    expect(JSON.parse(stdout).error.message).toContain('Stack named awseb-e-x aborted operation.');
  });

  test('says that the environment was terminated', async () => {
    const environment = newEnvironment('shop-prod');
    environment.script.outcome = 'terminated';
    await beanstalk.start(environment);
    const { status, stdout } = await beanstalk.run(set);
    expect(status).toBe(1);
    expect(JSON.parse(stdout).error.code).toBe('environment-terminated');
  });

  test('notices an environment that goes away between two calls', async () => {
    const environment = newEnvironment('shop-prod');
    const server = await beanstalk.start(environment);
    server.onCall = ({ action }) => {
      const last = server.count('UpdateEnvironment') > 0 && environment.status === 'Ready';
      if (last && action === 'DescribeConfigurationSettings') environment.status = 'Terminated';
    };
    const { status, stdout } = await beanstalk.run(set);
    expect(status).toBe(1);
    expect(JSON.parse(stdout).error.code).toBe('environment-terminated');
  });

  test('is over when the time is up, and says that the update goes on', async () => {
    const environment = newEnvironment('shop-prod');
    environment.script.polls = Number.POSITIVE_INFINITY;
    await beanstalk.start(environment);
    const { status, stdout } = await beanstalk.run([...set, '--timeout', '3s']);
    expect(status).toBe(1);
    const { error } = JSON.parse(stdout);
    expect(error.code).toBe('timed-out');
    expect(error.message).toContain('still Updating');
    expect(error.hint).toContain('goes on');
  });
});

describe('an environment that is busy', () => {
  test('is waited for, and the change is worked out anew', async () => {
    const environment = newEnvironment('shop-prod');
    beginUpdate(environment, [[path, '/other/']], []);
    const server = await beanstalk.start(environment);
    const { status, stdout } = await beanstalk.run(set);
    expect(status).toBe(0);
    expect(JSON.parse(stdout).changes[0].from).toBe('/other/');
    expect(server.count('UpdateEnvironment')).toBe(1);
  });

  test('needs nothing more if the update under way is the very one', async () => {
    const environment = newEnvironment('shop-prod');
    beginUpdate(environment, [[path, '/health/']], []);
    const server = await beanstalk.start(environment);
    const { status, stdout } = await beanstalk.run(set);
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ ok: true, settings: [{ path: '/health/' }] });
    expect(server.count('UpdateEnvironment')).toBe(0);
  });

  test('is waited for if the update under way would undo what is deployed', async () => {
    const environment = newEnvironment('shop-prod');
    environment.direct.set(path, '/health/');
    beginUpdate(environment, [[path, '/other/']], []);
    await beanstalk.start(environment);
    expect((await beanstalk.run(set)).status).toBe(0);
    expect(environment.direct.get(path)).toBe('/health/');
  });

  test('ends --no-wait with nothing changed', async () => {
    const environment = newEnvironment('shop-prod');
    beginUpdate(environment, [[path, '/other/']], []);
    const server = await beanstalk.start(environment);
    const { status, error } = await beanstalk.run([...set, '--no-wait']);
    expect(status).toBe(2);
    expect(error?.code).toBe('environment-busy');
    expect(server.count('UpdateEnvironment')).toBe(0);
  });

  test('may have become so between two calls', async () => {
    const environment = newEnvironment('shop-prod');
    const server = await beanstalk.start(environment);
    let first = true;
    server.onCall = ({ action }) => {
      if (action === 'UpdateEnvironment' && first) beginUpdate(environment, [[path, '/other/']], []);
      if (action === 'UpdateEnvironment') first = false;
    };
    const { status, stdout } = await beanstalk.run(set);
    expect(status).toBe(0);
    expect(JSON.parse(stdout).changes[0].from).toBe('/other/');
  });

  test('that is never Ready ends in a time-out with nothing changed', async () => {
    const environment = newEnvironment('shop-prod');
    environment.script.polls = Number.POSITIVE_INFINITY;
    beginUpdate(environment, [], []);
    const server = await beanstalk.start(environment);
    const { status, error } = await beanstalk.run([...set, '--timeout', '2s']);
    expect(status).toBe(1);
    expect(error?.message).toContain('nothing was changed');
    expect(server.count('UpdateEnvironment')).toBe(0);
  });

  test('that goes away is an error', async () => {
    const environment = newEnvironment('shop-prod');
    environment.script.outcome = 'terminated';
    beginUpdate(environment, [], []);
    await beanstalk.start(environment);
    const { status, error } = await beanstalk.run(set);
    expect(status).toBe(1);
    expect(error?.code).toBe('environment-terminating');
  });
});
