#!/bin/sh
# Runs /root/hook.sh four times at once, in so many rounds, and prints what it should not have done, then the number
# of runs with status 0.
#
# usage: four-at-once.sh ROUNDS FILE    the file with the variable's line
set -eu

export ALLOWED_HOSTS=example.com
write_file() { printf 'A=1\nB="2"\nALLOWED_HOSTS=%s\nC=3\n# D' "$1"; }

done=0
for round in $(seq "$1"); do
  write_file example.com >"$2"
  pids=
  for run in 1 2 3 4; do
    /root/hook.sh >"/root/log.$run" 2>&1 &
    pids="$pids $!"
  done
  for pid in $pids; do
    if wait "$pid"; then done=$((done + 1)); else tail -qn 1 /root/log.?; fi
  done
  write_file example.com,10.0.1.5 | cmp - "$2" || echo "round $round: $(cat "$2")"
done
echo "$done done"
