import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/package-root.ts';
import { describeWith } from '../support/needs.ts';
import { scratchDirectory } from '../support/scratch.ts';

const bin = join(packageRoot, 'dist', 'bin.js');
const demo = join(packageRoot, 'scripts', 'demo.mjs');

function fileText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

/** Whether the process runs; one that has ended and was not asked for its status yet does not. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  return !/^State:\s*Z/m.test(fileText(`/proc/${pid}/status`) ?? '');
}

describeWith(['git', 'curl'], 'a rehearsal that is interrupted', () => {
  it.each(['SIGINT', 'SIGTERM'] as const)(
    'by %s ends the app and what it started, and cleans up',
    async (signal) => {
      const project = scratchDirectory();
      const temporary = scratchDirectory();
      const marks = scratchDirectory();
      cpSync(join(packageRoot, 'test/fixtures/project'), project, { recursive: true });
      const app = `sleep 600 & echo $! >'${marks}/child'; echo $$ >'${marks}/app'; wait`;
      const child = execa(process.execPath, [bin, 'rehearse', '--', app], {
        cwd: project,
        env: { TMPDIR: temporary },
        reject: false,
      });
      await expect.poll(() => fileText(join(marks, 'app')), { timeout: 20_000 }).toMatch(/\d+\n/);
      expect(readdirSync(temporary)).toHaveLength(1);
      child.kill(signal);
      const { exitCode, stderr } = await child;
      expect(exitCode).toBe(130);
      expect(stderr).toContain('interrupted');
      expect(readdirSync(temporary)).toEqual([]);
      for (const name of ['app', 'child']) expect(isRunning(Number(fileText(join(marks, name))))).toBe(false);
    },
  );
});

describeWith(['root', 'setpriv', 'git', 'curl', 'nginx'], 'a rehearsal of an ordinary user', () => {
  it('asks through nginx as well', async () => {
    const scratch = scratchDirectory();
    for (const part of ['dist', 'templates', 'package.json', 'scripts/demo-app.mjs']) {
      cpSync(join(packageRoot, part), join(scratch, part), { recursive: true });
    }
    const project = join(scratch, 'project');
    cpSync(join(packageRoot, 'test/fixtures/project'), project, { recursive: true });
    mkdirSync(join(project, '.platform/nginx/conf.d'), { recursive: true });
    writeFileSync(join(project, '.platform/nginx/conf.d/size.conf'), 'client_max_body_size 20M;\n');
    await execa('chown', ['--recursive', '65534:65534', scratch]);
    const user = ['--reuid=65534', '--regid=65534', '--clear-groups', process.execPath];
    const run = (...argv: string[]) =>
      execa('setpriv', [...user, join(scratch, 'dist/bin.js'), ...argv], {
        cwd: project,
        env: { HOME: scratch, TMPDIR: scratch },
        reject: false,
      });
    await run('init', '--yes', '--health-check-path', '/health/');
    const { stdout, stderr } = await run(
      'rehearse',
      '--json',
      '--',
      'node',
      join(scratch, 'scripts/demo-app.mjs'),
    );
    expect(stderr).toBe('');
    const { checks, notExercised } = JSON.parse(stdout);
    expect(notExercised).toEqual([]);
    const balancer = checks.filter(({ asker }: { asker: string }) => asker === 'load balancer');
    expect(balancer).toMatchObject([
      { via: 'app', status: 200 },
      { via: 'proxy', status: 200 },
    ]);
    expect(readdirSync(scratch).filter((name) => name.startsWith('eb-hosts-'))).toEqual([]);
  });
});

describeWith(['git', 'curl', 'script'], 'a rehearsal on a terminal', () => {
  it('shows what the app printed last while it starts, and ends all of it on Ctrl-C', async () => {
    const project = scratchDirectory();
    const temporary = scratchDirectory();
    const mark = join(scratchDirectory(), 'app');
    cpSync(join(packageRoot, 'test/fixtures/project'), project, { recursive: true });
    const app = `echo $$ >${mark}; echo compiling; sleep 600`;
    const line = `stty cols 100; ${process.execPath} ${bin} rehearse -- '${app}'`;
    const child = execa('script', ['--quiet', '--return', '--command', line, '/dev/null'], {
      cwd: project,
      // Under CI the spinner does not turn.
      env: { TMPDIR: temporary, CI: '' },
      reject: false,
    });
    let text = '';
    child.stdout.on('data', (chunk) => {
      text += chunk;
    });
    await expect.poll(() => text, { timeout: 20_000 }).toMatch(/compiling \[\d+s\]/);
    child.stdin.write('\x03');
    expect((await child).exitCode).toBe(130);
    expect(readdirSync(temporary)).toEqual([]);
    expect(isRunning(Number(fileText(mark)))).toBe(false);
  });
});

describe('the demo', () => {
  it('names what the machine lacks', async () => {
    const { exitCode, stderr } = await execa(process.execPath, [demo], {
      env: { PATH: scratchDirectory() },
      extendEnv: false,
      reject: false,
    });
    expect(exitCode).toBe(2);
    expect(stderr).toBe('The demo needs sh, curl, flock, git, which this machine lacks.');
  });
});

describeWith(['sh', 'curl', 'git'], 'the demo', () => {
  it('shows 400 before and 200 after, and leaves nothing behind', async () => {
    const temporary = scratchDirectory();
    const { exitCode, stdout } = await execa(process.execPath, [demo], {
      // Node 22 and later keep compiled code there for `init`.
      env: { TMPDIR: temporary, NO_COLOR: '1' },
      reject: false,
    });
    expect(exitCode).toBe(0);
    expect(stdout.split('\n')[0]).toMatch(/^The app: (Django \d|a Node stand-in)/);
    expect(stdout.split('\n').length).toBeLessThan(30);
    const statuses = [...stdout.matchAll(/^(load balancer|your site|foreign host) +(\S+) +(\d+)/gm)];
    expect(statuses.map(([, asker, host, status]) => [asker, host, status])).toEqual([
      ['load balancer', '10.0.1.5', '400'],
      ['your site', 'example.com', '200'],
      ['your site', 'www.example.com', '200'],
      ['foreign host', 'somebody-else.example.net', '400'],
      ['load balancer', '10.0.1.5', '200'],
      ['your site', 'example.com', '200'],
      ['your site', 'www.example.com', '200'],
      ['foreign host', 'somebody-else.example.net', '400'],
    ]);
    expect(readdirSync(temporary)).toEqual([]);
  });
});
