import type { Choices } from './choices.ts';

/** What is generated where nothing is known and nothing was chosen. */
export const defaultChoices: Choices = {
  variable: 'ALLOWED_HOSTS',
  separator: 'comma',
  role: 'whole-list',
  hosts: [],
  hostsFrom: 'app',
  delivery: 'auto',
  ipv6: false,
  onFailure: 'fail',
  verify: 'warn',
  healthCheckPath: null,
  matcher: null,
  process: 'default',
};

/** Defaults, then what was read from the app, then what the hook remembers, then the flags of this run; a choice that
 * a source does not make is absent or undefined in it. */
export function mergeChoices(
  ...sources: readonly { [K in keyof Choices]?: Choices[K] | undefined }[]
): Choices {
  const merged: Record<string, unknown> = { ...defaultChoices };
  for (const source of sources) {
    for (const [name, value] of Object.entries(source)) if (value !== undefined) merged[name] = value;
  }
  return merged as unknown as Choices;
}
