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

/** How bad a health is: 0 is the worst. */
export function healthRank({ status, color }: Health): number {
  const ranks: Record<string, number> = {
    Severe: 0,
    Degraded: 1,
    Warning: 2,
    Suspended: 3,
    NoData: 3,
    Unknown: 3,
    Pending: 4,
    Info: 5,
    Ok: 6,
  };
  const colours: Record<string, number> = { Red: 0, Yellow: 2, Grey: 3, Green: 6 };
  return ranks[status ?? ''] ?? colours[color ?? ''] ?? 3;
}
