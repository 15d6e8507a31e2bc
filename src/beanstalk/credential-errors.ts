import { UserError } from '../errors.ts';
import type { Where } from './where.ts';

/** The SDK found no credentials, or none that work. */
export function noCredentials(error: unknown, said: string, where: Where): UserError {
  const expired = /expired/i.test(said);
  const message = expired ? `the AWS session has expired: ${said}` : missing(said, where);
  return new UserError(expired ? 'credentials-expired' : 'no-credentials', message, {
    hint: renewal(where),
    cause: error,
  });
}

function missing(said: string, { profile }: Where): string {
  if (profile !== undefined)
    return `the AWS profile '${profile.name}' (named by ${profile.from}) gave no credentials: ${said}`;
  // The text of the SDK's whole chain says less than this.
  if (/Could not load credentials from any providers/i.test(said) || said === '')
    return 'there are no AWS credentials: no profile, no keys in the environment, no role of this machine';
  return `there are no AWS credentials: ${said}`;
}

/** What to run for new credentials. */
export function renewal({ profile }: Where): string {
  const flag = profile === undefined ? '' : ` --profile ${profile.name}`;
  if (profile?.sso) return `run 'aws sso login${flag}'`;
  if (profile?.program)
    return `look what the credential_process of profile '${profile.name}' says: it failed, or its credentials are old`;
  if (profile?.login) return `run 'aws login${flag}'`;
  if (profile === undefined)
    return "run 'aws configure', set AWS_PROFILE or AWS_ACCESS_KEY_ID and its secret, or give --profile";
  return `run 'aws configure${flag}', or 'aws sso login${flag}' if it signs in through IAM Identity Center`;
}
