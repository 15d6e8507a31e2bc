import type { HostsSetting } from '../project.ts';
import { boundIn, type Pass, type Program, settle } from '../python/program.ts';
import { type Arguments, isObject, type Place, type Value } from '../python/value.ts';
import type { Urlconf } from './urlconf.ts';

/** What the checks look at: one pass over the governing settings. */
export interface DjangoFacts {
  readonly program: Program;
  readonly governing: string;
  readonly className: string | null;
  readonly pass: Pass;
  /** The calls of libraries that were made, in order. */
  readonly calls: readonly { readonly callee: string; readonly args: Arguments; readonly place: Place }[];
  /** The setting that governs production. */
  readonly setting: HostsSetting | undefined;
  readonly healthCheck: HealthQuestion;
  readonly routes: Urlconf;
}

/** What the load balancer asks for, and which answers it takes for healthy. */
export interface HealthQuestion {
  readonly path: string;
  /** Whether no file of the bundle sets the path: then it is `/`. */
  readonly isDefault: boolean;
  admits(status: number): boolean;
}

/** A setting's value as production has it. */
export function readSetting({ pass, className }: DjangoFacts, name: string): Value | undefined {
  return settle(pass, boundIn(pass, name, className));
}

/** Lines of code of the settings files that match, comments left out. */
export function linesWith(
  { program, pass }: DjangoFacts,
  matches: (line: string) => boolean,
): { file: string; line: number; text: string }[] {
  return pass.files.flatMap((file) =>
    (program.text(file) ?? '').split('\n').flatMap((line, index) => {
      const text = line.replace(/(^|\s)#.*$/, '');
      return matches(text) ? [{ file, line: index + 1, text }] : [];
    }),
  );
}

/** The line of the last statement that sets a name, in the settings files; the governing file without a line else. */
export function placeOfSetting(facts: DjangoFacts, name: string): { file: string; line: number | null } {
  const pattern = new RegExp(`^\\s*${name}\\s*[:=+]`);
  return linesWith(facts, (line) => pattern.test(line)).at(-1) ?? { file: facts.governing, line: null };
}

/** The texts of a setting that is a list. */
export function textsOf(facts: DjangoFacts, name: string): string[] {
  const value = readSetting(facts, name);
  return isObject(value, 'list') ? value.items.filter((item) => typeof item === 'string') : [];
}

export function middlewareOf(facts: DjangoFacts): string[] {
  const isOld = readSetting(facts, 'MIDDLEWARE') === undefined; // Django before 2.0
  return textsOf(facts, isOld ? 'MIDDLEWARE_CLASSES' : 'MIDDLEWARE');
}
