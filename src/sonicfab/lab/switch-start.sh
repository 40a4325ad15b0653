#!/bin/sh
# Starts a lab switch whose root is as it must be: redis, then the services; and stays as its first process. The same
# for a switch of namespaces and for one in a container; whoever waits for it reads the word on file descriptor 3.
set -eu
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root USER=root

# sonic-buildimage files/image_config/sysctl/90-sonic.conf; a kernel may lack some
sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 net.ipv6.conf.default.forwarding=1 \
  net.ipv6.conf.all.accept_dad=0 net.ipv6.conf.default.accept_dad=0 net.ipv6.conf.all.keep_addr_on_down=1 \
  net.ipv6.conf.default.keep_addr_on_down=1 net.ipv4.fib_multipath_hash_policy=1 \
  net.ipv4.tcp_l3mdev_accept=1 net.ipv4.udp_l3mdev_accept=1 2>/dev/null || true
ip link set lo up
redis-server --port 0 --unixsocket /run/redis/redis.sock --unixsocketperm 777 --save '' --appendonly no \
  --daemonize yes --databases 16 --logfile /var/log/redis.log --pidfile /run/redis/redis.pid >/dev/null
tries=0
until [ -S /run/redis/redis.sock ]; do
  tries=$((tries + 1))
  [ "$tries" -lt 200 ] || { echo "redis does not start: $(tail -n 1 /var/log/redis.log)" >&2; exit 1; }
  sleep 0.02
done
sonic-boot
echo ready >&3
exec 3>&-

# with SIGCHLD ignored, the kernel reaps the orphans that end up here
exec env --ignore-signal=CHLD sleep infinity
