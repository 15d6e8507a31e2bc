#!/bin/sh
# Runs the hook of the same name in configuration updates, where Elastic Beanstalk runs confighooks only.
# @header@

exec /bin/sh "${0%confighooks/*}hooks/@hook@"
