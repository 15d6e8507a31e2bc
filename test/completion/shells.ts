import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runMain } from '../cli/in-process.ts';
import { scratchDirectory, writeTree } from '../support/scratch.ts';

export type Shell = 'bash' | 'zsh' | 'fish';

/** The script for a shell, as a file in a scratch directory with three directories and a file to be completed. */
export async function scriptFor(shell: Shell): Promise<{ directory: string; script: string }> {
  const directory = scratchDirectory();
  const { status, stdout } = await runMain(['completion', shell]);
  if (status !== 0) throw new Error(`completion ${shell} ended with status ${status}`);
  const script = join(directory, `.completion.${shell}`);
  writeFileSync(script, stdout);
  writeTree(directory, { 'app one/a': '', 'app-two/a': '', 'app$HOME/a': '', 'app-file': '' });
  return { directory, script };
}

/** Splits a line as readline does: a `=` is a word of its own, and with nothing behind it the current one. */
function readlineWords(line: string): readonly string[] {
  const words = line.split(/ |(=)/).filter((word) => word !== undefined);
  return line.endsWith('=') ? words.slice(0, -1) : words;
}

const complete: Record<Shell, (place: { directory: string; script: string }, line: string) => string[]> = {
  bash: ({ directory, script }, line) => {
    const program = `source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=\${#COMP_LINE}
_eb_hosts eb-hosts
printf '%s\\n' "\${COMPREPLY[@]}"`;
    const argv = ['--norc', '--noprofile', '-uc', program, 'bash', script, ...readlineWords(line)];
    return lines(execFileSync('bash', argv, { cwd: directory, encoding: 'utf8' }));
  },
  zsh: ({ directory, script }, line) => {
    const driver = join(import.meta.dirname, 'list-matches.zsh');
    const output = execFileSync('zsh', ['-f', driver, script, line], { cwd: directory, encoding: 'utf8' });
    return lines(output);
  },
  fish: ({ directory, script }, line) => {
    const argv = ['--no-config', '-c', 'source $argv[1]; complete -C $argv[2]', script, line];
    const output = execFileSync('fish', argv, {
      cwd: directory,
      encoding: 'utf8',
      env: { ...process.env, HOME: directory },
    });
    return lines(output).map((match) => match.replace(/\t.*/, ''));
  },
};

/** What the shell itself offers for the last word of `line`, without what a flag and its `=` put before it. */
export function matches(shell: Shell, place: { directory: string; script: string }, line: string): string[] {
  const found = complete[shell](place, line).map((match) =>
    match
      .replace(/^--[a-z-]+=(?=.)/, '')
      .replace(/\/$/, '')
      .replaceAll('\\', ''),
  );
  return [...new Set(found)].sort();
}

const prompts = {
  bash: { start: 'bash --norc --noprofile -i', setup: '' },
  zsh: { start: 'zsh -f -i', setup: 'autoload -Uz compinit; compinit -u -D; ' },
} as const;

/** The arguments that the program gets when a person types this line, TAB included, at the shell's prompt. */
export async function typed(
  shell: keyof typeof prompts,
  { directory, script }: { directory: string; script: string },
  line: string,
): Promise<string[]> {
  const { start, setup } = prompts[shell];
  const terminal = spawn('script', ['-qec', start, '/dev/null'], {
    cwd: directory,
    env: { ...process.env, HOME: directory, TERM: 'dumb' },
  });
  const program = `eb-hosts() { printf '%s\\n' "$@" > .typed; }`;
  terminal.stdin.write(`${setup}source ${script}; ${program}; echo re''ady\n`);
  let output = '';
  terminal.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    const before = output.includes('ready');
    output += chunk;
    if (!before && output.includes('ready')) terminal.stdin.end(`${line}\nexit\n`);
  });
  await once(terminal, 'close');
  return lines(readFileSync(join(directory, '.typed'), 'utf8'));
}

function lines(output: string): string[] {
  return output.split('\n').filter((line) => line !== '');
}
