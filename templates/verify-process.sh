environ=/proc/$(systemctl show -p MainPID web.service 2>/dev/null | sed 's/.*=//')/environ
if [ "$status" = 400 ] && [ -r "$root$environ" ] && ! tr '\0' '\n' <"$root$environ" |
  grep '^@variable@=' | grep -qFw -e "$address"; then
  meaning="the running process has no $address in @variable@: the hook's drop-in has no effect"
fi
