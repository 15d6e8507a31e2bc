
# --- the delivery: a file that web.service reads by a drop-in
# The engine writes its own environment file after this hook, and deletes drop-ins below /etc: hence
# a file of ours, and /usr/lib. eb-hosts.service runs before each start of the app (without a
# limit: it may crash in a loop) and drops the list when no bundle holds this hook. Staging counts:
# the old app may restart while the first bundle with the hook is being deployed.
units=$root/usr/lib/systemd/system
hook=.platform/hooks/predeploy/10_eb_hosts.sh
[ -d "$units/web.service.d" ] || install -d "$units/web.service.d" || fail "cannot make $units"
put "$units/eb-hosts.service" "[Unit]
Description=Drop the host list of eb-hosts when no bundle holds its hook any more
ConditionPathExists=!/var/app/current/$hook
ConditionPathExists=!/var/app/staging/$hook
StartLimitIntervalSec=0
[Service]
Type=oneshot
ExecStart=/bin/rm -f /var/lib/eb-hosts/hosts.env"
put "$units/web.service.d/50-eb-hosts.conf" "[Unit]
Wants=eb-hosts.service
After=eb-hosts.service
[Service]
EnvironmentFile=-/var/lib/eb-hosts/hosts.env"
[ ! -d "$root/run/systemd/system" ] || systemctl daemon-reload || : # the engine reloads as well
put "$dir/hosts.env" "@variable@=@quoted@"
put "$dir/address" "$address"
say "@variable@ gets $address, in $dir/hosts.env"
