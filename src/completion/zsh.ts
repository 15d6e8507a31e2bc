import { shellWord } from './quote.ts';
import type { CommandWords, Flag } from './words.ts';

/** The completion of zsh: for a directory of its `fpath`, or to be sourced after `compinit`. */
export function zshCompletion(commands: readonly CommandWords[], head: string): string {
  const described = commands.map(({ name, about }) => shellWord(`${name}:${about}`));
  return `#compdef eb-hosts
# zsh ${head}

_eb_hosts() {
  local curcontext=$curcontext state line ret=1 end
  # Not 'commands': that is zsh's own table of programs.
  local -a names specs
  typeset -A opt_args
  names=(
${described.map((entry) => `    ${entry}\n`).join('')}  )
  _arguments -C \\
    '(- *)'{-h,--help}'[print the help]' \\
    '(- *)--version[print the version]' \\
    '1: :->command' \\
    '*:: :->rest' && ret=0
  case $state in
    command)
      _describe -t commands command names && ret=0
      ;;
    rest)
      curcontext=\${curcontext%:*}-$line[1]:
      case $line[1] in
        help)
          _describe -t commands command names && ret=0
          ;;
${commands.map(renderCommand).join('')}      esac
      ;;
  esac
  return ret
}

# Sourced, it registers itself; loaded by compinit, it is the function.
if [[ $funcstack[1] == _eb_hosts ]]; then
  _eb_hosts "$@"
else
  compdef _eb_hosts eb-hosts
fi
`;
}

function renderCommand(command: CommandWords): string {
  const { name, flags } = command;
  const verbs = Object.keys(command.verbs);
  const own = (verb: string | null) => flags.filter((flag) => flag.verb === verb);
  const program = `          # What follows -- is a command line of its own.
          end=$words[(i)--]
          if (( end < CURRENT )); then
            shift $end words
            (( CURRENT -= end ))
            _normal && ret=0
            return ret
          fi
`;
  const lines = [...own(null).flatMap(specs), ...operands(command)];
  const ofVerbs = verbs.flatMap((verb) => {
    const operand = command.verbs[verb];
    const extra = [...own(verb).flatMap(specs), ...(operand == null ? [] : [shellWord(`2:${operand}:( )`)])];
    return extra.length === 0 ? [] : [`            ${verb}) specs+=(${extra.join(' ')}) ;;\n`];
  });
  const byVerb =
    ofVerbs.length === 0
      ? ''
      : `          case \${words[(r)(${verbs.join('|')})]} in\n${ofVerbs.join('')}          esac\n`;
  return `        ${name})
${command.takesCommand ? program : ''}          specs=(
${lines.map((line) => `            ${line}\n`).join('')}          )
${byVerb}          _arguments -s -S $specs && ret=0
          ;;
`;
}

function operands({ verbs, operand }: CommandWords): string[] {
  const words = Object.keys(verbs);
  if (words.length > 0) return [shellWord(`1:what to do:(${words.join(' ')})`)];
  return operand === null ? [] : [shellWord(`1:${operand}:( )`)];
}

/** The specification of a flag as \`_arguments\` takes it, once for each of its names. */
function specs({ name, short, about, value, repeatable }: Flag): string[] {
  const names = short === null ? [name] : [short, name];
  const text = about === '' ? '' : `[${about.replace(/[\\[\]]/g, '\\$&')}]`;
  const rest = typeof value === 'string' ? actions[value] : `:word:(${value.join(' ')})`;
  const others = repeatable ? '*' : names.length === 1 ? '' : `(${names.join(' ')})`;
  return names.map((own) => shellWord(`${others}${own}${value === 'switch' ? '' : '='}${text}${rest}`));
}

const actions = { switch: '', text: ':value: ', directory: ':directory:_directories' } as const;
