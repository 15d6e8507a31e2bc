if [ "$status" = 400 ]; then
  pid=$(systemctl show -p MainPID web.service 2>/dev/null) || :
  tr '\0' '\n' 2>/dev/null <"$root/proc/${pid#MainPID=}/environ" |
    grep '^@variable@=' | grep -qFw -e "$address" ||
    meaning="the running process has no $address in @variable@: the hook's drop-in has no effect"
fi
