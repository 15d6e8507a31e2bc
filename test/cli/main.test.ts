import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot, packageVersion } from '../../src/package-root.ts';
import { ebHosts } from '../support/command-line.ts';

const run = (...argv: string[]) => ebHosts(process.cwd(), argv);
const commands = ['init', 'doctor', 'rehearse', 'probe', 'health-check', 'remove'];

describe('the command line', () => {
  it('prints its help on stdout when asked, on stderr when not, and the version bare', async () => {
    expect(await run('--help')).toMatchObject({
      status: 0,
      stderr: '',
      stdout: expect.stringMatching(/^Usage: /m),
    });
    expect(await run()).toMatchObject({ status: 2, stdout: '', stderr: expect.stringMatching(/^Usage: /m) });
    expect(await run('--version')).toMatchObject({ status: 0, stdout: `${packageVersion()}\n` });
    expect(await run('init', '--version')).toMatchObject({ status: 0, stdout: `${packageVersion()}\n` });
  });

  it.runIf(existsSync('/dev/full'))('says in a line that its output cannot be written', () => {
    const full = openSync('/dev/full', 'w');
    const { status, stderr } = spawnSync(process.execPath, [join(packageRoot, 'dist', 'bin.js'), '--help'], {
      stdio: ['ignore', full, 'pipe'],
      encoding: 'utf8',
    });
    closeSync(full);
    expect(stderr).toBe('eb-hosts: the output cannot be written (ENOSPC)\n');
    expect(status).toBe(2);
  });

  it('prints the help of a command in every way people ask for it', async () => {
    const asked = await run('init', '--help');
    expect(asked.stdout).toMatch(/^Usage: eb-hosts init /);
    for (const argv of [
      ['init', '-h'],
      ['init', '--dry-run', '--help'],
      ['help', 'init'],
      ['--help', 'init'],
    ]) {
      expect(await run(...argv)).toEqual(asked);
    }
  });

  it.each(commands)('%s has a help within 80 columns that names its own options', async (command) => {
    const { status, stdout, stderr } = await run(command, '--help');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(new RegExp(`Usage: eb-hosts ${command}`));
    expect(stdout).toMatch(/--json/);
    for (const line of stdout.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
    expect((await run('--help')).stdout).toMatch(new RegExp(`^ {2}${command} `, 'm'));
  });

  it.each([
    [['inti'], /unknown command 'inti' \(Did you mean init\?\)/],
    [['constructor'], /unknown command 'constructor'/],
    [['--verison'], /unknown option '--verison' \(Did you mean --version\?\)/],
    [['init', '--seperator', 'comma'], /unknown option '--seperator' \(Did you mean --separator\?\)/],
    [['doctor', '--josn'], /Did you mean --json/],
    [['init', '-x'], /unknown option '-x'\n/],
    [['init', '--separator', 'coma'], /argument 'coma' is invalid\. Allowed choices are comma, space, /],
    [['init', '--dry-run', '--check'], /'--dry-run' cannot be used with option '--check'/],
    [['health-check', 'shwo'], /unknown command 'shwo' \(Did you mean show\?\)/],
    [['health-check', 'show', '--matcher', '200'], /unknown option '--matcher'/],
    [['health-check', 'set'], /missing required argument 'path'/],
    [['init', 'extra'], /too many arguments/],
    [['rehearse', 'gunicorn'], /too many arguments/],
    [['init', '--', 'extra'], /only 'rehearse' takes a command after --/],
    [['init', '--var'], /--var <name>' argument missing/],
    [['init', '--var', 'A B'], /'A B' is invalid\. not the name of a variable/],
    [['init', '--cwd', ''], /'--cwd' needs a value\n/],
    [['init', '--hosts', '--force'], /'--hosts' needs a value\n/],
    [['init', '--yes=no'], /unknown option '--yes=no'/],
    [['doctor', '--cwd', 'a\nb'], /a b' is not a directory\n/],
  ])('answers %j in two lines, status 2', async (argv, message) => {
    const { status, stdout, stderr } = await run(...argv);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr.trimEnd().split('\n').length).toBeLessThanOrEqual(2);
  });

  it('takes options before the command and after it', async () => {
    for (const argv of [
      ['--cwd', 'init', 'doctor', '--json'],
      ['--json', 'doctor', '--cwd', 'init'],
      ['--format', 'json', 'doctor', '--cwd=init'],
    ]) {
      const { status, stdout } = await run(...argv);
      expect({ status, code: JSON.parse(stdout).error.code }).toEqual({
        status: 2,
        code: 'no-such-directory',
      });
    }
  });

  it('prints one JSON document for a failure too', async () => {
    for (const flags of [['--json'], ['--format', 'json'], ['--format=json']]) {
      const { status, stdout, stderr } = await run('doctor', ...flags, '--region', 'eu-west-1');
      expect({ status, stderr }).toEqual({ status: 2, stderr: '' });
      expect(JSON.parse(stdout)).toEqual({
        command: 'doctor',
        ok: false,
        error: {
          code: 'usage',
          message: expect.stringMatching(/--region need/),
          hint: expect.stringMatching(/--help/),
        },
      });
    }
  });
});
