#!/bin/sh
# The first process of a lab switch, in mount, UTS, IPC, PID and network namespaces of its own: builds the switch's
# root (a /usr read-only under SONiC's own programs, everything else fresh), then starts it.
#   switch-root.sh SEED SHARED PYTHON_HOME USR
# SEED    files of this switch alone, SHARED  files of all switches on this USR: each with files/ and usr/
# USR     the programs: the host's /usr, or that of a tree with another Debian
set -eu
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin   # Debian's for a plain user has no sbin
exec 3> "$1/ready"   # the keeper waits for a word in it
seed=$1 shared=$2 python_home=$3 usr=$4

mount --make-rprivate / 2>/dev/null || mount --make-rslave /
root=$seed/root
mkdir -p "$root"
mount -t tmpfs -o size=256m,mode=755 switch "$root"
cd "$root"
mkdir -p usr etc/frr var/lib/frr etc/sonic/frr etc/systemd/system var/log/frr var/tmp run/redis run/frr run/sshd run/lock run/sonic tmp root home \
  dev proc sys mnt/old opt/frr host
for name in bin sbin lib lib32 lib64 libx32; do
  if [ -e "$usr/$name" ]; then ln -s "usr/$name" "$name"; fi
done
ln -s ../run var/run
chmod 1777 tmp var/tmp

mount -t overlay switch-usr -o "lowerdir=$shared/usr:$seed/usr:$usr" usr
: > opt/frr/vtysh
mount --bind "$usr/bin/vtysh" opt/frr/vtysh
case $python_home in
  /usr | /usr/*) ;;
  *) mkdir -p "./$python_home" && mount --bind "$python_home" "./$python_home" ;;
esac
mount -t proc proc proc
mount -t sysfs -o ro sysfs sys 2>/dev/null || mount --rbind /sys sys
mount -t tmpfs -o mode=755 dev dev
for name in null zero full random urandom tty; do
  : > "dev/$name"
  mount --bind "/dev/$name" "dev/$name"
done
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts dev/pts 2>/dev/null ||
  mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts dev/pts
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
chmod 1777 dev/shm

cp -a "$shared/files/." "$seed/files/." .
if [ -e "$seed/disk.tar" ]; then tar -xf "$seed/disk.tar"; fi   # it had lost its power
mount --bind etc/sonic/frr etc/frr
chown frr:frr run/frr var/log/frr var/lib/frr etc/sonic/frr

hostname sonic
pivot_root . mnt/old
cd /
umount -l /mnt/old
exec sh /usr/local/lib/sonic/switch-start.sh
