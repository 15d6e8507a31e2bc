#!/bin/sh
# Makes the Debian root that every machine of these tests is booted from.
#
# usage: make-root.sh DIRECTORY
#
# Does nothing where DIRECTORY exists; several callers may ask at the same time. The mirror is the one this
# machine's apt uses. Takes a minute, needs root and debootstrap.
set -eu

suite=bookworm
packages=systemd-sysv,dbus,python3-django,gunicorn,nginx-light,curl,iproute2,procps,zip,unzip

# The URI of the suite among apt's sources, else of another suite of the same archive.
find_mirror() {
  # The dollar signs are apt's own placeholders.
  # shellcheck disable=SC2016
  apt-get indextargets --format '$(CODENAME) $(COMPONENT) $(LABEL) $(REPO_URI)' 'Created-By: Packages' |
    awk -v suite="$suite" '
      $2 == "main" && $3 == "Debian" && $4 ~ /^https?:/ { any = any ? any : $4; if ($1 == suite) { own = $4; exit } }
      END { print own ? own : any }'
}

use_proxy_of_apt() {
  proxy="$(apt-config dump --format '%v%n' Acquire::http::Proxy | head -n 1)"
  case "$proxy" in
    http*) export http_proxy="$proxy" ;;
  esac
}

make_root() {
  mirror="$(find_mirror || :)"
  use_proxy_of_apt
  debootstrap --variant=minbase --include="$packages" "$suite" "$1" ${mirror:+"$mirror"}
  rm -rf "$1"/var/cache/apt/archives/*.deb "$1"/var/lib/apt/lists/* "$1"/usr/share/doc "$1"/usr/share/man
  useradd --root "$1" --uid 900 --create-home --shell /usr/sbin/nologin webapp
  ln -sf bash "$1/bin/sh" # as on Amazon Linux
  # What an instance does not need to serve a request, and what would only make booting slow.
  systemctl --root="$1" --quiet mask getty.target console-getty.service systemd-logind.service \
    systemd-update-utmp.service systemd-update-utmp-runlevel.service systemd-journal-flush.service \
    apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer \
    systemd-tmpfiles-clean.timer fstrim.timer e2scrub_reap.service
  # Each daemon-reload runs all generators, and each `systemctl enable` what belongs to an init script.
  rm "$1"/usr/lib/systemd/system-generators/* "$1"/etc/init.d/nginx
  systemctl --root="$1" --quiet disable nginx.service # the engine starts it
  # Empty: systemd takes a new one for each boot; missing would make every boot a first boot.
  : >"$1/etc/machine-id"
  rm -f "$1/etc/hostname"
}

target="$1"
mkdir -p "$(dirname "$target")"
exec 9>"$target.lock"
flock 9
[ -d "$target" ] && exit 0
rm -rf "$target.partial"
exec 3>&2 >"$target.log" 2>&1
trap '[ "$?" = 0 ] || { tail -n 20 "$target.log" >&3; rm -rf "$target.partial"; }' EXIT
make_root "$target.partial"
mv "$target.partial" "$target"
