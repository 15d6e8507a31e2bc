import { matches, parseMatcher } from '../../matcher.ts';
import { applicationNamespace, classicHealthNamespace, processOf } from '../../option-namespaces.ts';
import type { HealthCheckOption } from '../project.ts';
import type { EbExtensions } from './ebextensions.ts';
import type { EbOption } from './option-settings.ts';

/** DG, command-options-general: how a process is checked. */
const ofProcess =
  /^(?:HealthCheck(?:Path|Interval|Timeout)|MatcherHTTPCode|(?:Unh|H)ealthyThresholdCount|Port|Protocol)$/;

/** The health-check options that `.ebextensions` set. */
export function readHealthOptions({ options }: Pick<EbExtensions, 'options'>): HealthCheckOption[] {
  return options.filter(isHealthOption).map(({ file, line, namespace, option, value }) => ({
    file,
    line,
    namespace,
    option,
    value: value ?? '',
  }));
}

/** Those that other files of the repository set, as far as the value can be read there. */
export function readHealthOptionsElsewhere({
  elsewhere,
}: Pick<EbExtensions, 'elsewhere'>): HealthCheckOption[] {
  return readHealthOptions({ options: elsewhere.filter(({ value }) => value !== null) });
}

function isHealthOption({ namespace, option }: EbOption): boolean {
  if (processOf(namespace) !== undefined) return ofProcess.test(option);
  if (namespace === classicHealthNamespace) return true;
  return namespace === applicationNamespace && option === 'Application Healthcheck URL';
}

/** What the load balancer asks for, as far as the files say. */
export interface AskedPath {
  /** Without a query; `/` where no file sets one. */
  readonly path: string;
  /** Where the path is set; nulls where no file sets it. */
  readonly file: string | null;
  readonly line: number | null;
  /** False where a file sets it to something that cannot be read. */
  readonly known: boolean;
  /** Whether the matcher takes a status for healthy. */
  readonly admits: (status: number) => boolean;
}

/** A value set through the API (Terraform, CloudFormation) hides that of `.ebextensions`; a saved configuration is for one environment. */
export function readAskedPath(ebextensions: Pick<EbExtensions, 'options' | 'elsewhere'>): AskedPath {
  const elsewhere = readHealthOptionsElsewhere(ebextensions);
  const isSaved = ({ file }: HealthCheckOption) => isSavedConfiguration(file);
  const direct = elsewhere.filter((option) => !isSaved(option));
  const all = [direct, readHealthOptions(ebextensions), elsewhere.filter(isSaved)].flatMap(inOrder);
  const asked = all.find(({ option, value }) => option === 'HealthCheckPath' && value.startsWith('/'));
  const matcher = all.find(
    ({ option, namespace }) => option === 'MatcherHTTPCode' && namespace === (asked?.namespace ?? namespace),
  );
  const ranges = parseMatcher(matcher?.value ?? '200') ?? [];
  // A variable, or several environments with paths of their own.
  const unread = ebextensions.elsewhere.some(
    ({ option, value }) => option === 'HealthCheckPath' && value === null,
  );
  const differs = direct.some(({ option, value }) => option === 'HealthCheckPath' && value !== asked?.value);
  const known = !unread && !differs;
  return {
    path: (known ? asked?.value.replace(/[?#].*$/, '') : undefined) ?? '/',
    file: known ? (asked?.file ?? null) : null,
    line: known ? (asked?.line ?? null) : null,
    known,
    admits: (status) => matches(ranges, status),
  };
}

/** The process `default` first, of two files the later one. */
function inOrder(options: readonly HealthCheckOption[]): HealthCheckOption[] {
  const rank = ({ namespace }: HealthCheckOption) => Number(processOf(namespace) !== 'default');
  return options.toReversed().toSorted((a, b) => rank(a) - rank(b));
}

/** Whether a file is what `eb config save` keeps of one environment. */
export const isSavedConfiguration = (file: string): boolean =>
  file.includes('.elasticbeanstalk/saved_configs/');
