#!/bin/sh
# A switch in the place of a virtual machine packed by vrnetlab: what shows of srl-labs/vrnetlab master
# sonic/docker/launch.py, backup.sh and common/vrnetlab.py. The sshd of the machine answers before somebody has logged in
# at its console and set the password; then a startup-config is loaded, and the health of the container says when that
# is done. What fails on the way ends the container.
set -eu
while [ $# -gt 0 ]; do
  case $1 in
    --username) [ "$2" = admin ]; shift 2 ;;
    --password) password=$2; shift 2 ;;
    --hostname) host=$2; shift 2 ;;
    --connection-mode) [ "$2" = tc ]; shift 2 ;;
    *) shift ;;
  esac
done
echo 1 starting > /health
# a machine has a kernel of its own; Docker turns IPv6 off in a container without such addresses
sysctl -qw net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.default.disable_ipv6=0
sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
until [ "$(find /sys/class/net -name 'eth*' | wc -l)" -gt "${CLAB_INTFS:-0}" ]; do sleep 1; done
# eth0 of the machine is another one than that of the container, which leads to it
mac=$(cat /sys/class/net/eth0/address)
ip link set eth0 down && ip link set eth0 name outside && ip link set outside up
ip link add eth0 address "$mac" type bridge
sh /usr/local/lib/sonic/wires.sh
echo admin:YourPaSsWoRd | chpasswd -c SHA512
/usr/sbin/sshd -f /etc/ssh/sshd_config -o PasswordAuthentication=yes
sh /usr/local/lib/sonic/switch-start.sh 3> /run/sonic/ready &
until [ -s /run/sonic/ready ]; do sleep 1; done
sleep "${BOOTS:-5}"
echo "admin:$password" | chpasswd -c SHA512
hostname "$host"
if [ -f /config/config_db.json ]; then
  cp /config/config_db.json /tmp/config_db.json
  SUDO_USER="admin" config replace -y /tmp/config_db.json && SUDO_USER="admin" config save -y
fi
echo 0 running > /health
wait
