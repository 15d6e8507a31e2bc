get_config() { timeout -k 1 10 "$engine/bin/get-config" environment "$@" 2>/dev/null; }
if is_blank "$base" && ! base=$(get_config -k @variable@); then
  base= # a name that is not set fails too: only get-config as a whole tells the two apart
  get_config >/dev/null || fail 'get-config does not work: whether @variable@ is set is unknown'
fi
