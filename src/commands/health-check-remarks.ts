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
export async function showThrough(root: string, { changes }: PlannedChange): Promise<readonly string[]> {
  const files = await optionsOfFiles(root);
  return changes.map((change) => {
    const file = inForce(files, change);
    return file === undefined
      ? `then ${change.option} has its default again (no .ebextensions here sets it)`
      : `then ${change.option} is ${file.value} (${file.file}:${file.line}, if that is what is deployed)`;
  });
}

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
