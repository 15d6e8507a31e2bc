import { interrupted, UserError } from '../errors.ts';
import { lookAt, readConfiguration, readEvents, startUpdate } from './api.ts';
import type { Change } from './check-change.ts';
import { type Connection, deadlineIn, pause } from './connection.ts';
import {
  type Configuration,
  type Environment,
  type EnvironmentEvent,
  type Setting,
  settingValue,
} from './environment.ts';
import { isAmbiguous, isBusy, isGone, isPassing } from './errors.ts';

/** What happens while an update is waited for and followed. */
export type Progress =
  | { readonly kind: 'event'; readonly event: EnvironmentEvent }
  | { readonly kind: 'status'; readonly status: string }
  | { readonly kind: 'trouble'; readonly message: string };

/** How to make a change. */
export interface Manner {
  readonly wait: boolean;
  readonly timeoutMs: number;
  readonly report: (progress: Progress) => void;
}

/** How an update ended. */
export interface Outcome {
  readonly changes: readonly Change[];
  /** `nothing-to-do`: another update had done it; `accepted`: not followed. */
  readonly end: 'nothing-to-do' | 'accepted' | 'done' | 'failed';
  readonly events: readonly EnvironmentEvent[];
  /** As read back; undefined where it was not, or could not be. */
  readonly deployed: Configuration | undefined;
  /** Why it failed. */
  readonly failure: UserError | null;
}

/** What an accepted update is followed by. */
interface Update {
  readonly environment: Environment;
  readonly changes: readonly Change[];
  /** Its events carry it; undefined where the answer was lost: those after `since` are taken. */
  readonly requestId: string | undefined;
  /** Just after the newest event before the request. */
  readonly since: Date;
}

/** For what is asked after the end and could be done without. */
export const finalReadMs = 5_000;

/** An update that is not accepted because of throttling or a broken connection is asked for this often. */
const maxRequests = 10;

/** Waits for the environment to be Ready, works out the changes on what is deployed then, asks for the update, follows it to
 * its end and reads back.
 * @throws UserError where nothing was changed, or where it cannot be known what happened */
export async function update(
  connection: Connection,
  environment: Environment,
  changesOn: (configuration: Configuration) => readonly Change[],
  manner: Manner,
): Promise<Outcome> {
  const { wait, timeoutMs, report } = manner;
  const deadline = deadlineIn(timeoutMs);
  let phase: Phase = 'before';
  let refusal: UserError | undefined;
  try {
    for (let requests = 1; ; requests++) {
      if (!wait && environment.status !== 'Ready') throw busy(environment);
      if (wait) await waitUntilReady(connection, environment, deadline, report);
      const { deployed } = await readConfiguration(connection, environment, deadline);
      const changes = changesOn(deployed);
      const ended = { changes, events: [], deployed: undefined, failure: null };
      if (changes.length === 0) return { ...ended, end: 'nothing-to-do', deployed };
      const [newest] = wait ? await readEvents(connection, environment, { newest: 1 }, deadline) : [];
      // By the service's clock, which may not be ours.
      const since = new Date(Date.parse(newest?.date ?? '1970-01-01') + 1);
      phase = 'asking';
      const answer = await requestUpdate(connection, environment, changes, since, deadline);
      phase = 'refusal' in answer ? 'before' : 'following';
      if (!('refusal' in answer))
        return wait ? await follow(connection, answer, deadline, manner) : { ...ended, end: 'accepted' };
      refusal = answer.refusal;
      if (!wait && isBusy(refusal)) throw busy(environment);
      if (!wait || (requests >= maxRequests && !isBusy(refusal)))
        throw brokenOff(refusal, 'refused', environment);
      report({ kind: 'trouble', message: refusal.message });
      await pause(connection.pace.pollMs, AbortSignal.any([connection.signal, deadline]));
    }
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    if (!deadline.aborted || !isPassing(error)) throw brokenOff(error, phase, environment);
    const { name } = environment;
    const why = refusal === undefined ? '' : `: ${refusal.message}`;
    const [message, hint] =
      phase === 'before'
        ? [
            `'${name}' took no update within ${duration(timeoutMs)}${why}; nothing was changed`,
            'give it longer with --timeout 30m',
          ]
        : [brokenOff(error, phase, environment).message, howToLook(environment)];
    throw new UserError('timed-out', message, { hint, status: 1, cause: error });
  }
}

/** `Status` decides, not health: a red environment that is Ready takes updates. */
async function waitUntilReady(
  connection: Connection,
  environment: Environment,
  deadline: AbortSignal,
  report: (progress: Progress) => void,
): Promise<void> {
  let reported: string | undefined;
  for (;;) {
    const now = await lookAt(connection, environment, deadline);
    if (now === undefined)
      throw new UserError('environment-terminating', `'${environment.name}' was terminated`, { status: 1 });
    if (now.status === 'Ready') return;
    if (now.status !== reported) report({ kind: 'status', status: now.status });
    reported = now.status;
    await pause(connection.pace.pollMs, AbortSignal.any([connection.signal, deadline]));
  }
}

/** Asks for the update, once. Where the answer is lost it looks whether the service took the request.
 * @returns what to follow, or why the service did not take the request and may take it later */
async function requestUpdate(
  connection: Connection,
  environment: Environment,
  changes: readonly Change[],
  since: Date,
  deadline: AbortSignal,
): Promise<Update | { readonly refusal: UserError }> {
  const set = changes.flatMap(({ to, ...place }) => (to === null ? [] : [{ ...place, value: to }]));
  const removed = changes.filter(({ to }) => to === null);
  const remove = removed.map(({ namespace, option }) => ({ Namespace: namespace, OptionName: option }));
  try {
    const requestId = await startUpdate(connection, environment, { set, remove }, deadline);
    return { environment, changes, requestId, since };
  } catch (error) {
    if (!(error instanceof UserError) || !(isBusy(error) || isPassing(error))) throw error;
    if (!isBusy(error) && !isAmbiguous(error)) return { refusal: error };
    const time = deadline.aborted ? deadlineIn(finalReadMs) : deadline;
    // Whoever cannot look knows no more than before.
    const { deployed, draft } = await readConfiguration(connection, environment, time).catch(() => {
      throw connection.signal.aborted ? interrupted() : error;
    });
    const isUnderWay = [deployed, draft].some((configuration) => holds(configuration?.settings, changes));
    if (isUnderWay) return { environment, changes, requestId: undefined, since };
    if (deadline.aborted && !isBusy(error)) throw error;
    return { refusal: error };
  }
}

/** A removed option counts where its value is no longer the one that was there. */
function holds(settings: readonly Setting[] | undefined, changes: readonly Change[]): boolean {
  return (
    settings !== undefined &&
    changes.every(({ namespace, option, from, to }) => {
      const value = settingValue(settings, namespace, option) ?? null;
      return to === null ? value !== from : value === to;
    })
  );
}

/** How often a Ready environment is looked at before that counts as the end: the service's views lag behind each other. */
const looksNeeded = {
  /** It has worked; an error may still be told. */
  afterWork: 3,
  /** It shows no sign of the request yet. */
  withoutSign: 6,
  /** It has the old values, although the service says that it succeeded. */
  afterSuccess: 12,
};

/** Follows an update to its end: the environment is Ready again *and* the values are deployed. Events alone end nothing:
 * that of success comes before the environment is Ready, and there may be none at all. */
async function follow(
  connection: Connection,
  { environment, changes, requestId, since }: Update,
  deadline: AbortSignal,
  { timeoutMs, report }: Manner,
): Promise<Outcome> {
  const { signal, pace } = connection;
  const own = requestId === undefined ? { since } : { requestId };
  const seen = new Map<string, EnvironmentEvent>();
  let looks = 0;
  let status: string | undefined;
  let worked = false;
  let wait = pace.pollMs;
  const failed = (code: string, reason: string, deployed?: Configuration): Outcome => {
    const failure = failureOf(code, reason, environment, timeoutMs);
    return { changes, end: 'failed', events: [...seen.values()], deployed, failure };
  };
  const passing = (error: unknown): [] => {
    if (signal.aborted || deadline.aborted || !(isPassing(error) || isGone(error))) throw error;
    report({ kind: 'trouble', message: error.message });
    wait = Math.min(wait * 2, pace.pollMs * 6);
    return [];
  };

  while (!deadline.aborted) {
    try {
      // In this order: whatever is said before the environment turns Ready is then among the events.
      const now = await lookAt(connection, environment, deadline);
      wait = pace.pollMs;
      if (now !== undefined && now.status !== status) report({ kind: 'status', status: now.status });
      // Without its events an update still has an end.
      for (const event of await readEvents(connection, environment, own, deadline).catch(passing)) {
        const key = `${event.date} ${event.message}`;
        if (seen.has(key)) continue;
        seen.set(key, event);
        report({ kind: 'event', event });
      }
      const events = [...seen.values()];
      if (now === undefined)
        return failed('environment-terminated', reasonIn(events) ?? 'the environment was terminated');
      status = now.status;
      worked ||= status !== 'Ready' || events.some(isFinal);
      if (status === 'Ready') {
        const configurations = await readConfiguration(connection, environment, deadline);
        const { deployed } = configurations;
        looks += 1;
        const end = judge(changes, configurations, events, worked, looks);
        if (end === 'done') return { changes, end, events, deployed, failure: null };
        if (end !== undefined) {
          // The reason of a failure need not carry the request's id.
          const others = readEvents(connection, environment, { since }, deadline).catch(() => []);
          const reason = reasonIn(events) === undefined ? reasonIn(await others) : undefined;
          return failed(
            'update-failed',
            reason === undefined ? end : `${end}; meanwhile: ${reason}`,
            deployed,
          );
        }
      }
    } catch (error) {
      if (signal.aborted) throw interrupted();
      if (deadline.aborted) break;
      // Also where it was terminated between two calls: the next look will find nothing.
      passing(error);
    }
    await pause(wait, AbortSignal.any([signal, deadline]));
    if (signal.aborted) throw interrupted();
  }
  const events = [...seen.values()];
  const said = reasonIn(events) ?? events.at(-1)?.message;
  const state = status === undefined ? 'nothing was heard of it' : `it is still ${status}`;
  return failed('timed-out', said === undefined ? state : `${state}; ${said}`);
}

/** @returns `done`, why it failed, or undefined: look again */
function judge(
  changes: readonly Change[],
  { deployed, draft }: { deployed: Configuration; draft: Configuration | undefined },
  events: readonly EnvironmentEvent[],
  worked: boolean,
  looks: number,
): string | undefined {
  const failure = reasonIn(events);
  if (failure !== undefined) return failure;
  const missing = notArrived(changes, deployed);
  // What is deployed does not show whether a removal has happened.
  const isVisible = worked || changes.some(({ to }) => to !== null);
  // What is a draft is on its way, however long it takes.
  const isPending = draft !== undefined && notArrived(changes, draft) === undefined;
  if (isPending && (missing !== undefined || !isVisible)) return undefined;
  const { afterWork, withoutSign, afterSuccess } = looksNeeded;
  const told = events.some(isLast);
  if (missing !== undefined)
    return looks < (told ? afterSuccess : worked ? afterWork : withoutSign) ? undefined : missing;
  return looks < (told ? 0 : isVisible ? afterWork : withoutSign) ? undefined : 'done';
}

/** A value that was to be set and is not deployed. */
function notArrived(changes: readonly Change[], { settings }: Configuration): string | undefined {
  for (const { namespace, option, to } of changes) {
    const value = settingValue(settings, namespace, option) ?? null;
    if (to !== null && value !== to) return `${option} is still ${value ?? 'unset'}`;
  }
  return undefined;
}

/** Texts that end in a failure whatever their severity. Source: aws/aws-elastic-beanstalk-cli `resources/strings.py`. */
const failureTexts = [
  'Failed to deploy configuration.',
  'Failed to deploy application.',
  'The environment was reverted to the previous configuration setting.',
  'Update environment operation is complete, but with errors.',
];

function isLast({ message }: EnvironmentEvent): boolean {
  return [...failureTexts, 'Environment update completed successfully.'].some((text) =>
    message.startsWith(text),
  );
}

/** Whether the service has done its work, one way or the other; more events may follow. */
function isFinal(event: EnvironmentEvent): boolean {
  return isLast(event) || event.message.startsWith('Successfully deployed new configuration to environment.');
}

/** The event that says why: the first failure with a reason of its own, before those that only tell that something failed. */
function reasonIn(events: readonly EnvironmentEvent[]): string | undefined {
  const isGeneral = ({ message }: EnvironmentEvent) => failureTexts.some((text) => message.startsWith(text));
  const failures = events.filter((event) => /^(?:ERROR|FATAL)$/.test(event.severity) || isGeneral(event));
  return (failures.find((event) => !isGeneral(event)) ?? failures[0])?.message;
}

function failureOf(code: string, reason: string, environment: Environment, timeoutMs: number): UserError {
  const { name } = environment;
  const look = howToLook(environment);
  const [message, hint] =
    code === 'timed-out'
      ? [`'${name}' was not done after ${duration(timeoutMs)}: ${reason}`, `the update goes on; ${look}`]
      : [`the update of '${name}' failed: ${reason}`, look];
  return new UserError(code, message, { hint, status: 1 });
}

/** The environment is being changed, and nobody wants to wait. */
function busy({ name, status }: Environment): UserError {
  const state = status === 'Ready' ? 'being changed' : status;
  return new UserError(
    'environment-busy',
    `'${name}' is ${state}, and takes an update only when it is Ready`,
    {
      hint: 'nothing was changed; without --no-wait eb-hosts waits for it',
    },
  );
}

/** How far a change had come: from the request on it happens whether somebody looks or not. */
type Phase = 'before' | 'asking' | 'refused' | 'following';

/** `error`, with what it means for the environment. */
function brokenOff(error: UserError, phase: Phase, environment: Environment): UserError {
  const { name } = environment;
  const { code, status, cause } = error;
  const isOpen = phase === 'asking' && (code === 'interrupted' || isAmbiguous(error));
  if (phase === 'before' && code !== 'interrupted') return error;
  const [end, hint] =
    phase === 'following'
      ? [`the update of '${name}' goes on`, howToLook(environment)]
      : isOpen
        ? [`whether the update of '${name}' was accepted is not known`, howToLook(environment)]
        : [`nothing was changed in '${name}'`, error.hint];
  return new UserError(code, `${error.message}; ${end}`, { hint: hint ?? undefined, status, cause });
}

function howToLook({ name, region }: Environment): string {
  return `look with 'eb-hosts health-check show --environment ${name} --region ${region}' or 'eb events ${name}'`;
}

/** `90s`, `10m`. */
function duration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  return seconds % 60 === 0 ? `${seconds / 60}m` : `${seconds}s`;
}
