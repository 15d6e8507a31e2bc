import type { Finding } from '../../findings.ts';
import type { Survey } from '../survey.ts';

/** A check looks at a surveyed repository and says what is wrong with it. Pure and total. */
export type Check = (survey: Survey) => readonly Finding[];
