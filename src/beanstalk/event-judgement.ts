import type { EnvironmentEvent } from './environment.ts';

/** Whether an event tells of a failure: by its severity, or by a text that ends in one whatever its severity.
 * Source of the texts: aws/aws-elastic-beanstalk-cli `resources/strings.py`. */
function isFailure({ severity, message }: EnvironmentEvent): boolean {
  return (
    severity === 'ERROR' || severity === 'FATAL' || failureTexts.some((text) => message.startsWith(text))
  );
}

/** Whether the service has done its work, one way or the other; more words may follow. */
export function isFinal(event: EnvironmentEvent): boolean {
  return (
    isLastWord(event) || event.message.startsWith('Successfully deployed new configuration to environment.')
  );
}

/** Whether it is the last that an update says of itself. */
export function isLastWord({ message }: EnvironmentEvent): boolean {
  return [...failureTexts, 'Environment update completed successfully.'].some((text) =>
    message.startsWith(text),
  );
}

const failureTexts = [
  'Failed to deploy configuration.',
  'Failed to deploy application.',
  'The environment was reverted to the previous configuration setting.',
  'Update environment operation is complete, but with errors.',
];

/** The event that says why: the first failure with words of its own, before those that only tell that something failed. */
export function reasonIn(events: readonly EnvironmentEvent[]): string | undefined {
  const failures = events.filter(isFailure);
  const telling = failures.find(({ message }) => !failureTexts.some((text) => message.startsWith(text)));
  return (telling ?? failures[0])?.message;
}
