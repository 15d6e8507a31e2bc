if is_blank "$base"; then
  leave '@variable@ is not set, and the address alone would lock out your own domain'
fi
