import type { Finding } from '../../findings.ts';
import { checkBundle, checkSnapshot } from '../bundle/bundle-findings.ts';
import type { Survey } from '../survey.ts';
import { type Check, withoutRepeats } from './check.ts';
import { checkEbExtensions } from './ebextensions-checks.ts';
import { checkFiles } from './file-checks.ts';
import { checkHealthOptions } from './health-checks.ts';
import { checkHooks } from './hook-checks.ts';
import { checkPlatform } from './platform-checks.ts';
import { checkRivals } from './rival-checks.ts';
import { checkWiring } from './wiring-checks.ts';

/** Every verification of a repository, in the order in which a deployment would meet the trouble. */
const checks: readonly Check[] = [
  checkSnapshot,
  checkFiles,
  checkPlatform,
  checkEbExtensions,
  checkBundle,
  checkHooks,
  checkRivals,
  checkWiring,
  checkHealthOptions,
];

/** Runs them all. */
export function runChecks(survey: Survey): Finding[] {
  return withoutRepeats(checks.flatMap((check) => check(survey)));
}
