# systemd takes quotes around a whole value away.
case $base in \"*\" | \'*\') base=${base#?} base=${base%?} ;; esac
