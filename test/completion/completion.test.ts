import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runMain } from '../cli/in-process.ts';
import { describeWith } from '../support/needs.ts';
import { matches, type Shell, scriptFor, typed } from './shells.ts';

const commands = ['completion', 'doctor', 'health-check', 'init', 'probe', 'rehearse', 'remove'];
const shells: readonly Shell[] = ['bash', 'zsh', 'fish'];

/** The flags that the help of a command describes. */
async function flagsInHelp(command: string): Promise<string[]> {
  const { stdout } = await runMain([command, '--help']);
  const terms = stdout.match(/^ {2}-.*?(?= {2}|$)/gm) ?? [];
  return [...new Set(terms.flatMap((term) => term.match(/--[a-z0-9-]+/g) ?? []))].sort();
}

for (const shell of shells) {
  describeWith([shell], `completion in ${shell}`, () => {
    it('is a script that the shell accepts and that says nothing', async () => {
      const { script, directory } = await scriptFor(shell);
      expect(spawnSync(shell, ['-n', script], { encoding: 'utf8' })).toMatchObject({ status: 0, stderr: '' });
      const setup = shell === 'zsh' ? 'autoload -Uz compinit; compinit -u -D;' : '';
      const argv = ['-c', `${setup} source ${script}`];
      const env = { ...process.env, HOME: directory };
      const sourced = spawnSync(shell, argv, { encoding: 'utf8', env });
      expect(sourced).toMatchObject({ status: 0, stdout: '', stderr: '' });
    });

    it('offers the commands', async () => {
      const place = await scriptFor(shell);
      expect(matches(shell, place, 'eb-hosts ').filter((match) => match !== 'help')).toEqual(
        expect.arrayContaining(commands),
      );
      expect(matches(shell, place, 'eb-hosts re')).toEqual(['rehearse', 'remove']);
      expect(matches(shell, place, 'eb-hosts nothing-begins-so')).toEqual([]);
    });

    it.each(commands)('offers the flags of %s that its help describes, and no others', async (command) => {
      const place = await scriptFor(shell);
      const begun = command === 'health-check' ? ['health-check set', 'health-check unset'] : [command];
      const offered = begun.flatMap((words) => matches(shell, place, `eb-hosts ${words} --`));
      const flags = offered.filter((match) => match !== '--').sort();
      expect([...new Set(flags)]).toEqual(await flagsInHelp(command));
    });

    it.each<[string, string[]]>([
      ['init --separator ', ['comma', 'json', 'none', 'semicolon', 'space']],
      ['init --separator s', ['semicolon', 'space']],
      ['init --separator=s', ['semicolon', 'space']],
      ['init --separator=', ['comma', 'json', 'none', 'semicolon', 'space']],
      ['init --role ', ['extra-hosts', 'whole-list']],
      ['init --delivery e', ['env-list']],
      ['init --on-failure ', ['fail', 'warn']],
      ['init --verify o', ['off']],
      ['init --framework s', ['starlette', 'symfony']],
      ['init --settings ', ['patch', 'print']],
      ['doctor --format ', ['github', 'json', 'text']],
      ['rehearse --imds ', ['down', 'flaky', 'slow', 'up', 'v1-off']],
      ['probe http://10.0.1.5/ --lb ', ['alb', 'classic', 'nlb']],
      ['health-check ', ['set', 'show', 'unset']],
      ['health-check --environment set sh', ['show']],
      ['health-check show --print c', ['cdk', 'cloudformation']],
      ['completion ', ['bash', 'fish', 'zsh']],
      ['help h', ['health-check']],
    ])('offers the words that fit: %s', async (line, words) => {
      expect(matches(shell, await scriptFor(shell), `eb-hosts ${line}`)).toEqual(words);
    });

    it.each([
      'probe ',
      'probe --path ',
      'probe --host ',
      'health-check set ',
      'health-check show --environment ',
      'health-check show --matc',
      'health-check set /health/ --al',
      'init --var ',
      'rehearse --property ',
    ])('offers nothing where only the person knows: %s', async (line) => {
      expect(matches(shell, await scriptFor(shell), `eb-hosts ${line}`)).toEqual([]);
    });

    it.each(['init --cwd app', 'doctor --quiet --cwd=app', 'health-check show --cwd app'])(
      'offers directories and no file, whatever they are called: %s',
      async (line) => {
        const found = matches(shell, await scriptFor(shell), `eb-hosts ${line}`);
        expect(found).toEqual(['app one', 'app$HOME', 'app-two'].sort());
      },
    );

    it('leaves what follows -- to the other program', async () => {
      const place = await scriptFor(shell);
      expect(matches(shell, place, 'eb-hosts rehearse -- cat app-f')).toEqual(['app-file']);
      expect(matches(shell, place, 'eb-hosts rehearse -- cat --pla')).toEqual([]);
    });

    it('runs nothing of what stands in the command line or in a file name', async () => {
      const place = await scriptFor(shell);
      for (const line of [
        'init --cwd $(touch${IFS}ran)',
        'init $(touch${IFS}ran) --separator ',
        '`touch${IFS}ran` -',
      ]) {
        matches(shell, place, `eb-hosts ${line}`);
      }
      expect(existsSync(join(place.directory, 'ran'))).toBe(false);
    });
  });
}

for (const shell of ['bash', 'zsh'] as const) {
  describeWith([shell, 'script'], `a person at the prompt of ${shell}`, () => {
    it.each([
      ['eb-hosts doc\t --form\tgit\t', ['doctor', '--format', 'github']],
      ['eb-hosts health-check set --prin\tterr\t /h', ['health-check', 'set', '--print', 'terraform', '/h']],
      ['eb-hosts probe --l\tnl\t http://10.0.1.5', ['probe', '--lb', 'nlb', 'http://10.0.1.5']],
      ['eb-hosts rehearse -- mkfif\t', ['rehearse', '--', 'mkfifo']],
      [
        'eb-hosts init --separator=sem\t --on\tw\t',
        ['init', '--separator=semicolon', '--on-failure', 'warn'],
      ],
      ['eb-hosts init --cwd app\\ o\t', ['init', '--cwd', 'app one']],
    ])('types %j', async (keys, argv) => {
      const got = await typed(shell, await scriptFor(shell), keys);
      // zsh joins a flag and its value by =, and takes the slash back; both mean the same.
      const apart = (words: string[]) =>
        words
          .flatMap((word) => /^(--[a-z-]+)=(.*)$/.exec(word)?.slice(1) ?? [word])
          .map((word) => word.replace(/(.)\/$/, '$1'));
      expect(apart(got)).toEqual(apart(argv));
    });
  });
}
