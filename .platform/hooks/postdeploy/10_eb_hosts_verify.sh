#!/bin/sh
# Asks the app as the load balancer does, with `Host: <private IP>`, and prints one line: the status
# and what it means. Elastic Beanstalk runs this as root after each deployment and, through the
# confighook of the same name, after each configuration update. It changes and restarts nothing.
# Made by eb-hosts 0.2.0 (sha256 c409b4fa)

set -eu
root=''
site='http://127.0.0.1'
export PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C
say() { printf 'eb-hosts: %s\n' "$*"; }

# The hook of the same bundle put the address down.
if ! read -r address 2>/dev/null <"$root/var/lib/eb-hosts/address"; then
  say 'not verified: the hook wrote no address'
  exit 0
fi

# The app may still be starting: while nothing answers it is asked again, thirty seconds in all.
deadline=$(($(date +%s) + 24))
while :; do
  status=$(curl -q --noproxy '*' -s --max-time 5 --output /dev/null --write-out '%{http_code}' \
    --user-agent ELB-HealthChecker/2.0 --header "Host: $address" "$site/health/") || :
  case $status in 000 | 502 | 503 | 504) ;; *) break ;; esac
  [ "$(date +%s)" -lt "$deadline" ] || break
  sleep 1
done

case $status in
  200) say "GET /health/ with Host $address: $status, healthy" && exit 0 ;;
esac
case $status in
  000) meaning='nothing answers on port 80: see /var/log/web.stdout.log and the log of the proxy' ;;
  3??) meaning='a redirect, which the load balancer does not follow: exempt this path from it' ;;
  400) meaning='the app refuses this host: does its list read ALLOWED_HOSTS, with commas?' ;;
  401 | 403) meaning='access denied: the load balancer has no credentials' ;;
  404) meaning='there is nothing at this path' ;;
  502 | 503 | 504) meaning='the proxy gets no answer from the app: see /var/log/web.stdout.log' ;;
  *) meaning='the load balancer expects 200' ;;
esac
environ=/proc/$(systemctl show -p MainPID web.service 2>/dev/null | sed 's/.*=//')/environ
if [ "$status" = 400 ] && [ -r "$root$environ" ] && ! tr '\0' '\n' <"$root$environ" |
  grep '^ALLOWED_HOSTS=' | grep -qFw -e "$address"; then
  meaning="the running process has no $address in ALLOWED_HOSTS: the hook's drop-in has no effect"
fi
say "GET /health/ with Host $address: $status, $meaning" >&2
exit 0
