import type { Finding, Severity } from '../../findings.ts';
import type { HostsSetting } from '../project.ts';
import type { Program, Reading } from '../python/program.ts';
import type { Place } from '../python/run.ts';
import { type Arguments, isObject, type Value } from '../python/value.ts';
import { settingOf } from './hosts.ts';

/** What the checks look at: one reading of the governing settings with nothing set. */
export interface DjangoFacts {
  readonly program: Program;
  readonly governing: string;
  readonly className: string | null;
  readonly reading: Reading;
  /** The calls of libraries that were made, in order. */
  readonly calls: readonly { readonly callee: string; readonly args: Arguments; readonly place: Place }[];
  /** The setting that governs production. */
  readonly setting: HostsSetting | undefined;
  readonly healthCheck: HealthQuestion;
}

/** What the load balancer asks for, and which answers it takes for healthy. */
export interface HealthQuestion {
  /** `/` where none is set. */
  readonly path: string;
  admits(status: number): boolean;
}

/** One thing to look for. */
export type Check = (facts: DjangoFacts) => Finding[];

export function finding(
  code: Finding['code'],
  severity: Severity,
  place: { readonly file: string; readonly line: number | null },
  message: string,
  fix: string,
): Finding {
  return { code, severity, file: place.file, line: place.line, message, fix };
}

/** A setting's value as production has it. */
export function readSetting(facts: DjangoFacts, name: string): Value | undefined {
  return settingOf(facts.reading, name, facts.className);
}

/** Lines of code of the settings files that match, comments left out. */
export function linesWith(
  { program, reading }: DjangoFacts,
  matches: (line: string) => boolean,
): { file: string; line: number; text: string }[] {
  return reading.files.flatMap((file) =>
    (program.text(file) ?? '').split('\n').flatMap((line, index) => {
      const comment = line.search(commentStart);
      const text = comment === -1 ? line : line.slice(0, comment);
      return matches(text) ? [{ file, line: index + 1, text }] : [];
    }),
  );
}

const commentStart = /(?<=^|\s)#/;

/** The line of the last statement that sets a name, in the settings files; the governing file without a line else. */
export function placeOfSetting(facts: DjangoFacts, name: string): { file: string; line: number | null } {
  const pattern = new RegExp(`^\\s*${name}\\s*[:=+]`);
  return linesWith(facts, (line) => pattern.test(line)).at(-1) ?? { file: facts.governing, line: null };
}

/** The dotted names in MIDDLEWARE that are known. */
export function middleware(facts: DjangoFacts): string[] {
  const value = readSetting(facts, 'MIDDLEWARE') ?? readSetting(facts, 'MIDDLEWARE_CLASSES');
  return isObject(value, 'list') ? value.items.filter((item) => typeof item === 'string') : [];
}
