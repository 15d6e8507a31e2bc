import type { Finding } from '../../findings.ts';
import type { HealthCheckAnswer } from '../health-check-answer.ts';
import type { Evidence, Framework, HostsSetting } from '../project.ts';

/** What the reader of one framework found; undefined in its place: not that framework. */
export interface FrameworkReading {
  readonly framework: Framework;
  /** The one that governs production first. */
  readonly settings: readonly HostsSetting[];
  readonly evidence: readonly Evidence[];
  readonly findings: readonly Finding[];
  /** A health endpoint found among the app's routes, to be proposed. */
  readonly healthPath?: string | null;
  /** How the app answers the health check, where the reader knows. */
  readonly healthCheck?: HealthCheckAnswer;
}

/** A host list the reader knows nothing about, until told otherwise. */
export function unknownHosts(file: string, line: number): HostsSetting {
  return { file, line, source: 'unknown', variable: null, separator: null, role: null, default: null };
}

/** 1-based line of an offset. */
export function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at !== -1 && at < offset; at = text.indexOf('\n', at + 1)) line++;
  return line;
}
