if is_blank "$base"; then
  base=$(timeout -k 1 10 "$engine/bin/get-config" environment -k @variable@ 2>/dev/null) || base=
fi
