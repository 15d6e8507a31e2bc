# shellcheck shell=sh
# shellcheck disable=SC2034,SC2154,SC3040,SC3043,SC3044
# Every environment property stands in the environment of a hook: none may steer a tool that runs as root here.
unset LD_PRELOAD LD_LIBRARY_PATH LD_AUDIT LD_DEBUG LD_DEBUG_OUTPUT LD_PROFILE LD_BIND_NOW LD_ORIGIN_PATH \
  LD_SHOW_AUXV LD_TRACE_LOADED_OBJECTS LD_VERBOSE LD_WARN LD_HWCAP_MASK LD_DYNAMIC_WEAK \
  GLIBC_TUNABLES GCONV_PATH LOCPATH NLSPATH MALLOC_TRACE LOCALDOMAIN RES_OPTIONS HOSTALIASES TMPDIR \
  CURL_HOME XDG_CONFIG_HOME CURL_CA_BUNDLE CURL_SSL_BACKEND SSLKEYLOGFILE OPENSSL_CONF OPENSSL_ENGINES OPENSSL_MODULES \
  PYTHONPATH PYTHONHOME PYTHONSTARTUP DBUS_SYSTEM_BUS_ADDRESS SYSTEMD_BUS_ADDRESS SYSTEMD_LOG_LEVEL SYSTEMD_PAGER \
  POSIXLY_CORRECT GREP_OPTIONS CDPATH ENV BASH_ENV FUNCNEST || :
IFS='
	 '
PATH=/usr/sbin:/usr/bin:/sbin:/bin
LC_ALL=C
export PATH LC_ALL
umask 077
# bash takes options from the properties BASHOPTS and SHELLOPTS: names would be compared without their case, for one.
if command -v shopt >/dev/null 2>&1; then
  shopt -u nocasematch failglob || :
  set +o keyword
fi
# Whoever reads the output may go away; that is no reason to end here.
trap '' PIPE

# Rehearsals and tests run the hook below a directory of their own; on an instance the prefix is empty.
root=${EB_HOSTS_ROOT:-}
root=${root%/}
get_config=$root/opt/elasticbeanstalk/bin/get-config
list_directory=$root/var/lib/eb-hosts
list=$list_directory/hosts.env

# A line that nobody can take (a full disk, a closed pipe) is no reason to fail a deployment.
say() { printf 'eb-hosts: %s\n' "$*" || :; }
warn() { printf 'eb-hosts: warning: %s\n' "$*" >&2 || :; }

# A tool of the platform that hangs must not hold the deployment for the engine's ten minutes.
patience=10
bounded() {
  if command -v timeout >/dev/null 2>&1; then timeout -k 1 "$patience" "$@"; else "$@"; fi
}

reload_systemd() {
  [ ! -d "$root/run/systemd/system" ] || bounded systemctl daemon-reload
}
