import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The directory that holds package.json and templates/; its depth below differs between `src` and `dist`. */
export const packageRoot = findPackageRoot(dirname(fileURLToPath(import.meta.url)));

function findPackageRoot(start: string): string {
  for (let directory = start; ; directory = dirname(directory)) {
    if (existsSync(join(directory, 'templates'))) return directory;
    if (directory === dirname(directory)) throw new Error(`no templates directory above ${start}`);
  }
}

/** The version of this package, as in its package.json. */
export function packageVersion(): string {
  const { version } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as {
    version: string;
  };
  return version;
}

/** The text of a file in templates/, with LF line ends whatever the checkout made of them. */
export function readTemplate(name: string): string {
  return readFileSync(join(packageRoot, 'templates', name), 'utf8').replaceAll('\r\n', '\n');
}
