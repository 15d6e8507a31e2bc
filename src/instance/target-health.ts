import type { LoadBalancer } from './health-checker.ts';

export type TargetState = 'initial' | 'healthy' | 'unhealthy';

export interface Thresholds {
  readonly healthy: number;
  readonly unhealthy: number;
}

export interface TargetHealth {
  readonly state: TargetState;
  /** How many checks in a row have had the last result. */
  readonly streak: number;
  readonly lastPassed: boolean | null;
}

export const newTarget: TargetHealth = { state: 'initial', streak: 0, lastPassed: null };

/** What Elastic Beanstalk sets where nothing else is configured (developer guide, command-options-general). */
export const checkDefaults: Record<LoadBalancer, Thresholds & { readonly intervalSeconds: number }> = {
  alb: { healthy: 3, unhealthy: 5, intervalSeconds: 15 },
  classic: { healthy: 3, unhealthy: 5, intervalSeconds: 10 },
  nlb: { healthy: 5, unhealthy: 5, intervalSeconds: 10 },
};

/** A target's health after one more check. A newly registered target of a target group needs to pass one check only
 * (Application Load Balancer guide, target-group-health-checks); an instance of a classic load balancer is out of
 * service until it has passed as many as after a failure. */
export function afterCheck(
  health: TargetHealth,
  passed: boolean,
  thresholds: Thresholds,
  loadBalancer: LoadBalancer,
): TargetHealth {
  const streak = passed === health.lastPassed ? health.streak + 1 : 1;
  const needed = health.state === 'initial' && loadBalancer !== 'classic' ? 1 : thresholds.healthy;
  let { state } = health;
  if (passed && streak >= needed) state = 'healthy';
  if (!passed && streak >= thresholds.unhealthy) state = 'unhealthy';
  return { state, streak, lastPassed: passed };
}
