import { describe, expect, test } from 'vitest';
import { connect } from '../../src/beanstalk/connection.ts';
import type { EnvironmentReport } from '../../src/beanstalk/diagnosis.ts';
import { diagnoseEnvironment, surveyEnvironments } from '../../src/beanstalk/survey.ts';
import { findWhere } from '../../src/beanstalk/where.ts';
import { quickPace, secret, useBeanstalk } from '../support/beanstalk-cli.ts';
import type { FaultKind } from '../support/beanstalk-faults.ts';
import type { BeanstalkServer } from '../support/beanstalk-server.ts';
import { type FakeEnvironment, newEnvironment } from '../support/beanstalk-world.ts';

const beanstalk = useBeanstalk();

async function survey(flags = {}, pace = quickPace): Promise<EnvironmentReport[]> {
  const reports: EnvironmentReport[] = [];
  const connection = connect(
    await findWhere(flags, beanstalk.directory, process.env),
    new AbortController().signal,
    pace,
  );
  try {
    await surveyEnvironments(connection, (report) => reports.push(report));
  } finally {
    connection.client.destroy();
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

  test.each<FaultKind>(['cut', 'empty-503', 'throttled'])(
    'no row is lost to %s, beyond what the SDK allows all calls of a client together',
    async (kind) => {
      const server = await beanstalk.start(...many(80));
      server.faults.push({ kind, share: 0.3 });
      const reports = await survey();
      expect(reports.filter(({ loadBalancer }) => loadBalancer !== null)).toHaveLength(80);
      expect(affected(reports)).toBe(16);
    },
    120_000,
  );

  test('but one that never ends is a row in the end', async () => {
    const server = await beanstalk.start(...many(2));
    server.faults.push({ kind: 'garbage', action: 'DescribeConfigurationSettings' });
    const reports = await survey();
    expect(reports.map(({ findings }) => findings[0]?.code)).toEqual(['env-unreadable', 'env-unreadable']);
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
      return await diagnoseEnvironment(connection, {
        options: [],
        hook: null,
        isOpen: false,
        list: null,
        committed: new Map(),
      });
    } finally {
      connection.client.destroy();
    }
  }

  test('is read in depth', async () => {
    const environment = newEnvironment('shop-prod', 'shared');
    environment.healthStatus = 'Severe';
    environment.color = 'Red';
    environment.causes = ['ELB processes are not healthy on all instances.'];
    environment.instances = [
      { id: 'i-1', status: 'Severe', color: 'Red', causes: ['unhealthy'] },
      { id: 'i-2', status: 'Ok', color: 'Green', causes: [] },
    ];
    const report = await diagnose(environment);
    expect(report).toMatchObject({
      loadBalancer: 'shared',
      imdsV1Disabled: true,
      version: { label: 'app-1', created: '2026-05-01T00:00:00.000Z' },
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
    expect(chain[0]).toContain('health: Severe; 100.0 %');
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
