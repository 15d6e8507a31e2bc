import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { expect, it, onTestFinished } from 'vitest';
import { describeMachine, rootTime } from './expectations.ts';
import { instanceRoot } from './root.ts';

const here = import.meta.dirname;

describeMachine('a machine whose test is killed', () => {
  it(
    'leaves no process, mount or control group',
    async () => {
      const scratch = await mkdtemp(join(tmpdir(), 'eb-hosts-leak-'));
      onTestFinished(() => rm(scratch, { recursive: true, force: true }));
      const name = `eb-hosts-leak-${process.pid}`;
      const options = [name, await instanceRoot(), scratch, join(here, 'machine'), '10.0.1.5'];
      const start = `const { spawn } = require('node:child_process');
spawn(${JSON.stringify(join(here, 'supervise.sh'))}, ${JSON.stringify(options)}, { stdio: ['pipe', 'ignore', 'ignore'], detached: true });`;
      const test = spawn(process.execPath, ['-e', start], { stdio: 'ignore' });
      await until(async () => (await processesOf(name)).includes('systemd-nspawn'));

      test.kill('SIGKILL');
      await once(test, 'exit');

      await until(async () => (await processesOf(name)).length === 0);
      expect(await readFile('/proc/self/mountinfo', 'utf8')).not.toContain(scratch);
      expect(await readdir(scratch)).toEqual([]);
      const { stdout: groups } = await execa('find', ['/sys/fs/cgroup', '-name', name], { reject: false });
      expect(groups).toBe('');
    },
    rootTime,
  );
});

/** Names of the programs that have the machine's name for an argument. */
async function processesOf(name: string): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((entry) => /^\d+$/.test(entry));
  const read = (pid: string) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''); // ended meanwhile
  const commands = (await Promise.all(pids.map(read))).map((text) => text.split('\0'));
  return commands
    .filter((words) => words.some((word) => word === name || word.endsWith(`=${name}`)))
    .map(([program = '']) => program);
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await condition()); tries += 1) {
    if (tries === 600) throw new Error('waited in vain');
    await sleep(50);
  }
}
