import { finding } from '../../findings.ts';
import { hookPath } from '../../generated-paths.ts';
import { propertyNamespace } from '../../option-namespaces.ts';
import { readAskedPath } from '../ebextensions/health-options.ts';
import { optionValue } from '../ebextensions/option-settings.ts';
import { regExp } from '../frameworks/framework-reading.ts';
import type { HostsSetting } from '../project.ts';
import type { Check, Survey } from '../survey.ts';
import { whyUnneeded, whyUnreachable } from './nothing-to-do.ts';
import { checkedHost } from './proxy-answer.ts';
import { readProxyAnswer } from './proxy-checks.ts';
import { writesAddress } from './rival-checks.ts';

/** `hooks-missing`: the app certainly refuses the check, and no hook brings the address into its list. */
export const checkRefusal: Check = (survey) => {
  const { app, reading } = survey;
  const [setting] = reading.settings;
  if (setting === undefined || app.has(hookPath) || !isRefused(survey)) return [];
  const unreachable = whyUnreachable(survey)?.because;
  const why = unreachable === undefined ? 'which no hook adds, and gets 400' : `and gets 400; ${unreachable}`;
  const fix =
    unreachable === undefined
      ? (reading.advice ?? 'eb-hosts init')
      : 'let the app answer the health path before it looks at the host';
  const message = `the app answers only the hosts in this list; the health check asks for the instance's private IP, ${why}`;
  return [finding('warning', 'hooks-missing', setting, message, fix)];
};

/** Whether the hook is there, or the check would be refused without it. */
export const needsHook = (survey: Survey): boolean =>
  survey.app.has(hookPath) || (isRefused(survey) && whyUnreachable(survey) === undefined);

function isRefused(survey: Survey): boolean {
  const [setting] = survey.reading.settings;
  if (setting === undefined || whyUnneeded(survey) !== undefined) return false;
  return refusesAddress(setting, survey) && !passesWithoutHook(survey);
}

/** Whether the check passes, or may, although no hook of ours brings the address into the list. */
export function passesWithoutHook(survey: Survey): boolean {
  const { reading, ebextensions } = survey;
  const { path } = readAskedPath(ebextensions);
  const adds = reading.findings.some(
    ({ code }) => code === 'settings-metadata' || (code === 'hosts-own-address' && !inContainer(survey)),
  );
  if (adds || reading.settings[0]?.default?.some(admitsAddresses)) return true;
  if (reading.answersBeforeHost?.(path) === true || writesAddress(survey)) return true;
  const proxy = readProxyAnswer(survey);
  return proxy.kind !== 'passes' || proxy.host !== null;
}

/** The machine's own name resolves to another address there. */
const inContainer = ({ platform }: Survey): boolean => /^(?:docker|compose|ecs)$/.test(platform.platform);

/** Whether the list is known to be without the instance's address: where it is read, and holds nothing that admits addresses. */
function refusesAddress(
  { source, variable, default: hosts }: HostsSetting,
  { ebextensions }: Survey,
): boolean {
  if (source === 'literal') return hosts !== null && !hosts.some(admitsAddresses);
  if (source !== 'environment' || variable === null) return false;
  const set = optionValue(
    [...ebextensions.options, ...ebextensions.elsewhere],
    propertyNamespace,
    variable,
  )?.value;
  return !admitsAddresses(set ?? '') && !(hosts ?? []).some(admitsAddresses);
}

/** Every host, a network, or a pattern that matches an address. */
function admitsAddresses(host: string): boolean {
  if (/[\\^$]/.test(host)) return regExp(host)?.test(checkedHost) ?? true;
  return /[*/]|^\.$/.test(host.replace(/^\*\.(?=\w)/, ''));
}
