import {
  DescribeApplicationVersionsCommand,
  DescribeConfigurationSettingsCommand,
  DescribeEnvironmentHealthCommand,
  DescribeEnvironmentsCommand,
  DescribeEventsCommand,
  DescribeInstancesHealthCommand,
  type EnvironmentDescription,
  type EventSeverity,
  type OptionSpecification,
  UpdateEnvironmentCommand,
  ValidateConfigurationSettingsCommand,
  type ValidationMessage,
} from '@aws-sdk/client-elastic-beanstalk';
import { UserError } from '../errors.ts';
import { type Connection, call } from './connection.ts';
import {
  basicHealth,
  type Configuration,
  type DeployedVersion,
  type Environment,
  type EnvironmentEvent,
  type Health,
  type InstanceHealth,
  propertyValues,
  reduceConfiguration,
} from './environment.ts';
import { learnSecrets, redact, withoutAccount } from './redaction.ts';

type Named = Pick<Environment, 'name' | 'application'>;

/** An option and the value it is to get. */
export interface OptionValue {
  readonly namespace: string;
  readonly option: string;
  readonly value: string;
}

/** The pages of a list. */
async function* pagesOf<T extends { NextToken?: string | undefined }>(
  read: (token: string | undefined) => Promise<T>,
): AsyncGenerator<T> {
  let token: string | undefined;
  do {
    const page = await read(token);
    yield page;
    token = page.NextToken;
  } while (token !== undefined && token !== '');
}

/** The environments of a region; those that are gone are left out. */
export async function* listEnvironments(
  connection: Connection,
  filter: { application?: string | undefined; names?: readonly string[] },
  limit?: AbortSignal,
): AsyncGenerator<Environment> {
  // While the pages are read environments come and go, and one may turn up twice. A name may be used again, an id is not.
  const seen = new Set<string>();
  const pages = pagesOf((token) => {
    const command = new DescribeEnvironmentsCommand({
      ApplicationName: filter.application,
      EnvironmentNames: filter.names === undefined ? undefined : [...filter.names],
      IncludeDeleted: false,
      // Without it a whole region comes in one answer.
      MaxRecords: filter.names === undefined ? 100 : undefined,
      NextToken: token,
    });
    return call(connection, 'DescribeEnvironments', command, limit);
  });
  for await (const page of pages) {
    for (const described of page.Environments ?? []) {
      const environment = environmentOf(described, connection.where.region);
      const id = JSON.stringify([environment.application, environment.name, described.EnvironmentId]);
      if (environment.status !== 'Terminated' && !seen.has(id)) yield environment;
      seen.add(id);
    }
  }
}

function environmentOf(described: EnvironmentDescription, region: string): Environment {
  const { Name: tier, Type: type } = described.Tier ?? {};
  return {
    name: described.EnvironmentName ?? '',
    application: described.ApplicationName ?? '',
    region,
    status: described.Status || 'unknown',
    color: described.Health,
    healthStatus: described.HealthStatus,
    tier: tier === 'Cluster' || type === 'EKS' ? 'cluster' : tier === 'Worker' ? 'worker' : 'web',
    platform: described.SolutionStackName ?? withoutAccount(described.PlatformArn),
    versionLabel: described.VersionLabel,
  };
}

/** The one environment that the connection names.
 * @throws UserError `no-environment` (none named), `environment-not-found`, `ambiguous-environment` */
export async function findEnvironment(connection: Connection, limit?: AbortSignal): Promise<Environment> {
  const { environment: name, application, region } = connection.where;
  if (name === undefined) {
    const known = await namesIn(connection, limit);
    const hint = `give --environment, or run 'eb use NAME' in the project${known}`;
    throw new UserError('no-environment', 'no environment is named', { hint });
  }
  const found: Environment[] = [];
  for await (const environment of listEnvironments(connection, { names: [name] }, limit))
    if (environment.name === name) found.push(environment);
  const matching = found.filter((one) => application === undefined || one.application === application);
  // A name may be used again while the old environment of that name is still being terminated.
  const staying = matching.filter(({ status }) => status !== 'Terminating');
  const [only, another] = staying.length > 0 ? staying : matching;
  if (only === undefined) {
    const [other] = found;
    const hint =
      other === undefined
        ? `is the region right (--region)?${await namesIn(connection, limit)}`
        : `it belongs to application '${other.application}': give --application '${other.application}'`;
    const where = application === undefined ? '' : ` of application '${application}'`;
    throw new UserError('environment-not-found', `there is no environment '${name}'${where} in ${region}`, {
      hint,
    });
  }
  if (another !== undefined) {
    const applications = matching.map((environment) => environment.application).join(', ');
    const message = `several applications in ${region} have an environment '${name}'`;
    const hint = `name one with --application: ${applications}`;
    throw new UserError('ambiguous-environment', message, { hint });
  }
  if (only.status === 'Terminating')
    throw new UserError('environment-terminating', `'${name}' in ${region} is being terminated`);
  return only;
}

async function namesIn(connection: Connection, limit: AbortSignal | undefined): Promise<string> {
  const names: string[] = [];
  const { application } = connection.where;
  for await (const { name } of listEnvironments(connection, { application }, limit)) names.push(name);
  const shown = `${names.sort().slice(0, 10).join(', ')}${names.length > 10 ? ', …' : ''}`;
  return names.length === 0 ? '' : `; there ${names.length === 1 ? 'is' : 'are'} ${shown}`;
}

/** The environment as it is now; undefined if it is gone. */
export async function lookAt(
  connection: Connection,
  { name, application }: Named,
  limit: AbortSignal,
): Promise<Environment | undefined> {
  for await (const environment of listEnvironments(connection, { application, names: [name] }, limit))
    if (environment.name === name && environment.status !== 'Terminating') return environment;
  return undefined;
}

/** The configuration of an environment: what is deployed, and the draft that is on its way or was refused.
 * @throws UserError `no-configuration` where nothing is deployed yet */
export async function readConfiguration(
  connection: Connection,
  { name, application }: Named,
  limit?: AbortSignal,
): Promise<{ deployed: Configuration; draft: Configuration | undefined }> {
  const command = new DescribeConfigurationSettingsCommand({
    ApplicationName: application,
    EnvironmentName: name,
  });
  const response = await call(connection, 'DescribeConfigurationSettings', command, limit);
  const sets = (response.ConfigurationSettings ?? []).map(({ DeploymentStatus, OptionSettings = [] }) => {
    learnSecrets(connection.secrets, propertyValues(OptionSettings), [
      name,
      application,
      connection.where.region,
    ]);
    return { status: DeploymentStatus, configuration: reduceConfiguration(OptionSettings) };
  });
  const draft = sets.find(({ status }) => status === 'pending')?.configuration;
  // An environment that is being created has nothing but its draft.
  const deployed = sets.find(({ status }) => status === 'deployed')?.configuration ?? draft;
  if (deployed === undefined) {
    throw new UserError('no-configuration', `'${name}' has no deployed configuration`, {
      hint: 'it is being created, or its creation failed: look with eb events',
    });
  }
  return { deployed, draft };
}

/** Events of an environment, oldest first.
 * @param filter by the update's id, or since a moment (the service's clock, not ours) */
export async function readEvents(
  connection: Connection,
  { name, application }: Named,
  filter: { requestId?: string; since?: Date; newest?: number; severity?: EventSeverity },
  limit?: AbortSignal,
): Promise<readonly EnvironmentEvent[]> {
  const events: EnvironmentEvent[] = [];
  const pages = pagesOf((token) => {
    const command = new DescribeEventsCommand({
      ApplicationName: application,
      EnvironmentName: name,
      RequestId: filter.requestId,
      StartTime: filter.since,
      Severity: filter.severity,
      MaxRecords: filter.newest,
      NextToken: token,
    });
    return call(connection, 'DescribeEvents', command, limit);
  });
  for await (const page of pages) {
    for (const event of page.Events ?? []) {
      events.push({
        date: event.EventDate?.toISOString() ?? null,
        severity: redact(event.Severity ?? 'INFO', connection.secrets),
        message: redact(event.Message ?? '', connection.secrets),
        requestId: event.RequestId,
      });
    }
    if (filter.newest !== undefined) break;
  }
  return events.reverse();
}

/** The health of an environment; with basic health what its description says. */
export async function readHealth(
  connection: Connection,
  environment: Environment,
  limit?: AbortSignal,
): Promise<Health> {
  if (!environment.healthStatus) return basicHealth(environment);
  // Without the attribute list only the name comes back.
  const input = { EnvironmentName: environment.name, AttributeNames: ['All' as const] };
  const command = new DescribeEnvironmentHealthCommand(input);
  const health = await call(connection, 'DescribeEnvironmentHealth', command, limit);
  return {
    status: health.HealthStatus ?? environment.healthStatus,
    color: health.Color ?? environment.color ?? null,
    causes: (health.Causes ?? []).map((cause) => redact(cause, connection.secrets)),
  };
}

/** The health of every instance; null with basic health. */
export async function readInstances(
  connection: Connection,
  { name, healthStatus }: Environment,
  limit?: AbortSignal,
): Promise<readonly InstanceHealth[] | null> {
  if (!healthStatus) return null;
  const instances: InstanceHealth[] = [];
  const input = { EnvironmentName: name, AttributeNames: ['All' as const] };
  const pages = pagesOf((token) => {
    const command = new DescribeInstancesHealthCommand({ ...input, NextToken: token });
    return call(connection, 'DescribeInstancesHealth', command, limit);
  });
  for await (const { InstanceHealthList = [] } of pages) {
    for (const { InstanceId: id = '', HealthStatus: status = null, Causes = [] } of InstanceHealthList)
      instances.push({ id, status, causes: Causes.map((cause) => redact(cause, connection.secrets)) });
  }
  return instances;
}

/** The application version with this label, and when its source bundle was registered. */
export async function readVersion(
  connection: Connection,
  { application }: Named,
  label: string,
  limit: AbortSignal,
): Promise<DeployedVersion> {
  const command = new DescribeApplicationVersionsCommand({
    ApplicationName: application,
    VersionLabels: [label],
  });
  const { ApplicationVersions } = await call(connection, 'DescribeApplicationVersions', command, limit);
  const created = ApplicationVersions?.find(({ VersionLabel }) => VersionLabel === label)?.DateCreated;
  return { label, created: created?.toISOString() ?? null };
}

/** Asks the service whether it would take these options.
 * @returns its messages, of severity `error` or `warning` */
export async function validateOptions(
  connection: Connection,
  { name, application }: Named,
  options: readonly OptionValue[],
  limit?: AbortSignal,
): Promise<readonly ValidationMessage[]> {
  const command = new ValidateConfigurationSettingsCommand({
    ApplicationName: application,
    EnvironmentName: name,
    OptionSettings: options.map(toSetting),
  });
  return (await call(connection, 'ValidateConfigurationSettings', command, limit)).Messages ?? [];
}

/** Starts an update, in a single attempt.
 * @returns the id that the update's own events carry; undefined where the answer had none */
export async function startUpdate(
  connection: Connection,
  { name, application }: Named,
  change: { set: readonly OptionValue[]; remove: readonly OptionSpecification[] },
  limit: AbortSignal,
): Promise<string | undefined> {
  const command = new UpdateEnvironmentCommand({
    ApplicationName: application,
    EnvironmentName: name,
    OptionSettings: change.set.length === 0 ? undefined : change.set.map(toSetting),
    OptionsToRemove: change.remove.length === 0 ? undefined : [...change.remove],
  });
  // Takes the place of the SDK's retries: a second request would be refused as busy, or restart the work.
  command.middlewareStack.add((next) => next, {
    name: 'retryMiddleware',
    step: 'finalizeRequest',
    priority: 'high',
    override: true,
  });
  return (await call(connection, 'UpdateEnvironment', command, limit)).$metadata.requestId;
}

function toSetting({ namespace, option, value }: OptionValue) {
  return { Namespace: namespace, OptionName: option, Value: value };
}
