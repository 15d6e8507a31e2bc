import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type $Command,
  ElasticBeanstalkClient,
  type ElasticBeanstalkClientResolvedConfig,
  type ServiceInputTypes,
  type ServiceOutputTypes,
} from '@aws-sdk/client-elastic-beanstalk';
import { StandardRetryStrategy } from '@smithy/core/retry';
import { interrupted, systemErrorCode, UserError } from '../errors.ts';
import { explain } from './errors.ts';
import { redact, type Secrets } from './redaction.ts';
import type { Where } from './where.ts';

/** How long things take; tests use shorter times than people. */
export interface Pace {
  /** Between two looks at an environment that is being changed. The service's limits are unpublished; the EB CLI takes 5 s. */
  readonly pollMs: number;
  /** One attempt of one request. */
  readonly attemptMs: number;
}

export const usualPace: Pace = { pollMs: 5_000, attemptMs: 20_000 };

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
  readonly where: Where;
  /** Ends every call and every pause. */
  readonly signal: AbortSignal;
  readonly pace: Pace;
  /** What the service may quote, and nobody may see. */
  readonly secrets: Secrets;
}

const maxAttempts = 10;

/** Connects lazily: nothing is sent, no credential looked up. */
export function connect(
  where: Where,
  signal: AbortSignal,
  pace: Pace,
  onRetry: (retry: Retry) => void = () => {},
): Connection {
  // The client prints several lines about Node 20 on stderr unless this is set before it is made.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';
  // Many calls at a time listen to it, which Node would take for a leak.
  setMaxListeners(0, signal);
  const secrets: Secrets = new Set();
  const { region, profile } = where;
  const client = new ElasticBeanstalkClient({
    region,
    // The SDK finds AWS_PROFILE itself, and only then reads the `services` section of the shared configuration.
    ...(profile === undefined || profile.from === 'AWS_PROFILE' ? {} : { profile: profile.name }),
    maxAttempts,
    retryStrategy: standardRetries((retry) => onRetry({ ...retry, reason: redact(retry.reason, secrets) })),
    requestHandler: {
      connectionTimeout: 5_000,
      requestTimeout: pace.attemptMs,
      throwOnRequestTimeout: true,
      // For an answer that stalls half-way.
      socketTimeout: pace.attemptMs,
    },
    // The SDK's own logger would print what a response holds, environment properties included.
    logger: { trace() {}, debug() {}, info() {}, warn() {}, error() {} },
  });
  return { client, where, signal, pace, secrets };
}

/** The SDK's standard retries, with an allowance for each call. The SDK has one for a whole client: throttling of some calls
 * among a thousand uses it up, and later calls then fail after one attempt (`INITIAL_RETRY_TOKENS`). */
function standardRetries(
  onRetry: (retry: Retry) => void,
): Pick<
  StandardRetryStrategy,
  'acquireInitialRetryToken' | 'refreshRetryTokenForRetry' | 'recordSuccess' | 'mode'
> {
  return {
    mode: 'standard',
    acquireInitialRetryToken: (scope) =>
      new StandardRetryStrategy(maxAttempts).acquireInitialRetryToken(scope),
    refreshRetryTokenForRetry: async (token, info) => {
      const { name = info.errorType } = info.error instanceof Error ? info.error : {};
      // The SDK calls a connection that is cut a TimeoutError, too.
      const reason = systemErrorCode(info.error) ?? name;
      // A service that cannot be reached three times cannot be reached the fourth time either.
      if (/^(?:ETIMEDOUT|TimeoutError|ENOTFOUND|ECONNREFUSED)$/.test(reason) && token.getRetryCount() >= 2)
        throw info.error;
      const next = await new StandardRetryStrategy(maxAttempts).refreshRetryTokenForRetry(token, info);
      onRetry({ action: 'Elastic Beanstalk', attempt: next.getRetryCount() + 1, reason });
      return next;
    },
    recordSuccess: () => {},
  };
}

/** Sends a request.
 * @param limit ends this call alone
 * @throws UserError see `explain` */
export async function call<I extends ServiceInputTypes, O extends ServiceOutputTypes>(
  connection: Connection,
  action: string,
  command: $Command<I, O, ElasticBeanstalkClientResolvedConfig, ServiceInputTypes, ServiceOutputTypes>,
  limit?: AbortSignal,
): Promise<O> {
  const { client, signal } = connection;
  if (signal.aborted) throw interrupted();
  try {
    const abortSignal = limit === undefined ? signal : AbortSignal.any([signal, limit]);
    return await client.send(command, { abortSignal });
  } catch (error) {
    throw explain(error, action, connection);
  }
}

/** What was read, or why it could not be read. Only an interruption and a bug are thrown. */
export async function attempt<T>(
  connection: Connection,
  reading: Promise<T>,
): Promise<
  { readonly value: T; readonly error: null } | { readonly value: null; readonly error: UserError }
> {
  try {
    return { value: await reading, error: null };
  } catch (error) {
    if (connection.signal.aborted || !(error instanceof UserError)) throw error;
    return { value: null, error };
  }
}

/** Waits; ends early, without an error, when the signal is aborted. */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await sleep(milliseconds, undefined, { signal }).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
}

/** A signal that is aborted after a time, and does not keep the process alive until then.
 *
 * Not `AbortSignal.timeout`: on Node 20 such a signal that is only reached through `AbortSignal.any` is collected as
 * garbage, timer and all, and the wait it was to end never ends. */
export function deadlineIn(milliseconds: number): AbortSignal {
  const controller = new AbortController();
  setTimeout(() => controller.abort(), milliseconds).unref();
  return controller.signal;
}
