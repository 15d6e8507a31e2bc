import type { FindingCode } from '../../finding-codes.ts';
import type { Finding } from '../../findings.ts';
import { hookPath } from '../../generated-paths.ts';
import { checkBundle, checkSnapshot } from '../bundle/bundle-findings.ts';
import type { Survey } from '../survey.ts';
import type { Check } from './check.ts';
import { checkEbExtensions } from './ebextensions-checks.ts';
import { checkHealthOptions } from './health-checks.ts';
import { checkNothingToDo, nothingToDo } from './nothing-to-do.ts';
import { checkPort } from './port-check.ts';
import { checkPropertyForm } from './property-form.ts';
import { checkProxy, readProxyAnswer } from './proxy-checks.ts';
import { checkRedirects } from './redirect-checks.ts';
import { checkRefusal } from './refused-check.ts';
import { checkRivals } from './rival-checks.ts';
import { checkScope } from './scope-checks.ts';
import { checkWiring } from './wiring-checks.ts';

/** Every verification of a repository, in the order in which a deployment would meet the trouble. */
const checks: readonly Check[] = [
  checkSnapshot,
  checkScope,
  checkNothingToDo,
  checkEbExtensions,
  checkPropertyForm,
  checkShipping,
  checkRivals,
  checkWiring,
  checkPort,
  checkHealthOptions,
  checkProxy,
  checkRedirects,
  checkRefusal,
];

/** Hooks that nobody needs need not ship. */
function checkShipping(survey: Survey): Finding[] {
  const needed = survey.app.has(hookPath) || nothingToDo(survey) === null;
  return checkBundle(survey).filter(({ code }) => needed || code !== 'bundle-drops-hooks');
}

/** What the app would make of a path that the proxy answers never happens. */
const ofPath: readonly FindingCode[] = [
  'append-slash',
  'health-path-not-found',
  'login-required-root',
  'ssl-redirect-health-check',
  'tenant-middleware',
];

/** The findings of the framework's reader, as far as the check reaches the app. */
export function reachingFindings(survey: Survey): Finding[] {
  const answered = readProxyAnswer(survey).kind === 'answers';
  return survey.reading.findings.filter(({ code }) => !answered || !ofPath.includes(code));
}

/** Runs them all. */
export function runChecks(survey: Survey): Finding[] {
  return withoutRepeats(checks.flatMap((check) => check(survey)));
}

/** The first finding of each code and place. */
function withoutRepeats(findings: readonly Finding[]): Finding[] {
  const seen = new Set<string>();
  return findings.filter(({ code, file, line }) => {
    const key = `${code}\0${file}\0${line}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
