
# --- the delivery: a file that the app reads by itself
put "$dir/hosts.env" "@variable@=@quoted@"
put "$dir/address" "$address"
say "@variable@ gets $address, in $dir/hosts.env"
