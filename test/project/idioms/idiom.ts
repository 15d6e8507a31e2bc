import type { HostsSource, Role, Separator } from '../../../src/project/project.ts';

/** A way to fill ALLOWED_HOSTS that real projects use, and what it comes to. */
export interface Idiom {
  readonly title: string;
  readonly text: string;
  readonly source: HostsSource;
  readonly variable: string | null;
  readonly separator: Separator | null;
  readonly role: Role | null;
  readonly default: readonly string[] | null;
  /** Python modules it imports, or import statements; real Python runs it only where they are installed. */
  readonly needs: readonly string[];
  /** What production sets besides. */
  readonly environment: Readonly<Record<string, string>>;
  /** Why real Python is not asked. */
  readonly unasked: string | null;
}

interface Extras {
  readonly needs?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly unasked?: string;
}

type Expected = readonly [string, Separator | null, Role, readonly string[] | null];

/** An idiom that a variable reaches: its name, separator, role and default. */
export function variable(
  title: string,
  text: string,
  [name, separator, role, hosts]: Expected,
  extras: Extras = {},
): Idiom {
  return {
    ...{ title, text, source: 'environment', variable: name, separator, role, default: hosts },
    ...{ needs: [], environment: {}, unasked: null },
    ...extras,
  };
}

/** An idiom that no variable reaches. */
export function fixed(
  title: string,
  text: string,
  source: HostsSource,
  hosts: readonly string[] | null,
): Idiom {
  return {
    ...{ title, text, source, variable: null, separator: null, role: null, default: hosts },
    ...{ needs: [], environment: {}, unasked: 'no variable' },
  };
}

export const os = 'import os\n';
export const decouple = { needs: ['decouple'] };
export const environ = { needs: ['environ'] };
export const pydantic1 = { needs: ['from pydantic import BaseSettings'] };
export const noLibrary = (name: string) => ({ unasked: `${name} is not packaged by Debian` });
export const whole = (separator: Separator | null, hosts: readonly string[] | null): Expected => [
  'ALLOWED_HOSTS',
  separator,
  'whole-list',
  hosts,
];
export const extra = (separator: Separator | null, hosts: readonly string[] | null): Expected => [
  'ALLOWED_HOSTS',
  separator,
  'extra-hosts',
  hosts,
];
