import { UserError } from '../errors.ts';
import { admits } from '../project/ebextensions/health-options.ts';
import type { OptionValue } from './environment.ts';
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
import {
  applicationNamespace,
  classicNamespace,
  healthcheckUrl,
  type Setting,
  settingValue,
} from './settings.ts';

/** What a user wants of a health check; an option not given is not touched. */
export type WantedCheck = { readonly [part in CheckPart]?: string | undefined };

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
    throw new UserError('unknown-process', `this environment has no process '${named}'`, {
      hint: `it has ${processes.join(', ')}`,
    });
  }
  const live = liveProcesses(loadBalancer, settings);
  const [only, another] = live;
  if (live.includes('default') || only === undefined) return 'default';
  if (another === undefined) return only;
  throw new UserError('usage', `several processes are in use: ${live.join(', ')}`, {
    hint: 'name one with --process',
  });
}

/** What differs between the deployed configuration and what is wanted.
 * @throws UserError `invalid-option` for a value outside the limits of this load balancer */
export function planSet(
  loadBalancer: LoadBalancer,
  settings: readonly Setting[],
  process: string,
  wanted: WantedCheck,
): readonly Change[] {
  checkLimits(loadBalancer, settings, process, wanted);
  return wantedOptions(loadBalancer, settings, process, wanted).flatMap(({ namespace, option, value }) => {
    const from = settingValue(settings, namespace, option) ?? null;
    return isSame(from, value) ? [] : [{ namespace, option, from, to: value }];
  });
}

/** What is wanted, as options of this load balancer, whether they differ from the deployed ones or not. */
export function wantedOptions(
  loadBalancer: LoadBalancer,
  settings: readonly Setting[],
  process: string,
  wanted: WantedCheck,
): readonly OptionValue[] {
  return checkParts.flatMap((part) => {
    const value = wanted[part];
    const place = value === undefined ? undefined : optionOf(loadBalancer, process, part);
    if (value === undefined || place === undefined) return [];
    if (part !== 'path' || loadBalancer !== 'classic') return [{ ...place, value }];
    return [
      { ...place, value: classicUrl(settingValue(settings, place.namespace, place.option) ?? null, value) },
    ];
  });
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

/** What unsetting parts of a health check removes. An option without a value was never set directly. */
export function planUnset(
  loadBalancer: LoadBalancer,
  settings: readonly Setting[],
  process: string,
  parts: readonly CheckPart[],
): readonly Change[] {
  return parts.flatMap((part) => {
    const place = optionOf(loadBalancer, process, part);
    if (place === undefined) return [];
    const from = settingValue(settings, place.namespace, place.option) ?? '';
    return from === '' ? [] : [{ ...place, from, to: null }];
  });
}

/** `Application Healthcheck URL` may name protocol and port (`HTTPS:443/health`): they stay. */
function classicUrl(from: string | null, path: string): string {
  return `${/^(?:HTTPS?:\d+)(?=\/)/i.exec(from ?? '')?.[0] ?? ''}${path}`;
}

function isSame(from: string | null, to: string): boolean {
  return (
    from === to || (from !== null && /^\d+$/.test(from) && /^\d+$/.test(to) && Number(from) === Number(to))
  );
}

/** Limits of the options, before the service is asked. Source: Developer Guide, command-options-general. */
function checkLimits(
  loadBalancer: LoadBalancer,
  settings: readonly Setting[],
  process: string,
  wanted: WantedCheck,
): void {
  const classic = loadBalancer === 'classic';
  if (wanted.matcher !== undefined) {
    if (classic && wanted.matcher !== '200') {
      throw invalid('a classic load balancer takes 200 as healthy and nothing else: leave --matcher out');
    }
    checkMatcher(wanted.matcher);
  }
  if (wanted.path !== undefined) checkPath(wanted.path);
  checkRange('--interval', wanted.interval, 5, 300);
  checkRange('--check-timeout', wanted.timeout, classic ? 2 : 1, 60);
  checkRange('--healthy-threshold', wanted.healthyThreshold, 2, 10);
  checkRange('--unhealthy-threshold', wanted.unhealthyThreshold, 2, 10);
  const deployed = checksOf(loadBalancer, settings).find((check) => check.process === process);
  const interval = Number(wanted.interval ?? deployed?.interval ?? (classic ? 10 : 15));
  const timeout = Number(wanted.timeout ?? deployed?.timeout ?? 5);
  if ((wanted.interval ?? wanted.timeout) !== undefined && timeout >= interval) {
    throw invalid(`the check's time-out (${timeout} s) must be less than its interval (${interval} s)`);
  }
}

function checkRange(flag: string, value: string | undefined, least: number, most: number): void {
  if (value === undefined) return;
  if (!/^\d{1,4}$/.test(value) || Number(value) < least || Number(value) > most) {
    throw invalid(`${flag} takes a whole number from ${least} to ${most}, not '${value}'`);
  }
}

/** A target group takes 1,024 characters, and sends them as they are. */
function checkPath(path: string): void {
  if (/[^!-~]/.test(path)) throw invalid(`the path is sent as it stands: write it as ${encodeURI(path)}`);
  if (path.length > 1024) throw invalid(`a path has at most 1024 characters, this one ${path.length}`);
}

/** `200`, `200,301`, `200-299`; an application load balancer takes 200 to 499. */
function checkMatcher(matcher: string): void {
  for (const item of matcher.split(',')) {
    const [, first, last = first] = /^(\d{3})(?:-(\d{3}))?$/.exec(item) ?? [];
    if (
      first === undefined ||
      last === undefined ||
      Number(first) < 200 ||
      Number(last) > 499 ||
      first > last
    ) {
      throw invalid(
        `--matcher takes statuses from 200 to 499 such as 200, 200,301 or 200-299, not '${matcher}'`,
      );
    }
  }
}

function invalid(message: string): UserError {
  return new UserError('invalid-option', message, { hint: "see 'eb-hosts health-check --help'" });
}

/** What a user should know before (or after) setting a path. */
export function remarksOnSet(
  loadBalancer: LoadBalancer,
  settings: readonly Setting[],
  process: string,
  wanted: WantedCheck,
): readonly string[] {
  const remarks: string[] = [];
  const live = liveProcesses(loadBalancer, settings);
  if (!live.includes(process)) {
    remarks.push(`no listener uses process '${process}': the load balancer asks ${live.join(', ')}`);
  }
  for (const check of checksOf(loadBalancer, settings)) {
    if (check.process === process || !live.includes(check.process)) continue;
    remarks.push(
      `process '${check.process}' is checked too, at ${check.path ?? '/'} (--process ${check.process})`,
    );
  }
  const url = settingValue(settings, applicationNamespace, healthcheckUrl) ?? '';
  if (loadBalancer !== 'classic' && url !== '' && url !== wanted.path) {
    remarks.push(`'${healthcheckUrl}' says ${url}; an application load balancer does not read it`);
  }
  const target = settingValue(settings, classicNamespace, 'Target') ?? '';
  if (loadBalancer === 'classic' && url === '' && !['', 'TCP:80'].includes(target)) {
    remarks.push(
      `'Target' of ${classicNamespace} says ${target}: the service refuses it beside '${healthcheckUrl}'`,
    );
  }
  if (wanted.matcher !== undefined && admits(wanted.matcher, 400)) {
    remarks.push(
      `matcher ${wanted.matcher} takes a 400 for healthy: it hides a refused host instead of curing it`,
    );
  }
  return remarks;
}
