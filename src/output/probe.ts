import type { CheckRequest } from '../instance/health-checker.ts';
import type { Verdict } from '../instance/verdict.ts';
import type { Io } from '../io.ts';
import { asTyped, type Style } from './text.ts';

/** The request as it went over the wire. */
export function renderRequest(request: CheckRequest): string {
  const headers = Object.entries(request.headers).map(([name, value]) => `${name}: ${value}`);
  return [`${request.method} ${request.path} HTTP/1.1`, ...headers].map((line) => `> ${line}\n`).join('');
}

/** A verdict in two or three lines: healthy or not, what it means, what to do. */
export function renderVerdict(verdict: Verdict, style: Style, env: Io['env']): string {
  const mark = verdict.healthy ? style('green', 'healthy') : style('red', 'unhealthy');
  const reason = verdict.reason === null ? '' : ` (${verdict.reason})`;
  const fix = verdict.fix === null ? '' : `  fix: ${asTyped(verdict.fix, env)}\n`;
  return `${mark}${reason}: ${verdict.message}\n${fix}`;
}
