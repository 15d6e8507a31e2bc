#!/bin/sh
# Runs a docker daemon of its own and keeps it until standard input ends. Run by docker.ts.
#
# usage: dockerd.sh NAME SCRATCH
#
# NAME     of the control group that its containers are put into
# SCRATCH  a new directory; it gets the socket `docker.sock`, and `pid`: a process in the daemon's network
#
# Nothing survives: network, mounts and processes lie in namespaces of their own, which end with the first process in
# them, which ends when the caller does, in whatever way. A named network namespace could be left behind.
set -eu

main() {
  status=0
  unshare --mount --propagation private --net "$0" --network "$@" || status=$?
  find /sys/fs/cgroup -depth -path "*/$1*" -type d -exec rmdir {} +
  rm -rf "$2"
  exit "$status"
}

make_network() {
  # A daemon of this machine, or what is left of one, is not to be found.
  mount -t tmpfs tmpfs /run
  mkdir "$2/data"
  # Images are layers of overlayfs, which cannot lie on another overlayfs.
  mount -t tmpfs tmpfs "$2/data"
  ip link set lo up
  echo "$$" >"$2/pid"
  exec unshare --pid --mount-proc --fork --kill-child "$0" --daemon "$@"
}

run_daemon() {
  exec 3<&0 </dev/null
  # Ports are passed on by docker-proxy: nothing outside of this network has to be reached.
  dockerd --data-root "$2/data/root" --exec-root "$2/data/exec" --pidfile "$2/data/pid" --host "unix://$2/docker.sock" \
    --iptables=false --ip6tables=false --cgroup-parent "/$1" &
  read -r _ <&3 || :
  while :; do
    kill -KILL -1
    sleep 0.1
  done
}

case "$1" in
  --network) shift && make_network "$@" ;;
  --daemon) shift && run_daemon "$@" ;;
  *) main "$@" ;;
esac
