#!/bin/sh
# A hook of mmdebstrap: make-root.sh ROOT FOLDER. What a machine needs beside its packages to boot and be logged into,
# then its disk, kernel, initrd and keys into FOLDER.
set -eu
root=$1 folder=$2

cat > "$root/sbin/vm-init" << 'END'
#!/bin/sh
# Process 1: networks of its own, sshd, and nothing else. The shell waits, and so takes in what has lost its parent.
export PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
mount -t devpts devpts /dev/pts
mount -t tmpfs tmpfs /tmp
mount -t tmpfs shm /dev/shm -o X-mount.mkdir
mount -t cgroup2 cgroup2 /sys/fs/cgroup
hostname vm
modprobe virtio_net
ip link set lo up
ip link set eth0 up
ip address add 10.0.2.15/24 dev eth0
[ ! -b /dev/vdb ] || mount -o ro /dev/vdb /srv
mkdir -p /run/sshd
echo "vm-init: up"
while :; do /usr/sbin/sshd -D -e; sleep 1; done
END
chmod 755 "$root/sbin/vm-init"
mkdir -p "$root/srv"
printf '127.0.0.1 localhost vm\n' > "$root/etc/hosts"

rm -f "$root"/etc/ssh/ssh_host_*
ssh-keygen -q -t ed25519 -N '' -C vm -f "$root/etc/ssh/ssh_host_ed25519_key"
ssh-keygen -q -t ed25519 -N '' -C vm -f "$folder/key"
cp "$folder/key.pub" "$root/etc/ssh/authorized_keys"
printf 'UseDNS no\nUsePAM no\nPermitRootLogin prohibit-password\nAuthorizedKeysFile /etc/ssh/authorized_keys\nMaxStartups 50\nSubsystem sftp internal-sftp\n' \
  > "$root/etc/ssh/sshd_config"
printf 'vm %s\n' "$(cut -d ' ' -f 1,2 "$root/etc/ssh/ssh_host_ed25519_key.pub")" > "$folder/known_hosts"

cp "$root"/boot/vmlinuz-* "$folder/vmlinuz"
cp "$root"/boot/initrd.img-* "$folder/initrd"
chroot "$root" python3 -c 'import sys; print(*sys.version_info[:2], sep=".")' > "$folder/python"
rm -rf "${root:?}"/boot/* "$root"/usr/share/doc "$root"/usr/share/man "$root"/usr/share/locale
truncate --size 4G "$folder/disk"
# seen through another mount, without what is mounted in it meanwhile (/proc, /sys)
mkdir "$folder/root"
mount --bind "$root" "$folder/root"
mke2fs -q -t ext4 -L vm -d "$folder/root" "$folder/disk"
umount "$folder/root"
rmdir "$folder/root"
