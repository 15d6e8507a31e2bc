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
