#!/bin/sh
# Fetches Docker Compose v2 of Debian 13, which runs on older Debians as well, and unpacks its one program.
#
# usage: get-compose.sh FILE
#
# Does nothing where FILE exists; several callers may ask at the same time. The archive is the one this machine's apt
# uses, read through a source of its own: the machine's sources and packages stay as they are.
set -eu

suite=trixie
package=docker-compose=2.26.1-4
checksums='
47681197cb2b1ab88206b42a1a92fc75f50d9530a6322d03494a473eed0408ea amd64
bbafaa666f3e7fa00ad36f2a8bab889f1c791ca8743d674e7267a3d07203869c arm64'

fetch() {
  # The dollar signs are apt's own placeholders.
  # shellcheck disable=SC2016
  archive="$(apt-get indextargets --format '$(LABEL) $(REPO_URI)' 'Created-By: Packages' |
    awk '$1 == "Debian" { print $2; exit }')"
  mkdir -p lists/partial archives/partial
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $archive $suite main" >sources.list
  set -- -q -o Dir::Etc::sourcelist="$PWD/sources.list" -o Dir::Etc::sourceparts=/dev/null \
    -o Dir::State::lists="$PWD/lists" -o Dir::Cache="$PWD" -o APT::Sandbox::User=root
  apt-get "$@" update
  apt-get "$@" download "$package"
  checksum="$(echo "$checksums" | awk -v machine="$(dpkg --print-architecture)" '$2 == machine { print $1 }')"
  echo "$checksum  $(echo docker-compose_*.deb)" | sha256sum --check
  dpkg-deb --extract docker-compose_*.deb unpacked
}

target="$1"
directory="$(dirname "$target")"
mkdir -p "$directory"
exec 9>"$target.lock"
flock 9
[ -e "$target" ] && exit 0
partial="$(mktemp -d "$directory/compose.XXXXXX")"
trap 'rm -rf "$partial"' EXIT
cd "$partial"
fetch >&2
mv unpacked/usr/libexec/docker/cli-plugins/docker-compose "$target"
