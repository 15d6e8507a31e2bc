#!/usr/bin/env node
import { isatty } from 'node:tty';
import { main } from './cli.ts';
import { systemErrorCode } from './errors.ts';
import type { Output } from './io.ts';

// The first signal asks the command to stop, a second one ends the process.
const controller = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort();
  });
}

const status = await main(process.argv.slice(2), {
  stdout: output('stdout'),
  stderr: output('stderr'),
  interactive: isatty(0) && isatty(2),
  env: process.env,
  cwd: process.cwd(),
  signal: controller.signal,
});
for (const stream of [process.stdout, process.stderr])
  await new Promise<void>((resolve) => stream.write('', () => resolve()));
// Waiting for an empty event loop instead would keep an interrupted or timed-out run alive: a pause of the AWS SDK between
// two attempts takes up to 20 s and cannot be cancelled.
process.exit(status);

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
    // A pseudo-terminal without a size says 0.
    columns: stream.columns || 80,
  };
}
