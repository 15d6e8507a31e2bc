import { shellWord } from './quote.ts';
import type { CommandWords, Flag } from './words.ts';

/** The completion of bash, from 3.2 (macOS) on, with or without the bash-completion package. */
export function bashCompletion(commands: readonly CommandWords[], head: string): string {
  const names = commands.map(({ name }) => name);
  const verbs = commands
    .filter((command) => Object.keys(command.verbs).length > 0)
    .map((command) => `    ${command.name}) words=${list(Object.keys(command.verbs))} ;;`);
  return `# bash ${head}

# What follows the flag $2 of the command $1, in $value: @switch, @text, @directory, or the words it takes.
_eb_hosts_value() {
  case "$1 $2" in
${valueLines(commands).join('\n')}
    *) value=@switch ;;
  esac
}

# The flags of the command $1, some of which go with the verb $2 alone, in $words.
_eb_hosts_flags() {
  case "$1 $2" in
${commands.flatMap(flagLines).join('\n')}
    *) words='' ;;
  esac
}

# The words that the command $1 begins with, in $words.
_eb_hosts_verbs() {
  case $1 in
${verbs.join('\n')}
    *) words='' ;;
  esac
}

# What follows --: a program and its files.
_eb_hosts_program() {
  local kind=-f line
  [[ $2 == first ]] && kind=-c
  type compopt >/dev/null 2>&1 && compopt -o filenames 2>/dev/null
  while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen "$kind" -- "$1")
}

_eb_hosts() {
  local current=\${COMP_WORDS[COMP_CWORD]} command=\${COMP_WORDS[1]} verb='' value=@switch words='' prefix=''
  local index word line IFS=$' \\t\\n'
  COMPREPLY=()
  if [[ $COMP_CWORD -eq 1 ]]; then
    words=${list([...names, 'help', '--help', '--version'])}
  else
    for ((index = 2; index < COMP_CWORD; index++)); do
      word=\${COMP_WORDS[index]}
      case $word in
        --)
          case $command in
${commands
  .filter(({ takesCommand }) => takesCommand)
  .map(
    ({ name }) => `            ${name})
              if [[ $((index + 1)) -eq $COMP_CWORD ]]; then _eb_hosts_program "$current" first; else _eb_hosts_program "$current" next; fi
              ;;`,
  )
  .join('\n')}
          esac
          return 0
          ;;
        -*)
          _eb_hosts_value "$command" "$word"
          # bash takes --flag=value apart, at the = too.
          if [[ $value != @switch ]]; then
            index=$((index + 1))
            [[ \${COMP_WORDS[index]} == '=' ]] && index=$((index + 1))
          fi
          ;;
        *)
          [[ -n $verb ]] || verb=$word
          ;;
      esac
    done
    if [[ $index -gt $COMP_CWORD ]]; then
      [[ $current == '=' ]] && current=''
    else
      value=@switch
    fi
    # Unless COMP_WORDBREAKS was told not to.
    if [[ $value == @switch && $current == --*=* ]]; then
      prefix=\${current%%=*}=
      current=\${current#*=}
      _eb_hosts_value "$command" "\${prefix%=}"
      [[ $value == @switch ]] && return 0
    fi
    case $value in
      @switch)
        if [[ $current == -* ]]; then
          _eb_hosts_flags "$command" "$verb"
        elif [[ $command == help ]]; then
          words=${list(names)}
        elif [[ -z $verb ]]; then
          _eb_hosts_verbs "$command"
        fi
        ;;
      @text) return 0 ;;
      @directory)
        type compopt >/dev/null 2>&1 && compopt -o filenames 2>/dev/null
        while IFS= read -r line; do COMPREPLY+=("$prefix$line"); done < <(compgen -d -- "$current")
        return 0
        ;;
      *) words=$value ;;
    esac
  fi
  for word in $words; do
    [[ $word == "$current"* ]] && COMPREPLY+=("$prefix$word")
  done
  return 0
}

complete -F _eb_hosts eb-hosts
`;
}

function valueLines(commands: readonly CommandWords[]): string[] {
  const flagsByValue = new Map<string, string[]>();
  for (const { name, flags } of commands) {
    for (const { name: flag, value } of flags) {
      if (value === 'switch') continue;
      const words = typeof value === 'string' ? `@${value}` : value.join(' ');
      flagsByValue.set(words, [...(flagsByValue.get(words) ?? []), shellWord(`${name} ${flag}`)]);
    }
  }
  return [...flagsByValue].map(([words, flags]) => `    ${flags.join(' | ')}) value=${shellWord(words)} ;;`);
}

function flagLines({ name, flags, verbs }: CommandWords): string[] {
  const listed = (own: readonly Flag[]) =>
    list(own.flatMap(({ name: flag, short }) => (short === null ? [flag] : [flag, short])));
  const ofVerbs = Object.keys(verbs)
    .filter((verb) => flags.some((flag) => flag.verb === verb))
    .map((verb) => {
      const own = flags.filter((flag) => flag.verb === null || flag.verb === verb);
      return `    ${shellWord(`${name} ${verb}`)}) words=${listed(own)} ;;`;
    });
  return [
    ...ofVerbs,
    `    ${shellWord(`${name} `)}*) words=${listed(flags.filter(({ verb }) => verb === null))} ;;`,
  ];
}

function list(words: readonly string[]): string {
  return shellWord(words.join(' '));
}
