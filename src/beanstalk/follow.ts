import { interrupted } from '../errors.ts';
import { listEnvironments, readConfiguration } from './api.ts';
import { readEvents } from './api-events.ts';
import { isGone, isPassing } from './aws-errors.ts';
import { type Connection, pause } from './connection.ts';
import { deadlineIn } from './deadline.ts';
import type { Environment, EnvironmentEvent } from './environment.ts';
import { isFinal, isLastWord, reasonIn } from './event-judgement.ts';
import type { Change } from './health-check-change.ts';
import { type Configuration, settingValue } from './settings.ts';

/** What happens while an update is followed. */
export type Progress =
  | { readonly kind: 'event'; readonly event: EnvironmentEvent }
  | { readonly kind: 'status'; readonly status: string }
  | { readonly kind: 'trouble'; readonly message: string };

/** An update that was accepted. */
export interface Update {
  readonly environment: Environment;
  readonly changes: readonly Change[];
  /** Its events carry it; undefined: those after `since` are taken. */
  readonly requestId: string | undefined;
  /** Just after the newest event before the update, by the service's clock. */
  readonly since: Date | undefined;
}

/** How an update ended. */
export interface Outcome {
  /** `lost`: the environment was terminated on the way. */
  readonly end: 'done' | 'failed' | 'timed-out' | 'lost';
  /** Why it is not `done`, in the service's words where it has any. */
  readonly reason: string | null;
  readonly events: readonly EnvironmentEvent[];
  /** As read back; undefined where it could not be. */
  readonly deployed: Configuration | undefined;
}

/** How often a Ready environment is looked at before that counts as the end: the service's views lag behind each other. */
const looks = {
  /** With the new values, but before the last word: an error may still be told. */
  beforeLastWord: 3,
  /** With the old values, after it has worked. */
  afterWork: 3,
  /** With the old values, just after the request. */
  withoutSign: 6,
  /** With the old values, although the service says that it succeeded. */
  afterSuccess: 12,
};
/** For what is asked after the end, and could be done without. */
export const lastWordsMs = 5_000;

/** Follows an update to its end: the environment is Ready again *and* the values are deployed. Events alone end nothing:
 * the one of success comes before the environment is Ready, and there may be none at all.
 * @param deadline aborted when the time is up
 * @throws UserError `interrupted`, or a failure that would not pass (a denied call) */
export async function followUpdate(
  connection: Connection,
  update: Update,
  deadline: AbortSignal,
  report: (progress: Progress) => void,
): Promise<Outcome> {
  const outcome = await watch(connection, update, deadline, report);
  if (outcome.end === 'done' || outcome.end === 'timed-out') return outcome;
  if (reasonIn(outcome.events) !== undefined) return outcome;
  const reason = reasonIn(await eventsSince(connection, update));
  return reason === undefined ? outcome : { ...outcome, reason: `${outcome.reason}; meanwhile: ${reason}` };
}

/** Whatever was told of the environment since the request: the reason of a failure need not carry the request's id. */
async function eventsSince(
  connection: Connection,
  { environment, since }: Update,
): Promise<readonly EnvironmentEvent[]> {
  try {
    return await readEvents(connection, environment, { since }, deadlineIn(lastWordsMs));
  } catch (error) {
    if (connection.signal.aborted || !isPassing(error)) throw error;
    return [];
  }
}

async function watch(
  connection: Connection,
  update: Update,
  deadline: AbortSignal,
  report: (progress: Progress) => void,
): Promise<Outcome> {
  const seen = new Map<string, EnvironmentEvent>();
  const { pollMs } = connection.pace;
  const either = AbortSignal.any([connection.signal, deadline]);
  let status: string | undefined;
  let worked = false;
  const looked = { arrived: 0, missing: 0 };
  let wait = pollMs;

  const passing = (error: unknown): [] => {
    if (connection.signal.aborted || deadline.aborted || !(isPassing(error) || isGone(error))) throw error;
    report({ kind: 'trouble', message: error.message });
    wait = Math.min(wait * 2, pollMs * 6);
    return [];
  };

  while (!deadline.aborted) {
    try {
      // In this order: whatever is said before the environment turns Ready is then among the events.
      const environment = await lookAt(connection, update.environment, deadline);
      wait = pollMs;
      // Without its events an update still has an end.
      const news = await readEvents(connection, update.environment, ownEvents(update), deadline).catch(
        passing,
      );
      for (const event of news) {
        const key = `${event.date} ${event.message}`;
        if (seen.has(key) || !isOwn(event, update)) continue;
        seen.set(key, event);
        report({ kind: 'event', event });
      }
      const events = [...seen.values()];
      if (environment === undefined) {
        return {
          end: 'lost',
          reason: reasonIn(events) ?? 'the environment was terminated',
          events,
          deployed: undefined,
        };
      }
      if (environment.status !== status) report({ kind: 'status', status: environment.status });
      status = environment.status;
      worked ||= status !== 'Ready' || events.some(isFinal);
      if (status === 'Ready') {
        const { deployed, draft } = await readConfiguration(connection, update.environment, deadline);
        const missing = notArrived(update.changes, deployed);
        const pending = draft !== undefined && notArrived(update.changes, draft) === undefined;
        looked[missing === undefined ? 'arrived' : 'missing'] += 1;
        const end = judge(update.changes, { missing, pending }, events, worked, looked);
        if (end !== undefined) return { ...end, events, deployed };
      }
    } catch (error) {
      if (connection.signal.aborted) throw interrupted();
      if (deadline.aborted) break;
      // Also where it was terminated between two calls: the next look will find nothing.
      passing(error);
    }
    await pause(wait, either);
    if (connection.signal.aborted) throw interrupted();
  }
  const events = [...seen.values()];
  const said = reasonIn(events) ?? events.at(-1)?.message;
  const state = status === undefined ? 'nothing was heard of it' : `it is still ${status}`;
  return {
    end: 'timed-out',
    reason: said === undefined ? state : `${state}; ${said}`,
    events,
    deployed: undefined,
  };
}

/** The end of an update on an environment that is Ready; undefined: look again. */
function judge(
  changes: readonly Change[],
  { missing, pending }: { readonly missing: string | undefined; readonly pending: boolean },
  events: readonly EnvironmentEvent[],
  worked: boolean,
  looked: { readonly arrived: number; readonly missing: number },
): Pick<Outcome, 'end' | 'reason'> | undefined {
  const failure = reasonIn(events);
  if (failure !== undefined) return { end: 'failed', reason: failure };
  const told = events.some(isLastWord);
  // A removal cannot be told by what is deployed.
  const tellable = changes.some(({ to }) => to !== null);
  // What is a draft as yet is on its way, however long it takes.
  if (pending && (missing !== undefined || !(tellable || worked))) return undefined;
  if (missing !== undefined) {
    const enough = told ? looks.afterSuccess : worked ? looks.afterWork : looks.withoutSign;
    return looked.missing < enough ? undefined : { end: 'failed', reason: missing };
  }
  const enough = told ? 0 : tellable || worked ? looks.beforeLastWord : looks.withoutSign;
  return looked.arrived < enough ? undefined : { end: 'done', reason: null };
}

/** A value that was to be set and is not what is deployed. What shows through a removed option cannot be foretold. */
function notArrived(changes: readonly Change[], { settings }: Configuration): string | undefined {
  for (const { namespace, option, to } of changes) {
    const value = settingValue(settings, namespace, option) ?? null;
    if (to !== null && value !== to) return `${option} is still ${value ?? 'unset'}`;
  }
  return undefined;
}

function ownEvents({ requestId, since }: Update): {
  requestId?: string | undefined;
  since?: Date | undefined;
} {
  return requestId === undefined ? { since } : { requestId };
}

function isOwn({ requestId: id, date }: EnvironmentEvent, { requestId, since }: Update): boolean {
  if (requestId !== undefined && id !== undefined) return id === requestId;
  return since === undefined || date === null || Date.parse(date) >= since.getTime();
}

/** The environment as it is now; undefined if it is gone. */
export async function lookAt(
  connection: Connection,
  { name, application }: Environment,
  deadline: AbortSignal,
): Promise<Environment | undefined> {
  for await (const environment of listEnvironments(connection, {
    application,
    names: [name],
    limit: deadline,
  })) {
    if (environment.name === name && environment.status !== 'Terminating') return environment;
  }
  return undefined;
}
