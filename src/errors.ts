/** Exit status of a command: 0 done or clean, 1 findings, drift or an unhealthy outcome, 2 wrong usage or an
 * environment that does not allow the work, 130 interrupted. */
export type ExitStatus = 0 | 1 | 2 | 130;

/** A failure the user can act on: shown as one line (and a hint), never as a stack. Everything else is a bug. */
export class UserError extends Error {
  override readonly name = 'UserError';
  /** Stable, kebab-case; part of the JSON contract: schemas/common.json lists them all. */
  readonly code: string;
  /** What to do about it, in one line. */
  readonly hint: string | null;
  readonly status: ExitStatus;

  constructor(
    code: string,
    message: string,
    options: { hint?: string | undefined; status?: ExitStatus; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint ?? null;
    this.status = options.status ?? 2;
  }
}

/** Wrong usage: the command line adds where the help is, status 2. */
export function usage(message: string): UserError {
  return new UserError('usage', message);
}

/** The user pressed Ctrl-C (or answered "no" with it). */
export function interrupted(message = 'interrupted'): UserError {
  return new UserError('interrupted', message, { status: 130 });
}

/** `error.code` of a Node system error (`ENOENT`, `EACCES`, …), if it has one. */
export function systemErrorCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
