import { interrupted, systemErrorCode, UserError } from '../errors.ts';
import { redact, type Secrets } from './redaction.ts';
import type { Where } from './where.ts';

/** Whether `error` may be gone the next time (throttling, a cut connection, a failing service). */
export function isPassing(error: unknown): error is UserError {
  return error instanceof UserError && ['throttled', 'unreachable', 'service-failure'].includes(error.code);
}

/** Whether the request may have been carried out although no answer came back. */
export function isAmbiguous(error: unknown): error is UserError {
  return isPassing(error) && error.code !== 'throttled';
}

/** The service answered that the environment is being changed by somebody else.
 * Source: aws/aws-elastic-beanstalk-cli `resources/strings.py`. */
export function isBusy(error: unknown): boolean {
  return (
    error instanceof UserError &&
    (/invalid state for this operation/i.test(error.message) ||
      (error.cause instanceof Error && error.cause.name === 'OperationInProgressException'))
  );
}

/** The service knows no such environment (any more). */
export function isGone(error: unknown): error is UserError {
  return error instanceof UserError && /No Environment found for/i.test(error.message);
}

/** Errors that the service names, and what they mean. */
const codesByName: readonly (readonly [RegExp, string])[] = [
  [/^Throttl|^RequestThrottled|^RequestLimitExceeded$|^TooManyRequestsException$|^SlowDown$/, 'throttled'],
  [/^AccessDenied|^UnauthorizedOperation$|^InsufficientPrivilegesException$/, 'access-denied'],
  [/^RequestTimeTooSkewed$|^RequestInTheFuture$/, 'clock-skew'],
  [/^ExpiredToken|^RequestExpired$|^TokenRefreshRequired$/, 'credentials-expired'],
  [/^OptInRequired$|^SubscriptionRequiredException$/, 'region-not-enabled'],
  [
    /^InvalidClientTokenId$|^UnrecognizedClientException$|Signature|^MissingAuthenticationToken$|^AuthFailure$/,
    'credentials-invalid',
  ],
  [/^CredentialsProviderError$|^TokenProviderError$/, 'no-credentials'],
  [/^TimeoutError$|^AbortError$/, 'unreachable'],
];

/** An error of the SDK as one line that a person can act on. The SDK's classes do not tell errors apart, its names do.
 * @param action the API action, `DescribeEnvironments` */
export function explain(
  error: unknown,
  action: string,
  { where, signal, secrets }: { where: Where; signal: AbortSignal; secrets: Secrets },
): UserError {
  if (error instanceof UserError) return error;
  if (signal.aborted) return interrupted();
  if (!(error instanceof Error)) throw error;
  const { name, message } = error;
  const { region } = where;
  const said = redact(message, secrets);
  const systemCode = systemErrorCode(error) ?? '';
  const status = statusOf(error);
  const failure = (code: string, text: string, hint?: string) =>
    new UserError(code, text, { hint, cause: error });

  let code = codesByName.find(([pattern]) => pattern.test(name))?.[1];
  if (/^Signature (?:expired|not yet current)/i.test(message)) code = 'clock-skew';
  if (status === 429) code = 'throttled';
  if (/^E(?:CONN|HOSTUNREACH|NETUNREACH|NOTFOUND|AI_AGAIN|PIPE|TIMEDOUT)/.test(systemCode))
    code = 'unreachable';
  switch (code) {
    case 'throttled':
      return failure(code, `AWS throttles ${action}: ${said}`, 'try again in a minute');
    case 'access-denied':
      return denied(error, said, action, where);
    case 'clock-skew':
      return failure(
        code,
        `AWS refuses this machine's clock: ${said}`,
        'set the clock (timedatectl set-ntp true)',
      );
    case 'credentials-expired':
      return failure(code, `the AWS credentials have expired (${name})`, renewal(where));
    case 'region-not-enabled': {
      const hint = 'enable it in the account settings, or name another with --region';
      return failure(code, `the region ${region} is not enabled for this account (${name})`, hint);
    }
    case 'credentials-invalid': {
      // A region that is not enabled knows no credentials either.
      const elsewhere = /Signature/.test(name) ? '' : `; or is ${region} not enabled for the account?`;
      return failure(code, `AWS does not accept the credentials (${name})`, `${renewal(where)}${elsewhere}`);
    }
    case 'no-credentials':
      return noCredentials(error, said, where);
    case 'unreachable':
      return failure(
        code,
        `no answer to ${action} from Elastic Beanstalk in ${region} (${systemCode || (name === 'AbortError' ? 'the time was up' : name)})`,
        systemCode === 'ENOTFOUND'
          ? `is '${region}' a region, and is there a network?`
          : 'check the network, the proxy and AWS_ENDPOINT_URL_ELASTIC_BEANSTALK',
      );
  }
  if (systemCode === 'ERR_INVALID_URL')
    return failure('usage', 'AWS_ENDPOINT_URL_ELASTIC_BEANSTALK (or AWS_ENDPOINT_URL) is not a URL');
  if (/CERT|SELF_SIGNED|ERR_TLS|ERR_SSL|EPROTO|UNABLE_TO_(?:GET|VERIFY)/.test(systemCode)) {
    const hint = 'behind a TLS proxy set NODE_EXTRA_CA_CERTS to its certificate';
    return failure(
      'tls',
      `the connection to Elastic Beanstalk in ${region} is not trusted (${systemCode})`,
      hint,
    );
  }
  // An answer without the service's XML: its text may hold environment properties, so only its status is told.
  const unreadable = !('$fault' in error) && '$response' in error;
  if (unreadable || name === 'Unknown' || (status !== undefined && status >= 500)) {
    const message = `no proper answer to ${action} from Elastic Beanstalk in ${region} (HTTP ${status ?? 'unknown'})`;
    const isProxy = status !== undefined && status >= 300 && status < 500 && status !== 400;
    const hint = 'check the proxy and AWS_ENDPOINT_URL_ELASTIC_BEANSTALK';
    if (isProxy) return failure('aws-error', message, hint);
    return failure('service-failure', message, `try again in a minute; if it stays, ${hint}`);
  }
  // Neither an answer nor a failure of the network: a bug, to be shown whole.
  if (status === undefined && systemCode === '') throw error;
  return failure('aws-error', `${action}: ${redact(name, secrets)}: ${said}`);
}

function denied(error: Error, said: string, action: string, { profile }: Where): UserError {
  const named = /not authorized to perform:? ['"]?([\w-]+:\w+)|perform the ['"]?([\w-]+:\w+)/i.exec(said);
  const permission = named?.[1] ?? named?.[2] ?? `elasticbeanstalk:${action}`;
  const resource = /on resource:? ['"]?(arn:[^\s'"]+)/i.exec(said)?.[1] ?? '*';
  const as = profile === undefined ? '' : ` (profile '${profile.name}')`;
  const statement = JSON.stringify({ Effect: 'Allow', Action: permission, Resource: resource });
  return new UserError('access-denied', `not allowed to call ${permission}${as}: ${said}`, {
    hint: `the policy needs ${statement}; docs/iam.md has the whole`,
    cause: error,
  });
}

/** The SDK found no credentials, or none that work. */
function noCredentials(error: Error, said: string, where: Where): UserError {
  const { profile, region } = where;
  const tried = profile === undefined ? 'no profile' : `profile '${profile.name}' from ${profile.from}`;
  const expired = /expired/i.test(said);
  // The text of the SDK's whole chain says less than this.
  const reason = /Could not load credentials from any providers/i.test(said) ? '' : `: ${said}`;
  return new UserError(
    expired ? 'credentials-expired' : 'no-credentials',
    `${expired ? 'the AWS session has expired' : 'there are no AWS credentials'} (tried ${tried}, region ${region})${reason}`,
    {
      hint: `${renewal(where)}; 'eb-hosts doctor' without flags, 'probe' and 'rehearse' need none`,
      cause: error,
    },
  );
}

/** What to run for new credentials. */
function renewal({ profile }: Where): string {
  if (profile === undefined)
    return "run 'aws configure', set AWS_PROFILE or AWS_ACCESS_KEY_ID and its secret, or give --profile";
  const flag = ` --profile ${profile.name}`;
  if (profile.signIn === 'sso') return `run 'aws sso login${flag}'`;
  if (profile.signIn === 'login') return `run 'aws login${flag}'`;
  if (profile.signIn === 'program')
    return `look what the credential_process of profile '${profile.name}' says: it failed, or its credentials are old`;
  return `run 'aws configure${flag}', or 'aws sso login${flag}' if it signs in through IAM Identity Center`;
}

/** The status of the answer, also where the SDK could not read it. */
function statusOf(error: Error): number | undefined {
  const { $metadata, $response } = error as Error & {
    $metadata?: { httpStatusCode?: number };
    $response?: { statusCode?: number };
  };
  return $metadata?.httpStatusCode ?? $response?.statusCode;
}
