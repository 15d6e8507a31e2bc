#!/bin/sh
# Runs the hook of the same name in configuration updates, where only confighooks run.
# Made by eb-hosts 0.2.0 (sha256 d8f4eb06)

exec /bin/sh "${0%confighooks/*}hooks/postdeploy/10_eb_hosts_verify.sh"
