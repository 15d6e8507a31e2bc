import type { FindingCode } from '../../finding-codes.ts';
import type { Finding, Severity } from '../../findings.ts';
import type { Survey } from '../survey.ts';

/** A check looks at a surveyed repository and says what is wrong with it. Pure and total. */
export type Check = (survey: Survey) => readonly Finding[];

export interface Place {
  readonly file: string | null;
  readonly line: number | null;
}

export const nowhere: Place = { file: null, line: null };

/** A finding, written in the order in which it is read. */
export function finding(
  severity: Severity,
  code: FindingCode,
  { file, line }: Place,
  message: string,
  fix: string,
): Finding {
  return { code, severity, file, line, message, fix };
}

/** The first finding of each code and place. */
export function withoutRepeats(findings: readonly Finding[]): Finding[] {
  const seen = new Set<string>();
  return findings.filter(({ code, file, line }) => {
    const key = `${code}\0${file}\0${line}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
