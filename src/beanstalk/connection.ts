import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { ElasticBeanstalkClient } from '@aws-sdk/client-elastic-beanstalk';
import { interrupted, systemErrorCode, type UserError } from '../errors.ts';
import { explain, isPassing } from './aws-errors.ts';
import { isSilence, noAnswer } from './no-answer.ts';
import { told } from './redaction.ts';
import { newSecrets, type Secrets } from './secrets.ts';
import type { Where } from './where.ts';
import { requireWholeAnswer } from './whole-answer.ts';

/** How long things take; tests use shorter times than people. */
export interface Pace {
  /** Between two looks at an environment that is being changed. The service's limits are unpublished; the EB CLI takes 5 s. */
  readonly pollMs: number;
  /** One attempt of one request, answer read to its end. */
  readonly attemptMs: number;
  /** Before a call is made again; doubles up to ten times as long. */
  readonly retryMs: number;
}

export const usualPace: Pace = { pollMs: 5_000, attemptMs: 20_000, retryMs: 500 };

/** A call that is made again. */
export interface Retry {
  readonly action: string;
  /** The second, third, … */
  readonly attempt: number;
  /** Why the one before failed. */
  readonly reason: string;
}

/** The API of one region, as one caller. */
export interface Connection {
  readonly client: ElasticBeanstalkClient;
  /** Makes a single attempt: for a request that must not be repeated blindly. */
  readonly onceClient: ElasticBeanstalkClient;
  readonly where: Where;
  readonly signal: AbortSignal;
  readonly pace: Pace;
  /** What the service may have been told, and must not be quoted with. */
  readonly secrets: Secrets;
  /** Why the last attempt of an action failed. */
  readonly failures: Map<string, unknown>;
  /** Told of every call that is made again. */
  readonly listeners: Set<(retry: Retry) => void>;
  close(): void;
}

export const maxAttempts = 10;

/** Attempts of one call that may wait for an answer until the time is up: whoever hangs is not waited for ten times. */
const silentAttempts = 3;

/** Attempts that the SDK makes of one call; `call` makes up the rest of the ten. The SDK's pauses double up to 20 s (`Retry`
 * of `@smithy/core`): one unlucky call among thousands would keep the whole waiting for a minute and more. */
const attemptsInARow = { adaptive: maxAttempts, standard: 3 } as const;

/** Connects lazily: nothing is sent, no credential looked up.
 * @param signal ends every call, and every pause between its attempts
 * @param retryMode `adaptive` slows all calls of the client down once one is throttled, to as little as one in two
 *   seconds; `standard` leaves the pace to the caller */
export function connect(
  where: Where,
  signal: AbortSignal,
  pace: Pace,
  onRetry: (retry: Retry) => void = () => {},
  retryMode: 'adaptive' | 'standard' = 'adaptive',
): Connection {
  // The client prints several lines about Node 20 on stderr unless this is set before it is made.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
  // Many calls at a time listen to it; Node would take that for a leak.
  setMaxListeners(0, signal);
  const listeners = new Set([onRetry]);
  const secrets = newSecrets();
  const tell = (retry: Retry) => {
    for (const listener of listeners) listener({ ...retry, reason: told(retry.reason, secrets) });
  };
  const failures = new Map<string, unknown>();
  const made = { pace, failures, onRetry: tell };
  const client = newClient(where, made, { maxAttempts: attemptsInARow[retryMode], retryMode });
  // Not adaptive: that would wait before it sends, and nobody could tell whether it did.
  const onceClient = newClient(where, made, { maxAttempts: 1, retryMode: 'standard' });
  const close = () => {
    client.destroy();
    onceClient.destroy();
  };
  return { client, onceClient, where, signal, pace, secrets, failures, listeners, close };
}

function newClient(
  { region, profile }: Where,
  { pace, failures, onRetry }: Pick<Connection, 'pace' | 'failures'> & { onRetry: (retry: Retry) => void },
  retries: { readonly maxAttempts: number; readonly retryMode: 'adaptive' | 'standard' },
): ElasticBeanstalkClient {
  const client = new ElasticBeanstalkClient({
    region,
    // The SDK finds AWS_PROFILE itself, and only then reads the `services` section of the shared configuration.
    ...(profile === undefined || profile.from === 'AWS_PROFILE' ? {} : { profile: profile.name }),
    ...retries,
    requestHandler: { connectionTimeout: 5_000, requestTimeout: pace.attemptMs, throwOnRequestTimeout: true },
    // The SDK's own logger would print what a response holds, environment properties included.
    logger: silent,
  });
  // Nearest to the wire: the SDK's parser comes after it.
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const answer = await next(args);
      await requireWholeAnswer(answer.response, actionOf(context.commandName), region);
      return answer;
    },
    { step: 'deserialize', priority: 'low', name: 'wholeAnswer' },
  );
  client.middlewareStack.add(
    (next, context) => {
      const action = actionOf(context.commandName);
      let attempt = 0;
      let silent = 0;
      let failure: string | undefined;
      return async (args) => {
        attempt += 1;
        if (failure !== undefined) onRetry({ action, attempt, reason: failure });
        try {
          return await within(next(args), pace.attemptMs);
        } catch (error) {
          failure = reasonOf(error);
          if (!/^Abort/i.test(failure)) failures.set(action, error);
          silent += failure === 'ETIMEDOUT' ? 1 : 0;
          throw silent < silentAttempts ? error : noAnswer(action, region);
        }
      };
    },
    // Below the retries, which have a high priority in this step.
    { step: 'finalizeRequest', priority: 'low', name: 'eachAttempt' },
  );
  return client;
}

function actionOf(commandName: unknown): string {
  return String(commandName ?? '').replace(/Command$/, '');
}

const silent = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };

/** The SDK's own time-out ends with the headers; an answer that stalls half-way would hang for ever. */
function within<T>(answer: Promise<T>, milliseconds: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      const error = new Error('no complete answer in time');
      reject(Object.assign(error, { name: 'TimeoutError', code: 'ETIMEDOUT' }));
    }, milliseconds).unref();
    answer.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}

/** Sends a request that may be repeated: up to ten attempts in all.
 *
 * The SDK shares one retry allowance between all calls of a client; a run of faults uses it up, and a later call then
 * fails after a single attempt (`@smithy/core` retry, `INITIAL_RETRY_TOKENS`). So the rest of the ten is made up here.
 * @param send the SDK's call; gets the signal that ends it
 * @param limit ends this call alone
 * @throws UserError see `explain` */
export async function call<T>(
  connection: Connection,
  action: string,
  send: (options: { abortSignal: AbortSignal }) => Promise<T>,
  limit?: AbortSignal,
): Promise<T> {
  const signal = limit === undefined ? connection.signal : AbortSignal.any([connection.signal, limit]);
  connection.failures.delete(action);
  let last: UserError | undefined;
  for (let made = 0, silent = 0, round = 0; ; round++) {
    try {
      return await attempt(connection, action, send, signal);
    } catch (error) {
      // When the time is up, what went wrong before says more than that nothing came.
      const before = last ?? connection.failures.get(action);
      if (before !== undefined && signal.aborted && !connection.signal.aborted)
        throw explain(before, action, connection);
      made += attemptsOf(error);
      if (isTimeOut(error)) silent += attemptsOf(error);
      if (silent >= silentAttempts) throw noAnswer(action, connection.where.region);
      if (!isPassing(error) || isSilence(error) || made >= maxAttempts || signal.aborted) throw error;
      last = error;
      await pause(connection.pace.retryMs * Math.min(10, 2 ** round), signal);
      for (const listener of connection.listeners)
        listener({ action, attempt: made + 1, reason: error.code });
    }
  }
}

/** One `send`, its failure in words. */
export async function attempt<T>(
  connection: Connection,
  action: string,
  send: (options: { abortSignal: AbortSignal }) => Promise<T>,
  signal: AbortSignal = connection.signal,
): Promise<T> {
  if (connection.signal.aborted) throw interrupted();
  try {
    // The SDK looks at the signal while it waits for an answer, but not while it looks for credentials.
    return await untilAborted(send({ abortSignal: signal }), signal);
  } catch (error) {
    throw explain(error, action, connection);
  }
}

/** Waits; ends early, without a word, when the signal is aborted. */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}

function untilAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () =>
      reject(Object.assign(new Error('aborted'), { name: 'TimeoutError', code: 'ETIMEDOUT' }));
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

function isTimeOut(error: unknown): boolean {
  return error instanceof Error && systemErrorCode(error.cause) === 'ETIMEDOUT';
}

function attemptsOf(error: unknown): number {
  const cause = error instanceof Error ? error.cause : undefined;
  const metadata = cause instanceof Error && '$metadata' in cause ? cause.$metadata : undefined;
  const attempts =
    typeof metadata === 'object' && metadata !== null && 'attempts' in metadata
      ? metadata.attempts
      : undefined;
  return typeof attempts === 'number' ? attempts : 1;
}
