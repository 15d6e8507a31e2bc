import { UserError } from '../errors.ts';
import { matches, parseMatcher } from '../matcher.ts';
import { applicationNamespace } from '../option-namespaces.ts';
import type { OptionValue } from './api.ts';
import { healthcheckUrl, type Setting, settingValue } from './environment.ts';
import {
  type CheckPart,
  checkParts,
  checksOf,
  type LoadBalancer,
  liveProcesses,
  optionOf,
  type ProcessCheck,
  processesOf,
} from './load-balancer.ts';

type WantedCheck = { readonly [part in CheckPart]?: string | undefined };

/** The health check that is meant. */
export interface Target {
  readonly loadBalancer: LoadBalancer;
  readonly settings: readonly Setting[];
  readonly process: string;
}

/** What is to happen to a health check; a part that is not given is not touched. */
export type Intent =
  | { readonly verb: 'set'; readonly wanted: WantedCheck }
  | { readonly verb: 'unset'; readonly parts: readonly CheckPart[] };

/** One option that changes; null where it is unset. */
export interface Change {
  readonly namespace: string;
  readonly option: string;
  readonly from: string | null;
  readonly to: string | null;
}

/** The process whose check is meant: the named one, else the one that traffic reaches.
 * @throws UserError `unknown-process`, or `usage` where several could be meant */
export function chooseProcess(
  loadBalancer: LoadBalancer,
  settings: readonly Setting[],
  named: string | undefined,
): string {
  const processes = processesOf(loadBalancer, settings);
  if (named !== undefined) {
    // A setting for a process that does not exist would create it, target group and all.
    if (processes.includes(named)) return named;
    const hint = `it has ${processes.join(', ')}`;
    throw new UserError('unknown-process', `this environment has no process '${named}'`, { hint });
  }
  const live = liveProcesses(loadBalancer, settings);
  const [only, another] = live;
  if (live.includes('default') || only === undefined) return 'default';
  if (another === undefined) return only;
  const hint = 'name one with --process';
  throw new UserError('usage', `several processes are in use: ${live.join(', ')}`, { hint });
}

/** What differs between a configuration and what is wanted. An option without a value was never set directly, so there is
 * nothing to remove.
 * @throws UserError `invalid-option` for a value outside the limits of this load balancer */
export function changesOf(target: Target, intent: Intent): readonly Change[] {
  const { loadBalancer, settings, process } = target;
  const deployedValue = ({ namespace, option }: { namespace: string; option: string }) =>
    settingValue(settings, namespace, option) ?? null;
  if (intent.verb === 'unset') {
    return intent.parts.flatMap((part) => {
      const place = optionOf(loadBalancer, process, part);
      const from = place === undefined ? null : deployedValue(place);
      return place === undefined || !from ? [] : [{ ...place, from, to: null }];
    });
  }
  checkLimits(target, intent.wanted);
  return wantedOptions(target, intent.wanted).flatMap(({ value, ...place }) => {
    const from = deployedValue(place);
    const same = from === value || (from !== null && /^\d+$/.test(value) && Number(from) === Number(value));
    return same ? [] : [{ ...place, from, to: value }];
  });
}

/** What is wanted, as options of this load balancer, whether they differ from the deployed ones or not. */
export function wantedOptions(
  { loadBalancer, settings, process }: Target,
  wanted: WantedCheck,
): readonly OptionValue[] {
  return checkParts.flatMap((part) => {
    const value = wanted[part];
    const place = optionOf(loadBalancer, process, part);
    if (value === undefined || place === undefined) return [];
    // `Application Healthcheck URL` may name protocol and port (`HTTPS:443/health`): they stay.
    const url = part === 'path' && loadBalancer === 'classic';
    const deployed = url ? settingValue(settings, place.namespace, place.option) : undefined;
    return [{ ...place, value: `${/^HTTPS?:\d+(?=\/)/i.exec(deployed ?? '')?.[0] ?? ''}${value}` }];
  });
}

/** What a change would be in an environment that cannot be read: with an application load balancer.
 * @throws UserError `invalid-option` */
export function assumeChange(intent: Intent, process = 'default') {
  const places = checkParts
    .filter((part) => intent.verb === 'unset' && intent.parts.includes(part))
    .flatMap((part) => optionOf('application', process, part) ?? []);
  if (intent.verb === 'unset') return { options: [], removed: places };
  const target: Target = { loadBalancer: 'application', settings: [], process };
  checkLimits(target, intent.wanted);
  return { options: wantedOptions(target, intent.wanted), removed: [] };
}

/** The deployed health checks as options. */
export function deployedOptions(
  loadBalancer: LoadBalancer,
  checks: readonly ProcessCheck[],
): readonly OptionValue[] {
  return checks.flatMap((check) =>
    checkParts.flatMap((part) => {
      const place = optionOf(loadBalancer, check.process, part);
      const value = check[part];
      return place === undefined || value === null ? [] : [{ ...place, value: String(value) }];
    }),
  );
}

/** Limits of the options, before the service is asked. Source: Developer Guide, command-options-general. */
function checkLimits({ loadBalancer, settings, process }: Target, wanted: WantedCheck): void {
  const invalid = (message: string) =>
    new UserError('invalid-option', message, { hint: "see 'eb-hosts health-check --help'" });
  const classic = loadBalancer === 'classic';
  const { path = '', matcher } = wanted;
  if (matcher !== undefined && classic && matcher !== '200')
    throw invalid('a classic load balancer takes 200 as healthy and nothing else: leave --matcher out');
  if (matcher !== undefined && parseMatcher(matcher) === undefined)
    throw invalid(
      `--matcher takes statuses from 200 to 499 such as 200, 200,301 or 200-299, not '${matcher}'`,
    );
  if (/[^!-~]/.test(path)) throw invalid(`the path is sent as it stands: write it as ${encodeURI(path)}`);
  if (path.length > 1024) throw invalid(`a path has at most 1024 characters, this one ${path.length}`);
  const ranges = [
    ['--interval', wanted.interval, 5, 300],
    ['--check-timeout', wanted.timeout, classic ? 2 : 1, 60],
    ['--healthy-threshold', wanted.healthyThreshold, 2, 10],
    ['--unhealthy-threshold', wanted.unhealthyThreshold, 2, 10],
  ] as const;
  for (const [flag, value, least, most] of ranges) {
    if (value !== undefined && !(/^\d+$/.test(value) && Number(value) >= least && Number(value) <= most))
      throw invalid(`${flag} takes a whole number from ${least} to ${most}, not '${value}'`);
  }
  const deployed = checksOf(loadBalancer, settings).find((check) => check.process === process);
  const interval = Number(wanted.interval ?? deployed?.interval ?? (classic ? 10 : 15));
  const timeout = Number(wanted.timeout ?? deployed?.timeout ?? 5);
  if ((wanted.interval ?? wanted.timeout) !== undefined && timeout >= interval)
    throw invalid(`the check's time-out (${timeout} s) must be less than its interval (${interval} s)`);
}

/** What a user should know before (or after) setting a path. */
export function remarksOnSet(
  { loadBalancer, settings, process }: Target,
  { path, matcher }: WantedCheck,
): readonly string[] {
  const remarks: string[] = [];
  const live = liveProcesses(loadBalancer, settings);
  if (!live.includes(process))
    remarks.push(`no listener uses process '${process}': the load balancer asks ${live.join(', ')}`);
  for (const check of checksOf(loadBalancer, settings)) {
    if (check.process !== process && live.includes(check.process))
      remarks.push(
        `process '${check.process}' is checked too, at ${check.path ?? '/'} (--process ${check.process})`,
      );
  }
  const url = settingValue(settings, applicationNamespace, healthcheckUrl) ?? '';
  if (loadBalancer !== 'classic' && url !== '' && url !== path)
    remarks.push(`'${healthcheckUrl}' says ${url}; an application load balancer does not read it`);
  if (matcher !== undefined && matches(parseMatcher(matcher) ?? [], 400))
    remarks.push(`matcher ${matcher} takes a 400 for healthy: it hides a refused Host instead of curing it`);
  return remarks;
}
