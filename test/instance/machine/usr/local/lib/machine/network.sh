#!/bin/sh
# Gives the machine its private address on eth0. The other end of that wire is the VPC, a network namespace with
# the router, the metadata service and the load balancer's checker; nothing leads out of it.
set -eu

read -r address address6 </etc/machine/address
router="${address%.*}.1"
ip netns add vpc
ip link add eth0 type veth peer name eth0 netns vpc
ip -netns vpc address add "$router/24" dev eth0
ip -netns vpc address add 169.254.169.254/32 dev eth0
ip -netns vpc link set eth0 up
ip link set lo up
ip address add "$address/24" dev eth0
ip link set eth0 up
[ -z "$address6" ] || ip address add "$address6/64" dev eth0 nodad
ip route add default via "$router" dev eth0
