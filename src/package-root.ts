import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The directory that holds package.json; its depth below differs between `src` and `dist`. */
export const packageRoot = findPackageRoot(dirname(fileURLToPath(import.meta.url)));

function findPackageRoot(start: string): string {
  for (let directory = start; ; directory = dirname(directory)) {
    if (existsSync(join(directory, 'package.json'))) return directory;
    if (directory === dirname(directory)) throw new Error(`no package.json above ${start}`);
  }
}

/** The version of this package, as in its package.json. */
export function packageVersion(): string {
  const { version } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as {
    version: string;
  };
  return version;
}

/** The files of templates/ by their names, put in by the build: `npx` takes longer for each file of the package. */
declare const TEMPLATES: Readonly<Record<string, string>> | undefined;

/** The text of a file in templates/, with LF line ends whatever the checkout made of them. */
export function readTemplate(name: string): string {
  const text =
    typeof TEMPLATES === 'undefined'
      ? readFileSync(join(packageRoot, 'templates', name), 'utf8')
      : TEMPLATES[name];
  if (text === undefined) throw new Error(`there is no templates/${name}`);
  return text.replaceAll('\r\n', '\n');
}
