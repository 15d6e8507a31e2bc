import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot, packageVersion } from '../../src/package-root.ts';
import { ebHosts } from '../support/command-line.ts';
import { runMain } from './in-process.ts';

const commands = ['init', 'doctor', 'rehearse', 'probe', 'health-check', 'remove'];

describe('the command line', () => {
  it('ends as a process with the status of its command, results on stdout', async () => {
    const version = { status: 0, stdout: `${packageVersion()}\n`, stderr: '' };
    expect(await ebHosts(packageRoot, ['--version'])).toMatchObject(version);
    expect(await ebHosts(packageRoot, ['inti'])).toMatchObject({ status: 2, stdout: '' });
  });

  it.runIf(existsSync('/dev/full'))('says in a line that its output cannot be written', () => {
    const full = openSync('/dev/full', 'w');
    const { status, stderr } = spawnSync(process.execPath, [join(packageRoot, 'dist', 'bin.js'), '--help'], {
      stdio: ['ignore', full, 'pipe'],
      encoding: 'utf8',
    });
    closeSync(full);
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: 'eb-hosts: the output cannot be written (ENOSPC)\n',
    });
  });

  it('prints its help on stdout when asked, on stderr when not', async () => {
    const { stdout } = await runMain(['--help']);
    for (const command of commands) expect(stdout).toMatch(new RegExp(`^ {2}${command} `, 'm'));
    expect(await runMain([])).toEqual({ status: 2, stdout: '', stderr: stdout });
    expect(await runMain(['help', 'init'])).toEqual(await runMain(['init', '--dry-run', '-h']));
  });

  it.each(commands)('%s has a help within 80 columns', async (command) => {
    const { status, stdout, stderr } = await runMain([command, '--help']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(new RegExp(`^Usage: eb-hosts ${command} [^]*--json`));
    expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
  });

  it.each([
    [['inti'], /unknown command 'inti' \(Did you mean init\?\)/],
    [['constructor'], /unknown command 'constructor'/],
    [['--verison'], /unknown option '--verison' \(Did you mean --version\?\)/],
    [['doctor', '--josn'], /Did you mean --json/],
    [['init', '-x'], /unknown option '-x'\n/],
    [['init', '--separator', 'coma'], /argument 'coma' is invalid\. Allowed choices are comma, space, /],
    [['init', '--dry-run', '--check'], /'--dry-run' cannot be used with option '--check'/],
    [['health-check', 'shwo'], /unknown command 'shwo' \(Did you mean show\?\)/],
    [['health-check', 'show', '--matcher', '200'], /unknown option '--matcher'/],
    [['health-check', 'set'], /missing required argument 'path'/],
    [['init', 'extra'], /too many arguments/],
    [['init', '--', 'extra'], /only 'rehearse' takes a command after --/],
    [['init', '--var'], /--var <name>' argument missing/],
    [['init', '--var', 'A B'], /'A B' is invalid/],
    [['init', '--cwd', ''], /'--cwd <dir>' argument '' is invalid/],
    [['init', '--hosts', '--force'], /'--force' is invalid\. Expected host names/],
    [['doctor', '--cwd', 'a\nb'], /a b' is not a directory\n/],
  ])('answers %j in two lines, status 2', async (argv, message) => {
    const { status, stdout, stderr } = await runMain(argv);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr.trimEnd().split('\n').length).toBeLessThanOrEqual(2);
  });

  it('takes the common options before the command and after it', async () => {
    for (const argv of [
      ['--cwd', 'init', '--json', 'doctor'],
      ['doctor', '--json', '--cwd=init'],
    ]) {
      const { status, stdout } = await runMain(argv);
      expect({ status, ...JSON.parse(stdout) }).toMatchObject({
        status: 2,
        command: 'doctor',
        error: { code: 'no-such-directory' },
      });
    }
  });

  it.each([
    [['--json', 'doctor', '--region', 'eu-west-1'], 'doctor', /--region need/],
    [['doctor', '--format', 'json', '--region', 'eu-west-1'], 'doctor', /--region need/],
    [['init', '--json', '--separator', 'coma'], 'init', /'coma' is invalid/],
    [['--json', 'inti'], 'inti', /unknown command/],
    [['--json'], null, /no command/],
  ])('prints one JSON document for a failure too: %j', async (argv, command, message) => {
    const { status, stdout } = await runMain(argv);
    expect(status).toBe(2);
    expect(JSON.parse(stdout)).toEqual({
      command,
      ok: false,
      error: {
        code: 'usage',
        message: expect.stringMatching(message),
        hint: expect.stringMatching(/--help/),
      },
    });
  });
});
