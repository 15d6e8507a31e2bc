import { setTimeout as sleep } from 'node:timers/promises';
import { interrupted } from '../errors.ts';
import type { Matcher } from '../matcher.ts';
import { type CheckOutcome, checkHealth, type HealthCheck } from './health-checker.ts';
import {
  afterCheck,
  newTarget,
  type TargetHealth,
  type TargetState,
  type Thresholds,
} from './target-health.ts';
import { judge, type Verdict } from './verdict.ts';

export interface ProbeOptions {
  readonly check: HealthCheck;
  readonly matcher: Matcher;
  readonly thresholds: Thresholds;
  /** How many checks. */
  readonly count: number;
  /** From the beginning of one check to that of the next. */
  readonly intervalMilliseconds: number;
  readonly signal: AbortSignal;
  readonly onCheck: (checked: Checked) => void;
}

export interface Checked {
  /** From 1. */
  readonly number: number;
  readonly outcome: CheckOutcome;
  readonly verdict: Verdict;
  /** The target's state before and after this check. */
  readonly from: TargetState;
  readonly to: TargetState;
}

/** Checks a target again and again and follows its state as a target group does.
 * @throws UserError `interrupted` as soon as the signal is given */
export async function probeTarget(options: ProbeOptions): Promise<Checked[]> {
  const { check, count, signal } = options;
  const checks: Checked[] = [];
  let health: TargetHealth = newTarget;
  for (let number = 1; number <= count; number++) {
    const pause = number < count ? pauseOf(options.intervalMilliseconds, signal) : undefined;
    const outcome = await unlessInterrupted(checkHealth(check), signal);
    const verdict = judge(check, outcome, options.matcher);
    const next = afterCheck(health, verdict.healthy, options.thresholds, check.loadBalancer);
    const checked: Checked = { number, outcome, verdict, from: health.state, to: next.state };
    health = next;
    checks.push(checked);
    options.onCheck(checked);
    await pause;
  }
  return checks;
}

async function pauseOf(milliseconds: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(milliseconds, undefined, { signal });
  } catch {
    // Told by the next look at the signal.
  }
}

async function unlessInterrupted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) throw interrupted();
  const stop = new AbortController();
  const abort = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(interrupted()), { once: true, signal: stop.signal });
  });
  try {
    return await Promise.race([work, abort]);
  } finally {
    stop.abort();
  }
}
