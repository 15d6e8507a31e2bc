#!/bin/sh
# Runs /root/hook.sh so many times while the app's user races it, and prints what it should not have done, then the
# number of runs that ended by themselves.
#
# usage: race.sh ROUNDS TARGET|fifo    see racer.py
set -eu

as_webapp='setpriv --reuid webapp --regid webapp --clear-groups'
export ALLOWED_HOSTS=example.com
cd /var/app/staging
$as_webapp python3 /usr/local/lib/machine/racer.py "$2" &
racer=$!
trap 'kill -KILL $racer' EXIT
sleep 0.3

ended=0
for round in $(seq "$1"); do
  rm -rf /root/target /root/secret.env
  mkdir -m 700 /root/target
  (umask 077 && echo SECRET_OF_ROOT=leaked >/root/secret.env)
  status=0
  timeout 20 /root/hook.sh >/root/log 2>&1 || status=$?
  kill -STOP $racer
  case "$status" in
    0 | 1) ended=$((ended + 1)) ;;
    *) echo "round $round: status $status, $(tail -n 1 /root/log)" ;;
  esac
  [ "$(stat -c '%U %a' /root/secret.env)" = 'root 600' ] || echo "round $round: a file of root was given away"
  [ -z "$(ls -A /root/target)" ] || echo "round $round: planted $(ls -A /root/target)"
  $as_webapp find . /var/lib/eb-hosts -type f -exec grep -ls SECRET_OF_ROOT {} + && echo "round $round: a file of root was read"
  kill -CONT $racer
done
echo "$ended ended"
