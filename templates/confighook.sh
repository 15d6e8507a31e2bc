#!/bin/sh
# Runs the hook of the same name in configuration updates, where only confighooks run.
# @head@

exec /bin/sh "${0%confighooks/*}hooks/@hook@"
