import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { arch, cpus, loadavg, release, totalmem, type } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { packageVersion } from '../../src/package-root.ts';

/** A program, past the shims of version managers, which cost a shell each; undefined where there is none. */
export function findProgram(name: string): string | undefined {
  const beside = join(dirname(python()), name);
  if (existsSync(beside)) return beside;
  const found = spawnSync('sh', ['-c', 'command -v -- "$1"', 'sh', name], { encoding: 'utf8' });
  return found.status === 0 ? found.stdout.trim() : undefined;
}

/** The Python of this machine; `python3` where it cannot say. */
export function python(): string {
  const { stdout, status } = spawnSync('python3', ['-c', 'import sys; print(sys.executable)'], {
    encoding: 'utf8',
  });
  return status === 0 ? stdout.trim() : 'python3';
}

/** The machine in words: hardware and kernel, then how busy it is. */
export function describeMachine(): string {
  const [cpu] = cpus();
  const system = /^PRETTY_NAME="?([^"\n]*)/m.exec(readIfThere('/etc/os-release'))?.[1] ?? '';
  const memory = `${(totalmem() / 2 ** 30).toFixed(0)} GiB`;
  return `${cpu?.model.trim()}, ${cpus().length} cores, ${memory} of memory, ${type()} ${release()} (${arch()}), ${system}`;
}

/** Processes that wanted to run in the last minute; above the number of cores, times are not to be trusted. */
export function describeLoad(): string {
  return `${loadavg()[0]?.toFixed(2)}`;
}

/** The versions of this package, of node, of what /bin/sh is, and of other programs, by name. */
export function versions(programs: readonly string[]): Readonly<Record<string, string>> {
  const shell = realpathSync('/bin/sh');
  return {
    'eb-hosts': packageVersion(),
    node: process.version,
    '/bin/sh': `${basename(shell)} ${versionOf(basename(shell))}`,
    ...Object.fromEntries(programs.map((program) => [program, versionOf(program)])),
  };
}

function versionOf(program: string): string {
  const path = findProgram(program);
  if (path === undefined) return 'not on this machine';
  // These two do not tell it themselves, or not in the same way everywhere.
  const silent = program === 'dash' || program === 'busybox';
  return silent
    ? said('dpkg-query', ['--showformat', '${Version}', '--show', program])
    : said(path, ['--version']);
}

/** The first version number in what a program prints. */
function said(program: string, args: readonly string[]): string {
  const { stdout, error } = spawnSync(program, args, { encoding: 'utf8' });
  if (error !== undefined) return 'unknown';
  return /\d+\.\d[\w.+~-]*/.exec(stdout)?.[0] ?? 'unknown';
}

function readIfThere(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}
