import { interrupted, UserError } from '../errors.ts';
import { listEnvironments } from './api.ts';
import { basicHealth } from './api-health.ts';
import { isGone, isPassing } from './aws-errors.ts';
import { type Connection, pause } from './connection.ts';
import type { Environment } from './environment.ts';
import { findEnvironment } from './environments.ts';
import { judge, judgeUnread } from './judge.ts';
import { isSilence } from './no-answer.ts';
import { observeBriefly, observeFully } from './observe.ts';
import type { EnvironmentReport, RepositoryView } from './report.ts';
import { newSecrets } from './secrets.ts';
import { passingBy, unreadable } from './unread.ts';

/** Environments read at a time, at most; and at least, when calls fail. */
const concurrency = 8;
const leastConcurrency = 4;
/** Environments, and pages of them, that failed for a reason that may pass are read again this often. */
const secondChances = 3;
/** So much failing in a row is the service's failure, not that of environments: the rest is not asked for in that round.
 * An environment that got no answer at all counts for three. */
const patience = 24;

/** Diagnoses the one environment that the connection names, in depth.
 * @throws UserError what `findEnvironment` throws, and `interrupted` */
export async function diagnoseEnvironment(
  connection: Connection,
  repository: RepositoryView | undefined,
  now: Date,
): Promise<EnvironmentReport> {
  const environment = await findEnvironment(connection);
  const { observation, error } = await observeFully(connection, environment);
  if (error === undefined) return judge(observation, repository, now);
  if (isPassingBy(environment, error)) return passingBy(observation);
  if (error.code !== 'access-denied' && !isPassing(error)) throw error;
  return judgeUnread(observation, error, repository);
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
  const trouble = { inARow: 0, error: undefined as UserError | undefined, successes: 0 };
  const look = async (environment: Environment, round: 'first' | 'again' | 'last'): Promise<boolean> => {
    try {
      if (trouble.error !== undefined && trouble.inARow >= patience) throw trouble.error;
      // What is learned of one environment's secrets goes with it.
      const secrets = newSecrets();
      report(judge(await observeBriefly({ ...connection, secrets }, environment), undefined, now));
      trouble.inARow = 0;
      trouble.successes += 1;
    } catch (error) {
      if (connection.signal.aborted) throw interrupted();
      if (!(error instanceof UserError)) throw error;
      if (isPassing(error)) {
        trouble.inARow += isSilence(error) ? 3 : 1;
        trouble.error = error;
        // One that stays silent keeps all the others waiting.
        if (round === 'first' || (round === 'again' && !isSilence(error))) return false;
      }
      const known = { environment, health: basicHealth(environment) };
      if (isPassingBy(environment, error)) report(passingBy(known));
      else report(unreadable(known, error.message, error.hint));
    }
    return true;
  };
  const room = newRoom(leastConcurrency, concurrency);
  connection.listeners.add(room.failed);
  try {
    let waiting: Environment[] = [];
    const all = listEnvironments(connection, { application, chances: secondChances });
    await eachOf(all, room, async (environment) => {
      if (!(await look(environment, 'first'))) waiting.push(environment);
    });
    for (let chance = 1; waiting.length > 0; chance++) {
      await pause(connection.pace.pollMs, connection.signal);
      const again = waiting;
      // After a round without a single answer one more will do.
      const round = chance === secondChances || trouble.successes === 0 ? 'last' : 'again';
      Object.assign(trouble, { inARow: 0, successes: 0 });
      waiting = [];
      await eachOf(again, room, async (environment) => {
        if (!(await look(environment, round))) waiting.push(environment);
      });
    }
  } finally {
    connection.listeners.delete(room.failed);
  }
}

/** One that is being made has no configuration yet, one that goes down none any more. */
function isPassingBy({ status }: Environment, error: UserError): boolean {
  const isMade = status === 'Launching' && error.code === 'no-configuration';
  return isMade || status === 'Terminating' || isGone(error);
}

/** How many environments may be read at a time: fewer after every failed attempt, slowly more after every success. The
 * limits of the API are unpublished, and all readers of an account share them.
 *
 * The SDK's `adaptive` mode would do this by the rate of requests. Measured on 300 environments with 5 % of the calls
 * throttled it took 48 s where this takes 4: its limiter starts anew from one request in two seconds. Behind a limit of
 * 10 calls a second both take what the limit allows. Fewer than four at a time make nothing faster there, and twice as
 * slow where calls fail by chance (bench/doctor-environments.mjs). */
function newRoom(least: number, most: number) {
  let size = most;
  return {
    size: () => Math.floor(size),
    failed: () => {
      size = Math.max(least, size * 0.8);
    },
    succeeded: () => {
      size = Math.min(most, size + 1 / size);
    },
  };
}

/** Works on the items of a source, as many at a time as there is room; takes the next page only when it can use it. */
async function eachOf<T>(
  source: AsyncIterable<T> | Iterable<T>,
  room: ReturnType<typeof newRoom>,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const running = new Set<Promise<void>>();
  let failure: { readonly error: unknown } | undefined;
  for await (const item of source) {
    const task: Promise<void> = work(item)
      .then(room.succeeded)
      .catch((error: unknown) => {
        failure ??= { error };
      })
      .finally(() => running.delete(task));
    running.add(task);
    while (running.size >= room.size()) await Promise.race(running);
    if (failure !== undefined) break;
  }
  await Promise.all(running);
  if (failure !== undefined) throw failure.error;
}
