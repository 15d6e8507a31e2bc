import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageRoot } from './package-root.ts';

/** The text of a file in templates/, with LF line ends whatever the checkout made of them. */
export function readTemplate(name: string): string {
  return readFileSync(join(packageRoot, 'templates', name), 'utf8').replaceAll('\r\n', '\n');
}
