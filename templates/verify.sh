#!/bin/sh
# Looks at what really happened after a deployment: does the app answer the load balancer's health check,
# `GET <path>` with `Host: <private IP>`? Elastic Beanstalk runs this file as root after each application deployment
# and, through the confighook of the same name, after each configuration update. It prints one line a fact to
# /var/log/eb-hooks.log, and restarts the app only in the one case described at `repair`.
# @header@
# The settings are copies of those in .platform/hooks/predeploy/10_eb_hosts.sh: change them there, then run
# `npx eb-hosts init`.

# shellcheck disable=SC2034,SC2154,SC2317,SC3040,SC3043,SC3044

# A property SHELLOPTS can make bash trace, and the trace would show values.
set +vx

# @settings@

set -euf

# @include environment@

# @include address@

# Whatever goes wrong in here (a fork that fails, a setting that is gone), a check that only warns fails no deployment.
trap '[ "$VERIFY" = fail ] || exit 0' EXIT

# No question is begun after the deadline; the last one may take five seconds more, and all stays within thirty.
read_clock
deadline=$((now + 24))
patience=3

has_time() {
  read_clock
  [ "$now" -lt "$deadline" ]
}

# Sets `seconds`: what is left of the thirty, at least one and at most $1.
find_seconds() {
  read_clock
  seconds=$((deadline + 5 - now))
  [ "$seconds" -ge 1 ] || seconds=1
  [ "$seconds" -le "$1" ] || seconds=$1
}

fail() {
  printf 'eb-hosts: %s\n' "$*" >&2 || :
  [ "$VERIFY" != fail ] || exit 1
  exit 0
}

# --- the process: what web.service runs with

find_process() {
  pid=0
  [ -d "$root/run/systemd/system" ] && [ -e "$list" ] || return 1
  case $DELIVERY in auto | systemd) ;; *) return 1 ;; esac
  pid=$(bounded systemctl show -p MainPID web.service) || return 1
  pid=${pid#MainPID=}
  case $pid in '' | 0 | *[!0-9]*) return 1 ;; esac
  [ -r "$root/proc/$pid/environ" ]
}

# Whether $1, a text with lines NAME=value, gives the variable a list with the address.
holds_address() {
  local own
  own=$(printf '%s\n' "$1" | sed -n "s/^$VARIABLE=//p") || return 1
  own=$(printf '%s' "$own" | tr -s "\"',; ][\\\\" '\n')
  case $newline$own$newline in *"$newline$bare_address$newline"*) ;; *) return 1 ;; esac
}

# Whether the process is known to run without the address: its environment can be read, and does not hold it.
process_lacks_address() {
  local environment
  # The process decides what is read there (PR_SET_MM): bounded in size and time.
  environment=$(bounded head -c 300000 "$root/proc/$pid/environ" | tr '\0' '\n') || return 1
  # What systemd gives every service; a process may have put something else in the place of it all.
  case $newline$environment in *"${newline}PATH="*) ;; *) return 1 ;; esac
  ! holds_address "$environment"
}

# --- the answer: what the load balancer gets

# Sets `status` and `port`. Through the proxy on port 80; if nothing listens there, from the app itself. In a rehearsal
# port 80 is the machine's own and comes last.
ask_app() {
  local ports="80 $app_port"
  [ -z "$root" ] || ports="$app_port 80"
  for port in $ports; do
    if ask_port; then return 0; fi
  done
}

# Fails only if nobody listens on `port` (curl's status 7): a proxy that times out is an answer of its own.
ask_port() {
  local outcome=0 seconds
  find_seconds 5
  status=$(curl -q --noproxy '*' --silent --globoff --connect-timeout 2 --max-time "$seconds" --output /dev/null \
    --write-out '%{http_code}' --user-agent ELB-HealthChecker/2.0 --header "Host: $address" \
    "http://127.0.0.1:$port$path" 2>/dev/null) || outcome=$?
  : "${status:=000}"
  [ "$outcome" != 7 ]
}

# An app that is still starting is asked again.
wait_for_answer() {
  while :; do
    ask_app
    case $status in 000 | 502 | 503 | 504) ;; *) return 0 ;; esac
    has_time || return 0
    sleep 1
  done
}

# Whether `status` is one of the matcher's statuses and ranges.
is_expected() {
  local rest="${MATCHER:-200}," part
  while [ -n "$rest" ]; do
    part=${rest%%,*}
    rest=${rest#*,}
    if [ "$status" -ge "${part%-*}" ] && [ "$status" -le "${part#*-}" ]; then return 0; fi
  done
  return 1
}

option() { bounded "$get_config" optionsettings --namespace "aws:elasticbeanstalk:environment:process:$PROCESS" --option-name "$1" 2>/dev/null || :; }

meaning() {
  case $status in
    000) echo 'no answer: is the app running? see /var/log/web.stdout.log' ;;
    400) echo "the app refuses this host: does it read $VARIABLE, with separator '$SEPARATOR'?" ;;
    301 | 302 | 307 | 308) echo 'a redirect, which load balancers do not follow: exempt this path from HTTPS and login redirects' ;;
    401 | 403) echo 'access denied: the check carries no credentials' ;;
    404) echo "the app has no such path: see eb-hosts health-check set" ;;
    502 | 503 | 504) echo 'the proxy gets no answer from the app: see /var/log/web.stdout.log' ;;
    *) echo "expected ${MATCHER:-200}" ;;
  esac
}

# --- the repair: an engine that deletes drop-ins below /usr/lib too, or writes late

# Only if the list holds the address, the process lives without it, and the app answered 400; and only once.
needs_repair() {
  [ "$status" = 400 ] && [ -f "$list" ] && [ ! -L "$list" ] && holds_address "$(cat "$list")" &&
    [ ! -e "$drop_in" ] && find_process && process_lacks_address
}

print_drop_in() {
  printf '%s\n' '# Made by .platform/hooks/postdeploy/10_eb_hosts_verify.sh' \
    '[Unit]' 'Wants=eb-hosts.service' 'After=eb-hosts.service' '' \
    '[Service]' 'EnvironmentFile=-/var/lib/eb-hosts/hosts.env'
}

repair() {
  local directory="${drop_in%/*}" temporary seconds patience
  temporary=$directory/.eb-hosts.tmp.$$
  [ ! -L "$directory" ] || return 1
  if ! (umask 022 && mkdir -p "$directory" && set -C && print_drop_in >"$temporary") || ! mv -f "$temporary" "$drop_in"; then
    rm -f "$temporary"
    return 1
  fi
  find_seconds 20
  # Never 0, which for `timeout` is no limit.
  patience=$((seconds / 2 + 1))
  reload_systemd || return 1
  bounded systemctl --no-block restart web.service || return 1
  patience=3
  local old="$pid"
  while ! find_process || [ "$pid" = "$old" ]; do
    has_time || return 0
    sleep 1
  done
}

main() {
  path=${HEALTH_CHECK_PATH:-/}
  app_port=${PORT:-}
  drop_in=$root/etc/systemd/system/web.service.d/zz-eb-hosts.conf
  if [ -z "$app_port" ] && [ -x "$get_config" ]; then
    app_port=$(bounded "$get_config" platformconfig -k DefaultInstancePort 2>/dev/null) || app_port=
  fi
  case $app_port in *[!0-9]*) app_port= ;; esac
  command -v curl >/dev/null 2>&1 || fail "not verified: there is no curl"
  find_addresses || fail "not verified: no private IP found"
  address=${addresses%% *}
  bare_address=${address#[}
  bare_address=${bare_address%]}

  wait_for_answer
  if has_time && needs_repair; then
    if repair; then
      say "repaired: web.service ran without $address although the list holds it; restarted once with $drop_in"
    else
      fail "web.service runs without $address although the list holds it, and the repair failed"
    fi
    wait_for_answer
  fi

  if is_expected; then
    say "GET $path with Host $address through port $port: $status, healthy"
    exit 0
  fi
  if [ -x "$get_config" ] && has_time && [ "$(option Protocol)" = HTTPS ]; then
    say "process $PROCESS speaks HTTPS, which is not verified here (HTTP on port $port: $status)"
    exit 0
  fi
  if find_process && process_lacks_address; then
    warn "the environment of web.service lacks $address in $VARIABLE: does another drop-in or environment file win?"
  fi
  fail "GET $path with Host $address through port $port: $status, $(meaning)"
}

main "$@"
