import { styleText } from 'node:util';
import type { Io, Output } from '../io.ts';

type Format = Parameters<typeof styleText>[0];
export type Style = (format: Format, text: string) => string;

/** No colours. */
export const plain: Style = (_format, text) => text;

/** Colours for `output`: none off a terminal, with `NO_COLOR`, or with `TERM=dumb`; `FORCE_COLOR` (not `0`) overrides the terminal test. */
export function styleFor(output: Output, env: Io['env']): Style {
  const forced = env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== '0';
  const refused = (env.NO_COLOR ?? '') !== '' || env.TERM === 'dumb';
  const coloured = !refused && (forced || output.isTTY);
  return coloured ? (format, text) => styleText(format, text, { validateStream: false }) : plain;
}

/** How results are shown to a reader. */
export interface Rendering {
  readonly style: Style;
  readonly columns: number;
  /** What stands before a file's path, as the reader sees it from the working directory: `` or `backend/`. */
  readonly prefix: string;
  readonly env: Io['env'];
}

/** How results are shown on stdout.
 * @param appRoot to which the paths of files are relative */
export function renderingFor({ stdout, env }: Io, appRoot: string): Rendering {
  const prefix = appRoot === '.' ? '' : `${appRoot}/`;
  return { style: styleFor(stdout, env), columns: stdout.columns, prefix, env };
}
