import type { Health } from './environment.ts';

/** What the causes of an environment's health say of its requests. */
export interface RefusedRequests {
  /** Share of the requests that are answered 4xx, 0 to 100. */
  readonly percent: number;
  /** Requests a minute, where the causes tell. */
  readonly perMinute: number | null;
  /** So few that they are the load balancer's own checks and nothing else. */
  readonly checkerOnly: boolean;
}

/** More than the checks of a handful of load-balancer nodes every few seconds: people are about. */
const checkerAtMost = 30;

/** Recognises `100.0 % of the requests are erroring with HTTP 4xx. Insufficient request rate (6.0 requests/min) to
 * determine application health.`, the voice of an environment whose only visitor is the load balancer's refused check.
 * The texts are prose, matched loosely; the blank before `%` is real. */
export function refusedRequests({ causes }: Health): RefusedRequests | null {
  const text = causes.join(' ');
  const share =
    /([\d.]+)\s*%\s+of\s+the\s+requests\s+(?:to\s+the\s+ELB\s+)?are\s+(?:erroring|failing)[^.]*?4xx/i.exec(
      text,
    );
  if (share === null) return null;
  const rate = /\(?([\d.]+)\s*requests?\s*\/\s*min/i.exec(text)?.[1];
  const perMinute = rate === undefined ? null : Number(rate);
  const percent = Number(share[1]);
  return {
    percent,
    perMinute,
    checkerOnly: percent >= 90 && perMinute !== null && perMinute > 0 && perMinute <= checkerAtMost,
  };
}

/** Whether the causes say that targets fail their check. */
export function failsLoadBalancer({ causes }: Health): boolean {
  return /ELB (?:health|processes)[^.]*(?:failing|not available|not healthy)|target group[^.]*unhealthy/i.test(
    causes.join(' '),
  );
}

/** Grades of health, the worst first. */
export const grades = ['severe', 'degraded', 'warning', 'unknown', 'pending', 'info', 'ok'] as const;
export type Grade = (typeof grades)[number];

const byStatus: Record<string, Grade> = {
  Severe: 'severe',
  Degraded: 'degraded',
  Warning: 'warning',
  Suspended: 'unknown',
  NoData: 'unknown',
  Unknown: 'unknown',
  Pending: 'pending',
  Info: 'info',
  Ok: 'ok',
};
const byColor: Record<string, Grade> = { Red: 'severe', Yellow: 'warning', Grey: 'unknown', Green: 'ok' };

/** The grade of an environment's health; with basic health its colour decides. */
export function gradeOf({ status, color }: Health): Grade {
  return byStatus[status ?? ''] ?? byColor[color ?? ''] ?? 'unknown';
}
