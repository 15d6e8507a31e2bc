import type { ErrorCode } from '../error-codes.ts';
import { UserError } from '../errors.ts';
import { isAmbiguous } from './aws-errors.ts';
import type { Environment } from './environment.ts';
import type { Outcome } from './follow.ts';

/** What to say of an update that did not end well. */
export function failureOf({ end, reason }: Outcome, environment: Environment, timeoutMs: number): UserError {
  const { name } = environment;
  const failed = (code: ErrorCode, message: string, hint: string) =>
    new UserError(code, message, { hint, status: 1 });
  if (end === 'timed-out') {
    const message = `'${name}' was not done after ${duration(timeoutMs)}: ${reason}`;
    return failed('timed-out', message, `the update goes on; ${howToLook(environment)}`);
  }
  if (end === 'lost')
    return failed(
      'environment-terminated',
      `'${name}' went away during the update: ${reason}`,
      howToLook(environment),
    );
  return failed('update-failed', `the update of '${name}' failed: ${reason}`, howToLook(environment));
}

/** The environment is being changed, and nobody wants to wait. */
export function busy({ name, status }: Environment): UserError {
  const state = status === 'Ready' ? 'being changed' : status;
  return new UserError(
    'environment-busy',
    `'${name}' is ${state}, and takes an update only when it is Ready`,
    {
      hint: 'nothing was changed; without --no-wait eb-hosts waits for it',
    },
  );
}

/** The time was up before anything was asked. */
export function timedOutBefore({ name }: Environment, timeoutMs: number): UserError {
  return new UserError('timed-out', `'${name}' was not Ready within ${duration(timeoutMs)}`, {
    hint: 'nothing was changed; give it longer with --timeout 30m',
    status: 1,
  });
}

/** The time was up while it was asked for, or later. */
export function timedOutWhile({ message, hint, cause }: UserError): UserError {
  return new UserError('timed-out', message, { hint: hint ?? undefined, cause, status: 1 });
}

/** How far a change had come when it broke off: from the request on it happens whether somebody looks or not. */
export type Phase = 'before' | 'asking' | 'following';

/** `error`, with what it means for the environment. */
export function brokenOff(error: UserError, phase: Phase, environment: Environment): UserError {
  const { name } = environment;
  const stopped = error.code === 'interrupted';
  const again = (message: string, hint: string | null) =>
    new UserError(error.code, message, { hint: hint ?? undefined, status: error.status, cause: error.cause });
  if (phase === 'following') {
    if (stopped) return again(`stopped following: the update of '${name}' goes on`, howToLook(environment));
    return again(
      `${error.message}; the update of '${name}' goes on unseen`,
      error.hint ?? howToLook(environment),
    );
  }
  if (phase === 'asking' && (stopped || isAmbiguous(error))) {
    const why = stopped ? 'interrupted' : error.message;
    return again(`${why}; whether the update of '${name}' was accepted is not known`, howToLook(environment));
  }
  if (phase === 'asking') return again(`${error.message}; nothing was changed in '${name}'`, error.hint);
  return stopped ? again(`interrupted: nothing was changed in '${name}'`, null) : error;
}

function howToLook({ name, region }: Environment): string {
  return `look with 'eb-hosts health-check show --environment ${name} --region ${region}' or 'eb events ${name}'`;
}

/** `90s`, `10m`. */
function duration(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  return seconds % 60 === 0 ? `${seconds / 60}m` : `${seconds}s`;
}
