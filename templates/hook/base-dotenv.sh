
# --- the hosts to start from: the line in .env
# Staging belongs to the app's user, who may swap files while this runs. So a copy out of that
# user's reach is judged and edited (`cp -a` copies a link as a link), and moved back in one step.
file=$dir/private/dotenv
rm -rf "$file" "$file.new"
if [ -e "$staging/.env" ] || [ -L "$staging/.env" ]; then
  timeout 10 cp -a "$staging/.env" "$file" || fail "cannot copy $staging/.env"
else
  say "warning: $staging/.env is missing, and made here" >&2
  install -m 0600 /dev/null "$file" || fail "cannot write $file"
fi
if [ -L "$file" ] || [ ! -f "$file" ]; then fail "$staging/.env is not a regular file"; fi
bom=$(printf '\357\273\277') # Compose skips a byte order mark
own="^($bom)?[[:blank:]]*(export[[:blank:]]+)?@variable@[[:blank:]]*([=:]|[[:space:]]*\$)"
# The last line's value, out of its quotes or without the comment behind it.
base=$(sed -nE "s/${own}[[:blank:]]*//p" "$file" | tail -n 1 | sed -E 's/\r$//
  s/^"([^"]*)"[[:blank:]]*(#.*)?$/\1/; t
  s/^'\''([^'\'']*)'\''[[:blank:]]*(#.*)?$/\1/; t
  s/[[:blank:]]#.*//')
if is_blank "$base"; then base=$property; fi
