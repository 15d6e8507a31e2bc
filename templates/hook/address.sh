
# --- the address: version 2 of the metadata service, which asks for a token first
octet='(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])'
is_ipv4() {
  case $1 in *[!0-9.]*) return 1 ;; esac # grep takes one good line of several
  printf '%s\n' "$1" | grep -Eqx "$octet(\.$octet){3}"
}
# A proxy or a .curlrc would give another machine's address.
ask() { curl -q --noproxy '*' --silent --fail --max-time 1 "$@"; }
# On a fresh instance the service may refuse at first: six tries, a second for each request.
for try in 1 2 3 4 5 6; do
  [ "$try" = 1 ] || sleep 0.7
  token=$(ask -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' "$imds/latest/api/token") &&
    address=$(ask -H "X-aws-ec2-metadata-token: $token" "$imds/latest/meta-data/local-ipv4") &&
    is_ipv4 "$address" && break
  address=
done
if [ -z "$address" ]; then # the default route; nothing is sent to this address
  address=$(ip -4 route get 192.0.2.1 2>/dev/null | sed -n 's/.* src \([^ ]*\).*/\1/p')
  [ -n "$address" ] || fail 'no address: neither a metadata service nor a default route'
  say "warning: no metadata service, $address is that of the default route" >&2
fi
