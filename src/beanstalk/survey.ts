import pMap, { pMapSkip } from 'p-map';
import { interrupted } from '../errors.ts';
import {
  findEnvironment,
  listEnvironments,
  readConfiguration,
  readEvents,
  readHealth,
  readInstances,
  readVersion,
} from './api.ts';
import { attempt, type Connection, deadlineIn } from './connection.ts';
import { diagnose, type EnvironmentReport, type Observation, type RepositoryView } from './diagnosis.ts';
import { basicHealth, type Environment, gradeOf } from './environment.ts';
import { isPassing } from './errors.ts';
import { loadBalancerOf } from './load-balancer.ts';

/** What can be done without is given up after this time. */
const extrasMs = 15_000;

/** Environments read at a time. The limits of the API are unpublished, and all readers of an account share them. */
const concurrency = 8;

/** Diagnoses the one environment that the connection names, in depth. What may not be read is left out and named.
 * @throws UserError what `findEnvironment` throws, and `interrupted` */
export async function diagnoseEnvironment(
  connection: Connection,
  repository: RepositoryView | undefined,
): Promise<EnvironmentReport> {
  const environment = await findEnvironment(connection);
  // First, for the rest may quote what it tells of secrets.
  const configuration = await configurationOrError(connection, environment);
  const limit = deadlineIn(extrasMs);
  const unread: string[] = [];
  const orElse = async <T, U>(what: string, reading: Promise<T>, otherwise: U) => {
    const { value, error } = await attempt(connection, reading);
    if (error !== null) unread.push(`${what}: ${error.message}`);
    return value ?? otherwise;
  };
  const { versionLabel: label } = environment;
  const [health, instances, events, version] = await Promise.all([
    orElse('health', readHealth(connection, environment, limit), basicHealth(environment)),
    orElse('instances', readInstances(connection, environment, limit), null),
    orElse('events', readEvents(connection, environment, { severity: 'WARN', newest: 20 }, limit), null),
    label === undefined || repository === undefined
      ? null
      : orElse('deployed version', readVersion(connection, environment, label, limit), {
          label,
          created: null,
        }),
  ]);
  const observation = { environment, ...configuration, health, instances, events, version, unread };
  return diagnose(observation, repository);
}

async function configurationOrError(
  connection: Connection,
  environment: Environment,
): Promise<Pick<Observation, 'configuration' | 'error'>> {
  // A Beanstalk Cluster has none of the options that are looked for.
  if (environment.tier === 'cluster') return { configuration: null, error: null };
  const read = async () => {
    const { deployed } = await readConfiguration(connection, environment);
    // A type of load balancer that is not known is an error of this one environment.
    loadBalancerOf(environment, deployed.settings);
    return deployed;
  };
  const { value: configuration, error } = await attempt(connection, read());
  return { configuration, error };
}

/** Looks at all environments of a region, or of the application that the connection names. One that cannot be read is a
 * report like the others. The repository at hand is not held against them: they are not all its own. Only reports are
 * kept: memory does not grow with what the service returns.
 * @param report called with each, in the order in which they are done
 * @throws UserError if the environments cannot be listed, `interrupted` */
export async function surveyEnvironments(
  connection: Connection,
  report: (report: EnvironmentReport) => void,
): Promise<void> {
  const { application } = connection.where;
  const options = { concurrency, signal: connection.signal };
  const failed: Environment[] = [];
  let listingError: unknown;
  // A later page that fails must not take along the environments that are being read.
  async function* listed() {
    try {
      yield* listEnvironments(connection, { application });
    } catch (error) {
      listingError = error;
    }
  }
  const read = async (environment: Environment, isLast: boolean) => {
    const observation = await observeBriefly(connection, environment);
    if (isPassing(observation.error) && !isLast) failed.push(environment);
    else report(diagnose(observation));
    return pMapSkip;
  };
  try {
    await pMap(listed(), (environment) => read(environment, false), options);
    // Among thousands of throttled calls one fails ten times in a row by chance.
    await pMap(failed, (environment) => read(environment, true), options);
  } catch (error) {
    throw connection.signal.aborted ? interrupted() : error;
  }
  if (listingError !== undefined) throw listingError;
}

/** Reads the least that tells whether an environment is affected: its configuration, and the causes of its health unless
 * it is well. Two calls at most. */
async function observeBriefly(shared: Connection, environment: Environment): Promise<Observation> {
  // What is learned of one environment's secrets goes with it.
  const connection = { ...shared, secrets: new Set<string>() };
  const brief = { environment, instances: null, events: null, version: null, unread: [] };
  const configuration = await configurationOrError(connection, environment);
  const known = basicHealth(environment);
  if (configuration.error !== null || ['ok', 'info'].includes(gradeOf(known)))
    return { ...brief, ...configuration, health: known };
  const { value: health, error } = await attempt(connection, readHealth(connection, environment));
  if (health !== null) return { ...brief, ...configuration, health };
  const isWorthAnother: boolean = isPassing(error);
  if (isWorthAnother) return { ...brief, configuration: null, error, health: known };
  // The right to read the configuration without that to read the health: the colour has to do.
  const causes = [`the causes could not be read: ${error.message}`];
  return { ...brief, ...configuration, health: { ...known, causes } };
}
