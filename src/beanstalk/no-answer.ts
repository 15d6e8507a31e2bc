import { UserError } from '../errors.ts';

/** Nothing came, as often as that is waited for; other attempts than those are not to be made. */
export function noAnswer(action: string, region: string): UserError {
  const message = `no answer to ${action} from Elastic Beanstalk in ${region} (ETIMEDOUT)`;
  return new UserError('unreachable', message, { hint: reachability('ETIMEDOUT'), cause: silence });
}

const silence = new Error('no answer');

/** Whether it is the error of `noAnswer`. */
export function isSilence(error: unknown): boolean {
  return error instanceof UserError && error.cause === silence;
}

/** What to look at where there is no answer. */
export function reachability(code: string, region?: string): string {
  if (code === 'ENOTFOUND') return `is '${region}' a region, and is there a network?`;
  return 'check the network, the proxy and AWS_ENDPOINT_URL_ELASTIC_BEANSTALK';
}
