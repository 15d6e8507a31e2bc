import type { FindingCode } from './finding-codes.ts';

export type Severity = 'error' | 'warning' | 'info';

/** Something about a repository or an environment that makes, or would make, the health check fail. */
export interface Finding {
  /** Stable, kebab-case; described in docs/findings.md. */
  readonly code: FindingCode;
  readonly severity: Severity;
  /** Relative to the app root, with `/`; null where no file is to blame. */
  readonly file: string | null;
  /** 1-based; null where unknown. */
  readonly line: number | null;
  /** The cause, in a sentence. */
  readonly message: string;
  /** What to do, in a sentence or a command. */
  readonly fix: string;
  /** The Elastic Beanstalk environment it was found in; absent for one of the repository. */
  readonly environment?: string;
  /** Of a refused check (`env-check-refused`): the variable or property of the list, null where unknown. */
  readonly list?: string | null;
  /** Of a refused check: the Host that is refused, in words; its value differs on each instance. */
  readonly host?: string;
}

/** Where a finding points; nulls where no file or line is to blame. */
export interface Place {
  readonly file: string | null;
  readonly line: number | null;
}

export const nowhere: Place = { file: null, line: null };

/** The one builder of findings: its arguments stand in the order in which a finding is read. */
export function finding(
  severity: Severity,
  code: FindingCode,
  { file, line }: Place,
  message: string,
  fix: string,
): Finding {
  return { code, severity, file, line, message, fix };
}
