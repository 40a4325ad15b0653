#!/bin/sh
# The first process of a lab's host, in mount, UTS, IPC, PID and network namespaces of its own: a server with FRR.
#   host-root.sh SEED SHARED
# SEED    files of this host alone, SHARED  files of all switches and hosts of the lab: each with files/
set -eu
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin   # Debian's for a plain user has no sbin
exec 3> "$1/ready"   # the keeper waits for a word in it
seed=$1 shared=$2

mount --make-rprivate / 2>/dev/null || mount --make-rslave /
root=$seed/root
mkdir -p "$root"
mount -t tmpfs -o size=64m,mode=755 host "$root"
cd "$root"
mkdir -p usr etc/frr var/log/frr var/tmp run/frr run/lock tmp root home dev proc sys mnt/old
for name in bin sbin lib lib32 lib64 libx32; do
  if [ -L "/$name" ]; then ln -s "usr/$name" "$name"; fi
done
ln -s ../run var/run
chmod 1777 tmp var/tmp
mount --bind /usr usr
mount -o remount,bind,ro usr
mount -t proc proc proc
mount -t sysfs -o ro sysfs sys 2>/dev/null || mount --rbind /sys sys
for name in null zero full random urandom tty; do
  : > "dev/$name"
  mount --bind "/dev/$name" "dev/$name"
done
mkdir dev/shm
chmod 1777 dev/shm
cp -a "$shared/files/etc/." etc/
rm -rf etc/sonic etc/ssh
cp -a "$seed/files/." .
chown -R frr:frr run/frr var/log/frr etc/frr

hostname "$(cat etc/hostname)"
pivot_root . mnt/old
cd /
umount -l /mnt/old
export HOME=/root USER=root

# FRR itself acts on the router advertisements of BGP unnumbered; the kernel must not make a default route of them
sysctl -qw net.ipv6.conf.all.accept_ra=0 net.ipv6.conf.default.accept_ra=0 net.ipv6.conf.eth0.accept_ra=0 \
  net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0 net.ipv6.conf.eth0.accept_dad=0 \
  net.ipv6.conf.lo.keep_addr_on_down=1 2>/dev/null || true
# several cables are a bond; where the kernel has none, a bridge with spanning tree stands in for it, as in a switch
if [ -e /etc/sonicfab-host.bond ]; then
  kind=bridge
  if ip link add bond0 type bond 2>/dev/null; then
    kind=bond
    ip link del bond0
  fi
  ip -batch /etc/sonicfab-host.$kind
fi
ip -batch /etc/sonicfab-host.ip
if [ -s /etc/frr/bgpd.conf ]; then
  /usr/lib/frr/zebra -d -A 127.0.0.1 -f /etc/frr/zebra.conf
  if [ -e /etc/frr/bfdd.conf ]; then /usr/lib/frr/bfdd -d -A 127.0.0.1 -f /etc/frr/bfdd.conf; fi
  /usr/lib/frr/bgpd -d -A 127.0.0.1 -f /etc/frr/bgpd.conf
fi
echo ready >&3
exec 3>&-

# with SIGCHLD ignored, the kernel reaps the orphans that end up here
exec env --ignore-signal=CHLD sleep infinity
