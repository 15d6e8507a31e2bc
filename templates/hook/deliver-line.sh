
# --- the delivery: the variable's own line; every other byte, the mode and the owner stay
line=$(printf '%s' "@variable@=@quoted@" | sed 's/[\\&#]/\\&/g') # as sed takes it
edit() {
  cp -a "$file" "$file.new" || return
  if grep -Eq "$own" "$file"; then
    sed -E "s#$own.*#$line#" "$file" >"$file.new" || return
  else # the program `$a\` ends a last line that has no line break
    { sed "\$a\\" "$file" && printf '%s\n' "@variable@=@quoted@"; } >"$file.new" || return
  fi
  printf '%s\n' "$address" >"$dir/address" && mv -fT "$file.new" "@target@"
}
edit || fail "cannot write @target@"@clean@
say "@variable@ gets $address, in @target@"
