#!/bin/sh
# The ports of a stock image: Ethernet0 is what comes in and goes out on eth1, Ethernet4 on eth2 and so on, as the
# virtual ASIC of docker-sonic-vs and the taps of vrnetlab have it. A port has the MAC address of eth0.
set -eu
mac=$(cat /sys/class/net/eth0/address)
for wire in /sys/class/net/eth*; do
  number=${wire##*/eth}
  [ "$number" != 0 ] || continue
  port=Ethernet$(((number - 1) * 4))
  ip link add "$port" address "$mac" type veth peer name "far$number"
  # a wire carries LLDP, which a bridge keeps to itself unless it is told otherwise
  ip link add "wire$number" type bridge mcast_snooping 0 group_fwd_mask 0x4000
  ip link set "wire$number" addrgenmode none up
  for end in "far$number" "eth$number"; do ip link set "$end" addrgenmode none mtu 9216 master "wire$number" up; done
done
