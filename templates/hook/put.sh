# Writes the text $2 to the file $1 in one step, if it is not there already.
put() {
  [ "$(cat "$1" 2>/dev/null)" != "$2" ] || return 0
  if ! printf '%s\n' "$2" >"$1.new" || ! mv -fT "$1.new" "$1"; then fail "cannot write $1"; fi
}
