import { execFileSync } from 'node:child_process';
import { onTestFinished } from 'vitest';

/** Sets a variable of this process for one test. */
export function setEnvironment(name: string, value: string): void {
  const before = process.env[name];
  process.env[name] = value;
  onTestFinished(() => {
    if (before === undefined) delete process.env[name];
    else process.env[name] = before;
  });
}

const nobody = 65_534;

/** Works as somebody to whom the permissions below `root`, made theirs, apply: root is above them. */
export async function unprivileged<T>(root: string, work: () => Promise<T>): Promise<T> {
  setEnvironment('HOME', root);
  if (process.geteuid?.() !== 0) return work();
  execFileSync('chown', ['-R', `${nobody}:${nobody}`, root]);
  process.seteuid?.(nobody);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
  }
}
