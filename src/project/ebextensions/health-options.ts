import { matches, parseMatcher } from '../../matcher.ts';
import { applicationNamespace, classicHealthNamespace, processOf } from '../../option-namespaces.ts';
import type { HealthCheckOption } from '../project.ts';
import type { EbExtensions } from './ebextensions.ts';
import type { EbOption } from './option-settings.ts';

/** DG, command-options-general: the options that say how the load balancer checks. */
const processOptions = new Set([
  'HealthCheckPath',
  'MatcherHTTPCode',
  'HealthCheckInterval',
  'HealthCheckTimeout',
  'HealthyThresholdCount',
  'UnhealthyThresholdCount',
  'Port',
  'Protocol',
]);

/** The health-check options that `.ebextensions` set. */
export function readHealthOptions({ options }: Pick<EbExtensions, 'options'>): HealthCheckOption[] {
  return options.filter(isHealthOption).map(fromOption);
}

/** Those that other files of the repository set: Terraform, CloudFormation, CDK, saved configurations. */
export function readHealthOptionsElsewhere({
  elsewhere,
}: Pick<EbExtensions, 'elsewhere'>): HealthCheckOption[] {
  return elsewhere.filter(isHealthOption).map(fromOption);
}

function isHealthOption({ namespace, option }: EbOption): boolean {
  if (processOf(namespace) !== undefined) return processOptions.has(option);
  if (namespace === classicHealthNamespace) return true;
  return namespace === applicationNamespace && option === 'Application Healthcheck URL';
}

function fromOption({ file, line, namespace, option, value }: EbOption): HealthCheckOption {
  return { file, line, namespace, option, value: value ?? '' };
}

/** What the load balancer asks for, as far as the files say. */
export interface AskedPath {
  /** Without a query; `/` where no file sets one. */
  readonly path: string;
  /** Where the path is set; nulls where no file sets it. */
  readonly file: string | null;
  readonly line: number | null;
  /** Whether the matcher takes a status for healthy. */
  readonly admits: (status: number) => boolean;
}

/** A value set through the API (Terraform, CloudFormation) hides that of `.ebextensions`; a saved configuration is for one environment. */
export function readAskedPath(ebextensions: Pick<EbExtensions, 'options' | 'elsewhere'>): AskedPath {
  const elsewhere = readHealthOptionsElsewhere(ebextensions);
  const saved = elsewhere.filter(({ file }) => isSavedConfiguration(file));
  const direct = elsewhere.filter((option) => !saved.includes(option));
  const own = readHealthOptions(ebextensions);
  const all = [...agreeing(direct), ...inOrder(own), ...agreeing(saved)];
  const asked = all.find(({ option, value }) => option === 'HealthCheckPath' && value.startsWith('/'));
  const matcher = all.find(
    ({ option, namespace }) =>
      option === 'MatcherHTTPCode' && (asked === undefined || namespace === asked.namespace),
  );
  const ranges = parseMatcher(matcher?.value ?? '200') ?? [];
  return {
    path: asked?.value.replace(/[?#].*$/, '') ?? '/',
    file: asked?.file ?? null,
    line: asked?.line ?? null,
    admits: (status) => matches(ranges, status),
  };
}

/** The process `default` first, of two files the later one. */
function inOrder(options: readonly HealthCheckOption[]): HealthCheckOption[] {
  return options
    .toReversed()
    .toSorted(
      (a, b) => Number(processOf(b.namespace) === 'default') - Number(processOf(a.namespace) === 'default'),
    );
}

/** Of several environments with paths of their own none is the one that is asked. */
function agreeing(options: readonly HealthCheckOption[]): HealthCheckOption[] {
  return inOrder(options).filter((one) =>
    options.every(
      ({ namespace, option, value }) =>
        namespace !== one.namespace || option !== one.option || value === one.value,
    ),
  );
}

/** Whether a file is what `eb config save` keeps of one environment. */
export const isSavedConfiguration = (file: string): boolean =>
  file.includes('.elasticbeanstalk/saved_configs/');

/** Whether a matcher (`200`, `200,301`, `200-299`) takes `status` for healthy. */
export const admits = (matcher: string, status: number): boolean =>
  matches(parseMatcher(matcher) ?? [], status);
