import type { FindingCode } from '../../finding-codes.ts';
import type { Finding } from '../../findings.ts';
import { checkBundle, checkSnapshot } from '../bundle/bundle-findings.ts';
import { readAskedPath } from '../ebextensions/health-options.ts';
import type { Check, Survey } from '../survey.ts';
import { checkEbExtensions } from './ebextensions-checks.ts';
import { checkHealthOptions } from './health-checks.ts';
import { checkNothingToDo, nothingToDo } from './nothing-to-do.ts';
import { checkPort } from './port-check.ts';
import { checkPropertyForm } from './property-form.ts';
import { checkProxy, readProxyAnswer } from './proxy-checks.ts';
import { checkRedirects } from './redirect-checks.ts';
import { checkRefusal, needsHook } from './refused-check.ts';
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

/** Hooks that nobody needs need not ship, and where that is not known it is no error. */
function checkShipping(survey: Survey): Finding[] {
  const found = checkBundle(survey);
  if (needsHook(survey)) return found;
  const isAboutHooks = ({ code }: Finding) => code === 'bundle-drops-hooks';
  if (nothingToDo(survey) !== null) return found.filter((one) => !isAboutHooks(one));
  return found.map((one) => (isAboutHooks(one) ? { ...one, severity: 'info' } : one));
}

/** What the app would make of a path that the proxy answers, or that is not known, is not told. */
const ofPath: readonly FindingCode[] = [
  'append-slash',
  'exemption-too-late',
  'health-check-login',
  'health-check-redirect',
  'health-path-not-found',
  'ssl-redirect-health-check',
  'tenant-middleware',
];

/** The findings of the framework's reader, as far as they are about what is asked. */
export function reachingFindings(survey: Survey): Finding[] {
  const asks = readProxyAnswer(survey).kind !== 'answers' && readAskedPath(survey.ebextensions).known;
  return survey.reading.findings.filter(({ code }) => asks || !ofPath.includes(code));
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
