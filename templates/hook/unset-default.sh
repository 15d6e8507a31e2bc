if is_blank "$base"; then base=@default@; fi # the app's own default
