import { isatty } from 'node:tty';
import type { Io, Output } from './io.ts';

const opened = new Set<NodeJS.WriteStream>();

/** A stream is opened with its first write: that takes a millisecond or two, and most runs need only one. */
function output(name: 'stdout' | 'stderr', descriptor: number): Output {
  const stream = () => {
    const it = process[name];
    if (opened.has(it)) return it;
    opened.add(it);
    it.on('error', (error: NodeJS.ErrnoException) => {
      // A reader that went away (`eb-hosts doctor | head`) is no failure of ours.
      if (error.code === 'EPIPE') return;
      if (name === 'stdout') process.stderr.write(`eb-hosts: cannot write the output (${error.code})\n`);
      process.exit(2);
    });
    return it;
  };
  const isTTY = isatty(descriptor);
  return {
    write: (text) => void stream().write(text),
    isTTY,
    get columns() {
      // A pseudo-terminal without a size says 0.
      return (isTTY && stream().columns) || 80;
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
    stdout: output('stdout', 1),
    stderr: output('stderr', 2),
    interactive: isatty(0) && isatty(2),
    env: process.env,
    cwd: process.cwd(),
    signal: controller.signal,
  };
}

/** Ends the process once all output is written. Waiting for an empty event loop instead would keep an interrupted or
 * timed-out run alive: a pause of the AWS SDK between two attempts takes up to 20 s and cannot be cancelled. */
export async function endProcess(status: number): Promise<never> {
  for (const stream of opened) await new Promise<void>((resolve) => stream.write('', () => resolve()));
  process.exit(status);
}
