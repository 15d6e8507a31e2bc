
# One run at a time. Only root can open this directory, so nobody else can hold the lock in it.
[ -d "$dir/private" ] || install -d -m 0700 "$dir/private" || fail "cannot make $dir/private"
exec 9<"$dir/private"
flock -w 60 9 || fail 'another run of this hook does not end'
