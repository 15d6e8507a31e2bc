
# --- the value: those hosts, the address last
value=
for host in $hosts; do [ "$host" = "$address" ] || value="$value@item@"; done
value="@list@"
