#!/bin/sh
# The first process of a lab switch that is a container: takes the switch's own files from /sonicfab, waits for its
# cables, gives it every port of its platform, then starts it.
set -eu
mkdir -p /run/sonic
exec 3> /run/sonic/ready   # whoever waits for this switch reads a word in it
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
seed=/sonicfab
[ -r $seed/ports ] || { echo "$seed is not mounted: run this image by 'sonicfab lab up' or 'sonicfab lab render'" >&2; exit 1; }

grep -q '^admin:' /etc/passwd || echo 'admin:x:0:0:admin:/home/admin:/bin/bash' >> /etc/passwd
grep -q '^admin:' /etc/shadow || echo 'admin:*:19000:0:99999:7:::' >> /etc/shadow
mkdir -p /opt/frr /etc/sonic/frr /home/admin /run/redis /run/frr /run/sshd /run/lock /var/log/frr
ln -sfn /usr/bin/vtysh /opt/frr/vtysh
rm -rf /etc/frr && ln -s sonic/frr /etc/frr   # the bgp container and the host see one folder, as on a switch
chown frr:frr /run/frr /var/log/frr /etc/sonic/frr
for part in files:/ usr:/usr; do   # without the owners that the files have outside
  [ ! -d "$seed/${part%:*}" ] || cp -r --preserve=mode "$seed/${part%:*}/." "${part#*:}/"
done
[ -e /etc/ssh/ssh_host_ed25519_key ] || ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key
hostname sonic 2>/dev/null || true
mount -o remount,rw /proc/sys 2>/dev/null || true   # where the container may not, its own sysctls must do

# ports: a line `mac ADDRESS`, then `cabled PORT` or `empty PORT` for each port
mac=$(sed -n 's/^mac //p' $seed/ports)
tries=0
# shellcheck disable=SC2013 # names of ports
for port in $(sed -n 's/^cabled //p' $seed/ports); do
  until [ -e "/sys/class/net/$port" ]; do
    tries=$((tries + 1))
    [ $tries -lt 1200 ] || { echo "the cable of $port does not come" >&2; exit 1; }
    sleep 0.05
  done
done
# the far ends of empty ports are in a namespace where they stay down: nothing is plugged in
unshare --net sleep infinity &
unplugged=$!
until [ "$(readlink /proc/$unplugged/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.01; done
sed -n 's/^empty //p' $seed/ports | awk -v pid=$unplugged '{ print "link add " $1 " type veth peer name u" NR " netns " pid }' |
  ip -batch -
# all ports of a switch have its base MAC address, as on SONiC; eth0 leads nowhere, so it has no far end
{
  sed -n "s/^\(cabled\|empty\) \(.*\)/link set \2 down\nlink set \2 address $mac/p" $seed/ports
  echo "link add eth0 address $mac type bridge"
} | ip -batch -

exec sh /usr/local/lib/sonic/switch-start.sh
