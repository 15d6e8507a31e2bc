import { describe, expect, test } from 'vitest';
import { learnSecrets, redact } from '../../src/beanstalk/redaction.ts';
import { runMain } from '../cli/in-process.ts';
import { secret, useBeanstalk } from '../support/beanstalk-cli.ts';
import { processDefault } from '../support/beanstalk-configuration.ts';
import { type FakeEnvironment, newEnvironment, tell } from '../support/beanstalk-world.ts';

const beanstalk = useBeanstalk();
const at = ['--environment', 'shop-prod'];

describe('a property that the service quotes is shown to nobody', () => {
  const run = (...argv: string[]) => runMain(argv, { env: process.env, cwd: beanstalk.directory });

  /** Quotes the secret wherever the service has words of its own. */
  function talkative(): FakeEnvironment {
    const environment = newEnvironment('shop-prod');
    Object.assign(environment, { color: 'Red', healthStatus: 'Severe', causes: [`SECRET_KEY is ${secret}`] });
    environment.instances = [{ id: 'i-1', status: 'Severe', color: 'Red', causes: [`"${secret}" is set`] }];
    environment.script.outcome = 'rollback';
    environment.script.reason = `Invalid option value: '${secret}' (Namespace: 'aws:elasticbeanstalk:application:environment')`;
    tell(environment, 'ERROR', `SECRET_KEY=${secret} was refused`);
    return environment;
  }

  test.each([
    'health-check show',
    'health-check show --json',
    'health-check set /health/ --yes',
    'health-check set /health/ --yes --json',
    'doctor',
    'doctor --json',
    'doctor --all --json',
  ])('%s', async (line) => {
    const server = await beanstalk.start(talkative());
    server.world.messages.push({
      Message: `SECRET_KEY ${secret} is weak`,
      Severity: 'warning',
      Namespace: processDefault,
      OptionName: 'HealthCheckPath',
    });
    // Answered later than what quotes it.
    server.faults.push({ kind: 'throttled', action: 'DescribeConfigurationSettings', times: 1 });
    const [command = '', ...flags] = line.split(' ');
    const argv = flags.includes('--all') ? flags : [...flags, ...at];
    const { stdout, stderr } = command === 'doctor' ? await run(command, ...argv) : await beanstalk.run(argv);
    expect(stdout + stderr).not.toContain(secret);
    expect(stdout + stderr).toContain('(hidden)');
  });

  test('in the reason for another attempt', async () => {
    const server = await beanstalk.start(newEnvironment('shop-prod'));
    server.faults.push({ kind: 'quoting-500', action: 'DescribeEnvironmentHealth', times: 2 });
    const { stderr } = await run('health-check', 'show', ...at);
    expect(stderr).toContain('Elastic Beanstalk: Bad-(hidden), trying again (2)');
    expect(stderr).not.toContain(secret);
  });

  test('but the names of the environment are no secret, though a property holds them', async () => {
    const environment = newEnvironment('shop-prod');
    environment.properties.APP = 'shop';
    const server = await beanstalk.start(environment);
    server.faults.push({ kind: 'access-denied', action: 'UpdateEnvironment' });
    const { stderr } = await run('health-check', 'set', '/x', ...at, '--yes');
    expect(stderr).toContain('"Resource":"arn:aws:elasticbeanstalk:eu-west-1:*:environment/shop/shop-prod"');
  });

  test.each(['UpdateEnvironment', 'ValidateConfigurationSettings'])('in an error of %s', async (action) => {
    const server = await beanstalk.start(newEnvironment('shop-prod'));
    server.faults.push({ kind: 'quoting', action });
    const { status, stdout, stderr } = await run('health-check', 'set', '/x', ...at, '--yes', '--debug');
    expect(status).toBe(2);
    expect(stdout + stderr).not.toContain(secret);
    expect(stderr).toContain("Invalid option value: '(hidden)'");
  });
});

describe('what is struck out', () => {
  const conceal = (value: string, text: string) => {
    const secrets = new Set<string>();
    learnSecrets(secrets, [value], ['shop-prod']);
    return redact(text, secrets);
  };

  test.each([
    ['hunter2-is-secret', 'x=hunter2-is-secret, y', 'x=(hidden), y'],
    ['a"b c\\d e', 'said "a\\"b c\\\\d e"', 'said "(hidden)"'],
    ['p&ss w/rd 1', '?q=p%26ss%20w%2Frd%201', '?q=(hidden)'],
    ['two\nlines of it', 'key two lines of it.', 'key (hidden).'],
    ['postgres://me:pa55w0rd@db/shop', 'login with pa55w0rd failed', 'login with (hidden) failed'],
    ['abc1', 'abc1 abc12 x-abc1 (abc1)', '(hidden) abc12 x-abc1 ((hidden))'],
  ])('%j', (value, text, concealed) => {
    expect(conceal(value, text)).toBe(concealed);
  });

  test.each([
    ['environment', 'Environment update completed successfully. environment'],
    ['shop-prod', 'Updating environment shop-prod'],
    ['true', 'this is true'],
    ['8000', 'port 8000'],
    ['', 'no text'],
  ])('but not %j, which is no secret', (value, text) => {
    expect(conceal(value, text)).toBe(text);
  });
});
