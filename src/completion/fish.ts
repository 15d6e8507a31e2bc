import type { CommandWords, Flag } from './words.ts';

/** The completion of fish: for `~/.config/fish/completions`, or to be sourced. */
export function fishCompletion(commands: readonly CommandWords[], head: string): string {
  const names = commands.map(({ name }) => name);
  return `# fish ${head}

# The first word after the command that is neither a flag nor the value of one.
function __eb_hosts_verb
    set -l takes_value ${valueFlags(commands).join(' ')}
    set -l before
    for word in (commandline -opc)[3..-1]
        if not string match -q -- '-*' $word; and not contains -- "$before" $takes_value
            echo $word
            return 0
        end
        set before $word
    end
    return 1
end

# Whether the command line goes on with the command $argv[1] and, where it is given, the verb $argv[2].
function __eb_hosts_at
    set -l words (commandline -opc)
    test (count $words) -ge 2; and test "$words[2]" = $argv[1]; or return 1
    contains -- -- $words; and return 1
    set -q argv[2]; or return 0
    set -l verb (__eb_hosts_verb)
    test "$verb" = $argv[2]
end

# Whether the command line is that of a program after --.
function __eb_hosts_runs
    set -l words (commandline -opc)
    test (count $words) -ge 3; and test "$words[2]" = $argv[1]; and contains -- -- $words
end

complete -c eb-hosts -f
${commands.map(({ name, about }) => line('test (count (commandline -opc)) -eq 1', `-a ${name}`, about)).join('')}${line('test (count (commandline -opc)) -eq 1', '-s h -l help', 'print the help')}${line('test (count (commandline -opc)) -eq 1', '-l version', 'print the version')}${line('__eb_hosts_at help', `-a ${word(names.join(' '))}`, 'its help')}${commands.map(renderCommand).join('')}`;
}

function renderCommand(command: CommandWords): string {
  const { name, flags, takesCommand } = command;
  const verbs = Object.keys(command.verbs);
  const offered =
    verbs.length === 0
      ? ''
      : line(`__eb_hosts_at ${name}; and not __eb_hosts_verb >/dev/null`, `-a ${word(verbs.join(' '))}`, '');
  const program = takesCommand ? line(`__eb_hosts_runs ${name}`, '-F', '') : '';
  return `\n${offered}${program}${flags.map((flag) => renderFlag(name, flag)).join('')}`;
}

/** Flags whose next word is their value; the same flag means the same in every command. */
function valueFlags(commands: readonly CommandWords[]): string[] {
  const flags = commands.flatMap((command) => command.flags);
  return [...new Set(flags.filter(({ value }) => value !== 'switch').map(({ name }) => name))];
}

function renderFlag(command: string, { name, short, about, value, verb }: Flag): string {
  const names = `${short === null ? '' : `-s ${short.slice(1)} `}-l ${name.slice(2)}`;
  return line(`__eb_hosts_at ${command}${verb === null ? '' : ` ${verb}`}`, names + argument(value), about);
}

function argument(value: Flag['value']): string {
  if (value === 'switch') return '';
  if (value === 'text') return ' -x';
  if (value === 'directory') return " -x -a '(__fish_complete_directories)'";
  return ` -x -a ${word(value.join(' '))}`;
}

function line(condition: string, what: string, about: string): string {
  return `complete -c eb-hosts -n ${word(condition)} ${what}${about === '' ? '' : ` -d ${word(about)}`}\n`;
}

/** In single quotes fish knows the escapes of the quote and the backslash only. */
function word(text: string): string {
  return `'${text.replace(/['\\]/g, '\\$&')}'`;
}
