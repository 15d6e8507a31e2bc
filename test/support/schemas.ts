import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { packageRoot } from '../../src/package-root.ts';

const directory = join(packageRoot, 'schemas');

/** The schemas that are shipped, by their names. */
export const schemas: ReadonlyMap<string, object> = new Map(
  readdirSync(directory).map((file) => [
    file.replace(/\.json$/, ''),
    JSON.parse(readFileSync(join(directory, file), 'utf8')) as object,
  ]),
);

let ajv: Ajv2020 | undefined;

function validator(name: string) {
  ajv ??= new Ajv2020({
    strict: true,
    allowUnionTypes: true,
    allErrors: true,
    schemas: [...schemas.values()],
  });
  const validate = ajv.getSchema(`urn:eb-hosts:schema:${name}:1`);
  if (validate === undefined) throw new Error(`there is no schema ${name}`);
  return validate;
}

/** What is wrong with a document by the schema of this name; empty if nothing is. */
export function schemaErrors(name: string, document: unknown): string[] {
  const validate = validator(name);
  if (validate(document)) return [];
  return (validate.errors ?? []).map(
    ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
  );
}

/** The schema that describes what a command printed: its own, or that of a failure. */
function schemaFor(document: unknown): string {
  const { command, error } = document as { command?: string; error?: unknown };
  // An update that failed is a result all the same.
  if (error !== undefined && !('changes' in (document as object))) return 'error';
  return command ?? 'error';
}

/** Holds what a run printed with `--json` against its schema: one document, all of it described.
 * @throws Error naming what is wrong */
export function checkDocument(argv: readonly string[], stdout: string): void {
  const end = argv.indexOf('--');
  const flags = end === -1 ? argv : argv.slice(0, end);
  const json = flags.some(
    (flag, index) => flag === '--json' || (flag === 'json' && flags[index - 1] === '--format'),
  );
  const asksForText = flags.some((flag) => ['--help', '-h', '--version'].includes(flag));
  if (!json || asksForText || stdout === '') return;
  const document: unknown = JSON.parse(stdout);
  const errors = schemaErrors(schemaFor(document), document);
  if (errors.length > 0)
    throw new Error(`not as ${schemaFor(document)}.json says:\n${errors.join('\n')}\n${stdout}`);
}
