import type { Command, CommandTable } from '../command.ts';
import { bashCompletion } from '../completion/bash.ts';
import { fishCompletion } from '../completion/fish.ts';
import { collectWords } from '../completion/words.ts';
import { zshCompletion } from '../completion/zsh.ts';
import { didYouMean } from '../nearest.ts';
import { commonHelp, commonOptions, parseOptions, usage } from '../options.ts';
import { printJson } from '../output/json.ts';
import { packageVersion } from '../package-root.ts';

const help = `eb-hosts completion: the script that completes commands, flags and their values
when you press TAB
The script goes to stdout, everything else to stderr.

Usage: eb-hosts completion bash|zsh|fish [OPTIONS]

The script is static: no program is started and nothing is asked of AWS when it
completes. Print it again after an upgrade.

${commonHelp}

Examples
  bash, in ~/.bashrc:
  source <(eb-hosts completion bash)

  bash with the bash-completion package, loaded when it is first needed:
  eb-hosts completion bash > ~/.local/share/bash-completion/completions/eb-hosts

  zsh, in a directory of its fpath, named before compinit in ~/.zshrc:
  eb-hosts completion zsh > ~/.zsh/completions/_eb-hosts

  fish:
  eb-hosts completion fish > ~/.config/fish/completions/eb-hosts.fish
`;

const shells = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } as const;

/** The command `completion`.
 * @param commands every command, itself included
 * @param overview the help that names them all */
export function completionOf(commands: CommandTable, overview: string): Command {
  return {
    help,
    options: commonOptions,
    verbs: { bash: null, zsh: null, fish: null },
    async run(argv, io) {
      const { values, positionals } = parseOptions('completion', argv, commonOptions, { atMost: 1 });
      const shell = readShell(positionals[0]);
      const head = `completion of eb-hosts ${packageVersion()}, as 'eb-hosts completion ${shell}' prints it.`;
      const script = shells[shell](await collectWords(commands, overview), head);
      if (values.json === true) printJson(io.stdout, { command: 'completion', ok: true, shell, script });
      else io.stdout.write(script);
      return 0;
    },
  };
}

function readShell(word: string | undefined): keyof typeof shells {
  if (word === undefined) throw usage('completion', 'for which shell: bash, zsh or fish?');
  if (Object.hasOwn(shells, word)) return word as keyof typeof shells;
  const known = didYouMean(word, Object.keys(shells));
  throw usage('completion', `'${word}' is none of bash, zsh and fish${known}`);
}
