import type { Finding } from '../../findings.ts';
import type { Survey } from '../survey.ts';
import { checkBundle } from './bundle-checks.ts';
import { type Check, withoutRepeats } from './check.ts';
import { checkEbExtensions } from './ebextensions-checks.ts';
import { checkHealthOptions } from './health-checks.ts';
import { checkNothingToDo } from './nothing-to-do.ts';
import { checkPort } from './port-check.ts';
import { checkPropertyForm } from './property-form.ts';
import { checkProxy } from './proxy-checks.ts';
import { checkRedirects } from './redirect-checks.ts';
import { checkRefusal } from './refused-check.ts';
import { checkRivals } from './rival-checks.ts';
import { checkScope } from './scope-checks.ts';
import { checkWiring } from './wiring-checks.ts';

/** Every verification of a repository, in the order in which a deployment would meet the trouble. */
const checks: readonly Check[] = [
  checkScope,
  checkNothingToDo,
  checkEbExtensions,
  checkPropertyForm,
  checkBundle,
  checkRivals,
  checkWiring,
  checkPort,
  checkHealthOptions,
  checkProxy,
  checkRedirects,
  checkRefusal,
];

/** Runs them all. */
export function runChecks(survey: Survey): Finding[] {
  return withoutRepeats(checks.flatMap((check) => check(survey)));
}
