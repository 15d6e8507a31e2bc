import { spawnSync } from 'node:child_process';

const interpreters = ['python3', '/usr/bin/python3'];

/** A Python 3 that has these modules (or can execute these import statements); undefined if this machine has none. */
export function pythonWith(...modules: readonly string[]): string | undefined {
  const program = [
    'import sys',
    ...modules.map((name) => (name.includes(' ') ? name : `import ${name}`)),
  ].join('\n');
  return interpreters.find((python) => spawnSync(python, ['-c', program]).status === 0);
}

/** Runs a program of Python and reads the one JSON document it prints. */
export function askPython(python: string, program: string, input: unknown): unknown {
  const result = spawnSync(python, ['-c', program], {
    input: JSON.stringify(input),
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    env: { PATH: process.env.PATH ?? '', PYTHONDONTWRITEBYTECODE: '1', PYTHONIOENCODING: 'utf-8' },
  });
  if (result.status !== 0) throw new Error(`python: ${result.stderr}`);
  return JSON.parse(result.stdout);
}
