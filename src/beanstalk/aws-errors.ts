import type { ErrorCode } from '../error-codes.ts';
import { interrupted, systemErrorCode, UserError } from '../errors.ts';
import { noCredentials, renewal } from './credential-errors.ts';
import { reachability } from './no-answer.ts';
import { told } from './redaction.ts';
import type { Secrets } from './secrets.ts';
import type { Where } from './where.ts';

/** Codes of failures that may be gone the next time: worth another try, and never the end of a wait. */
const passingCodes = new Set(['throttled', 'unreachable', 'service-failure']);

/** Whether `error` may be gone the next time (throttling, a cut connection, a failing service). */
export function isPassing(error: unknown): error is UserError {
  return error instanceof UserError && passingCodes.has(error.code);
}

/** Whether the request may have reached the service and been carried out although no answer came back. */
export function isAmbiguous(error: unknown): error is UserError {
  return isPassing(error) && error.code !== 'throttled';
}

const throttlingNames = new Set([
  'Throttling',
  'ThrottlingException',
  'ThrottledException',
  'RequestLimitExceeded',
  'RequestThrottled',
  'RequestThrottledException',
  'TooManyRequestsException',
  'SlowDown',
]);
const expiredNames = new Set([
  'ExpiredToken',
  'ExpiredTokenException',
  'RequestExpired',
  'TokenRefreshRequired',
]);
const invalidNames = new Set([
  'InvalidClientTokenId',
  'UnrecognizedClientException',
  'SignatureDoesNotMatch',
  'InvalidSignatureException',
  'IncompleteSignature',
  'MissingAuthenticationToken',
  'AuthFailure',
]);
/** What a region says that was never switched on for the account. */
const foreignNames = new Set(['OptInRequired', 'SubscriptionRequiredException']);
const skewNames = new Set(['RequestTimeTooSkewed', 'RequestInTheFuture']);
const deniedNames = new Set([
  'AccessDenied',
  'AccessDeniedException',
  'UnauthorizedOperation',
  'InsufficientPrivilegesException',
]);
const networkCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EPIPE',
  'ETIMEDOUT',
]);

/** An error of the SDK as one line that a person can act on. The SDK's classes do not tell these apart, its names do.
 * @param action the API action, `DescribeEnvironments` */
export function explain(
  error: unknown,
  action: string,
  { where, signal, secrets }: { where: Where; signal: AbortSignal; secrets: Secrets },
): UserError {
  if (error instanceof UserError) return error;
  if (signal.aborted) return interrupted();
  const { name, message, status } = partsOf(error);
  const failure = (code: ErrorCode, text: string, hint?: string) =>
    new UserError(code, text, { hint, cause: error });
  const said = told(message, secrets);

  if (throttlingNames.has(name) || status === 429) {
    return failure('throttled', `AWS throttles ${action}: ${said}`, 'try again in a minute');
  }
  if (deniedNames.has(name)) return denied(error, said, action, where);
  if (skewNames.has(name) || /^Signature (?:expired|not yet current)/i.test(message)) {
    return failure(
      'clock-skew',
      `AWS refuses this machine's clock: ${said}`,
      'set the clock (timedatectl set-ntp true)',
    );
  }
  if (expiredNames.has(name)) {
    return failure('credentials-expired', `the AWS credentials have expired (${name})`, renewal(where));
  }
  if (foreignNames.has(name)) {
    return failure(
      'region-not-enabled',
      `the region ${where.region} is not enabled for this account (${name})`,
      'enable it in the account settings, or name another with --region',
    );
  }
  if (invalidNames.has(name)) {
    // A region that is not enabled knows no credentials either.
    const elsewhere = /Signature/.test(name) ? '' : `; or is ${where.region} not enabled for the account?`;
    const hint = `${renewal(where)}${elsewhere}`;
    return failure('credentials-invalid', `AWS does not accept the credentials (${name})`, hint);
  }
  if (name === 'CredentialsProviderError' || name === 'TokenProviderError')
    return noCredentials(error, said, where);
  if (/^Region is missing|Invalid.*region/i.test(message)) {
    return failure('no-region', `no usable AWS region: ${said}`, 'give --region, or set AWS_REGION');
  }
  const code = systemErrorCode(error) ?? '';
  if (networkCodes.has(code) || name === 'TimeoutError' || name === 'AbortError') {
    return failure(
      'unreachable',
      `no answer to ${action} from Elastic Beanstalk in ${where.region} (${code || name})`,
      reachability(code, where.region),
    );
  }
  if (code === 'ERR_INVALID_URL') {
    return failure('usage', 'AWS_ENDPOINT_URL_ELASTIC_BEANSTALK (or AWS_ENDPOINT_URL) is no URL');
  }
  if (/CERT|SELF_SIGNED|ERR_TLS|ERR_SSL|EPROTO|UNABLE_TO_(?:GET|VERIFY)/.test(code)) {
    return failure(
      'tls',
      `the connection to Elastic Beanstalk in ${where.region} is not trusted (${code})`,
      'behind a TLS proxy set NODE_EXTRA_CA_CERTS to its certificate',
    );
  }
  const strange = foreignStatus(error, name, message);
  if (strange !== undefined) {
    return failure(
      'aws-error',
      `${action} was answered by something other than Elastic Beanstalk (HTTP ${strange})`,
      'check the proxy and AWS_ENDPOINT_URL_ELASTIC_BEANSTALK',
    );
  }
  if ((status !== undefined && status >= 500) || name === 'Unknown' || isUnreadable(error, message)) {
    // An unreadable body may hold environment properties: neither it nor the parser's message is repeated.
    const kind = isUnreadable(error, message) ? 'an answer that is no XML' : `HTTP ${status}`;
    return serviceFailure(action, where.region, kind, error);
  }
  // Neither an answer nor a failure of the network: a bug, to be shown whole.
  if (status === undefined && code === '') throw error;
  return failure('aws-error', `${action}: ${told(name, secrets)}: ${said}`);
}

/** The service, or something on the way to it, gave no proper answer.
 * @param kind what came instead; never the answer itself */
export function serviceFailure(action: string, region: string, kind: string, cause?: unknown): UserError {
  const message = `Elastic Beanstalk in ${region} failed on ${action}: ${kind}`;
  return new UserError('service-failure', message, { hint: 'try again in a minute', cause });
}

/** The service answered that the environment is being changed by somebody else.
 * Source: aws/aws-elastic-beanstalk-cli `resources/strings.py`. */
export function isBusy(error: unknown): boolean {
  return (
    error instanceof UserError &&
    (/invalid state for this operation/i.test(error.message) ||
      nameOf(error.cause) === 'OperationInProgressException')
  );
}

/** The service knows no such environment (any more). */
export function isGone(error: unknown): error is UserError {
  return error instanceof UserError && /No Environment found for/i.test(error.message);
}

/** Enhanced health calls on an environment with basic health. */
export function isBasicHealth(error: unknown): boolean {
  return error instanceof UserError && nameOf(error.cause) === 'InvalidRequestException';
}

function denied(error: unknown, said: string, action: string, where: Where): UserError {
  const named = /not authorized to perform:? ['"]?([\w-]+:\w+)|perform the ['"]?([\w-]+:\w+)/i.exec(said);
  const permission = named?.[1] ?? named?.[2] ?? `elasticbeanstalk:${action}`;
  const resource = /on resource:? ['"]?(arn:[^\s'"]+)/i.exec(said)?.[1] ?? '*';
  const as = where.profile === undefined ? '' : ` (profile '${where.profile.name}')`;
  const statement = JSON.stringify({ Effect: 'Allow', Action: permission, Resource: resource });
  return new UserError('access-denied', `not allowed to call ${permission}${as}: ${said}`, {
    hint: `the policy needs ${statement}; docs/iam.md has the whole`,
    cause: error,
  });
}

/** The status of an answer that is none of the service's: a redirection or a refusal without an error in XML. Repeating
 * the call does not help, other than with a 400 whose text was lost on the way.
 * @returns undefined for all others */
function foreignStatus(error: unknown, name: string, message: string): number | undefined {
  const status = statusOf(error);
  if (status === undefined || status < 300 || status === 400 || status >= 500) return undefined;
  const wordless = name === 'Unknown' || name === 'NotFound' || isUnreadable(error, message);
  return wordless ? status : undefined;
}

/** The SDK's parser, and Node's when an answer breaks off. */
function isUnreadable(error: unknown, message: string): boolean {
  return (
    /XML|deserializ|Unexpected (?:end|token|close)|Unclosed|aborted|socket hang up|Parse Error|terminated/i.test(
      message,
    ) || hasResponse(error)
  );
}

function hasResponse(error: unknown): boolean {
  return error instanceof Error && '$response' in error && !('$fault' in error);
}

function partsOf(error: unknown): { name: string; message: string; status: number | undefined } {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error), status: undefined };
  return { name: error.name, message: error.message, status: statusOf(error) };
}

function statusOf(error: unknown): number | undefined {
  if (!(error instanceof Error)) return undefined;
  return (
    numberIn('$metadata' in error ? error.$metadata : undefined, 'httpStatusCode') ??
    numberIn('$response' in error ? error.$response : undefined, 'statusCode')
  );
}

function numberIn(holder: unknown, key: string): number | undefined {
  const value =
    typeof holder === 'object' && holder !== null
      ? (holder as Readonly<Record<string, unknown>>)[key]
      : undefined;
  return typeof value === 'number' ? value : undefined;
}

function nameOf(error: unknown): string | undefined {
  return error instanceof Error ? error.name : undefined;
}
