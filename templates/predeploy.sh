#!/bin/sh
# Puts this instance's private IP into the app's host allow-list before the app starts: the load balancer's health
# check asks with `Host: <private IP>`, and a framework that does not know that host answers 400.
# Elastic Beanstalk runs this file as root in each application deployment and, through the confighook of the same
# name, in each configuration update. It prints one line a fact to /var/log/eb-hooks.log.
# @header@
# Change the settings below by hand or with `npx eb-hosts init`, which replaces everything else.

# shellcheck disable=SC2034,SC2153,SC2154,SC2317,SC3040,SC3043,SC3044

# A property SHELLOPTS can make bash trace, and the trace would show values.
set +vx
# The property may have the name of a setting.
given_hosts=${HOSTS-}

# @settings@

set -euf

# @include environment@

# @include address@

# --- failure: the status that the settings ask for, and no list of an earlier deployment left behind

explained=
temporary=

fail() {
  printf 'eb-hosts: failed: %s\n' "$*" >&2 || :
  explained=yes
  exit 1
}

finish() {
  local status="$1"
  trap - EXIT
  [ -z "$temporary" ] || rm -f "$temporary" || :
  # A signal to this hook ends it as it is; any other status above 128 is a tool that was killed.
  case $status in
    0 | 129 | 130 | 143) ;;
    *)
      [ -n "$explained" ] || printf 'eb-hosts: failed: stopped unexpectedly with status %s\n' "$status" >&2 || :
      if [ "$ON_FAILURE" = warn ]; then
        drop_list
        warn "the deployment goes on without the address (--on-failure warn): expect failing health checks"
        status=0
      fi
      ;;
  esac
  exit "$status"
}
trap 'finish $?' EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# Nothing is to be written: says why ($@: say or warn, and the reason), and drops what an earlier deployment wrote.
leave() {
  "$@"
  drop_list
  exit 0
}

drop_list() {
  if [ -L "$list_directory" ]; then
    warn "$list_directory is a link, nothing behind it is removed"
  elif [ -d "$list" ] && [ ! -L "$list" ]; then
    warn "$list is a directory, not removed"
  elif [ -e "$list" ] || [ -L "$list" ]; then
    if rm -f "$list"; then say "removed $list"; else warn "cannot remove $list"; fi
  fi
}

# --- settings: a hand that slipped must not look like a list

check_settings() {
  case $VARIABLE in '' | [0-9]* | *[!A-Za-z0-9_]*) fail "setting VARIABLE '$VARIABLE' is not a name" ;; esac
  case $SEPARATOR in comma | space | semicolon | json | none) ;; *) fail "setting SEPARATOR '$SEPARATOR' is unknown" ;; esac
  case $ROLE in whole-list | extra-hosts) ;; *) fail "setting ROLE '$ROLE' is unknown" ;; esac
  case $DELIVERY in auto | env-list | dotenv | systemd | file) ;; *) fail "setting DELIVERY '$DELIVERY' is unknown" ;; esac
}

# --- the delivery: how the app of this instance gets its environment

find_staging() {
  staging=
  if [ -d .platform ]; then
    # The same as `pwd -P`, which in a substitution is a process.
    cd -P . && staging=$PWD
  elif [ -x "$get_config" ]; then
    staging=$(bounded "$get_config" platformconfig -k AppStagingDir 2>/dev/null) || staging=
    case $staging in /*) staging=$root${staging%/} ;; *) staging= ;; esac
  fi
  [ -n "$staging" ] || staging=$root/var/app/staging
}

# The engine has written .env by now where it runs Compose; a compose.yaml without one is there for local work.
has_compose_file() {
  [ -f "$staging/docker-compose.yml" ] || [ -f "$staging/docker-compose.yaml" ] ||
    { [ -e "$staging/.env" ] && { [ -f "$staging/compose.yml" ] || [ -f "$staging/compose.yaml" ]; }; }
}

has_docker() {
  local directory
  for directory in /usr/bin /bin /usr/local/bin /usr/sbin; do
    [ ! -x "$root$directory/docker" ] || return 0
  done
  return 1
}

is_ecs_bundle() {
  [ -f "$staging/Dockerrun.aws.json" ] &&
    tr -d ' \t\r\n' <"$staging/Dockerrun.aws.json" | grep -q '"AWSEBDockerrunVersion":"\{0,1\}2'
}

# A default Procfile is there by now; it is what web.service is made from.
runs_as_web_service() {
  [ ! -e "$root/etc/systemd/system/web.service" ] || return 0
  [ -f "$staging/Procfile" ] || return 1
  local text
  while IFS= read -r text || [ -n "$text" ]; do
    text=${text#"${text%%[#A-Za-z0-9_-]*}"}
    case $text in web*) trim_left "${text#web}" ;; *) continue ;; esac
    case $trimmed in :*) return 0 ;; esac
  done <"$staging/Procfile"
  return 1
}

find_delivery() {
  delivery=$DELIVERY
  [ "$delivery" = auto ] || return 0
  if [ -e "$env_list" ]; then
    delivery=env-list
    ! has_compose_file || delivery=dotenv
  elif is_ecs_bundle; then
    delivery='file'
  elif has_docker && has_compose_file && [ -e "$staging/.env" ]; then
    delivery=dotenv
  elif runs_as_web_service; then
    delivery=systemd
  elif has_docker && has_compose_file; then
    delivery=dotenv
  else
    delivery=none
  fi
}

# --- the base: what the list holds without the address

# Sets `base`, and `base_from` to property, default, none or unknown. An empty or blank property counts as none.
find_base() {
  base=${property%.}
  base=${base%"$newline"}
  drop_quotes
  base_from=none
  if is_blank "$base" && [ -x "$get_config" ]; then
    if base=$(bounded "$get_config" environment -k "$VARIABLE" 2>/dev/null && echo .); then
      base=${base%.}
      base=${base%"$newline"}
      drop_quotes
    else
      # An absent name is a failure too; only get-config as a whole tells the two apart.
      base=
      bounded "$get_config" environment >/dev/null 2>&1 || base_from=unknown
    fi
  fi
  if ! is_blank "$base"; then
    base_from=property
  elif [ "$base_from" = none ] && [ -n "$HOSTS" ]; then
    base_from=default
  fi
}

# The engine writes a property as it is, and systemd takes quotes around a whole value away: the app never sees them.
drop_quotes() {
  [ "$delivery" = systemd ] || return 0
  local quote
  trim "$base"
  quote=${trimmed%"${trimmed#?}"}
  case $trimmed in \"*\" | \'*\') ;; *) return 0 ;; esac
  trimmed=${trimmed#?}
  trimmed=${trimmed%?}
  case $trimmed in *"$quote"* | *\\*) ;; *) base=$trimmed ;; esac
}

is_blank() { case $1 in *[!\ ]*) return 1 ;; esac }

# Sets `items` (blank-separated) from the base.
split_base() {
  items=
  if [ "$base_from" = default ]; then
    local host
    for host in $HOSTS; do add_item "$host"; done
    return 0
  fi
  case $SEPARATOR in
    comma) split_at , ;;
    semicolon) split_at ';' ;;
    space) split_at ' ' ;;
    json) split_json ;;
  esac
}

add_item() {
  case " $items " in *" $1 "*) ;; *) items="${items:+$items }$1" ;; esac
}

# Sets `trimmed` to $1 without the blanks around it.
trim() {
  trimmed=${1#"${1%%[! ]*}"}
  trimmed=${trimmed%"${trimmed##*[! ]}"}
}

unexpected_form() {
  fail "$VARIABLE is set, but not as a list with separator '$SEPARATOR': correct the property, or --separator"
}

split_at() {
  local rest="$base$1" item
  while [ -n "$rest" ]; do
    item=${rest%%"$1"*}
    rest=${rest#*"$1"}
    trim "$item"
    case $trimmed in
      '') ;;
      *[\ ,\;\"\']* | '[]') unexpected_form ;;
      *) add_item "$trimmed" ;;
    esac
  done
}

# A flat array of plain strings; Python's single quotes are read too, for apps that use literal_eval.
split_json() {
  local quote item rest
  trim "$base"
  case $trimmed in '['*']') ;; *) unexpected_form ;; esac
  rest=${trimmed#?}
  trim "${rest%?}"
  rest=$trimmed
  while [ -n "$rest" ]; do
    quote=${rest%"${rest#?}"}
    rest=${rest#?}
    case $quote in \" | \') ;; *) unexpected_form ;; esac
    case $rest in *"$quote"*) ;; *) unexpected_form ;; esac
    item=${rest%%"$quote"*}
    case $item in *[\\\ ,\;\"\']*) unexpected_form ;; '') ;; *) add_item "$item" ;; esac
    trim "${rest#*"$quote"}"
    case $trimmed in '') ;; ,*) trim "${trimmed#,}" ;; *) unexpected_form ;; esac
    rest=$trimmed
  done
}

# --- the value

# Sets `value`, or leaves when there is nothing to write.
find_value() {
  case $base in *[[:cntrl:]]*) fail "$VARIABLE holds a line break or another control character" ;; esac
  if [ "$base_from" = unknown ] && [ "$ROLE" = whole-list ]; then
    fail "get-config does not work, so whether $VARIABLE is set cannot be known, and the address alone would lock out your own domain"
  fi
  if [ "$ROLE" = whole-list ] && { [ "$base_from" = none ] || [ "$SEPARATOR$base_from" = nonedefault ]; }; then
    leave say "$VARIABLE is not set: the address alone would lock out your own domain; set the property, or run eb-hosts init --hosts"
  fi
  if [ "$SEPARATOR" = none ]; then scalar_value; else list_value; fi
}

scalar_value() {
  require_addresses
  value=${addresses%% *}
  if [ "$base_from" = property ] && [ "$base" != "$value" ]; then
    warn "$VARIABLE holds one host and is set to another one than $value"
    leave say "$VARIABLE stays as it is"
  fi
}

list_value() {
  split_base
  case " $items " in *' * '*) leave say "$VARIABLE allows every host (*), it stays as it is" ;; esac
  require_addresses
  local hosts="$items" host
  items=
  for host in $hosts; do
    case " $addresses " in *" $host "*) ;; *) add_item "$host" ;; esac
  done
  describe_list
  for host in $addresses; do add_item "$host"; done
  case $SEPARATOR in
    comma) join_items , ;;
    semicolon) join_items ';' ;;
    space) value=$items ;;
    json)
      case $items in *\\*) unexpected_form ;; esac
      join_items '","'
      value="[\"$value\"]"
      ;;
  esac
}

describe_list() {
  # shellcheck disable=SC2086 # the items are to be split
  set -- $items
  case $base_from in
    property) say "$VARIABLE gets $addresses after the hosts of the property ($#)" ;;
    default) say "$VARIABLE gets $addresses after the hosts of the setting HOSTS ($#)" ;;
    *) say "$VARIABLE gets $addresses alone, the app adds it to its own list" ;;
  esac
}

join_items() {
  value=
  local item
  for item in $items; do value="${value:+$value$1}$item"; done
}

require_addresses() {
  find_addresses || fail "no private IP: the metadata service gave none (HTTP status $status), and there is no default route"
}

# --- files: written beside the target, exclusively created, renamed; the target is old or new, never half

# Files that a killed run left in $1.
remove_leftovers() {
  local leftover
  set +f
  for leftover in "$1"/.eb-hosts.tmp.*; do
    [ ! -f "$leftover" ] || is_written "${leftover##*.}" || rm -f "$leftover" || :
  done
  set -f
}

# Whether the process $1 is another run of this hook.
is_written() {
  local command=''
  [ "$1" != $$ ] && [ -r "/proc/$1/cmdline" ] || return 1
  read -r command <"/proc/$1/cmdline" || :
  case $command in *10_eb_hosts.sh*) ;; *) return 1 ;; esac
}

# Whether the file $1 holds just the text $2; stops at the first line that differs, however long the file is.
holds_text() {
  local rest="$2" line
  while IFS= read -r line || [ -n "$line" ]; do
    case $rest in "$line$newline"*) rest=${rest#*"$newline"} ;; *) return 1 ;; esac
  done <"$1"
  [ -z "$rest" ]
}

# The directory $1, 0755 with those above it, where it is missing. Sets `made`.
make_directory() {
  made=no
  [ ! -d "$1" ] || return 0
  made=yes
  umask 022
  mkdir -p "$1" || fail "cannot make the directory $1"
  umask 077
}

# A directory that only root writes to; $1 is made where it is missing.
own_directory() {
  if [ -L "$1" ] || { [ -e "$1" ] && [ ! -d "$1" ]; }; then fail "$1 is not a directory: remove it"; fi
  make_directory "$1"
  [ -O "$1" ] || chown 0:0 "$1" || fail "$1 belongs to another user"
}

start_temporary() {
  remove_leftovers "$1"
  temporary=$1/.eb-hosts.tmp.$$
  # `set -C` makes no exclusive file where something that is no regular one lies there already.
  if [ -L "$temporary" ] || { [ -e "$temporary" ] && [ ! -f "$temporary" ]; }; then rm -f "$temporary"; fi
  # No subshell, which is a process; and `true`, since a failing redirection of `:` would end the shell.
  set -C
  umask "$2"
  true >"$temporary" || fail "cannot write to $1 (full or read-only?)"
  umask 077
  set +C
}

# Writes the line or lines $2 to $1 (0644). Sets `changed`.
write_file() {
  changed=no
  if [ -f "$1" ] && [ ! -L "$1" ] && [ -O "$1" ] && [ -r "$1" ] && holds_text "$1" "$2$newline"; then return 0; fi
  [ -L "$1" ] || [ ! -d "$1" ] || fail "$1 is a directory: remove it"
  start_temporary "${1%/*}" 022
  printf '%s\n' "$2" >>"$temporary" || fail "cannot write to ${1%/*} (full?)"
  # `mv` would move into a directory that a link points to.
  [ ! -L "$1" ] || rm -f "$1" || fail "cannot remove the link $1"
  mv -f "$temporary" "$1" || fail "cannot replace $1"
  temporary=
  changed=yes
}

# Replaces line number $2 (0: append) of the file $1 by $3. Every other byte, the mode and the owner stay.
write_line() {
  local owner mode last
  # GNU and BusyBox, else BSD (rehearsals on macOS)
  owner=$(stat -c %u:%g "$1" 2>/dev/null || stat -f %u:%g "$1") || fail "cannot read the owner of $1"
  mode=$(stat -c %a "$1" 2>/dev/null || stat -f %Lp "$1") || fail "cannot read the mode of $1"
  start_temporary "${1%/*}" 077
  if [ "$2" = 0 ]; then
    # The dot keeps the line end, and tells it from a NUL, which no variable holds.
    cat "$1" && last=$(tail -c 1 "$1" && echo .) && { [ "$last" = "$newline." ] || [ ! -s "$1" ] || echo; } && printf '%s\n' "$3"
  else
    { [ "$2" = 1 ] || head -n $(($2 - 1)) "$1"; } && printf '%s\n' "$3" && tail -n +$(($2 + 1)) "$1"
  fi >>"$temporary" || fail "cannot write to ${1%/*} (full?)"
  { chown "$owner" "$temporary" && chmod "$mode" "$temporary"; } || fail "cannot keep the owner and mode of $1"
  mv -f "$temporary" "$1" || fail "cannot replace $1"
  temporary=
}

# --- systemd and file: a list of our own, which web.service (or the app itself) reads

quote_for_systemd() {
  case $value in
    *[!A-Za-z0-9.,:_@%+/-]*) value="\"$(printf '%s' "$value" | sed 's/[\\"$`]/\\&/g')\"" ;;
  esac
}

write_list() {
  own_directory "$list_directory"
  [ "$made" = yes ] || chmod 0755 "$list_directory" || fail "cannot set the mode of $list_directory"
  quote_for_systemd
  write_file "$list" "$VARIABLE=$value"
  if [ "$changed" = yes ]; then
    say "wrote $list"
  else
    chmod 0644 "$list" || fail "cannot set the mode of $list"
    say "$list is up to date"
  fi
}

# The engine deletes drop-ins below /etc in each deployment, hence /usr/lib. The service runs before each start of the
# app and drops the list as soon as the deployed bundle no longer holds this hook; one that is still in staging counts,
# since an old app without the hook may crash and start again between this hook and the flip.
write_units() {
  local units="$root/usr/lib/systemd/system" staged=/var/app/staging deployed=/var/app/current reload=no
  case $staging in
    */var/app/staging) ;;
    *)
      staged=${staging#"$root"}
      deployed=$(bounded "$get_config" platformconfig -k AppDeployDir 2>/dev/null) || deployed=
      case $deployed in /*) ;; *) deployed=/var/app/current ;; esac
      ;;
  esac
  make_directory "$units"
  own_directory "$units/web.service.d"
  write_file "$units/eb-hosts.service" "# Made by .platform/hooks/predeploy/10_eb_hosts.sh
[Unit]
Description=Drop the host list of eb-hosts when the deployed bundle no longer holds its hook
StartLimitIntervalSec=0
ConditionPathExists=!${deployed%/}/.platform/hooks/predeploy/10_eb_hosts.sh
ConditionPathExists=!$staged/.platform/hooks/predeploy/10_eb_hosts.sh

[Service]
Type=oneshot
ExecStart=/bin/rm -f /var/lib/eb-hosts/hosts.env"
  reload=$reload$changed
  write_file "$units/web.service.d/50-eb-hosts.conf" "# Made by .platform/hooks/predeploy/10_eb_hosts.sh
[Unit]
Wants=eb-hosts.service
After=eb-hosts.service

[Service]
EnvironmentFile=-/var/lib/eb-hosts/hosts.env"
  case $reload$changed in
    *yes*)
      say "wrote $units/web.service.d/50-eb-hosts.conf"
      # The engine reloads before it starts the app; this one is for engines that do not.
      reload_systemd || warn "systemctl daemon-reload does not work"
      ;;
  esac
}

# --- env-list and dotenv: one line in a file of the engine's, read and written by the rules of its reader

# Sets `line_number` (0: none) and `line` (what stands behind the separator) of the variable's last line in $1.
find_env_list_line() {
  line_number=0
  line=
  local number=0 text
  while IFS= read -r text || [ -n "$text" ]; do
    number=$((number + 1))
    case $text in *"$VARIABLE"*) ;; *) continue ;; esac
    text=${text#"${text%%[![:blank:]]*}"}
    case ${text%"$carriage_return"} in
      "$VARIABLE" | "$VARIABLE="*)
        line_number=$number
        line=$text
        ;;
    esac
  done <"$1"
  take_line_end
  case $line in *=*) line=${line#*=} ;; *) line= ;; esac
}

# Compose reads quoted values over several lines: a line inside one is no assignment.
find_dotenv_line() {
  line_number=0
  line=
  local number=0 text quote='' own='' rest opened
  while IFS= read -r text || [ -n "$text" ]; do
    number=$((number + 1))
    if [ -n "$quote" ]; then
      rest=$text
    else
      own=no
      case $text in *"$VARIABLE"* | *[\"\']*) ;; *) continue ;; esac
      trim_left "${text%"$carriage_return"}"
      case $trimmed in export[[:blank:]]*) trim_left "${trimmed#export}" ;; esac
      case $trimmed in '#'* | '') continue ;; esac
      rest=${trimmed#*[=:]}
      [ "$rest" != "$trimmed" ] || rest=
      trim "${trimmed%%[=:]*}"
      if [ "$trimmed" = "$VARIABLE" ]; then
        own=yes
        line_number=$number
        line=${text#*[=:]}
        [ "$line" != "$text" ] || line=
      fi
      trim_left "$rest"
      rest=$trimmed
      case $rest in \"* | \'*) quote=${rest%"${rest#?}"} ;; *) continue ;; esac
      opened=$number
      rest=${rest#?}
    fi
    if closes_quote "$rest"; then
      quote=
    elif [ "$own" = yes ]; then
      fail "$VARIABLE in $1 goes over several lines: write it on one"
    fi
  done <"$1"
  [ -z "$quote" ] || fail "line $opened of $1 opens a quote that never closes: readers take what follows for different things"
  take_line_end
}

take_line_end() {
  line_end=
  case $line in
    *"$carriage_return")
      line_end=$carriage_return
      line=${line%"$carriage_return"}
      ;;
  esac
}

trim_left() { trimmed=${1#"${1%%[![:blank:]]*}"}; }

# Whether $1 holds a `quote` that no backslash escapes. From quote to quote: an expansion for each escape would take seconds for
# the key of a service account.
closes_quote() {
  local rest="$1" head backslashes
  while :; do
    case $rest in *"$quote"*) ;; *) return 1 ;; esac
    head=${rest%%"$quote"*}
    backslashes=${head##*[!\\]}
    [ $((${#backslashes} % 2)) = 1 ] || return 0
    rest=${rest#*"$quote"}
  done
}

# Replaces `line` by the value Compose would read from it (versions 1 and 2 alike), or fails.
decode_dotenv_line() {
  local quote rest
  trim_left "$line"
  line=$trimmed
  case $line in
    \'*) case $line in *\\*) undecodable "$1" ;; esac ;;
    '#'* | *[\\\$]*) undecodable "$1" ;;
  esac
  case $line in
    \"* | \'*)
      quote=${line%"${line#?}"}
      line=${line#?}
      rest=${line#*"$quote"}
      line=${line%%"$quote"*}
      trim_left "$rest"
      case $trimmed in '' | '#'*) ;; *) undecodable "$1" ;; esac
      ;;
    *)
      line=${line%%[[:blank:]]#*}
      trim "$line"
      line=$trimmed
      ;;
  esac
}

undecodable() {
  fail "$VARIABLE in $1 uses \$, \\ or quotes in a way that cannot be taken over exactly: write it as a plain list"
}

quote_for_dotenv() {
  case $value in
    *[!]A-Za-z0-9.,';:_@%+/* "['-]*) ;;
    *) return 0 ;;
  esac
  case $value in *[\'\\]*) fail "$VARIABLE holds a quote or backslash, which Compose 1 and 2 read differently" ;; esac
  value="'$value'"
}

deliver_line() {
  local file="$1"
  if [ -L "$file" ] || { [ -e "$file" ] && [ ! -f "$file" ]; }; then fail "$file is not a regular file"; fi
  carriage_return=$(printf '\r')
  if [ ! -f "$file" ]; then leave warn "$file is missing (delivery $delivery): nothing is written"; fi
  if [ "$delivery" = dotenv ]; then
    find_dotenv_line "$file"
    decode_dotenv_line "$file"
  else
    find_env_list_line "$file"
  fi
  if ! is_blank "$line"; then
    base=$line
    base_from=property
  else
    find_base
  fi
  find_value
  [ "$delivery" != dotenv ] || quote_for_dotenv
  if [ "$line_number" != 0 ] && [ "$(sed -n "${line_number}p" "$file")" = "$VARIABLE=$value$line_end" ]; then
    say "$file is up to date"
    return 0
  fi
  write_line "$file" "$line_number" "$VARIABLE=$value$line_end"
  say "wrote $VARIABLE to $file"
}

main() {
  check_settings
  # The dot keeps a line break at the end of the property visible.
  if [ "$VARIABLE" = HOSTS ]; then
    property=$given_hosts$newline.
  else
    property=$(printenv "$VARIABLE" && echo .) || [ $? = 1 ]
  fi
  env_list=$root/opt/elasticbeanstalk/deployment/env.list
  find_staging
  find_delivery
  case $delivery in
    env-list | dotenv)
      if [ "$delivery" = dotenv ]; then deliver_line "$staging/.env"; else deliver_line "$env_list"; fi
      # One of an earlier delivery, which would win.
      drop_list
      ;;
    systemd | file)
      find_base
      find_value
      [ "$delivery" = file ] || write_units
      write_list
      ;;
    none) leave warn "no web.service, env.list or compose file here (PHP and Tomcat have none): nothing is written" ;;
  esac
}

main "$@"
