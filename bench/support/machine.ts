import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { arch, cpus, loadavg, release, totalmem, type } from 'node:os';
import { dirname, join } from 'node:path';
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

/** The versions of what takes part, by name. */
export function versions(): Readonly<Record<string, string>> {
  const shell = realpathSync('/bin/sh');
  return {
    'eb-hosts': packageVersion(),
    node: process.version,
    npm: said('npm', ['--version']),
    '/bin/sh': `${shell} ${said('dpkg-query', ['--showformat', '${Version}', '--show', 'dash'])}`,
    curl: said('curl', ['--version']),
    git: said('git', ['--version']),
    python: said(python(), ['--version']),
    aws: said(findProgram('aws') ?? 'aws', ['--version']),
    eb: said(findProgram('eb') ?? 'eb', ['--version']),
  };
}

/** The first version number in what a program prints. */
function said(program: string, args: readonly string[]): string {
  const { stdout, error } = spawnSync(program, args, { encoding: 'utf8' });
  if (error !== undefined) return 'not on this machine';
  return /\d+\.\d[\w.+~-]*/.exec(stdout)?.[0] ?? 'unknown';
}

function readIfThere(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}
