#!/bin/sh
# Runs the hook of the same name in configuration updates, where only confighooks run.
# Made by eb-hosts 0.2.0 (sha256 099a7d7d)

exec /bin/sh "${0%confighooks/*}hooks/predeploy/10_eb_hosts.sh"
