
# One run at a time: two would lose lines of each other. Only root can open the lock, and hold it.
if ! install -dm 0755 "$dir" || ! (umask 077 && : >>"$dir/lock"); then fail "cannot write $dir"; fi
exec 9<"$dir/lock"
flock -w 60 9 || fail 'another run of this hook does not end'
