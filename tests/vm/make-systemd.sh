#!/bin/sh
# A hook of mmdebstrap, before make-root.sh: make-systemd.sh ROOT. A machine whose process 1 is systemd, as a switch's is:
# what SONiC has no part in starts nothing, the network and sshd are there, and `vm-init: up` is said when they are.
set -eu
root=$1
units="$root/etc/systemd/system"

# one that boots for the first time would ask for its name and preset every unit
echo 5e40110000005e40110000005e401100 > "$root/etc/machine-id"
printf '[Journal]\nStorage=volatile\nRuntimeMaxUse=16M\n' > "$root/etc/systemd/journald.conf"
printf '[Manager]\nDefaultTimeoutStartSec=600\nDefaultTimeoutStopSec=300\nDefaultDeviceTimeoutSec=600\n' \
  > "$root/etc/systemd/system.conf"
# emulation has it all take long: no device is waited for, and nothing is mounted, that a switch of the lab has no use of
for unit in frr.service redis-server.service lldpd.service e2scrub_reap.service getty@tty1.service getty-static.service \
  systemd-udevd.service systemd-udev-trigger.service systemd-udevd-control.socket systemd-udevd-kernel.socket \
  systemd-sysusers.service systemd-random-seed.service systemd-binfmt.service systemd-update-utmp.service \
  systemd-update-utmp-runlevel.service kmod-static-nodes.service modprobe@configfs.service modprobe@dm_mod.service \
  modprobe@drm.service modprobe@efi_pstore.service modprobe@fuse.service modprobe@loop.service dev-hugepages.mount \
  dev-mqueue.mount sys-kernel-debug.mount sys-kernel-tracing.mount sys-kernel-config.mount \
  sys-fs-fuse-connections.mount proc-sys-fs-binfmt_misc.automount user@.service user-runtime-dir@.service; do
  ln -sf /dev/null "$units/$unit"
done
for timer in apt-daily apt-daily-upgrade dpkg-db-backup e2scrub_all fstrim logrotate man-db systemd-tmpfiles-clean; do
  ln -sf /dev/null "$units/$timer.timer"
done

# eth0 is the switch's; the way into the machine is another one
cat > "$units/vm-network.service" << 'END'
[Unit]
Description=The way into this machine
Before=ssh.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh -c 'modprobe virtio_net && ip link set lo up && ip link set eth0 down && ip link set eth0 name vm0 && ip link set vm0 up && ip address add 10.0.2.15/24 dev vm0'

[Install]
WantedBy=multi-user.target
END
cat > "$units/vm-up.service" << 'END'
[Unit]
Description=Says that this machine can be logged into
Requires=vm-network.service
After=vm-network.service ssh.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh -c 'echo "vm-init: up" >> /dev/ttyS0'

[Install]
WantedBy=multi-user.target
END
# sessions are logind's, as on SONiC (sonic-buildimage build_debian.sh installs libpam-systemd)
mkdir -p "$units/ssh.service.d"
printf '[Service]\nExecStartPre=\nExecStart=\nExecStart=/usr/sbin/sshd -D -o UsePAM=yes\n' > "$units/ssh.service.d/vm.conf"
chroot "$root" systemctl enable vm-network vm-up ssh
chroot "$root" systemctl set-default multi-user.target

chroot "$root" useradd --create-home --shell /bin/bash --groups sudo,frr,frrvty,redis admin
echo 'admin ALL=(ALL) NOPASSWD: ALL' > "$root/etc/sudoers.d/admin"
chmod 440 "$root/etc/sudoers.d/admin"
