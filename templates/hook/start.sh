#!/bin/sh
# Puts this instance's private IP into @variable@: the load balancer's health check asks with
# `Host: <private IP>`, and the app refuses a host that is not in its list. Elastic Beanstalk
# runs it as root in each deployment, before the app starts (in configuration updates through the
# confighook of the same name). It logs to /var/log/eb-hooks.log.
# @head@

set -euf
property=${@variable@-} # read first: the names below may be names of properties too
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
