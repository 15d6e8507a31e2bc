
# --- the value: @variable@ holds one host, and one that is set stays
is_blank "$base" || [ "$base" = "$address" ] || leave "@variable@ is set to another host"
value=$address
