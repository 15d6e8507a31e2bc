import type { Finding } from '../../findings.ts';
import type { Survey } from '../survey.ts';

/** A check looks at a surveyed repository and says what is wrong with it. Pure and total. */
export type Check = (survey: Survey) => readonly Finding[];

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
