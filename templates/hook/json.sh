# An array of plain strings on one line, also in Python's quotes, becomes a list with commas.
string="(\"[^\"'\\\\ ,]*\"|'[^\"'\\\\ ,]*')"
array=" *\[ *($string( *, *$string)*)? *\] *"
is_blank "$base" || printf '%s' "$base" | tr '\n' '\134' | grep -Eqx "$array" ||
  fail '@variable@ is not a JSON array of plain strings: correct it'
base=$(printf '%s' "$base" | sed "s/^ *\[//; s/\] *\$//; s/[\"' ]//g")
