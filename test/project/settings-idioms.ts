import { combined } from './idioms/combined.ts';
import { comprehensions } from './idioms/comprehensions.ts';
import { environIdioms } from './idioms/django-environ.ts';
import { fallbacks } from './idioms/fallbacks.ts';
import { functions, structured } from './idioms/functions.ts';
import type { Idiom } from './idioms/idiom.ts';
import { libraries } from './idioms/libraries.ts';
import { plainReads } from './idioms/plain-reads.ts';
import { standardLibrary } from './idioms/standard-library.ts';
import { withoutVariable } from './idioms/without-variable.ts';

export type { Idiom };

/** Ways to fill ALLOWED_HOSTS, and what each comes to. */
export const idioms: readonly Idiom[] = [
  ...plainReads,
  ...comprehensions,
  ...fallbacks,
  ...combined,
  ...functions,
  ...structured,
  ...environIdioms,
  ...libraries,
  ...standardLibrary,
  ...withoutVariable,
];
