if is_blank "$base"; then base=@default@; fi
