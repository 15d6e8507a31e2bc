import { describe, expect, test } from 'vitest';
import { connect } from '../../src/beanstalk/connection.ts';
import type { EnvironmentReport } from '../../src/beanstalk/report.ts';
import { diagnoseEnvironment, surveyEnvironments } from '../../src/beanstalk/survey.ts';
import { findWhere } from '../../src/beanstalk/where.ts';
import { quickPace, secret, useBeanstalk } from '../support/beanstalk-cli.ts';
import type { FaultKind } from '../support/beanstalk-faults.ts';
import type { BeanstalkServer } from '../support/beanstalk-server.ts';
import { type FakeEnvironment, newEnvironment } from '../support/beanstalk-world.ts';

const beanstalk = useBeanstalk();
const now = new Date('2026-06-01T00:00:00Z');

async function survey(flags = {}, pace = quickPace): Promise<EnvironmentReport[]> {
  const reports: EnvironmentReport[] = [];
  const connection = connect(
    await findWhere(flags, beanstalk.directory, process.env),
    new AbortController().signal,
    pace,
    () => {},
    'standard',
  );
  try {
    await surveyEnvironments(connection, now, (report) => reports.push(report));
  } finally {
    connection.close();
  }
  return reports;
}

function many(count: number): FakeEnvironment[] {
  return Array.from({ length: count }, (_, index) => {
    const environment = newEnvironment(`shop-${index}`);
    if (index % 5 === 0) {
      environment.color = 'Red';
      environment.healthStatus = 'Severe';
      environment.causes = [
        '100.0 % of the requests are erroring with HTTP 4xx.',
        'Insufficient request rate (6.0 requests/min) to determine application health.',
      ];
    }
    return environment;
  });
}

const affected = (reports: readonly EnvironmentReport[]) =>
  reports.filter(({ findings }) => findings.some(({ code }) => code === 'env-check-refused')).length;

describe('many environments', () => {
  test('are read page by page with at most three calls each', async () => {
    const server = await beanstalk.start(...many(120));
    server.world.pageSize = 50;
    const reports = await survey();
    expect(new Set(reports.map(({ environment }) => environment.name)).size).toBe(120);
    expect(affected(reports)).toBe(24);
    expect(server.count('DescribeEnvironments')).toBe(3);
    expect(server.calls.length).toBeLessThanOrEqual(120 * 1.5);
    expect(JSON.stringify(reports)).not.toContain(secret);
  });

  test('one that may not be read is a row with the reason', async () => {
    const server = await beanstalk.start(newEnvironment('shop-a'), newEnvironment('shop-b'));
    server.faults.push({ kind: 'access-denied', action: 'DescribeConfigurationSettings', times: 1 });
    const reports = await survey();
    expect(reports).toHaveLength(2);
    const [denied] = reports.filter(({ loadBalancer }) => loadBalancer === null);
    expect(denied?.findings[0]).toMatchObject({ code: 'env-unreadable', severity: 'error' });
    expect(denied?.findings[0]?.fix).toContain('elasticbeanstalk:DescribeConfigurationSettings');
  });

  test.each<FaultKind>(['cut', 'empty-503', 'garbage'])(
    'no row is lost to %s, far beyond what the SDK itself retries',
    async (kind) => {
      const server = await beanstalk.start(...many(80));
      server.faults.push({ kind, share: 0.3 });
      const reports = await survey();
      expect(reports.filter(({ loadBalancer }) => loadBalancer !== null)).toHaveLength(80);
      expect(affected(reports)).toBe(16);
    },
    120_000,
  );

  test('nor to a fault that outlasts all attempts of a call', async () => {
    const server = await beanstalk.start(...many(3));
    server.faults.push({ kind: 'garbage', action: 'DescribeConfigurationSettings', times: 45 });
    expect((await survey()).filter(({ loadBalancer }) => loadBalancer !== null)).toHaveLength(3);
  });

  test('nor the pages that follow one which fails for long', async () => {
    const server = await beanstalk.start(...many(9));
    server.world.pageSize = 3;
    server.faults.push({ kind: 'garbage', action: 'DescribeEnvironments', skip: 1, times: 25 });
    expect(await survey()).toHaveLength(9);
  });

  test('but one that never ends is a row in the end', async () => {
    const server = await beanstalk.start(...many(2));
    server.faults.push({ kind: 'garbage', action: 'DescribeConfigurationSettings' });
    const reports = await survey();
    expect(reports.map(({ findings }) => findings[0]?.code)).toEqual(['env-unreadable', 'env-unreadable']);
  });

  test('a service that answers to nothing is not asked for every one, and all are rows', async () => {
    const server = await beanstalk.start(...many(60));
    server.faults.push({ kind: 'hang', action: 'DescribeConfigurationSettings' });
    const reports = await survey({}, { pollMs: 15, attemptMs: 100, retryMs: 10 });
    expect(reports.filter(({ findings }) => findings[0]?.code === 'env-unreadable')).toHaveLength(60);
    expect(server.count('DescribeConfigurationSettings')).toBeLessThan(150);
  });

  test('one that never answers is asked for twice', async () => {
    const server = await beanstalk.start(...many(4));
    server.onCall = ({ action, parameters }) => {
      const hangs = action === 'DescribeConfigurationSettings' && parameters.EnvironmentName === 'shop-1';
      if (hangs) server.faults.push({ kind: 'hang', action, times: 1 });
    };
    const reports = await survey({}, { pollMs: 15, attemptMs: 200, retryMs: 10 });
    const unread = reports.filter(({ findings }) => findings.some(({ code }) => code === 'env-unreadable'));
    expect(unread.map(({ environment }) => environment.name)).toEqual(['shop-1']);
    const asked = server.calls.filter(({ parameters }) => parameters.EnvironmentName === 'shop-1');
    expect(asked).toHaveLength(6);
  });

  test('nor to a burst of throttling', async () => {
    const server = await beanstalk.start(...many(40));
    server.faults.push({ kind: 'throttled', action: 'DescribeConfigurationSettings', times: 12 });
    expect(affected(await survey())).toBe(8);
  }, 120_000);

  test('what comes or goes meanwhile is a row, and no failure', async () => {
    const made = newEnvironment('shop-new');
    Object.assign(made, { status: 'Launching', creating: true, healthStatus: 'Pending', color: 'Grey' });
    const going = newEnvironment('shop-old');
    Object.assign(going, { status: 'Terminating', healthStatus: 'Severe', color: 'Red' });
    const gone = newEnvironment('shop-gone');
    const server = await beanstalk.start(made, going, gone, newEnvironment('shop-prod'));
    server.onCall = ({ action }) => {
      if (action === 'DescribeConfigurationSettings') gone.status = 'Terminated';
    };
    const reports = await survey();
    expect(reports.map(({ environment }) => environment.name).sort()).toEqual([
      'shop-gone',
      'shop-new',
      'shop-old',
      'shop-prod',
    ]);
    const severities = reports.flatMap(({ findings }) => findings.map(({ severity }) => severity));
    expect(severities).toEqual(['info', 'info', 'info']);
  });

  test('pages that overlap give no row twice, and pages that go round in a circle come to an end', async () => {
    const server = await beanstalk.start(...many(6));
    server.world.pageSize = 2;
    // Pages 0-1, 2-3, then 0-1 again for ever.
    server.world.nextToken = (end) => (end >= 4 ? '0' : String(end));
    const names = (await survey()).map(({ environment }) => environment.name);
    expect(names.sort()).toEqual(['shop-0', 'shop-1', 'shop-2', 'shop-3']);
  });

  test('without the right to read health the colour has to do', async () => {
    const server = await beanstalk.start(...many(1));
    server.faults.push({ kind: 'access-denied', action: 'DescribeEnvironmentHealth' });
    const [report] = await survey();
    expect(report).toMatchObject({ loadBalancer: 'application', health: { status: 'Severe' } });
    expect(report?.findings[0]).toMatchObject({ code: 'env-unhealthy', severity: 'error' });
    expect(report?.findings[0]?.message).toContain('elasticbeanstalk:DescribeEnvironmentHealth');
  });

  test('of one application only', async () => {
    await beanstalk.start(newEnvironment('shop-a'), newEnvironment('blog-a', 'application', 'blog'));
    expect((await survey({ application: 'blog' })).map(({ environment }) => environment.name)).toEqual([
      'blog-a',
    ]);
  });
});

describe('one environment', () => {
  async function diagnose(
    environment: FakeEnvironment,
    disturb: (server: BeanstalkServer) => void = () => {},
  ) {
    disturb(await beanstalk.start(environment));
    const where = await findWhere({ environment: environment.name }, beanstalk.directory, process.env);
    const connection = connect(where, new AbortController().signal, quickPace);
    try {
      return await diagnoseEnvironment(connection, { healthCheckOptions: [], hook: false }, now);
    } finally {
      connection.close();
    }
  }

  test('is read in depth', async () => {
    const environment = newEnvironment('shop-prod', 'shared');
    environment.healthStatus = 'Severe';
    environment.color = 'Red';
    environment.platformArn = 'arn:aws:elasticbeanstalk:eu-west-1::platform/Python 3.11/4.3.2';
    environment.causes = ['ELB processes are not healthy on all instances.'];
    environment.instances = [
      { id: 'i-1', status: 'Severe', color: 'Red', causes: ['unhealthy'] },
      { id: 'i-2', status: 'Ok', color: 'Green', causes: [] },
    ];
    const report = await diagnose(environment);
    expect(report).toMatchObject({
      loadBalancer: 'shared',
      imdsV1Disabled: true,
      platform: { created: '1970-01-01T00:00:00.000Z', branchState: 'Deprecated' },
      health: { status: 'Severe', color: 'Red' },
      instances: [{ id: 'i-1', status: 'Severe', causes: ['unhealthy'] }, { id: 'i-2' }],
      hostsProperties: [{ name: 'ALLOWED_HOSTS', verdict: 'hosts' }],
      next: 'eb-hosts init, then eb deploy shop-prod',
    });
    expect(JSON.stringify(report)).not.toContain(secret);
  });

  test('without its configuration it is judged by what else is known', async () => {
    const environment = newEnvironment('shop-prod');
    Object.assign(environment, {
      color: 'Red',
      healthStatus: 'Severe',
      causes: ['100.0 % of the requests are erroring with HTTP 4xx.'],
    });
    const { findings, chain, instances } = await diagnose(environment, (server) =>
      server.faults.push({ kind: 'access-denied', action: 'DescribeConfigurationSettings' }),
    );
    expect(findings.map(({ code }) => code)).toEqual(['env-unreadable', 'env-check-refused']);
    expect(findings[0]?.message).toContain('elasticbeanstalk:DescribeConfigurationSettings');
    expect(chain[0]).toContain('asks a path that could not be read');
    expect(instances).toHaveLength(1);
  });

  test('with basic health says what there is to say', async () => {
    const environment = newEnvironment('shop-prod', 'classic');
    environment.basicHealth = true;
    environment.color = 'Red';
    environment.healthStatus = '';
    const report = await diagnose(environment);
    expect(report.findings.map(({ code }) => code)).toEqual(['env-unhealthy']);
    expect(report.instances).toBeNull();
  });
});
