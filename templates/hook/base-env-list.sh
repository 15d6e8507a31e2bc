
# --- the hosts to start from: the line in env.list (docker knows no quotes, the last line counts)
if [ ! -e "$file" ]; then
  say "warning: $file is missing, and made here" >&2
  install -m 0600 /dev/null "$file" || fail "cannot write $file"
fi
if [ -L "$file" ] || [ ! -f "$file" ]; then fail "$file is not a regular file"; fi
own='^[[:blank:]]*@variable@(=|[[:space:]]*$)'
base=$(sed -nE "s/$own//p" "$file" | tail -n 1 | sed 's/\r$//')
if is_blank "$base"; then base=$property; fi
