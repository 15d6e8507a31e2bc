import { interrupted, UserError } from '../errors.ts';
import { readConfiguration, startUpdate } from './api.ts';
import { readEvents } from './api-events.ts';
import { isAmbiguous, isBusy, isPassing } from './aws-errors.ts';
import { type Connection, maxAttempts, pause } from './connection.ts';
import { deadlineIn } from './deadline.ts';
import type { Environment } from './environment.ts';
import { lastWordsMs, lookAt, type Progress, type Update } from './follow.ts';
import type { Change } from './health-check-change.ts';
import { type Setting, settingValue } from './settings.ts';

/** Waits until an update may start. `Status` decides, not health: a red environment that is Ready takes updates.
 * @returns false if the time is up
 * @throws UserError `environment-terminating` if it goes away meanwhile */
export async function waitUntilReady(
  connection: Connection,
  environment: Environment,
  deadline: AbortSignal,
  report: (progress: Progress) => void,
): Promise<boolean> {
  let reported: string | undefined;
  while (!deadline.aborted) {
    try {
      const now = await lookAt(connection, environment, deadline);
      if (now === undefined) {
        throw new UserError('environment-terminating', `'${environment.name}' was terminated`, { status: 1 });
      }
      if (now.status === 'Ready') return true;
      if (now.status !== reported) report({ kind: 'status', status: now.status });
      reported = now.status;
    } catch (error) {
      if (connection.signal.aborted) throw interrupted();
      if (deadline.aborted) break;
      if (!isPassing(error)) throw error;
      report({ kind: 'trouble', message: error.message });
    }
    await pause(connection.pace.pollMs, AbortSignal.any([connection.signal, deadline]));
    if (connection.signal.aborted) throw interrupted();
  }
  return false;
}

/** The moment after an environment's newest event, by the service's clock, which may not be ours: later events belong to
 * what is asked for now. */
export async function momentBefore(
  connection: Connection,
  environment: Environment,
  deadline: AbortSignal,
): Promise<Date | undefined> {
  const [newest] = await readEvents(connection, environment, { newest: 1 }, deadline);
  return newest?.date == null ? undefined : new Date(Date.parse(newest.date) + 1);
}

/** Asks for the update, once: where the answer is lost it looks whether the service took it before it asks again, for
 * the same request twice would be refused as "busy" or restart the work.
 * @returns the update to follow; `busy` where somebody else's update came first
 * @throws UserError */
export async function beginUpdate(
  connection: Connection,
  wanted: Omit<Update, 'requestId'>,
  deadline: AbortSignal,
  report: (progress: Progress) => void,
): Promise<Update | 'busy'> {
  const { environment, changes } = wanted;
  const accepted = (requestId: string | undefined): Update => ({ ...wanted, requestId });
  const set = changes.flatMap(({ namespace, option, to }) =>
    to === null ? [] : [{ namespace, option, value: to }],
  );
  const remove = changes
    .filter(({ to }) => to === null)
    .map(({ namespace, option }) => ({ Namespace: namespace, OptionName: option }));

  for (let tries = 1; ; tries++) {
    try {
      return accepted(await startUpdate(connection, environment, { set, remove }, deadline));
    } catch (error) {
      if (isBusy(error))
        return (await isUnderWay(connection, environment, changes, deadline)) ? accepted(undefined) : 'busy';
      const isSkewed = error instanceof UserError && error.code === 'clock-skew';
      // The answer told the service's time.
      if (isSkewed && tries === 1) continue;
      if (!isPassing(error) || connection.signal.aborted) throw error;
      report({ kind: 'trouble', message: error.message });
      if (isAmbiguous(error)) {
        const time = deadline.aborted ? deadlineIn(lastWordsMs) : deadline;
        // Whoever cannot see it knows no more than before.
        const found = isUnderWay(connection, environment, changes, time).catch(() => {
          throw connection.signal.aborted ? interrupted() : error;
        });
        if (await found) return accepted(undefined);
      }
      if (tries >= maxAttempts) throw error;
      await pause(
        connection.pace.retryMs * Math.min(10, 2 ** tries),
        AbortSignal.any([connection.signal, deadline]),
      );
      if (deadline.aborted) throw error;
    }
  }
}

/** Whether the very change is on its way (as the pending draft) or has already arrived. */
async function isUnderWay(
  connection: Connection,
  environment: Environment,
  changes: readonly Change[],
  deadline: AbortSignal,
): Promise<boolean> {
  const { deployed, draft } = await readConfiguration(connection, environment, deadline);
  return [deployed, draft].some(
    (configuration) => configuration !== undefined && holds(configuration.settings, changes),
  );
}

/** A removed option counts where its value is no longer the one that was there. */
function holds(settings: readonly Setting[], changes: readonly Change[]): boolean {
  return changes.every(({ namespace, option, from, to }) => {
    const value = settingValue(settings, namespace, option) ?? null;
    return to === null ? value !== from : value === to;
  });
}
