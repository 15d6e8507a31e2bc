/** A signal that is aborted after a time, and does not keep the process alive until then.
 *
 * Not `AbortSignal.timeout`: on Node 20 such a signal that is only reached through `AbortSignal.any` is collected as
 * garbage, timer and all, and the wait it was to end never ends. */
export function deadlineIn(milliseconds: number): AbortSignal {
  const controller = new AbortController();
  setTimeout(() => controller.abort(), milliseconds).unref();
  return controller.signal;
}

/** What can be done without is given up after this time. */
export const extrasMs = 15_000;
