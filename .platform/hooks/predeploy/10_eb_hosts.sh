#!/bin/sh
# Puts this instance's private IP into ALLOWED_HOSTS: the load balancer's health check asks with
# `Host: <private IP>`, and the app refuses a host that is not in its list. Elastic Beanstalk
# runs it as root in each deployment, before the app starts (in configuration updates through the
# confighook of the same name). It logs to /var/log/eb-hooks.log.
# Made by eb-hosts 0.2.0 (sha256 c25bad0a) with
#   npx eb-hosts init --var ALLOWED_HOSTS --separator comma --role whole-list \
#     --delivery systemd --health-check-path /health/

set -euf
property=${ALLOWED_HOSTS-} # read first: the names below may be names of properties too
root=''
imds='http://169.254.169.254'
export PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C
umask 022
engine=$root/opt/elasticbeanstalk
dir=$root/var/lib/eb-hosts # root's own, where the app's user can put nothing

say() { printf 'eb-hosts: %s\n' "$*"; }
fail() {
  say "failed: $*" >&2
  exit 1
}

# Ends without a list, and drops the one of an earlier deployment: it may be wrong by now.
leave() {
  rm -f "$dir/hosts.env" "$dir/address"
  say "nothing written: $*"
  exit 0
}

# Made for web.service, which does not exist with Docker (env.list) or ECS (Dockerrun version 2).
ecs=$root/var/app/staging/Dockerrun.aws.json
if [ -e "$engine/deployment/env.list" ] ||
  { [ -e "$ecs" ] && timeout 2 grep -Eq '"AWSEBDockerrunVersion"[": ]*2' "$ecs"; }; then
  fail 'made for web.service, this is an instance with Docker: run npx eb-hosts init'
fi

# One run at a time. Only root can open this directory, so nobody else can hold the lock in it.
[ -d "$dir/private" ] || install -d -m 0700 "$dir/private" || fail "cannot make $dir/private"
exec 9<"$dir/private"
flock -w 60 9 || fail 'another run of this hook does not end'
is_blank() { case $1 in *[![:space:],]*) return 1 ;; esac } # separators alone are blank too

# --- the hosts to start from: the property, else the app's own default
base=$property # some platforms do not pass it to hooks: then get-config has it
get_config() { timeout -k 1 10 "$engine/bin/get-config" environment "$@" 2>/dev/null; }
if is_blank "$base" && ! base=$(get_config -k ALLOWED_HOSTS); then
  base= # a name that is not set fails too: only get-config as a whole tells the two apart
  get_config >/dev/null || fail 'get-config does not work: whether ALLOWED_HOSTS is set is unknown'
fi
# systemd takes quotes around a whole value away.
case $base in \"*\" | \'*\') base=${base#?} base=${base%?} ;; esac
if is_blank "$base"; then
  leave 'ALLOWED_HOSTS is not set, and the address alone would lock out your own domain'
fi
hosts='' IFS=',' # set -f above: a * stays a *
for host in $base; do
  host=${host#"${host%%[! ]*}"} # without the blanks around it
  host=${host%"${host##*[! ]}"}
  case $host in
    '*') leave 'ALLOWED_HOSTS admits every host (*), it stays as it is' ;;
    *[[:space:]\;\"\'\\\$\`]*) fail 'ALLOWED_HOSTS is not a list with commas: correct it' ;;
  esac
  case " $hosts " in *" $host "*) ;; *) hosts="$hosts $host" ;; esac # '' counts as there
done
unset IFS

# --- the address: version 2 of the metadata service, which asks for a token first
octet='(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])'
is_ipv4() {
  case $1 in *[!0-9.]*) return 1 ;; esac # grep takes one good line of several
  printf '%s\n' "$1" | grep -Eqx "$octet(\.$octet){3}"
}
# A proxy or a .curlrc would give another machine's address.
ask() { curl -q --noproxy '*' --silent --fail --max-time 1 "$@"; }
# On a fresh instance the service may refuse at first: six tries, a second for each request.
for try in 1 2 3 4 5 6; do
  [ "$try" = 1 ] || sleep 0.7
  token=$(ask -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' "$imds/latest/api/token") &&
    address=$(ask -H "X-aws-ec2-metadata-token: $token" "$imds/latest/meta-data/local-ipv4") &&
    is_ipv4 "$address" && break
  address=
done
if [ -z "$address" ]; then # the default route; nothing is sent to this address
  address=$(ip -4 route get 192.0.2.1 2>/dev/null | sed -n 's/.* src \([^ ]*\).*/\1/p')
  [ -n "$address" ] || fail 'no address: neither a metadata service nor a default route'
  say "warning: no metadata service, $address is that of the default route" >&2
fi

# --- the value: those hosts, the address last
value=
for host in $hosts; do [ "$host" = "$address" ] || value="$value$host,"; done
value="$value$address"
# Writes the text $2 to the file $1 in one step, if it is not there already.
put() {
  [ "$(cat "$1" 2>/dev/null)" != "$2" ] || return 0
  if ! printf '%s\n' "$2" >"$1.new" || ! mv -fT "$1.new" "$1"; then fail "cannot write $1"; fi
}

# --- the delivery: a file that web.service reads by a drop-in
# The engine writes its own environment file after this hook, and deletes drop-ins below /etc: hence
# a file of ours, and /usr/lib. eb-hosts.service runs before each start of the app (without a
# limit: it may crash in a loop) and drops the list when no bundle holds this hook. Staging counts:
# the old app may restart while the first bundle with the hook is being deployed.
units=$root/usr/lib/systemd/system
hook=.platform/hooks/predeploy/10_eb_hosts.sh
[ -d "$units/web.service.d" ] || install -d "$units/web.service.d" || fail "cannot make $units"
put "$units/eb-hosts.service" "[Unit]
Description=Drop the host list of eb-hosts when no bundle holds its hook any more
ConditionPathExists=!/var/app/current/$hook
ConditionPathExists=!/var/app/staging/$hook
StartLimitIntervalSec=0
[Service]
Type=oneshot
ExecStart=/bin/rm -f /var/lib/eb-hosts/hosts.env"
put "$units/web.service.d/50-eb-hosts.conf" "[Unit]
Wants=eb-hosts.service
After=eb-hosts.service
[Service]
EnvironmentFile=-/var/lib/eb-hosts/hosts.env"
[ ! -d "$root/run/systemd/system" ] || systemctl daemon-reload || : # the engine reloads as well
put "$dir/hosts.env" "ALLOWED_HOSTS=$value"
put "$dir/address" "$address"
say "ALLOWED_HOSTS gets $address, in $dir/hosts.env"
