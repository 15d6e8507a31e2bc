import { closeSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { interrupted } from '../errors.ts';
import { type ChildEnd, startChild } from './child.ts';
import type { EmulatedInstance } from './emulated-instance.ts';

export interface HookResult {
  readonly ok: boolean;
  /** Exit status; null if it was killed or never ran. */
  readonly status: number | null;
  /** Why it failed, where the exit status does not tell; else null. */
  readonly failure: string | null;
  /** Both streams, as they came. */
  readonly output: string;
}

/** How long one hook may take. The engine itself ends a command after ten minutes. */
const patienceMilliseconds = 120_000;

/** Runs one hook as the engine does (developer guide, platforms-linux-extend.hooks): a plain fork and exec with the
 * environment properties, `HOME`, `PATH` and `PORT`, and of the two seams for rehearsals.
 * @param hook path below `cwd`
 * @param cwd absolute
 * @throws UserError `interrupted` when the signal is given; the hook is ended first */
export async function runHook(
  instance: EmulatedInstance,
  hook: string,
  cwd: string,
  signal?: AbortSignal,
): Promise<HookResult> {
  const file = join(cwd, hook);
  const unfit = whyNotExecutable(file);
  if (unfit !== null) return { ok: false, status: null, failure: unfit, output: '' };
  if (signal?.aborted) throw interrupted();
  const child = startChild({ command: file, args: [], cwd, env: hookEnvironment(instance) });
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    void child.stop();
  }, patienceMilliseconds);
  const onAbort = () => void child.stop();
  signal?.addEventListener('abort', onAbort, { once: true });
  const end = await child.ended;
  clearTimeout(timer);
  signal?.removeEventListener('abort', onAbort);
  if (signal?.aborted) throw interrupted();
  return { ok: end.status === 0, status: end.status, failure: whyFailed(end, late), output: child.output() };
}

function whyFailed({ signal, failure }: ChildEnd, late: boolean): string | null {
  if (late) return `still running after ${patienceMilliseconds / 1000} s, ended`;
  if (signal !== null) return `killed by ${signal}`;
  switch (failure) {
    case null:
      return null;
    case 'ENOENT':
      return 'no such file or directory: the interpreter of its first line';
    case 'EACCES':
      return 'permission denied: is the temporary directory mounted noexec? Set TMPDIR to another';
    default:
      return `cannot be run: ${failure}`;
  }
}

function hookEnvironment(instance: EmulatedInstance): Record<string, string> {
  return {
    ...Object.fromEntries(instance.properties()),
    HOME: join(instance.root, 'root'),
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    PORT: String(instance.port),
    EB_HOSTS_ROOT: instance.root,
    AWS_EC2_METADATA_SERVICE_ENDPOINT: instance.metadataEndpoint,
  };
}

/** A file that begins with neither `#!` nor a program's magic number: Go's exec refuses it, while execvp, which Node
 * uses, would hand it to sh. */
function whyNotExecutable(file: string): string | null {
  const head = Buffer.alloc(4);
  let length: number;
  try {
    const descriptor = openSync(file, 'r');
    length = readSync(descriptor, head);
    closeSync(descriptor);
  } catch {
    return 'no such file, or not readable';
  }
  const start = head.toString('latin1', 0, length);
  const magic = ['\x7fELF', '\xcf\xfa\xed\xfe', '\xca\xfe\xba\xbe'];
  if (start.startsWith('#!') || magic.includes(start)) return null;
  return 'exec format error: its first line is no #! line';
}
