import { isatty } from 'node:tty';
import { systemErrorCode } from './errors.ts';
import type { Io, Output } from './io.ts';

/** The real process as an `Io`. The first signal asks the command to stop, a second one ends the process. */
export function processIo(): Io {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (controller.signal.aborted) process.exit(130);
      controller.abort();
    });
  }
  return {
    stdout: output('stdout'),
    stderr: output('stderr'),
    interactive: isatty(0) && isatty(2),
    env: process.env,
    cwd: process.cwd(),
    signal: controller.signal,
  };
}

function output(name: 'stdout' | 'stderr'): Output {
  const stream = process[name];
  stream.on('error', (error) => {
    const code = systemErrorCode(error);
    // A reader that went away (`eb-hosts doctor | head`) is no failure of ours.
    if (code === 'EPIPE') return;
    if (name === 'stdout')
      process.stderr.write(`eb-hosts: the output cannot be written (${code ?? error})\n`);
    process.exit(2);
  });
  return {
    write: (text) => void stream.write(text),
    isTTY: stream.isTTY,
    get columns() {
      // A pseudo-terminal without a size says 0.
      return stream.columns || 80;
    },
  };
}

/** Ends the process once all output is written. Waiting for an empty event loop instead would keep an interrupted or
 * timed-out run alive: a pause of the AWS SDK between two attempts takes up to 20 s and cannot be cancelled. */
export async function endProcess(status: number): Promise<never> {
  for (const stream of [process.stdout, process.stderr])
    await new Promise<void>((resolve) => stream.write('', () => resolve()));
  process.exit(status);
}
