
# --- the value: those hosts, the addresses last
value='' addresses="$ipv4${ipv6:+ [$ipv6]}"
for host in $hosts; do
  case " $addresses " in *" $host "*) ;; *) value="$value@item@" ;; esac
done
for host in $addresses; do value="$value@item@"; done
value="@list@"
