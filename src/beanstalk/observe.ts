import { UserError } from '../errors.ts';
import { readConfiguration } from './api.ts';
import { readEvents } from './api-events.ts';
import { basicHealth, readHealth, readInstances, readPlatform } from './api-health.ts';
import { gradeOf } from './causes.ts';
import type { Connection } from './connection.ts';
import { deadlineIn, extrasMs } from './deadline.ts';
import type { Environment } from './environment.ts';
import type { Observation } from './report.ts';

const eventsRead = 20;

/** Reads the least that tells whether an environment is affected: its configuration, and the causes of its health unless
 * it is well. Two calls at most.
 * @throws UserError */
export async function observeBriefly(connection: Connection, environment: Environment): Promise<Observation> {
  const { deployed } = await readConfiguration(connection, environment);
  const known = basicHealth(environment);
  const well = ['ok', 'info'].includes(gradeOf(known));
  const health = well
    ? known
    : await readHealth(connection, environment).catch(unlessDenied({ ...known, causes: [causesDenied] }));
  return { environment, ...deployed, health, instances: null, events: null, platform: null };
}

const causesDenied = 'the causes may not be read: elasticbeanstalk:DescribeEnvironmentHealth is not allowed';

/** The right to read the configuration without that to read the health: the colour has to do. */
function unlessDenied<T>(otherwise: T): (error: unknown) => T {
  return (error) => {
    if (error instanceof UserError && error.code === 'access-denied') return otherwise;
    throw error;
  };
}

/** Reads everything about one environment. What may not be read is left out.
 * @returns with the error where it is the configuration that could not be read
 * @throws UserError `interrupted` */
export async function observeFully(
  connection: Connection,
  environment: Environment,
): Promise<{ observation: Observation; error: UserError | undefined }> {
  // First, for the rest may quote what it tells of secrets.
  const configuration = await readConfiguration(connection, environment).catch((error: unknown) => {
    if (connection.signal.aborted || !(error instanceof UserError)) throw error;
    return { error };
  });
  const limit = deadlineIn(extrasMs);
  const [health, instances, events, platform] = await Promise.all([
    orElse(readHealth(connection, environment, limit), basicHealth(environment), connection),
    orElse(readInstances(connection, environment, limit), null, connection),
    orElse(
      readEvents(connection, environment, { severity: 'WARN', newest: eventsRead }, limit),
      null,
      connection,
    ),
    environment.platformArn === undefined
      ? null
      : orElse(readPlatform(connection, environment.platformArn, limit), null, connection),
  ]);
  const read = { environment, health, instances, events, platform };
  if ('error' in configuration)
    return { observation: { ...read, settings: [], hostsProperties: [] }, error: configuration.error };
  return { observation: { ...read, ...configuration.deployed }, error: undefined };
}

async function orElse<T, U>(reading: Promise<T>, otherwise: U, connection: Connection): Promise<T | U> {
  try {
    return await reading;
  } catch (error) {
    if (connection.signal.aborted || !(error instanceof UserError)) throw error;
    return otherwise;
  }
}
