import { randomUUID } from 'node:crypto';
import { configurationOf } from './beanstalk-configuration.ts';
import type { Parameters } from './beanstalk-model.ts';
import { beginUpdate, type FakeEnvironment, look } from './beanstalk-world.ts';

/** An error as the service answers it. */
export class ServiceError extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** What the service knows, and how it answers. */
export interface World {
  readonly environments: FakeEnvironment[];
  /** Elements a page holds. */
  pageSize: number;
  /** What ValidateConfigurationSettings says, besides what it finds itself. */
  messages: { Message: string; Severity: 'error' | 'warning'; Namespace: string; OptionName: string }[];
}

/** The result of a call, and the id its answer carries in `x-amzn-RequestId`. */
export interface Answer {
  readonly result: Record<string, unknown>;
  readonly requestId: string;
}

type Action = (world: World, parameters: Parameters) => Record<string, unknown> & { requestId?: string };

/** Carries out a call.
 * @throws ServiceError */
export function act(world: World, action: string, parameters: Parameters): Answer {
  const { requestId = randomUUID(), ...result } = actions[action]?.(world, parameters) ?? {};
  return { result, requestId };
}

const actions: Record<string, Action> = {
  DescribeEnvironments(world, parameters) {
    const names = list(parameters.EnvironmentNames);
    const found = world.environments.filter(
      ({ name, application, status }) =>
        status !== 'Terminated' &&
        (names.length === 0 || names.includes(name)) &&
        (parameters.ApplicationName === undefined || parameters.ApplicationName === application),
    );
    if (names.length > 0) for (const environment of found) look(environment);
    const { page, NextToken } = pageOf(found, parameters, world.pageSize);
    // A terminated one is left out, also when this very look ended it.
    return { Environments: page.filter(({ status }) => status !== 'Terminated').map(describe), NextToken };
  },

  DescribeConfigurationSettings(world, parameters) {
    const environment = find(world, parameters);
    const sets = environment.creating ? [] : [configurationOf(environment, 'deployed')];
    // The draft comes first, where the EB CLI would take it for the deployed one.
    if (environment.draft !== undefined) sets.unshift(configurationOf(environment, environment.draft.status));
    return { ConfigurationSettings: sets };
  },

  ValidateConfigurationSettings(world, parameters) {
    refuseCluster(find(world, parameters));
    const found = settingsIn(parameters.OptionSettings).flatMap(
      ({ Namespace = '', OptionName = '', Value = '' }) =>
        OptionName === 'HealthCheckInterval' && Number(Value) < 5
          ? [{ Message: `Invalid option value: '${Value}'`, Severity: 'error', Namespace, OptionName }]
          : [],
    );
    return { Messages: [...found, ...world.messages] };
  },

  UpdateEnvironment(world, parameters) {
    const environment = find(world, parameters);
    refuseCluster(environment);
    const set = settingsIn(parameters.OptionSettings);
    for (const { Namespace = '', OptionName = '' } of set) {
      if (!/^aws:(?:elasticbeanstalk|elb|elbv2):/.test(Namespace)) throw unknownOption(Namespace, OptionName);
    }
    if (environment.status !== 'Ready') {
      throw invalidValue(
        `Environment named ${environment.name} is in an invalid state for this operation. Must be Ready.`,
      );
    }
    const requestId = beginUpdate(
      environment,
      set.map(({ Namespace, OptionName, Value = '' }) => [`${Namespace}|${OptionName}`, Value]),
      settingsIn(parameters.OptionsToRemove).map(({ Namespace, OptionName }) => `${Namespace}|${OptionName}`),
    );
    return { ...describe(environment), requestId };
  },

  DescribeEvents(world, parameters) {
    const since = parameters.StartTime === undefined ? 0 : Date.parse(String(parameters.StartTime));
    const events = world.environments
      .flatMap((environment) => environment.events)
      .filter(
        (event) =>
          (parameters.EnvironmentName === undefined ||
            event.EnvironmentName === parameters.EnvironmentName) &&
          (parameters.ApplicationName === undefined ||
            event.ApplicationName === parameters.ApplicationName) &&
          (parameters.RequestId === undefined || event.RequestId === parameters.RequestId) &&
          event.EventDate.getTime() >= since,
      );
    const { page, NextToken } = pageOf(events, parameters, world.pageSize);
    return { Events: page, NextToken };
  },

  DescribeEnvironmentHealth(world, parameters) {
    const environment = find(world, parameters);
    refuseBasicHealth(environment);
    if (!list(parameters.AttributeNames).includes('All')) return { EnvironmentName: environment.name };
    return {
      EnvironmentName: environment.name,
      HealthStatus: environment.healthStatus,
      Status: environment.status,
      Color: environment.color,
      Causes: environment.causes,
      ApplicationMetrics: {
        Duration: 10,
        RequestCount: environment.requestCount,
        StatusCodes: { Status4xx: 0 },
      },
      InstancesHealth: { Ok: environment.instances.filter(({ status }) => status === 'Ok').length },
      RefreshedAt: new Date(0),
    };
  },

  DescribeApplicationVersions(world, { ApplicationName, VersionLabels }) {
    const versions = world.environments
      .filter(
        ({ application, version }) =>
          application === ApplicationName && list(VersionLabels).includes(version.label),
      )
      .map(({ version }) => ({ ApplicationName, VersionLabel: version.label, DateCreated: version.created }));
    return { ApplicationVersions: versions };
  },

  DescribeInstancesHealth(world, parameters) {
    const environment = find(world, parameters);
    refuseBasicHealth(environment);
    const { page, NextToken } = pageOf(environment.instances, parameters, world.pageSize);
    return {
      InstanceHealthList: page.map(({ id, status, color, causes }) => ({
        InstanceId: id,
        HealthStatus: status,
        Color: color,
        Causes: causes,
      })),
      NextToken,
    };
  },
};

const tiers = {
  web: { Name: 'WebServer', Type: 'Standard' },
  worker: { Name: 'Worker', Type: 'SQS/HTTP' },
  cluster: { Name: 'Cluster', Type: 'EKS' },
};

function describe(environment: FakeEnvironment): Record<string, unknown> {
  const { name, application, status, color, healthStatus, tier, platform, version } = environment;
  return {
    EnvironmentName: name,
    EnvironmentId: `e-${name}`,
    ApplicationName: application,
    SolutionStackName: platform,
    VersionLabel: version.label,
    Status: status,
    Health: color,
    HealthStatus: healthStatus,
    AbortableOperationInProgress: status === 'Updating',
    Tier: tiers[tier],
  };
}

function find(world: World, parameters: Parameters): FakeEnvironment {
  const { ApplicationName: application, EnvironmentName: name } = parameters;
  if (
    application !== undefined &&
    !world.environments.some((environment) => environment.application === application)
  ) {
    throw invalidValue(`No Application named ${application} found.`);
  }
  const found = world.environments.find(
    (environment) =>
      environment.name === name &&
      environment.status !== 'Terminated' &&
      (application === undefined || environment.application === application),
  );
  if (found === undefined) throw invalidValue(`No Environment found for EnvironmentName = '${name}'.`);
  return found;
}

/** It takes only options of `aws:elasticbeanstalk:eks*`. */
function refuseCluster({ tier }: FakeEnvironment): void {
  if (tier === 'cluster')
    throw new ServiceError(400, 'InvalidParameterValueException', 'The option namespace is not supported.');
}

function refuseBasicHealth(environment: FakeEnvironment): void {
  if (environment.basicHealth) {
    throw new ServiceError(400, 'InvalidRequestException', 'Enhanced health reporting is not enabled.');
  }
}

function invalidValue(message: string): ServiceError {
  return new ServiceError(400, 'InvalidParameterValue', message);
}

function unknownOption(namespace: string, option: string): ServiceError {
  const message = `Configuration validation exception: Invalid option specification (Namespace: '${namespace}', OptionName: '${option}'): Unknown configuration setting.`;
  return new ServiceError(400, 'ConfigurationValidationException', message);
}

function pageOf<T>(
  all: readonly T[],
  { MaxRecords, NextToken }: Parameters,
  size: number,
): { page: T[]; NextToken?: string | undefined } {
  const start = Number(NextToken ?? 0);
  const end = start + Math.min(Number(MaxRecords ?? size), size);
  return { page: all.slice(start, end), NextToken: end < all.length ? String(end) : undefined };
}

function list(value: Parameters[string] | undefined): readonly (string | Record<string, string>)[] {
  return Array.isArray(value) ? value : [];
}

function settingsIn(value: Parameters[string] | undefined): readonly Record<string, string>[] {
  return list(value).filter((item) => typeof item !== 'string');
}
