import {
  DescribeConfigurationSettingsCommand,
  DescribeEnvironmentsCommand,
  type EnvironmentDescription,
  type OptionSpecification,
  UpdateEnvironmentCommand,
  ValidateConfigurationSettingsCommand,
  type ValidationMessage,
} from '@aws-sdk/client-elastic-beanstalk';
import { UserError } from '../errors.ts';
import { isPassing } from './aws-errors.ts';
import { attempt, type Connection, call, pause } from './connection.ts';
import type { Environment, OptionValue } from './environment.ts';
import { pages } from './paging.ts';
import { withoutAccount } from './redaction.ts';
import { type Configuration, propertyValues, reduceConfiguration } from './settings.ts';

/** Pages through the environments of a region; those that are gone are left out. */
export async function* listEnvironments(
  connection: Connection,
  filter: {
    application?: string | undefined;
    names?: readonly string[] | undefined;
    limit?: AbortSignal | undefined;
    /** How often a page is asked for again that could not be read in ten attempts. */
    chances?: number;
  },
): AsyncGenerator<Environment> {
  const isNew = firstTime();
  const nextPage = pages();
  let token: string | undefined;
  do {
    const request = new DescribeEnvironmentsCommand({
      ApplicationName: filter.application,
      EnvironmentNames: filter.names === undefined ? undefined : [...filter.names],
      IncludeDeleted: false,
      // Without it a whole region comes in one answer.
      MaxRecords: filter.names === undefined ? 100 : undefined,
      NextToken: token,
    });
    const read = () =>
      call(
        connection,
        'DescribeEnvironments',
        (options) => connection.client.send(request, options),
        filter.limit,
      );
    // Whoever fails at the first page has lost nothing yet.
    const page = await again(connection, token === undefined ? 0 : (filter.chances ?? 0), read);
    for (const described of page.Environments ?? []) {
      const environment = environmentOf(described, connection.where.region);
      // Where one is made or goes while the pages are read, another turns up twice.
      if (environment.status !== 'Terminated' && isNew(environment, described.EnvironmentId))
        yield environment;
    }
    token = nextPage(page.NextToken);
  } while (token !== undefined);
}

async function again<T>(connection: Connection, chances: number, read: () => Promise<T>): Promise<T> {
  for (let left = chances; ; left--) {
    try {
      return await read();
    } catch (error) {
      if (left === 0 || !isPassing(error)) throw error;
      await pause(connection.pace.pollMs, connection.signal);
    }
  }
}

/** Whether an environment was not seen before; a name may have been used before, an id not. */
function firstTime(): (environment: Environment, id: string | undefined) => boolean {
  const seen = new Set<string>();
  return ({ application, name }, id) => {
    const { size } = seen;
    seen.add(JSON.stringify([application, name, id]));
    return seen.size > size;
  };
}

function environmentOf(described: EnvironmentDescription, region: string): Environment {
  return {
    name: described.EnvironmentName?.trim() ?? '',
    application: described.ApplicationName?.trim() ?? '',
    region,
    status: described.Status?.trim() || 'unknown',
    color: described.Health,
    healthStatus: described.HealthStatus,
    worker: described.Tier?.Name === 'Worker',
    platform: described.SolutionStackName ?? withoutAccount(described.PlatformArn),
    platformArn: described.PlatformArn,
  };
}

/** The configuration of an environment: what is deployed, and the draft that is on its way or was refused.
 * @throws UserError `no-configuration` where nothing is deployed yet */
export async function readConfiguration(
  connection: Connection,
  environment: Pick<Environment, 'name' | 'application'>,
  limit?: AbortSignal,
): Promise<{ deployed: Configuration; draft: Configuration | undefined }> {
  const response = await call(
    connection,
    'DescribeConfigurationSettings',
    (options) =>
      connection.client.send(
        new DescribeConfigurationSettingsCommand({
          ApplicationName: environment.application,
          EnvironmentName: environment.name,
        }),
        options,
      ),
    limit,
  );
  const known = [environment.name, environment.application, connection.where.region];
  for (const { OptionSettings: options } of response.ConfigurationSettings ?? [])
    connection.secrets.learn(propertyValues(options ?? []), known);
  // One without any option is none: an environment has hundreds.
  const found = (response.ConfigurationSettings ?? []).filter((set) => (set.OptionSettings ?? []).length > 0);
  const sets = found.map((set) => ({
    status: set.DeploymentStatus?.trim().toLowerCase() || undefined,
    configuration: reduceConfiguration(set.OptionSettings ?? []),
  }));
  const withStatus = (wanted: string | undefined) =>
    sets.find(({ status }) => status === wanted)?.configuration;
  const draft = withStatus('pending');
  // An environment that is being created has nothing but its draft. Without a status there is no draft either.
  const deployed = withStatus('deployed') ?? withStatus(undefined) ?? draft;
  if (deployed === undefined) {
    throw new UserError('no-configuration', `'${environment.name}' has no deployed configuration`, {
      hint: 'it is being created, or its creation failed: look with eb events',
    });
  }
  return { deployed, draft };
}

/** Asks the service whether it would take these options.
 * @returns its messages, of severity `error` or `warning` */
export async function validateOptions(
  connection: Connection,
  environment: Environment,
  options: readonly OptionValue[],
  limit?: AbortSignal,
): Promise<readonly ValidationMessage[]> {
  const response = await call(
    connection,
    'ValidateConfigurationSettings',
    (sending) =>
      connection.client.send(
        new ValidateConfigurationSettingsCommand({
          ApplicationName: environment.application,
          EnvironmentName: environment.name,
          OptionSettings: options.map(toSetting),
        }),
        sending,
      ),
    limit,
  );
  return response.Messages ?? [];
}

/** Starts an update, in a single attempt.
 * @returns the id that the update's own events carry; undefined where the answer had none */
export async function startUpdate(
  connection: Connection,
  environment: Environment,
  change: { set: readonly OptionValue[]; remove: readonly OptionSpecification[] },
  limit: AbortSignal,
): Promise<string | undefined> {
  const { client, onceClient } = connection;
  // What the other client has learned of this machine's clock, and the other way round: it takes an attempt to learn it.
  onceClient.config.systemClockOffset = client.config.systemClockOffset;
  const { $metadata } = await attempt(
    connection,
    'UpdateEnvironment',
    (options) =>
      onceClient.send(
        new UpdateEnvironmentCommand({
          ApplicationName: environment.application,
          EnvironmentName: environment.name,
          OptionSettings: change.set.length === 0 ? undefined : change.set.map(toSetting),
          OptionsToRemove: change.remove.length === 0 ? undefined : [...change.remove],
        }),
        options,
      ),
    AbortSignal.any([connection.signal, limit]),
  ).finally(() => {
    client.config.systemClockOffset = onceClient.config.systemClockOffset;
  });
  return $metadata.requestId;
}

function toSetting({ namespace, option, value }: OptionValue) {
  return { Namespace: namespace, OptionName: option, Value: value };
}
