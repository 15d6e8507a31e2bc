import type { Output } from '../io.ts';

/** Prints the one JSON document of a run. */
export function printJson(stdout: Output, document: unknown): void {
  stdout.write(`${JSON.stringify(document, null, 2)}\n`);
}
