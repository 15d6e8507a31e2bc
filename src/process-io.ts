import type { Io, Output } from './io.ts';

function output(stream: NodeJS.WriteStream): Output {
  // A reader that went away (`eb-hosts doctor | head`) is no failure of ours.
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  return {
    write: (text) => void stream.write(text),
    isTTY: stream.isTTY === true,
    get columns() {
      // A pseudo-terminal without a size says 0.
      return stream.columns || 80;
    },
  };
}

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
    stdout: output(process.stdout),
    stderr: output(process.stderr),
    interactive: process.stdin.isTTY === true && process.stderr.isTTY === true,
    env: process.env,
    cwd: process.cwd(),
    signal: controller.signal,
  };
}

/** Ends the process once all output is written. Waiting for an empty event loop instead would keep an interrupted or
 * timed-out run alive: a pause of the AWS SDK between two attempts takes up to 20 s and cannot be cancelled. */
export async function endProcess(status: number): Promise<never> {
  for (const stream of [process.stdout, process.stderr]) {
    await new Promise<void>((resolve) => stream.write('', () => resolve()));
  }
  process.exit(status);
}
