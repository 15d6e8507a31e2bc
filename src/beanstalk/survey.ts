import { interrupted, UserError } from '../errors.ts';
import { listEnvironments } from './api.ts';
import { basicHealth } from './api-health.ts';
import { isPassing } from './aws-errors.ts';
import { type Connection, pause } from './connection.ts';
import type { Environment } from './environment.ts';
import { findEnvironment } from './environments.ts';
import { judge, unreadable } from './judge.ts';
import { observeBriefly, observeFully } from './observe.ts';
import type { EnvironmentReport, RepositoryView } from './report.ts';

/** Environments read at a time: the limits of the API are unpublished, and all readers of an account share them. */
const concurrency = 8;
/** Environments that failed for a reason that may pass are read again this often, ever fewer at a time. */
const secondChances = 3;

/** Diagnoses the one environment that the connection names, in depth.
 * @throws UserError what `findEnvironment` throws, or where its configuration cannot be read */
export async function diagnoseEnvironment(
  connection: Connection,
  repository: RepositoryView | undefined,
  now: Date,
): Promise<EnvironmentReport> {
  const environment = await findEnvironment(connection);
  return judge(await observeFully(connection, environment), repository, now);
}

/** Looks at all environments of a region, or of the application that the connection names. One that cannot be read is a
 * report like the others. The repository at hand is not held against them: they are not all its own. Only reports are kept: memory does not grow with what the service returns.
 * @param report called with each, in the order they are done
 * @throws UserError if the environments cannot be listed, `interrupted` */
export async function surveyEnvironments(
  connection: Connection,
  now: Date,
  report: (report: EnvironmentReport) => void,
): Promise<void> {
  const { application } = connection.where;
  const look = async (environment: Environment, last: boolean): Promise<boolean> => {
    try {
      report(judge(await observeBriefly(connection, environment), undefined, now));
    } catch (error) {
      if (connection.signal.aborted) throw interrupted();
      if (!(error instanceof UserError)) throw error;
      if (isPassing(error) && !last) return false;
      report(unreadable({ environment, health: basicHealth(environment) }, error.message, error.hint));
    }
    return true;
  };
  let waiting: Environment[] = [];
  await eachOf(listEnvironments(connection, { application }), concurrency, async (environment) => {
    if (!(await look(environment, false))) waiting.push(environment);
  });
  for (let chance = 1; waiting.length > 0; chance++) {
    await pause(connection.pace.pollMs, connection.signal);
    const again = waiting;
    waiting = [];
    await eachOf(again, Math.max(1, concurrency >> chance), async (environment) => {
      if (!(await look(environment, chance === secondChances))) waiting.push(environment);
    });
  }
}

/** Works on the items of a source, so many at a time; takes the next page only when there is room for its items. */
async function eachOf<T>(
  source: AsyncIterable<T> | Iterable<T>,
  atMost: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const running = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | undefined;
  for await (const item of source) {
    const task: Promise<void> = work(item)
      .catch((error: unknown) => {
        failure ??= { error };
      })
      .finally(() => running.delete(task));
    running.add(task);
    if (running.size >= atMost) await Promise.race(running);
    if (failure !== undefined) break;
  }
  await Promise.all(running);
  if (failure !== undefined) throw failure.error;
}
