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

/** Names of the programs that have the machine's name among their arguments. */
async function processesOf(name: string): Promise<string[]> {
  const { stdout } = await execa('ps', ['-e', '-ww', '-o', 'comm=,args=']);
  const lines = stdout.split('\n').filter((line) => line.includes(name) && !line.includes('spawn('));
  return lines.map((line) => line.split(' ', 1)[0] ?? '');
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await sleep(50);
}
