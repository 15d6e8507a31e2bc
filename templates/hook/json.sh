# An array of plain strings, also with Python's quotes, becomes a list with commas.
string="(\"[^\"'\\\\ ,]*\"|'[^\"'\\\\ ,]*')"
is_blank "$base" || printf '%s' "$base" | tr '\n' '\134' |
  grep -Eqx " *\[ *($string( *, *$string)*)? *\] *" || fail '@variable@ is not a JSON array: correct it'
base=$(printf '%s' "$base" | sed "s/^ *\[//; s/\] *\$//; s/[\"' ]//g")
