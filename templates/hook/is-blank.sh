is_blank() { case $1 in *[![:space:]@blank@]*) return 1 ;; esac } # separators alone are blank too
