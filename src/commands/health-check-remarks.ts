import type { Change } from '../beanstalk/check-change.ts';
import type { PlannedChange } from '../beanstalk/health-check.ts';
import { UserError } from '../errors.ts';
import { type EbOption, readEbExtensions } from '../project/ebextensions/ebextensions.ts';
import { takeSnapshot } from '../repository/take-snapshot.ts';

/** What setting these options through the API does to the files of the repository, for good. */
export async function maskingWarning(
  root: string,
  { changes, environment }: PlannedChange,
): Promise<readonly string[]> {
  const files = await optionsOfFiles(root);
  const masked = changes.flatMap((change) => {
    const file = inForce(files, change);
    return file === undefined
      ? []
      : [`${file.file}:${file.line} says ${change.option}: ${file.value}, and will not be read`];
  });
  const names = changes.map(({ option }) => option).join(', ');
  return [
    ...masked,
    `set through the API, ${names} masks what .ebextensions says of it, in this and every later deployment; ` +
      `'eb-hosts health-check unset --environment ${environment.name}' undoes it, '--print ebextensions' is the file instead`,
  ];
}

/** What will be in force once the direct settings are gone, as far as this repository tells. */
export async function showThrough(
  root: string,
  { changes, loadBalancer }: PlannedChange,
): Promise<readonly string[]> {
  const files = await optionsOfFiles(root);
  return changes.map((change) => {
    const file = inForce(files, change);
    if (file !== undefined) {
      return `then ${change.option} is ${file.value} (${file.file}:${file.line}, if that is what is deployed)`;
    }
    const fallback =
      loadBalancer === 'classic' ? classicDefaults[change.option] : processDefaults[change.option];
    return `then ${change.option} is the default, ${fallback ?? 'unset'} (no .ebextensions here sets it)`;
  });
}

/** Source: Developer Guide, command-options-general. */
const processDefaults: Record<string, string> = {
  HealthCheckPath: '/',
  MatcherHTTPCode: '200',
  HealthCheckInterval: '15',
  HealthCheckTimeout: '5',
  HealthyThresholdCount: '3',
  UnhealthyThresholdCount: '5',
};

const classicDefaults: Record<string, string> = {
  'Application Healthcheck URL': 'a TCP connect without a path',
  Interval: '10',
  Timeout: '5',
  HealthyThreshold: '3',
  UnhealthyThreshold: '5',
};

/** Files apply in alphabetical order: the last one wins. */
function inForce(files: readonly EbOption[], { namespace, option }: Change): EbOption | undefined {
  return files.findLast(
    (entry) => entry.namespace === namespace && entry.option === option && entry.value !== null,
  );
}

/** A directory that cannot be read says nothing; the change does not hang on it. */
async function optionsOfFiles(root: string): Promise<readonly EbOption[]> {
  try {
    return readEbExtensions(await takeSnapshot(root)).options;
  } catch (error) {
    if (error instanceof UserError) return [];
    throw error;
  }
}
