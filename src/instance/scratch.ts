import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What must be undone even if this process ends in the middle of its work. */
const pending = new Set<() => void>();

process.on('exit', () => {
  for (const undo of [...pending].reverse()) undo();
});

/** Runs `undo` when the process exits, whatever the reason, unless the returned function was called before. */
export function undoAtExit(undo: () => void): () => void {
  pending.add(undo);
  return () => pending.delete(undo);
}

export interface Scratch {
  /** Absolute, without symbolic links. */
  readonly path: string;
  remove(): void;
}

/** A new directory of our own below the system's temporary directory, removed at the latest when the process exits. */
export function createScratch(name: string): Scratch {
  const path = realpathSync(mkdtempSync(join(tmpdir(), `eb-hosts-${name}-`)));
  const remove = () => {
    rmSync(path, { recursive: true, force: true, maxRetries: 3 });
    keep();
  };
  const keep = undoAtExit(remove);
  return { path, remove };
}

/** A loopback port that was free a moment ago.
 * @param wanted taken if it is */
export function findFreePort(wanted = 0): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error) => (wanted === 0 ? reject(error) : resolve(findFreePort())));
    server.listen(wanted, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
