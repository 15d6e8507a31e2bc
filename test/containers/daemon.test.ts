import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { describeDocker } from './docker.ts';

describeDocker('a docker daemon of a test that is killed', () => {
  it('leaves no process, network, mount, control group or file', { timeout: 60_000 }, async () => {
    const name = `eb-hosts-leak-${process.pid}`;
    const scratch = join(tmpdir(), name);
    const program = join(import.meta.dirname, 'dockerd.sh');
    const start = `require('node:fs').mkdirSync('${scratch}');
      require('node:child_process').spawn('${program}', ['${name}', '${scratch}'], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });`;
    const test = spawn(process.execPath, ['-e', start], { stdio: 'ignore' });
    onTestFinished(() => void test.kill('SIGKILL'));
    await until(() => existsSync(join(scratch, 'docker.sock')));
    expect(processesNaming(name)).not.toEqual([]);

    test.kill('SIGKILL');
    await once(test, 'exit');

    await until(() => processesNaming(name).length === 0);
    expect(existsSync(scratch)).toBe(false);
    expect(readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain(name);
    expect(readdirSync('/sys/fs/cgroup', { recursive: true })).not.toContain(name);
  });
});

function processesNaming(word: string): string[] {
  const pids = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry) && entry !== `${process.pid}`);
  return pids.filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(word);
    } catch {
      return false; // ended meanwhile
    }
  });
}

async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; !condition(); tries += 1) {
    if (tries === 600) throw new Error('waited in vain');
    await sleep(50);
  }
}
