import { main } from '../../src/cli.ts';
import type { ExitStatus } from '../../src/errors.ts';
import type { Io } from '../../src/io.ts';
import { checkDocument } from '../support/schemas.ts';

export interface Ran {
  readonly status: ExitStatus;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command line in this process, with streams that remember. A JSON document is held against its schema. */
export async function runMain(argv: readonly string[], world: Partial<Io> = {}): Promise<Ran> {
  const written = { stdout: '', stderr: '' };
  const stream = (name: keyof typeof written) => ({
    write: (text: string) => {
      written[name] += text;
    },
    isTTY: false,
    columns: 80,
  });
  const status = await main(argv, {
    stdout: stream('stdout'),
    stderr: stream('stderr'),
    interactive: false,
    env: {},
    cwd: process.cwd(),
    signal: new AbortController().signal,
    ...world,
  });
  checkDocument(argv, written.stdout);
  return { status, ...written };
}
