import type { EnvironmentEvent } from './environment.ts';

/** What an event of an update says of its outcome. `fatal` events end in a failure even where the severity is lower.
 * Source of the texts: aws/aws-elastic-beanstalk-cli `resources/strings.py`. */
function isFailure({ severity, message }: EnvironmentEvent): boolean {
  return (
    severity === 'ERROR' || severity === 'FATAL' || failureTexts.some((text) => message.startsWith(text))
  );
}

/** Whether the update is over, one way or the other. */
export function isFinal(event: EnvironmentEvent): boolean {
  return finalTexts.some((text) => event.message.startsWith(text));
}

const failureTexts = [
  'Failed to deploy configuration.',
  'Failed to deploy application.',
  'The environment was reverted to the previous configuration setting.',
  'Update environment operation is complete, but with errors.',
];

const finalTexts = [
  ...failureTexts,
  'Environment update completed successfully.',
  'Successfully deployed new configuration to environment.',
];

/** The event that says why: the first failure with words of its own, before those that only tell that something failed. */
export function reasonIn(events: readonly EnvironmentEvent[]): string | undefined {
  const failures = events.filter(isFailure);
  const telling = failures.find(({ message }) => !failureTexts.some((text) => message.startsWith(text)));
  return (telling ?? failures[0])?.message;
}
