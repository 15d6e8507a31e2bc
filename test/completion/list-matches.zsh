# Prints what zsh offers for a command line: zsh -f list-matches.zsh SCRIPT LINE
# A second zsh runs on a pseudo-terminal, with the completion system and SCRIPT, and a key that writes down every match.
zmodload zsh/zpty
dir=$(mktemp -d) || exit 1
trap 'rm -rf $dir' EXIT

cat > $dir/.zshrc <<'SETUP'
PROMPT= RPROMPT=
unsetopt beep
zstyle ':completion:*' menu no
autoload -Uz compinit && compinit -u -D
source $COMPLETION_SCRIPT

# The completion system adds its matches with compadd; with -O, -A or -D it only filters a list.
compadd() {
  local -a offered
  if [[ ${(j: :)@[1,(i)(--|-)]} != *-[a-zA-Z]#[OAD]* ]]; then
    builtin compadd -A offered "$@"
    print -rl -- $offered >> $RESULTS
  fi
  builtin compadd "$@"
}
write-matches() {
  _main_complete
  compstate[insert]= compstate[list]=
  print -r > $RESULTS.done
}
zle-line-init() { print -r > $RESULTS.ready }
zle -C write-matches complete-word write-matches
zle -N zle-line-init
bindkey '^X^W' write-matches
SETUP
setopt extended_glob
export ZDOTDIR=$dir COMPLETION_SCRIPT=$1 RESULTS=$dir/results HOME=$dir TERM=dumb
zpty child zsh -o extendedglob -i
await() {
  for ((tries = 0; tries < 400; tries++)); do
    [[ -e $1 ]] && return
    sleep 0.05
  done
  print -u2 'zsh did not answer'
  exit 1
}
# A key before the line editor runs would be the terminal's.
await $RESULTS.ready
zpty -n -w child "$2"$'\C-X\C-W'
await $RESULTS.done
[[ -e $RESULTS ]] && print -r -- "$(<$RESULTS)"
# It runs the trap too, when it is told to end.
zpty -d child
exit 0
