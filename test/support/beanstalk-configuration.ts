import type { FakeEnvironment } from './beanstalk-world.ts';

export const processDefault = 'aws:elasticbeanstalk:environment:process:default';

export type Kind =
  | 'application'
  | 'shared'
  | 'classic'
  | 'network'
  | 'single-instance'
  | 'worker'
  | 'cluster';

/** The options of an environment that nobody has touched, as `namespace|option` and value. */
export function defaultsOf(kind: Kind): [string, string][] {
  if (kind === 'cluster') return [['aws:elasticbeanstalk:eks|ClusterName', 'shop']];
  const environment = 'aws:elasticbeanstalk:environment';
  const single = kind === 'single-instance' || kind === 'worker';
  const type = kind === 'shared' ? 'application' : kind;
  const common: [string, string][] = [
    [`${environment}|EnvironmentType`, single ? 'SingleInstance' : 'LoadBalanced'],
    ['aws:autoscaling:launchconfiguration|DisableIMDSv1', 'true'],
  ];
  if (single) return common;
  common.push(
    [`${environment}|LoadBalancerType`, type],
    ['aws:elasticbeanstalk:application|Application Healthcheck URL', ''],
  );
  if (kind === 'classic') {
    const check = 'aws:elb:healthcheck';
    return [
      ...common,
      [`${check}|Interval`, '10'],
      [`${check}|Timeout`, '5'],
      [`${check}|HealthyThreshold`, '3'],
      [`${check}|UnhealthyThreshold`, '5'],
    ];
  }
  common.push([`${environment}|LoadBalancerIsShared`, String(kind === 'shared')]);
  return [
    ...common,
    [`${processDefault}|HealthCheckPath`, '/'],
    [`${processDefault}|HealthCheckInterval`, kind === 'network' ? '30' : '15'],
    [`${processDefault}|HealthCheckTimeout`, '5'],
    [`${processDefault}|HealthyThresholdCount`, '3'],
    [`${processDefault}|UnhealthyThresholdCount`, '5'],
    [`${processDefault}|Port`, '80'],
    [`${processDefault}|Protocol`, kind === 'network' ? 'TCP' : 'HTTP'],
    ['aws:elbv2:listener:default|ListenerEnabled', 'true'],
    ['aws:elbv2:listener:default|DefaultProcess', 'default'],
  ];
}

/** The value in force. */
function deployedValue(
  environment: FakeEnvironment,
  key: string,
  direct = environment.direct,
): string | undefined {
  return direct.get(key) ?? environment.files.get(key) ?? environment.defaults.get(key);
}

/** A configuration set, as DescribeConfigurationSettings returns it. */
export function configurationOf(
  environment: FakeEnvironment,
  status: 'deployed' | 'pending' | 'failed',
): Record<string, unknown> {
  let direct = environment.direct;
  if (status !== 'deployed') {
    direct = new Map([...direct, ...(environment.draft?.set ?? [])]);
    for (const key of environment.draft?.remove ?? []) direct.delete(key);
  } else if (environment.stale.reads > 0) {
    environment.stale.reads -= 1;
    direct = environment.stale.direct;
  }
  const keys = new Set([...environment.defaults.keys(), ...environment.files.keys(), ...direct.keys()]);
  const settings = [...keys].map((key) => {
    const [Namespace, OptionName] = key.split('|');
    return {
      Namespace,
      OptionName,
      Value: deployedValue(environment, key, direct),
      ResourceName: 'AWSEBV2LoadBalancerTargetGroup',
    };
  });
  const properties = Object.entries(environment.properties);
  return {
    ApplicationName: environment.application,
    EnvironmentName: environment.name,
    DeploymentStatus: status,
    SolutionStackName: environment.platform,
    OptionSettings: [
      ...settings,
      // Without a value as long as nobody set it.
      ...(keys.has('aws:elasticbeanstalk:environment:process:default|HealthCheckPath')
        ? [
            {
              Namespace: 'aws:elasticbeanstalk:environment:process:default',
              OptionName: 'MatcherHTTPCode',
              Value: undefined,
            },
          ].filter(({ Namespace, OptionName }) => !keys.has(`${Namespace}|${OptionName}`))
        : []),
      ...properties.map(([OptionName, Value]) => ({
        Namespace: 'aws:elasticbeanstalk:application:environment',
        OptionName,
        Value,
      })),
      ...Object.entries(environment.secrets).map(([OptionName, Value]) => ({
        Namespace: 'aws:elasticbeanstalk:application:environmentsecrets',
        OptionName,
        Value,
      })),
      {
        Namespace: 'aws:cloudformation:template:parameter',
        OptionName: 'EnvironmentVariables',
        Value: properties.map(([name, value]) => `${name}=${value}`).join(','),
      },
    ],
  };
}
