import { describe, expect, it } from 'vitest';
import { packageVersion } from '../../src/package-root.ts';
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
    [['init', 'extra'], /unexpected argument 'extra'/],
    [['init', '--var'], /--var/],
  ])('answers %j in two lines, status 2', async (argv, message) => {
    const { status, stdout, stderr } = await run(...argv);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr.trimEnd().split('\n').length).toBeLessThanOrEqual(2);
  });

  it('prints one JSON document for a failure too', async () => {
    const { status, stdout } = await run('init', '--json', '--role', 'x');
    expect(status).toBe(2);
    expect(JSON.parse(stdout)).toEqual({
      command: 'init',
      ok: false,
      error: {
        code: 'usage',
        message: expect.stringMatching(/--role takes/),
        hint: expect.stringMatching(/--help/),
      },
    });
  });
});
