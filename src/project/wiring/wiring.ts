import type { Framework, HostsSetting, Separator } from '../project.ts';
import type { WiredVariable, Wiring } from './code.ts';
import { wireDjango } from './django.ts';
import { wireLaravel, wirePythonApp, wireRails } from './lists.ts';

/**
 * The change that adds the variable's hosts to the app's list. The list itself stays: what it admits today it admits afterwards.
 * @param setting where the list is made
 * @param text that file's text, without a byte order mark
 */
export function wireSettings(
  framework: Framework,
  setting: HostsSetting,
  text: string,
  variable: WiredVariable,
): Wiring {
  switch (framework) {
    case 'django':
      return wireDjango(text, setting, variable);
    case 'flask':
    case 'starlette':
      return shown(wirePythonApp(text, setting, variable));
    case 'rails':
      return shown(wireRails(text, setting, variable));
    case 'laravel':
      return shown(wireLaravel(text, setting, variable));
    default:
      return shown(null);
  }
}

/** Without a full reader of the language nothing is written, only shown. */
function shown(after: string | null): Wiring {
  if (after === null) return { after, reason: 'the place for it in this file is not certain' };
  return { after, reason: 'only the settings of Django are changed by init itself' };
}

const forms: Readonly<Record<Separator, string>> = {
  comma: 'hosts separated by commas',
  space: 'hosts separated by blanks',
  semicolon: 'hosts separated by semicolons',
  json: 'a JSON list of hosts',
  none: 'one host',
};

/** The change in words, for where it cannot be shown. */
export function describeWiring({ variable, separator }: WiredVariable, file: string | null): string {
  const list = file === null ? "the app's list of allowed hosts" : `the list of allowed hosts in ${file}`;
  return `add the hosts of the environment variable ${variable} (${forms[separator]}) to ${list}`;
}
