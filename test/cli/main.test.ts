import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot, packageVersion } from '../../src/package-root.ts';
import { ebHosts } from '../support/command-line.ts';

const run = (...argv: string[]) => ebHosts(process.cwd(), argv);
const commands = ['init', 'doctor', 'rehearse', 'probe', 'health-check', 'remove', 'completion'];

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
    expect(asked.stdout).toMatch(/^eb-hosts init: /);
    for (const argv of [
      ['init', '-h'],
      ['init', '--dry-run', '--help'],
      ['help', 'init'],
      ['--help', 'init'],
    ]) {
      expect(await run(...argv)).toEqual(asked);
    }
    expect((await run('--help', '--json')).stdout).toMatch(/^Usage: eb-hosts COMMAND/m);
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
    [['inti'], /unknown command 'inti', did you mean 'init'/],
    [['helth-check'], /did you mean 'health-check'/],
    [['constructor'], /unknown command 'constructor'/],
    [['--verison'], /unknown option '--verison'/],
    [['init', '--seperator', 'comma'], /unknown option '--seperator', did you mean '--separator'/],
    [['help', 'inti'], /unknown command 'inti', did you mean 'init'/],
    [['-y', 'init'], /unknown option '-y'\n.*options go after the command/],
    [['xyz'], /unknown command 'xyz'\n/],
    [['init', '--sep', 'comma'], /unknown option '--sep', did you mean '--separator'/],
    [['doctor', '--env', 'x'], /did you mean '--environment'/],
    [['doctor', '--josn'], /did you mean '--json'/],
    [['init', '-x'], /unknown option '-x'\n/],
    [['init', '--separator', 'coma'], /takes comma\|space\|[^']*, not 'coma', did you mean 'comma'/],
    [['init', '--framework', 'djagno'], /did you mean 'django'/],
    [['init', '--on-failure', 'fial'], /did you mean 'fail'/],
    [['init', '--verify', 'of'], /did you mean 'off'/],
    [['init', '--delivery', 'compose'], /--delivery takes [^']*, not 'compose'\n/],
    [['doctor', '--format', 'jsn'], /did you mean 'json'/],
    [['rehearse', '--imds', 'dwon'], /did you mean 'down'/],
    [['probe', 'http://localhost/', '--lb', 'abl'], /did you mean 'alb'/],
    [['health-check', 'shwo'], /'shwo' is none of show, set PATH and unset, did you mean 'show'/],
    [['health-check', 'show', '--print', 'terrafrom'], /did you mean 'terraform'/],
    [['health-check', 'show', '--matcher', '200'], /--matcher belongs to 'set'/],
    [['health-check', 'set', '/health/', '--all'], /--all belongs to 'unset'/],
    [['completion'], /for which shell: bash, zsh or fish\?/],
    [['completion', 'bsh'], /'bsh' is none of bash, zsh and fish, did you mean 'bash'/],
    [['completion', 'powershell'], /'powershell' is none of bash, zsh and fish\n/],
    [['init', 'extra'], /unexpected argument 'extra'/],
    [['init', '--var'], /--var needs a value\n/],
    [['init', '--cwd', ''], /--cwd needs a value\n/],
    [['init', '--yes=no'], /--yes takes no value\n/],
    [['health-check', 'set'], /'set' needs the path/],
    [['doctor', '--cwd', 'a\nb'], /a b' is not a directory\n/],
  ])('answers %j in two lines, status 2', async (argv, message) => {
    const { status, stdout, stderr } = await run(...argv);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr.trimEnd().split('\n').length).toBeLessThanOrEqual(2);
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
