#!/bin/sh
# Boots a machine and keeps it until standard input ends. Run by container.ts.
#
# usage: supervise.sh NAME ROOT SCRATCH FILES ADDRESS [BAKED]
#        supervise.sh --possible    status 0 where the machine may make what this needs
#
# NAME     of the machine and its control group
# ROOT     directory of the Debian root, never written to
# SCRATCH  an empty directory to mount on; nothing appears there outside of this process
# FILES    directory of the files every machine gets
# ADDRESS  the instance's private IPv4, or that and a blank and its IPv6
# BAKED    archive of another machine's changes to the root: its image
#
# Nothing survives: mounts lie in a namespace of their own, processes in another, and both end with the
# first process in them, which ends when the caller does, in whatever way.
set -eu
umask 022

# control_groups: directories of the hierarchies that systemd-nspawn manages, below the caller's own group
control_groups() {
  while IFS=: read -r _ controllers path; do
    case "$controllers" in
      name=systemd) echo "/sys/fs/cgroup/systemd$path" ;;
      '')
        if [ -e /sys/fs/cgroup/unified/cgroup.controllers ]; then
          echo "/sys/fs/cgroup/unified$path"
        elif [ -e /sys/fs/cgroup/cgroup.controllers ]; then
          echo "/sys/fs/cgroup$path"
        fi
        ;;
    esac
  done </proc/self/cgroup
}

boot() {
  exec 3<&0
  # systemd-nspawn cleans up below /run, and refuses to where that is a disk.
  mount -t tmpfs -o mode=0755 tmpfs /run
  mount -t tmpfs -o mode=0755,size=2g tmpfs "$scratch"
  mkdir "$scratch/changes" "$scratch/work" "$scratch/root"
  if [ -n "$baked" ]; then
    tar --extract --file "$baked" --directory "$scratch/changes" --xattrs --xattrs-include='*' --numeric-owner
  fi
  mount -t overlay overlay -o "lowerdir=$root,upperdir=$scratch/changes,workdir=$scratch/work" "$scratch/root"
  cp --recursive "$files/." "$scratch/root/"
  systemctl --root="$scratch/root" --quiet enable machine-network.service metadata.service
  mkdir -p "$scratch/root/etc/machine"
  echo "$address" >"$scratch/root/etc/machine/address"
  (
    read -r _ <&3 || :
    while :; do
      kill -KILL -1
      sleep 0.1
    done
  ) &
  # systemd-nspawn leaves rebooting to its caller, by this status.
  status=133
  while [ "$status" = 133 ]; do
    status=0
    run_container || status=$?
  done
}

run_container() (
  for group in $(control_groups); do echo 0 >"$group/$name/cgroup.procs" || exit; done
  exec systemd-nspawn --quiet --directory="$scratch/root" --machine="$name" --boot --console=pipe \
    --private-network --register=no --keep-unit --link-journal=no --resolv-conf=off --timezone=off \
    systemd.show_status=false </dev/null
)

if [ "$1" = --inside ]; then
  shift
  name="$1" root="$2" scratch="$3" files="$4" address="$5" baked="${6-}"
  boot
  exit 0
fi

# run_apart COMMAND…: with mounts, processes and a control group of its own
run_apart() {
  # Two machines in one control group would kill each other's processes.
  for group in $(control_groups); do mkdir "$group/$name" || return; done
  status=0
  unshare --mount --propagation private --pid --mount-proc --fork --kill-child "$@" || status=$?
  for group in $(control_groups); do find "$group/$name" -depth -type d -exec rmdir {} +; done
  return "$status"
}

case "$1" in
  --possible)
    name="eb-hosts-possible-$$"
    run_apart sh -c 'mount -t tmpfs tmpfs /mnt && mkdir /mnt/a /mnt/b /mnt/c /mnt/d &&
      mount -t overlay overlay -o lowerdir=/mnt/a,upperdir=/mnt/b,workdir=/mnt/c /mnt/d &&
      mknod /mnt/device c 1 3'
    ;;
  *)
    name="$1"
    run_apart "$0" --inside "$@"
    ;;
esac
