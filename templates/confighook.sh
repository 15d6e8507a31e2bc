#!/bin/sh
# Runs the hook of the same name in configuration updates, where Elastic Beanstalk runs only confighooks.
# @head@

exec /bin/sh "${0%confighooks/*}hooks/@hook@"
