import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished } from 'vitest';

/** Starts a program from a node process, kills that process as soon as `ready`, and expects that the program then ends
 * by itself, and with it every process that has `name` in its command line, every mount and every control group of
 * this name. Its standard input is a pipe from the process that is killed. */
export async function expectNothingLeft(
  name: string,
  [program = '', ...args]: readonly string[],
  ready: () => boolean,
): Promise<void> {
  const options = { stdio: ['pipe', 'ignore', 'ignore'], detached: true };
  const words = [program, args, options].map((word) => JSON.stringify(word)).join();
  const start = `require('node:child_process').spawn(${words})`;
  const test = spawn(process.execPath, ['-e', start], { stdio: 'ignore' });
  onTestFinished(() => void test.kill('SIGKILL'));
  await until(ready);
  expect(commandsNaming(name)).not.toEqual([]);

  test.kill('SIGKILL');
  await once(test, 'exit');

  await until(() => commandsNaming(name).length === 0);
  expect(readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain(name);
  const groups = readdirSync('/sys/fs/cgroup', { recursive: true, encoding: 'utf8' });
  expect(groups.filter((group) => group.includes(name))).toEqual([]);
}

/** The command lines of this machine that have this word in them. */
export function commandsNaming(word: string): string[] {
  const pids = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry) && entry !== `${process.pid}`);
  return pids.map(commandOf).filter((command) => command.includes(word));
}

function commandOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return ''; // ended meanwhile
  }
}

async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; !condition(); tries += 1) {
    if (tries === 600) throw new Error('waited in vain');
    await sleep(50);
  }
}
