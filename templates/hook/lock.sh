
# One run at a time: two would lose lines of each other.
install -d -m 0755 "$dir" || fail "cannot make $dir"
exec 9<"$dir"
flock -w 60 9 || fail 'another run of this hook does not end'
